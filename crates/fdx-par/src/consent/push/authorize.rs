use fdx_wire::{Entropy, UnixTime};
use sha2::{Digest, Sha256};

use crate::client::client::Client;
use crate::consent::pending::pending::Pending;
use crate::consent::push::push::{Prepared, Push};
use crate::consent::push::pushed::AuthorizationUrl;
use crate::consent::push::request::AuthorizationRequest;
use crate::discovery::reserved::names_any;
use crate::error::caller::ConfigurationFault;
use crate::error::error::Error;
use crate::exchange::mint::Mint;

/// Writes an authorization request into the URL of the customer's browser (RFC 6749 section 4.1.1),
/// for a provider that accepts no pushed requests. Anyone who sees the URL can read and change it;
/// PKCE with S256 and `state` still protect the response.
///
/// The next steps are those after a push: [`Client::callback`], [`Client::exchange`].
///
/// # Errors
/// [`ConfigurationFault::NotFapi`] unless the client's dialect has
/// [`Departure::NotPushed`](crate::not_fapi::Departure::NotPushed): use [`Client::push`] then.
/// [`Error::Parameter`], [`Error::Metadata`] and [`Error::Server`], as for a push.
/// [`ConfigurationFault::AuthorizationEndpointQuery`] if the endpoint's own query has an extra
/// parameter of the request.
pub fn authorize(
    client: &Client,
    request: &AuthorizationRequest,
    entropy: Entropy,
    now: UnixTime,
) -> Result<(AuthorizationUrl, Pending), Error> {
    if !client.profile().not_pushed {
        return Err(ConfigurationFault::NotFapi.into());
    }
    let push = Push::new(client, request)?;
    let endpoint = client.authorization_endpoint()?;
    if names_any(endpoint, |name| request.has_extra(name)) {
        return Err(ConfigurationFault::AuthorizationEndpointQuery.into());
    }
    let mint = Mint { entropy: &entropy, attempt: 0, now };
    let Prepared { form, mut pending, .. } = push.prepare(&mint)?;
    let url = AuthorizationUrl::with_query(endpoint, &form);
    pending.flow.pushed_sha256 = Sha256::digest(url.as_str()).into();
    Ok((url, pending))
}
