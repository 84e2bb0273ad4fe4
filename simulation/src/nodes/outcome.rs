//! Results of procedures, in words.

use fdx_store::procedure::{Access, Checked, Finished, KeptUp, RevocationResult};

use super::procedure::Done;

/// Whether a procedure with this result may have left a response without storing it: the consent had
/// ended, or the store failed again and again.
pub(super) fn may_not_store(done: &Done) -> bool {
    match done {
        Done::Access(access) => may_not_keep(access),
        Done::Finished(finished) => {
            matches!(**finished, Finished::Ended { .. } | Finished::Store(_))
        }
        Done::Kept(kept) => match kept {
            KeptUp::Refreshed(access) => may_not_keep(access),
            KeptUp::Resumed(finished) => {
                matches!(**finished, Finished::Ended { .. } | Finished::Store(_))
            }
            _ => false,
        },
        Done::Checked(_) => true,
        Done::Revoked(_) | Done::Started(_) => false,
    }
}

fn may_not_keep(access: &Access) -> bool {
    matches!(access, Access::Ended { .. } | Access::Store(_))
}

/// The result of a procedure in few words.
pub(super) fn brief(done: &Done) -> &'static str {
    match done {
        Done::Access(access) => access_as(access),
        Done::Checked(checked) => match checked {
            Checked::Unchanged => "checked: unchanged",
            Checked::Recorded(_) => "checked: recorded",
            _ => "checked: not read",
        },
        Done::Finished(finished) => match **finished {
            Finished::Granted(_) => "finished: granted",
            Finished::Incomplete { .. } => "finished: incomplete",
            Finished::InProgress { .. } => "finished: in progress",
            Finished::StartOver { .. } => "finished: start over",
            Finished::Denied { .. } => "finished: denied",
            Finished::Ended { .. } => "finished: ended",
            Finished::Store(_) => "finished: the store failed",
            _ => "finished: otherwise",
        },
        Done::Kept(kept) => kept_as(kept),
        Done::Revoked(result) => match result {
            RevocationResult::Revoked(_) => "revoked",
            RevocationResult::Later { .. } => "revoked later",
            RevocationResult::Ended { .. } => "revoked: ended before",
            RevocationResult::Store(_) => "revoked: the store failed",
            _ => "revoked: otherwise",
        },
        Done::Started(_) => "begun",
    }
}

fn access_as(access: &Access) -> &'static str {
    match access {
        Access::Token(_) => "tokens returned",
        Access::Later { .. } => "token later",
        Access::Suspect { .. } => "token refused: suspect",
        Access::Ended { .. } => "no token: the consent has ended",
        Access::Paused { .. } => "no token: paused",
        Access::Incomplete => "no token: incomplete",
        Access::Store(_) => "no token: the store failed",
        Access::NotVerified { .. } => "token not verified",
        _ => "no token: otherwise",
    }
}

pub(super) fn kept_as(kept: &KeptUp) -> &'static str {
    match kept {
        KeptUp::Refreshed(Access::Token(_)) => "kept: refreshed",
        KeptUp::Refreshed(Access::Suspect { .. }) => "kept: suspect",
        KeptUp::Refreshed(Access::Ended { .. }) => "kept: ended",
        KeptUp::Refreshed(_) => "kept: refreshed later",
        KeptUp::Elapsed(_) => "kept: elapsed",
        KeptUp::Resumed(finished) => match **finished {
            Finished::Granted(_) => "kept: completed",
            _ => "kept: completed later",
        },
        KeptUp::Revoked(RevocationResult::Revoked(_)) => "kept: revoked",
        KeptUp::Revoked(_) => "kept: revoked later",
        KeptUp::Store(_) => "kept: the store failed",
        _ => "kept: otherwise",
    }
}
