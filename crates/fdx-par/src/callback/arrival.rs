use fdx_wire::RedirectUri;
use fdx_wire::form::{Query, QueryError};
use subtle::ConstantTimeEq;

use crate::pending::Pending;
use crate::{CallbackFault, CallerFault, Error};

const MAX_URL: usize = 8192;

/// What the readers of a callback look at (RFC 6749 section 4.1.2, RFC 9207, JARM), and tokens, which
/// they refuse.
const RESPONSE_PARAMETERS: &[&str] = &[
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "iss",
    "response",
    "state",
];

/// Checks that the redirect_uri's own query can be told from the response that a server appends to it
/// (RFC 6749 section 3.1.2).
///
/// # Errors
/// [`CallerFault::RedirectUriQuery`] where it names a parameter of a response, however it is encoded,
/// or is not percent-encoded UTF-8.
pub(crate) fn check_redirect_uri(redirect_uri: &RedirectUri) -> Result<(), CallerFault> {
    let own = own_query(redirect_uri).map_err(|_| CallerFault::RedirectUriQuery)?;
    if own.names().any(|name| RESPONSE_PARAMETERS.contains(&name)) {
        return Err(CallerFault::RedirectUriQuery);
    }
    Ok(())
}

/// The response parameters of a callback that arrived at the redirect_uri, whose own query comes first
/// and is not among them.
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
    let response = appended(query, redirect_uri);
    // check: RedirectUriPlace
    check_arrival(place, response, redirect_uri)?;
    let response = Query::parse(response.unwrap_or(query), MAX_URL).map_err(fault)?;
    let own = own_query(redirect_uri).map_err(fault)?;
    // RFC 6749 3.1: of two values, the program behind the redirect_uri may read the second.
    if own.names().any(|name| response.names().any(|other| other == name)) {
        return Err(CallbackFault::Duplicate.into());
    }
    Ok(response)
}

fn own_query(redirect_uri: &RedirectUri) -> Result<Query<'_>, QueryError> {
    Query::parse(redirect_uri.query().unwrap_or_default(), MAX_URL)
}

/// What follows the redirect_uri's own query; `None` where another query comes first.
fn appended<'a>(query: &'a str, redirect_uri: &RedirectUri) -> Option<&'a str> {
    let own = redirect_uri.query().unwrap_or_default();
    let rest = query.strip_prefix(own)?;
    let separate = own.is_empty() || own.ends_with('&') || rest.is_empty() || rest.starts_with('&');
    separate.then_some(rest)
}

/// Checks that the callback arrived at the redirect_uri, whose own query comes first.
fn check_arrival(
    place: &str,
    response: Option<&str>,
    redirect_uri: &RedirectUri,
) -> Result<(), CallbackFault> {
    check_place(place, redirect_uri)?;
    response.map(drop).ok_or(CallbackFault::OtherRedirectUri)
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

/// Compares origin and path.
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
