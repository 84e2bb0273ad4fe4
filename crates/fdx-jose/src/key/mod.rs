//! Public and private keys, read once and validated.

mod der;
mod encryption;
mod error;
mod jwk;
mod numbers;
mod pem;
mod private;
mod public;

pub(crate) use der::{Der, SEQUENCE, ed25519_v1, pkcs8};
pub use encryption::{DecryptionKey, EncryptionKey};
pub use error::KeyError;
pub(crate) use numbers::{PublicNumbers, RsaNumbers, SecretNumbers};
pub use private::{FreshKey, PrivateKey};
pub use public::PublicKey;
