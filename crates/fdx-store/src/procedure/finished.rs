use fdx_jose::SealError;
use fdx_par::{Error, Notice};
use fdx_wire::UnixTime;

use super::refresh::Access;
use crate::consents::find::ConsentRow;
use crate::flows::outcome::FlowOutcome;
use crate::record::id::RecordId;
use crate::record::state::ConsentState;
use crate::sql::operation::StoreError;

/// The result of [`Consents::finish`](super::Consents::finish) and
/// [`Consents::resume`](super::Consents::resume).
///
/// # When a process stops in between
///
/// Each row is a state that a stopped process leaves behind, and what the next
/// [`finish`](super::Consents::finish) of the same callback returns. No code is ever sent twice, and a
/// receipt is written in the same transaction as the state that it is about.
///
/// | stopped | stored | the next `finish` |
/// |---|---|---|
/// | in [`begin`](super::Consents::begin), before the flow is stored | nothing | [`UnknownFlow`](Self::UnknownFlow): the customer was not redirected either |
/// | before the claim | a pending flow | as the first one |
/// | after the claim, before the tokens are stored | a claimed flow | [`InProgress`](Self::InProgress) for the life of the code, then [`StartOver`](Self::StartOver): the code may be spent |
/// | after the exchange failed, before its outcome is stored | a claimed flow | the same |
/// | after the tokens are stored, before the grant is | a consent that is pending verification, without a receipt | [`InProgress`](Self::InProgress) for the life of the code, then it completes the consent; [`resume`](super::Consents::resume) does so at any time |
/// | after the completion was put off | the same, with its reason | completes the consent |
/// | after the grant is stored | an active consent with its receipt, and the outcome of the flow | [`Granted`](Self::Granted) |
/// | after a denial or a failed exchange is stored | the outcome of the flow | [`Denied`](Self::Denied), [`StartOver`](Self::StartOver) |
///
/// The third row is the only one that loses something: tokens that the institution issued and that no
/// store has. The customer starts over; the new consent supersedes the lost one.
#[derive(Debug)]
#[non_exhaustive]
pub enum Finished {
    /// The consent is stored with its receipt. A later `finish` returns it as it is then, also after it
    /// ended.
    Granted(Box<Granted>),
    /// The customer denied the consent. Begin again only if the customer wants to.
    Denied {
        /// The institution's error code.
        error: Option<String>,
        /// The institution's words.
        description: Option<String>,
    },
    /// There are no tokens: begin again.
    StartOver {
        /// What failed, with the institution's words.
        reason: String,
        /// The error, if a response is wrong or an error. The store does not keep it: a repetition has
        /// only the reason.
        error: Option<Box<Error>>,
    },
    /// The callback was rejected, and the flow is unchanged:
    /// [`Error::next_step`] is to keep waiting for the right one, or to start over after its
    /// deadline.
    Rejected(Box<Error>),
    /// The signed callback could not be checked, because the institution's keys could not be fetched.
    /// The flow is unchanged: finish again at once, because a code lives for a minute.
    Unreachable {
        /// What failed.
        reason: String,
    },
    /// Another process has claimed the callback.
    InProgress {
        /// When it has finished or given up: finish again then.
        until: UnixTime,
    },
    /// The tokens are stored, and the grant is not: call [`resume`](super::Consents::resume).
    Incomplete {
        /// The consent, which is pending verification.
        record: RecordId,
        /// When.
        until: UnixTime,
        /// What failed, with the institution's words.
        reason: String,
        /// The error, if a response is wrong or an error: its next step says whether to try again.
        error: Option<Box<Error>>,
    },
    /// The consent ended before it was complete.
    Ended {
        /// Its state.
        state: ConsentState,
        /// Why, with the institution's words.
        reason: Option<String>,
    },
    /// Another customer began this flow. It is unchanged.
    OtherCustomer,
    /// The callback names no flow of this store and institution. It may be forged, or the flow
    /// deleted after its deadline.
    UnknownFlow,
    /// The store has no such consent.
    NotFound,
    /// Nothing is refreshed until an operator resumes, and the first tokens have expired.
    Paused {
        /// Why.
        reason: String,
    },
    /// The pending state or the tokens can't be opened with the key ring.
    Locked(SealError),
    /// The store failed.
    Store(StoreError),
}

/// A stored consent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Granted {
    /// The consent. Its `access` is the receipt of the grant.
    pub consent: ConsentRow,
    /// The record that this consent renews, if it has not ended: revoke it now.
    pub revoke: Option<RecordId>,
    /// The tolerated deviations of the institution. None after a reload.
    pub notices: Vec<Notice>,
}

impl From<FlowOutcome> for Finished {
    /// The result of a flow without a consent.
    fn from(outcome: FlowOutcome) -> Self {
        match outcome {
            FlowOutcome::Denied { error, description } => Self::Denied { error, description },
            FlowOutcome::Refused { error, description } => {
                let words = [error, description].into_iter().flatten().collect::<Vec<_>>();
                Self::StartOver { reason: words.join(": "), error: None }
            }
            FlowOutcome::Failed { reason } => Self::StartOver { reason, error: None },
            // The consent was there: it is deleted.
            FlowOutcome::Granted => Self::NotFound,
        }
    }
}

impl Finished {
    /// Why the first tokens of a consent could not be refreshed.
    pub(super) fn not_refreshed(record: RecordId, access: Access, now: UnixTime) -> Self {
        let incomplete = |until, reason, error| Self::Incomplete { record, until, reason, error };
        match access {
            Access::Later { until, reason } | Access::Suspect { until, reason, .. } => {
                incomplete(until, reason, None)
            }
            Access::Paused { reason } => Self::Paused { reason },
            Access::Ended { state, reason } => Self::Ended { state, reason },
            Access::Locked(error) => Self::Locked(error),
            Access::NotFound => Self::NotFound,
            Access::Store(error) => Self::Store(error),
            Access::NotVerified { error } => {
                let reason = error.to_string();
                incomplete(now, reason, Some(error))
            }
            Access::Token(_) | Access::Incomplete => incomplete(now, String::new(), None),
        }
    }
}
