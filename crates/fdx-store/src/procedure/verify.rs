use core::time::Duration;

use fdx_jose::{IdTokenError, JwtError};
use fdx_par::client::Unverified;
use fdx_par::{Draft, Error, Output, Refused, Verification};
use fdx_wire::UnixTime;

use super::consents::Consents;
use super::step::{Outcome, Step, exchange, wait};

/// Why a value is not verified.
pub(super) enum NotVerified {
    /// It was checked and rejected, or its ID token is encrypted.
    Rejected(Box<Error>),
    /// It could not be checked: the institution refused its keys, or they are wrong.
    NoKeys(Box<Error>),
    /// It could not be checked: no response arrived.
    Unreachable(String),
}

type Then<T, V> =
    Box<dyn FnOnce(Result<<V as Unverified>::Verified, NotVerified>, UnixTime) -> Step<T> + Send>;

/// Verifies a value. Fetches the institution's keys once, if the known ones don't include the key that
/// signed it. With fresh keys, a value that none of them signed counts as forged: `forged` is the
/// error.
pub(super) fn verify<T: 'static, V: Unverified + Send + 'static>(
    consents: &Consents,
    value: V,
    forged: Error,
    now: UnixTime,
    then: impl FnOnce(Result<V::Verified, NotVerified>, UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    let then: Then<T, V> = Box::new(then);
    let value = match verified(consents.client().verify(value, consents.server_keys(), now)) {
        Checked::Unknown(value) => value,
        Checked::Done(verified) => return then(Ok(verified), now),
        Checked::Rejected(error) => return then(Err(NotVerified::Rejected(error)), now),
    };
    let draft = match consents.client().fetch_keys(now) {
        Ok(draft) => draft,
        Err(error) => return then(Err(NotVerified::NoKeys(Box::new(error))), now),
    };
    let consents = consents.clone();
    exchange(draft, None, now, move |outcome, now| {
        let result = match outcome {
            Outcome::Done(keys) => {
                match verified(consents.client().verify(value, Some(&keys), now)) {
                    Checked::Done(verified) => Ok(verified),
                    Checked::Rejected(error) => Err(NotVerified::Rejected(error)),
                    Checked::Unknown(_) => Err(NotVerified::Rejected(Box::new(forged))),
                }
            }
            Outcome::Failed(error) => Err(NotVerified::NoKeys(Box::new(error))),
            Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => {
                Err(NotVerified::Unreachable(reason))
            }
        };
        then(result, now)
    })
}

/// The error of an ID token that none of the institution's fresh keys signed.
pub(super) fn forged_id_token() -> Error {
    IdTokenError::from(JwtError::UnknownKey).into()
}

enum Checked<V: Unverified> {
    Done(V::Verified),
    /// No known key signed it.
    Unknown(V),
    Rejected(Box<Error>),
}

fn verified<V: Unverified>(result: Result<Verification<V>, Refused<V>>) -> Checked<V> {
    match result {
        Ok(Verification::Done(verified)) => Checked::Done(verified),
        Ok(Verification::FetchKeys(value)) => Checked::Unknown(value),
        // Procedures have no step that decrypts. The tokens stay stored.
        Ok(Verification::Decrypt(_)) => Checked::Rejected(Box::new(IdTokenError::Unopened.into())),
        Err(refused) => Checked::Rejected(Box::new(refused.error)),
    }
}

/// When an exchange is sent for the last time, and when its response must have arrived.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) sent_by: UnixTime,
    pub(super) answered_by: UnixTime,
}

/// The first pause before an exchange that was not sent is sent again. Each next one is twice as long.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Runs an exchange, again while it is not sent: its draft can't be made anew.
pub(super) fn until_sent<T: 'static, O: Output>(
    draft: Draft<O>,
    until: Until,
    pause: Duration,
    now: UnixTime,
    then: impl FnOnce(Outcome<O>, UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    exchange(draft, Some(until.answered_by), now, move |outcome, now| match outcome {
        Outcome::NotSent(_, Some(draft)) if now + pause < until.sent_by => {
            wait(now + pause, move |now| {
                // The values of the old draft are as old as the pause.
                match draft.renew(now) {
                    Ok(draft) => until_sent(draft, until, pause * 2, now, then),
                    Err(error) => then(Outcome::Failed(error), now),
                }
            })
        }
        outcome => then(outcome, now),
    })
}
