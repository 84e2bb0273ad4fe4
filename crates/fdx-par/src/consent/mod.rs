//! The life of a consent, one state per file.

pub(crate) mod callback;
pub(crate) mod code_exchange;
pub(crate) mod granted;
pub(crate) mod granted_details;
pub(crate) mod imported_grant;
pub(crate) mod pending;
pub(crate) mod push;
pub(crate) mod refresh;
pub(crate) mod stored_grant;
pub(crate) mod unverified;
pub(crate) mod verified;

pub use callback::callback::{Accepted, Callback};
pub use callback::signed::SignedCallback;
pub use code_exchange::Exchanged;
pub use granted::Granted;
pub use pending::pending::{FlowId, Pending};
pub use push::pushed::{AuthorizationUrl, Pushed};
pub use push::request::AuthorizationRequest;
pub use refresh::Refreshed;
pub use stored_grant::{Identity, StoredGrant};
pub use unverified::UnverifiedTokens;
pub use verified::Verified;
