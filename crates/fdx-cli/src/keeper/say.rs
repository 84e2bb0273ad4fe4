//! One line for each thing that a keeper has done.

use fdx_store::consents::Elapsed;
use fdx_store::procedure::{Access, Finished, KeptUp, RevocationResult};

use crate::print::printable;

/// What was done for a consent, or why not.
pub(super) fn about(kept: &KeptUp) -> String {
    match kept {
        KeptUp::Refreshed(access) => refreshed(access),
        KeptUp::Elapsed(Elapsed::Recorded { state }) => format!("is {state} now"),
        KeptUp::Elapsed(_) => "nothing to do".to_owned(),
        KeptUp::Revoked(RevocationResult::Revoked(_)) => "revoked".to_owned(),
        KeptUp::Revoked(RevocationResult::Later { until, reason, .. }) => {
            format!("revocation continues at {}: {}", until.to_rfc3339(), printable(reason))
        }
        KeptUp::Revoked(RevocationResult::Store(error)) | KeptUp::Store(error) => {
            format!("{}: {error}", error.code())
        }
        KeptUp::Revoked(_) => "revocation is over".to_owned(),
        KeptUp::Resumed(finished) => match &**finished {
            Finished::Granted(_) => "is complete".to_owned(),
            Finished::Incomplete { until, reason, .. } => {
                format!("is completed at {}: {}", until.to_rfc3339(), printable(reason))
            }
            _ => "is not complete".to_owned(),
        },
        _ => "done".to_owned(),
    }
}

fn refreshed(access: &Access) -> String {
    match access {
        Access::Token(token) => format!("refreshed: generation {}", token.generation),
        Access::Later { until, reason } => {
            format!("again at {}: {}", until.to_rfc3339(), printable(reason))
        }
        Access::Paused { reason } => format!("paused: {}", printable(reason)),
        Access::Suspect { until, reason, institution_paused } => {
            let alert = if *institution_paused { "; THE INSTITUTION IS PAUSED NOW" } else { "" };
            let until = until.to_rfc3339();
            format!("suspect, again at {until}: {}{alert}", printable(reason))
        }
        Access::Ended { state, .. } => format!("is {state}"),
        Access::Incomplete => "is not complete yet".to_owned(),
        Access::NotVerified { error } => format!("{}: {error}", error.code()),
        Access::Locked(error) => format!("its tokens can't be opened: {error}"),
        Access::NotFound => "is gone".to_owned(),
        Access::Store(error) => format!("{}: {error}", error.code()),
        _ => "done".to_owned(),
    }
}
