//! Responses with tokens: stored as long as it takes, or revoked if their consent has ended.

use core::time::Duration;

use fdx_par::tokens::Revocable;
use fdx_par::{Draft, Error, Revoked, TokenTypeHint};
use fdx_wire::UnixTime;

use super::consents::Consents;
use super::draws::Draws;
use super::step::{Step, exchange, store, wait};
use crate::sql::operation::{Decision, Operation, StoreError};

/// How often tokens are stored again after the store failed, and the first pause. Each pause is twice
/// as long: together about a minute.
const TRIES: u8 = 6;
const PAUSE: Duration = Duration::from_secs(1);

/// Runs an operation that stores tokens, and again while the store fails: as long as it does, the
/// tokens exist only here. `operation` makes it for the time of each try.
pub(super) fn until_stored<T: 'static, D: Decision>(
    operation: impl Fn(UnixTime) -> Operation<D> + Send + 'static,
    now: UnixTime,
    then: impl FnOnce(Result<D::Output, StoreError>, UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    tried(operation, 0, now, then)
}

fn tried<T: 'static, D: Decision>(
    operation: impl Fn(UnixTime) -> Operation<D> + Send + 'static,
    tries: u8,
    now: UnixTime,
    then: impl FnOnce(Result<D::Output, StoreError>, UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    store(operation(now), now, move |stored, now| match stored {
        Err(_) if tries < TRIES => {
            let pause = PAUSE * (1 << tries);
            wait(now + pause, move |now| tried(operation, tries + 1, now, then))
        }
        stored => then(stored, now),
    })
}

/// Revokes tokens whose consent ended before they were stored: the refresh token, then the access
/// token. A failure changes nothing: the consent has ended.
pub(super) fn revoke_late<T: 'static>(
    consents: &Consents,
    tokens: &impl Revocable,
    draws: &mut Draws,
    now: UnixTime,
    then: impl FnOnce() -> Step<T> + Send + 'static,
) -> Step<T> {
    let mut draft = |which| consents.client().revoke(tokens, which, draws.next(), now);
    let (refresh, access) = (draft(TokenTypeHint::RefreshToken), draft(TokenTypeHint::AccessToken));
    sent(refresh, now, move |now| {
        // Its proofs are as old as the first request.
        let access = access.and_then(|draft| draft.renew(now));
        sent(access, now, move |_| then())
    })
}

fn sent<T: 'static>(
    draft: Result<Draft<Revoked>, Error>,
    now: UnixTime,
    then: impl FnOnce(UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    match draft {
        Ok(draft) => exchange(draft, None, now, move |_, now| then(now)),
        Err(_) => then(now),
    }
}
