//! Moving consents in and out: a table of tokens as JSON Lines, one consent in each line.
//!
//! ```
//! use fdx_store::transfer::{ExportedConsent, Importer};
//! use fdx_wire::Entropy;
//!
//! let line = br#"{"customer":"c-1","issuer":"https://bank.example","client_id":"app-1",
//!     "access_token":"Kz8","token_type":"Bearer","refresh_token":"8xLO","scope":"openid"}"#;
//!
//! // Keep these 32 bytes until the import is complete: see `Importer`.
//! let mut importer = Importer::new(Entropy::new([7; 32]));
//! let consent = importer.read(line)?.ok_or("an empty line")?;
//! assert_eq!(consent.customer(), "c-1");
//! assert!(!consent.coverage_is_known());
//!
//! // Out again, from what the store has.
//! let exported = ExportedConsent::new(consent.id(), consent.customer());
//! let line = exported.to_line(&consent.grant().to_json())?;
//! let again = importer.read(line.expose().as_bytes())?.ok_or("an empty line")?;
//! assert_eq!(again.id(), consent.id());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Members
//!
//! | member | |
//! |---|---|
//! | `customer` | required: your own reference to the customer |
//! | `issuer`, `client_id`, `access_token`, `token_type`, `scope` | required: see [`StoredGrant::imported`](fdx_par::StoredGrant::imported), also for the next row |
//! | `bound_to`, `refresh_token`, `expires_at`, `refresh_token_expires_at`, `subject`, `auth_time`, `nonce`, `consent_id` | if known |
//! | `id` | the id of the record: 1 to 128 characters of printable ASCII without spaces. Absent: a new one |
//! | `dialect` | the name of the dialect |
//! | `consent_expires_at` | when the consent ends, in seconds since 1970 |
//! | `receipt` | the receipt of this consent, as [`ConsentReceipt`](fdx_rar::ConsentReceipt) writes it. Absent: the coverage is unknown |
//!
//! A member that is `null` is absent. Any other member is an error, so that a misspelled one is not
//! lost. The tenant is not in the file.
//!
//! Such a file is as secret as the tokens. Before you import a table, stop the program that refreshes
//! its tokens: an institution may end a grant whose old refresh token is used again.

mod error;
mod exported;
mod imported;
mod keep;

pub use error::{ExportError, ImportError, ImportFault};
pub use exported::ExportedConsent;
pub use imported::{ImportedConsent, Importer};
pub use keep::{InsertObtained, Obtained, ReadTokens, SealedTokens, read_tokens};

#[cfg(test)]
mod tests;
