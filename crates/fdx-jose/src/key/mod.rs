//! Public and private keys, read once and validated.

mod decryption;
mod encryption;
mod error;
mod fresh;
mod jwk;
mod numbers;
mod pem;
mod pkcs;
mod private;
mod public;

pub use decryption::DecryptionKey;
pub use encryption::EncryptionKey;
pub use error::KeyError;
pub use fresh::FreshKey;
pub(crate) use numbers::{PublicNumbers, RsaNumbers, SecretNumbers};
pub use private::PrivateKey;
pub use public::PublicKey;
