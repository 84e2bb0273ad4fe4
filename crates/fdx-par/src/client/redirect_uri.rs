use fdx_wire::RedirectUri;
use fdx_wire::form::{Query, QueryError};

use crate::error::caller::ConfigurationFault;

pub(crate) const MAX_URL: usize = 8192;

/// The parameters that are read from a callback (RFC 6749 section 4.1.2, RFC 9207, JARM), and the
/// tokens that they reject.
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

/// Checks that the redirect_uri's own query has no parameter of the response that a server appends
/// to it (RFC 6749 section 3.1.2).
///
/// # Errors
/// [`ConfigurationFault::RedirectUriQuery`] if it has one, in any encoding, or is not
/// percent-encoded UTF-8.
pub(crate) fn check_redirect_uri(redirect_uri: &RedirectUri) -> Result<(), ConfigurationFault> {
    let own = own_query(redirect_uri).map_err(|_| ConfigurationFault::RedirectUriQuery)?;
    if own.names().any(|name| RESPONSE_PARAMETERS.contains(&name)) {
        return Err(ConfigurationFault::RedirectUriQuery);
    }
    Ok(())
}

pub(crate) fn own_query(redirect_uri: &RedirectUri) -> Result<Query<'_>, QueryError> {
    Query::parse(redirect_uri.query().unwrap_or_default(), MAX_URL)
}
