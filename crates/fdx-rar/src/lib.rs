//! What FDX v6 calls things when a customer consents, and RFC 9396 authorization details.
//!
//! ```text
//!   ConsentRequest ──▶ AuthorizationDetails ──▶ (pushed)      what is asked
//!         │   └──────▶ Scopes
//!         ▼
//!     Coverage ◀────── ConsentGrant ◀── (read)                what was granted
//!         │
//!         ▼
//!   ConsentReceipt ──▶ canonical JSON, SHA-256                what is kept
//! ```
//!
//! A [`ConsentRequest`] is checked when it is built: it asks for something, its time is bounded,
//! and it can't name an account, which is the customer's to choose. A [`ConsentGrant`] is read as
//! real institutions write it. [`Coverage`] lays the two beside each other. Names that this crate
//! does not know (a cluster of a later version, a status) are kept as text and never refused.
//!
//! It never signs, never does I/O, knows nothing of HTTP, and reads no clock. `no_std` with `alloc`.
//!
//! ```
//! use fdx_rar::{
//!     AuthorizationDetails, ConsentDuration, ConsentGrant, ConsentRequest, Coverage, DataCluster,
//!     ResourceType,
//! };
//!
//! let asked = ConsentRequest::new(ConsentDuration::time_bound(365)?)
//!     .lookback_period(60)
//!     .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
//!     .build()?;
//! assert_eq!(asked.scopes().to_string(), "fdx:accountbasic:read fdx:transactions:read");
//! assert_eq!(
//!     AuthorizationDetails::of_consent(asked.clone()).to_json(),
//!     r#"[{"type":"fdx_v1.0","consentRequest":{"durationType":"TIME_BOUND","durationPeriod":365,"lookbackPeriod":60,"resources":[{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"]}]}}]"#
//! );
//!
//! let granted: ConsentGrant = fdx_wire::json::from_slice(
//!     br#"{"id":"c-1","status":"Active","resources":
//!         [{"resourceType":"ACCOUNT","resourceId":"a-1","dataClusters":["ACCOUNT_BASIC"]}]}"#,
//!     &fdx_wire::json::Limits::default(),
//! )?;
//! let coverage = Coverage::compare(&asked, &granted);
//! assert!(coverage.is_partial());
//! assert_eq!(coverage.withheld().len(), 2); // no account has it, and so neither has account a-1
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![cfg_attr(test, allow(clippy::disallowed_types, reason = "tests compare with serde_json::Value"))]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(test)]
mod arbitrary;
mod authorization_details;
mod consent_grant;
mod consent_request;
mod coverage;
mod data_cluster;
mod link;
mod notification;
mod open_enum;
mod party;
mod receipt;
mod requested;
mod resource_type;
mod revocation;
mod scope;
mod timestamp;
mod tolerant;
pub mod uae;

pub use authorization_details::{
    AuthorizationDetail, AuthorizationDetails, AuthorizationDetailsError, FDX_V1_0, OtherDetail,
};
pub use consent_grant::{ConsentGrant, ConsentId, ConsentIdError, ConsentStatus, GrantedResource};
pub use consent_request::{
    ConsentDuration, ConsentRequest, ConsentRequestBuilder, ConsentRequestError, DurationDays,
    DurationType, RequestedResource,
};
pub use coverage::{Coverage, GrantedCluster, Withheld};
pub use data_cluster::{DataCluster, FdxVersion, KnownCluster};
pub use link::Link;
pub use notification::{ConsentHint, Notification, NotificationError};
pub use open_enum::UnknownName;
pub use party::{Party, PartyType, Registry};
pub use receipt::{
    ConsentReceipt, ConsentReceiptBuilder, Evidence, Expiration, ReceiptError, ReceiptWarning,
};
pub use requested::Requested;
pub use resource_type::ResourceType;
pub use revocation::{
    ConsentRevocation, ConsentRevocationList, ConsentRevocationRequest, RevocationReason,
};
pub use scope::{ScopeError, Scopes};
pub use timestamp::Timestamp;
