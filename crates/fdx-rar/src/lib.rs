//! The FDX v6 consent vocabulary, and RFC 9396 authorization details.
//!
//! ```text
//!   ConsentRequest ──▶ AuthorizationDetails ──▶ (pushed)      what is requested
//!         │   └──────▶ Scopes
//!         ▼
//!     Coverage ◀────── ConsentGrant ◀── (read)                what is granted
//!         │
//!         ▼
//!   ConsentReceipt ──▶ canonical JSON, SHA-256                for audits
//! ```
//!
//! A [`ConsentRequest`] is checked when it is built: it is not empty, its time is bounded, and it
//! can't name an account, because the customer chooses the accounts. [`ConsentGrant`] tolerates the
//! forms that real institutions write. [`Coverage`] compares the two. Unknown names (a cluster of a
//! later version, a status) are kept as text and never rejected.
//!
//! The crate does not sign, has no I/O, does not depend on HTTP, and reads no clock. `no_std` with
//! `alloc`.
//!
//! ```
//! use fdx_rar::{
//!     AuthorizationDetails, ConsentDuration, ConsentGrant, ConsentRequest, Coverage, DataCluster,
//!     ResourceType,
//! };
//!
//! let requested = ConsentRequest::new(ConsentDuration::time_bound(365)?)
//!     .lookback_period(60)
//!     .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
//!     .build()?;
//! assert_eq!(requested.scopes().to_string(), "fdx:accountbasic:read fdx:transactions:read");
//! assert_eq!(
//!     AuthorizationDetails::of_consent(requested.clone()).to_json(),
//!     r#"[{"type":"fdx_v1.0","consentRequest":{"durationType":"TIME_BOUND","durationPeriod":365,"lookbackPeriod":60,"resources":[{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"]}]}}]"#
//! );
//!
//! let granted: ConsentGrant = fdx_wire::json::from_slice(
//!     br#"{"id":"c-1","status":"Active","resources":
//!         [{"resourceType":"ACCOUNT","resourceId":"a-1","dataClusters":["ACCOUNT_BASIC"]}]}"#,
//!     &fdx_wire::json::Limits::default(),
//! )?;
//! let coverage = Coverage::compare(&requested, &granted);
//! assert!(coverage.is_partial());
//! assert_eq!(coverage.withheld().len(), 2); // by no account, and by account a-1
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
mod granted_access;
mod link;
mod notification;
mod open_enum;
mod other_members;
mod party;
mod receipt;
mod requested;
mod revocation;
mod scope;
#[cfg(test)]
mod tests;
mod timestamp;
mod tolerant;

pub use authorization_details::{
    AuthorizationDetail, AuthorizationDetails, AuthorizationDetailsError, FDX_V1_0, FdxDetail,
    GRANTED_DETAIL_MEMBERS, GrantedDetail, GrantedDetails, OtherDetail,
};
pub use consent_grant::{
    ConsentGrant, ConsentId, ConsentIdError, ConsentStatus, GRANT_MEMBERS, GrantedResource,
    UnreadResources,
};
pub use consent_request::{
    ConsentDuration, ConsentRequest, ConsentRequestBuilder, ConsentRequestError, DurationDays,
    DurationType, RequestedResource,
};
pub use coverage::{Coverage, GrantedCluster, RequestedCluster, Withheld};
pub use data_cluster::{DataCluster, FdxVersion, KnownCluster, ResourceType};
pub use granted_access::{GrantSource, GrantedAccess};
pub use link::Link;
pub use notification::{ConsentHint, Notification, NotificationError};
pub use open_enum::UnknownName;
pub use party::{Party, PartyType, Registry};
pub use receipt::{
    ConsentReceipt, ConsentReceiptBuilder, Evidence, Expiration, ReceiptError, ReceiptWarning,
};
pub use requested::Requested;
pub use revocation::{
    ConsentRevocation, ConsentRevocationList, ConsentRevocationRequest, REVOCATION_MEMBERS,
    RevocationReason,
};
pub use scope::{ScopeError, Scopes};
pub use timestamp::Timestamp;
