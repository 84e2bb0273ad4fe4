//! Revocations that the recipient begins: the parts that have an outcome, and those to do.
//!
//! ```text
//!   begin ──▶ consent API ──▶ refresh token ──▶ access token ──▶ receipt
//!   state revoked, intent stored           each outcome is stored
//! ```
//!
//! [`begin_revocation`] sets the state `revoked` and stores the intent in `fdx_revocations` before
//! anything is sent. From then on nothing refreshes, and a response that arrives later is revoked, as
//! after every end. [`end_part`] stores the outcome of one part, and with the last one the receipt.
//! A crash between two steps leaves:
//!
//! | crash | state | parts with an outcome | receipt | what continues |
//! |---|---|---|---|---|
//! | before the intent is committed | as before | | none | nothing: the caller has no result, and repeats |
//! | before the response of a part is stored | `revoked`, due | those before it | none | the part is sent again |
//! | after the last part | `revoked`, not due | all | one | nothing |
//!
//! Each part can be repeated: the consent API then reports that the consent has ended (409, 404), and
//! the revocation of a token that is unknown is a success (RFC 7009 section 2.2).

pub(crate) mod begin;
pub(crate) mod part;
pub(crate) mod postpone;
pub(crate) mod row;

pub use begin::{BeginRevocation, OpenRevocation, RevocationBegun, begin_revocation};
pub use part::{EndPart, PartEnded, end_part};
pub use postpone::{PostponeRevocation, postpone_revocation};
pub use row::{FindRevocation, Part, StoredRevocation, find_revocation};
