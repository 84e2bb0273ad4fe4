//! What the programs share: a recipient with stored consents, and a temporary folder.

mod folder;
mod recipient;

pub use folder::Folder;
pub use recipient::{First, ISSUER, Recipient};
