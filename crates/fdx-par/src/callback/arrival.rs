use fdx_wire::RedirectUri;
use fdx_wire::form::{Query, QueryError};
use subtle::ConstantTimeEq;

use crate::pending::Pending;
use crate::{CallbackFault, Error};

const MAX_URL: usize = 8192;

/// The parameters of a callback that arrived where it should.
pub(super) fn query<'a>(
    received_url: &'a str,
    redirect_uri: &RedirectUri,
) -> Result<Query<'a>, Error> {
    if received_url.len() > MAX_URL {
        return Err(CallbackFault::TooLong.into());
    }
    // RFC 9110 4.2.5: a fragment never reaches a server, and would pass for a part of the code.
    if received_url.contains('#') {
        return Err(CallbackFault::Unreadable.into());
    }
    let (place, query) = received_url.split_once('?').unwrap_or((received_url, ""));
    // check: RedirectUriPlace
    check_place(place, redirect_uri)?;
    Query::parse(query, MAX_URL).map_err(|error| fault(error).into())
}

/// The state, in constant time.
pub(super) fn check_state(state: Option<&str>, pending: &Pending) -> Result<(), CallbackFault> {
    let state = state.ok_or(CallbackFault::StateMissing)?;
    if state.as_bytes().ct_eq(pending.state.expose().as_bytes()).into() {
        Ok(())
    } else {
        Err(CallbackFault::StateMismatch)
    }
}

/// Origin and path are compared; the query of a redirect_uri comes back among the parameters.
fn check_place(place: &str, redirect_uri: &RedirectUri) -> Result<(), CallbackFault> {
    let received = RedirectUri::parse(place).map_err(|_| CallbackFault::Unreadable)?;
    let root = |path: &str| path.is_empty() || path == "/";
    let same_path = received.path() == redirect_uri.path()
        || (root(received.path()) && root(redirect_uri.path()));
    if received.origin() == redirect_uri.origin() && same_path {
        Ok(())
    } else {
        Err(CallbackFault::OtherRedirectUri)
    }
}

pub(super) fn fault(error: QueryError) -> CallbackFault {
    match error {
        QueryError::Duplicate => CallbackFault::Duplicate,
        QueryError::Encoding => CallbackFault::Unreadable,
        QueryError::TooLong => CallbackFault::TooLong,
    }
}
