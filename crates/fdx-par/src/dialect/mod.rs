//! What one provider does otherwise than FAPI 2.0, as one value: each difference a named member
//! with its source.
//!
//! The default is FAPI 2.0 Security Profile Final and FDX v6 by the book, [`FDX`], which has no
//! member. A client of a provider that differs takes that provider's dialect into its
//! [`ClientConfig`](crate::ClientConfig::dialect); [`Client::new`](crate::Client::new) then says at
//! once what the dialect needs and the configuration lacks. Nothing else makes a client lenient.
//!
//! What is not FAPI at all is in [`not_fapi`].
//!
//! ```
//! use fdx_par::dialect::{self, MASTERCARD};
//!
//! assert_eq!(dialect::by_name("mastercard"), Some(MASTERCARD));
//! for line in MASTERCARD.members() {
//!     println!("{:<30} {:<40} {}", line.member.name(), line.member.clause(), line.source);
//! }
//! assert!(dialect::FDX.members().is_empty());
//! ```

pub(crate) mod autional;
pub(crate) mod dialect;
pub(crate) mod known;
pub(crate) mod mastercard;
pub(crate) mod member;
pub(crate) mod not_fapi;
pub(crate) mod profile;
pub(crate) mod uae;
pub(crate) mod wso2;

pub use autional::AUTIONAL;
pub use dialect::{Dialect, Line, Need};
pub use known::{ALL, FDX, by_name};
pub use mastercard::{MASTERCARD, MASTERCARD_MOCK};
pub use member::Member;
pub use uae::dialect::UAE;
pub use wso2::WSO2;
