use core::fmt;
use core::time::Duration;

use fdx_wire::form::Form;
use fdx_wire::{HttpsUrl, Secret, UnixTime};
use http::StatusCode;

use crate::consent::pending::pending::Pending;
use crate::dialect::profile::Profile;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::error::notice::Notice;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;

/// The URL to send the customer's browser to: with a 303, never as a request of our own
/// (FAPI 2.0 Security Profile 5.2.3-3, 5.3.2.2-11).
///
/// Anyone with this URL can start the customer's part of the flow, so `Debug` hides it.
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// Writes the URL of a pushed request. `more` are the parameters that a dialect adds.
    pub(crate) fn new(
        endpoint: &HttpsUrl,
        client_id: &str,
        request_uri: &str,
        more: &[(&'static str, Secret)],
    ) -> Self {
        let mut query = Form::with_capacity(2048);
        query.pair("client_id", client_id).pair("request_uri", request_uri);
        for (name, value) in more {
            query.pair(name, value.expose());
        }
        Self::with_query(endpoint, &query)
    }

    pub(crate) fn with_query(endpoint: &HttpsUrl, query: &Form) -> Self {
        // RFC 6749 3.1: the endpoint's own query is retained.
        let joint = if endpoint.query().is_some() { '&' } else { '?' };
        Self(format!("{}{joint}{}", endpoint.as_str(), query.as_str()))
    }

    /// The text, for a `Location` header or a browser.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationUrl([redacted])")
    }
}

/// The server stored the request for a short time. Next: [`Pushed::redirect`].
#[must_use = "the request_uri expires soon: redirect the customer"]
pub struct Pushed {
    pub(super) authorization_url: AuthorizationUrl,
    pub(super) redirect_by: UnixTime,
    pub(super) pending: Pending,
    pub(super) notices: Vec<Notice>,
}

fdx_wire::members! {
    /// The members of a push response.
    pub(crate) mod members = "push response" {
        Required REQUEST_URI = "request_uri", "1 to 1,024 characters", "RFC 9126 section 2.2";
        Required EXPIRES_IN = "expires_in", "a number of seconds from 1", "RFC 9126 section 2.2";
    }
}

/// FAPI 2.0 Security Profile 5.3.2.2-12: less than 600 seconds.
const MAX_EXPIRES_IN: u64 = 599;
/// The endpoint and the request_uri must fit into a URL of 2,048 bytes.
const MAX_REQUEST_URI: usize = 1024;
/// The customer's browser needs time to follow the redirect.
const MARGIN: u64 = 5;
const MEMBERS: usize = 100;

pub(super) fn read(
    answer: &Answer<'_>,
    profile: &Profile,
) -> Result<(String, UnixTime, Option<Notice>), Error> {
    let body = answer.object(status(answer, profile)?, MEMBERS, &members::REQUEST_URI)?;
    let fits = |uri: &String| (1..=MAX_REQUEST_URI).contains(&uri.len());
    let request_uri = body
        .required(&members::REQUEST_URI, |value| value.to_text().filter(fits))
        .map_err(|fault| answer.member_fault(ServerRule::RequestUri, fault))?;
    let seconds = body
        .required(&members::EXPIRES_IN, |value| value.to_seconds().filter(|seconds| *seconds > 0))
        .map_err(|fault| answer.member_fault(ServerRule::ExpiresIn, fault))?;
    let capped = (seconds > MAX_EXPIRES_IN).then_some(Notice::ExpiresInCapped);
    let seconds = seconds.min(MAX_EXPIRES_IN);
    let redirect_by = answer.drafted_at + Duration::from_secs(seconds - MARGIN.min(seconds / 2));
    Ok((request_uri, redirect_by, capped))
}

/// RFC 9126 2.2: 201; some servers say 200.
fn status(answer: &Answer<'_>, profile: &Profile) -> Result<StatusCode, Error> {
    match answer.status {
        StatusCode::OK if profile.push_status_ok => Ok(StatusCode::OK),
        StatusCode::OK => Err(answer.fault(ServerRule::PushStatus)),
        _ => Ok(StatusCode::CREATED),
    }
}

impl Pushed {
    /// The deadline of the redirect: `expires_in` after the request was drafted, less five seconds.
    #[must_use]
    pub fn redirect_by(&self) -> UnixTime {
        self.redirect_by
    }

    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Returns the URL for the customer's browser, once, and the state to keep until the callback.
    ///
    /// The URL has only `client_id` and `request_uri` (FAPI 2.0 Security Profile
    /// 5.3.3.2-6), unless the dialect adds others.
    ///
    /// # Errors
    /// [`StoredStateFault::RedirectTooLate`]: push again.
    pub fn redirect(self, now: UnixTime) -> Result<(AuthorizationUrl, Pending), Error> {
        if now > self.redirect_by {
            return Err(StoredStateFault::RedirectTooLate.into());
        }
        Ok((self.authorization_url, self.pending))
    }
}

impl fmt::Debug for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushed")
            .field("redirect_by", &self.redirect_by)
            .field("pending", &self.pending)
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}
