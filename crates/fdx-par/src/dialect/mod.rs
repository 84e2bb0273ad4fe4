//! A provider's deviations from FAPI 2.0 as one value: each is a named member with its source.
//!
//! The default is [`FDX`]: FAPI 2.0 Security Profile Final and FDX v6, without any member. For a
//! provider that deviates, set its dialect in
//! [`ClientConfig::dialect`](crate::ClientConfig::dialect). [`Client::new`](crate::Client::new)
//! returns an error if the configuration lacks what the dialect needs. Nothing else makes a client
//! lenient.
//!
//! Dialects and members that are not FAPI at all are in [`not_fapi`](crate::not_fapi).
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
pub(crate) mod definition;
pub(crate) mod detail_text;
pub(crate) mod keycloak;
pub(crate) mod known;
pub(crate) mod mastercard;
pub(crate) mod member;
pub(crate) mod not_fapi;
pub(crate) mod profile;
pub(crate) mod refresh_tokens;
pub(crate) mod spring;
pub mod uae;
pub(crate) mod wso2;

pub use autional::AUTIONAL;
pub use definition::{Dialect, Evidence, Line, Need};
pub use detail_text::{DetailConsent, DetailText};
pub use keycloak::KEYCLOAK;
pub use known::{ALL, FDX, by_name};
pub use mastercard::{MASTERCARD, MASTERCARD_MOCK};
pub use member::{Member, UrlParameter};
pub use refresh_tokens::{RefreshTokens, Replay, Rotation};
pub use spring::SPRING_AUTHORIZATION_SERVER;
pub use uae::UAE;
pub use wso2::WSO2;
