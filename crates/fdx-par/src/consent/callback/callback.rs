use core::fmt;

use fdx_jose::AuthorizationResponse;
use fdx_wire::form::{Query, QueryError};
use fdx_wire::members::Excerpt;
use fdx_wire::{RedirectUri, Secret, UnixTime};
use subtle::ConstantTimeEq;

use crate::client::client::Client;
use crate::client::config::ResponseMode;
use crate::client::redirect_uri::{MAX_URL, own_query};
use crate::consent::pending::pending::{FlowId, Pending};
use crate::error::callback::CallbackFault;
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::next_step::{NextStep, RefusalKind};
use crate::error::refusal::Refusal;
use crate::error::refused::Refused;
use crate::error::said::Said;

/// Returns the response parameters of a callback at the redirect_uri, without the redirect_uri's
/// own query, which comes first.
pub(super) fn query<'a>(
    received_url: &'a str,
    redirect_uri: &RedirectUri,
) -> Result<Query<'a>, Error> {
    if received_url.len() > MAX_URL {
        return Err(CallbackFault::TooLong.into());
    }
    // RFC 9110 4.2.5: a fragment never reaches a server. Here it would be read as part of the code.
    if received_url.contains('#') {
        return Err(CallbackFault::Unreadable.into());
    }
    let (place, query) = received_url.split_once('?').unwrap_or((received_url, ""));
    let response = appended(query, redirect_uri);
    // check: RedirectUriPlace
    check_arrival(place, response, redirect_uri)?;
    // Values are decoded one by one, so that a tracking parameter in another encoding has no
    // effect.
    let response = Query::parse_each(response.unwrap_or(query), MAX_URL).map_err(fault)?;
    let own = own_query(redirect_uri).map_err(fault)?;
    // RFC 6749 3.1: of two values, the application might read the second.
    if own.names().any(|name| response.names().any(|other| other == name)) {
        return Err(CallbackFault::Duplicate.into());
    }
    Ok(response)
}

/// Returns the query after the redirect_uri's own query; `None` if another query comes first.
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

/// Compares the state in constant time.
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

pub(crate) fn fault(error: QueryError) -> CallbackFault {
    match error {
        QueryError::Duplicate => CallbackFault::Duplicate,
        QueryError::Encoding => CallbackFault::Unreadable,
        QueryError::TooLong => CallbackFault::TooLong,
    }
}

/// The outcome of a checked callback.
#[derive(Debug)]
#[must_use]
pub enum Callback {
    /// The customer agreed. Next: claim the flow id if several nodes share flows, then call
    /// [`Client::exchange`] at once: a code is valid for a minute at most.
    Code(Accepted),
    /// The customer denied the consent or the server refused it. The flow has ended.
    Denied(Refusal),
}

/// An authorization code for this flow. It is valid for one exchange.
#[must_use = "a code lives for a minute: exchange it"]
pub struct Accepted {
    pub(crate) pending: Pending,
    pub(crate) code: Secret,
}

impl Client {
    /// Checks the URL at which the customer's browser arrived, as it was received.
    ///
    /// The order is: size and encoding; the `redirect_uri`, whose own query comes first and
    /// unchanged; repeated parameters; `state` in constant time; `iss` exactly (RFC 9207); the
    /// callback deadline; then `error` or `code`, never both. In the response mode `jwt`,
    /// [`Client::signed_callback`] reads the callback.
    ///
    /// # Errors
    /// [`Refused`] with the pending value unspent: a foreign callback does not end the customer's
    /// flow.
    pub fn callback(
        &self,
        pending: Pending,
        received_url: &str,
        now: UnixTime,
    ) -> Result<Callback, Refused<Pending>> {
        match self.read_callback(&pending, received_url, now) {
            Ok(read) => Ok(read.callback(pending)),
            Err(error) => Err(Refused::new(error, pending)),
        }
    }

    fn read_callback(
        &self,
        pending: &Pending,
        received_url: &str,
        now: UnixTime,
    ) -> Result<Read, Error> {
        self.check_owner(pending.flow.owner())?;
        self.metadata().check_flows()?;
        if pending.flow.response_mode == ResponseMode::Jwt {
            return Err(CallFault::ResponseMode.into());
        }
        let query = query(received_url, &pending.flow.redirect_uri)?;
        let one = |name| query.one(name).map_err(fault);
        let (state, iss, code, error) = (one("state")?, one("iss")?, one("code")?, one("error")?);
        // Informative: a text that can't be decoded counts as absent.
        let text = |name| match query.one(name) {
            Err(QueryError::Encoding) => Ok(None),
            value => value.map_err(fault),
        };
        let (description, uri) = (text("error_description")?, text("error_uri")?);

        // check: State
        check_state(state, pending)?;
        // RFC 9207 2.4: simple string comparison, on error responses too.
        if iss.is_none() && !self.may_leave_iss_out() {
            let announced = self.metadata().authorization_response_iss_parameter_supported;
            let fault =
                if announced { CallbackFault::IssMissing } else { CallbackFault::IssNotAnnounced };
            return Err(fault.into());
        }
        // check: Iss
        if iss.is_some_and(|iss| iss != pending.flow.issuer.as_str()) {
            return Err(CallbackFault::IssMismatch.into());
        }
        // check: CallbackDeadline
        if now > pending.callback_by {
            return Err(CallbackFault::Expired.into());
        }
        if query.names().any(|name| AuthorizationResponse::TOKENS.contains(&name)) {
            return Err(CallbackFault::FrontChannelToken.into());
        }
        read(code, error, description, uri)
    }

    /// RFC 9207 2.4: if the metadata promises `iss`, a response without it is not the server's,
    /// even if the dialect allows a callback without `iss`.
    fn may_leave_iss_out(&self) -> bool {
        self.profile().callback_without_iss
            && !self.metadata().authorization_response_iss_parameter_supported
    }
}

/// The members of an authorization response, from a query or a JWT.
pub enum Read {
    Code(Secret),
    Error(Box<Said>),
}

impl Read {
    pub(crate) fn callback(self, pending: Pending) -> Callback {
        match self {
            Self::Code(code) => Callback::Code(Accepted { pending, code }),
            Self::Error(said) => {
                let kind = RefusalKind::Authorization;
                Callback::Denied(Refusal::new(kind, *said, NextStep::StartOver))
            }
        }
    }
}

/// Returns the code or the error; a response with both is rejected. An empty one counts as absent (RFC
/// 6749 section 3.1): it is neither a code nor a decision of the customer.
pub(crate) fn read(
    code: Option<&str>,
    error: Option<&str>,
    description: Option<&str>,
    uri: Option<&str>,
) -> Result<Read, Error> {
    let filled = |text: &&str| !text.is_empty();
    match (code.filter(filled), error.filter(filled)) {
        (Some(_), Some(_)) => Err(CallbackFault::BothCodeAndError.into()),
        (None, None) => Err(CallbackFault::Neither.into()),
        (Some(code), None) if !AuthorizationResponse::is_code(code) => {
            Err(CallbackFault::CodeText.into())
        }
        (Some(code), None) => Ok(Read::Code(Secret::new(code.to_owned()))),
        (None, Some(error)) => Ok(Read::Error(Box::new(Said {
            error: Some(Excerpt::of(error)),
            error_description: description.map(Excerpt::of),
            error_uri: uri.map(Excerpt::of),
            ..Said::default()
        }))),
    }
}

impl Accepted {
    /// Returns the flow's public name. Claim it once across all nodes before the code is sent.
    #[must_use]
    pub fn flow_id(&self) -> &FlowId {
        self.pending.flow_id()
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").field("pending", &self.pending).finish_non_exhaustive()
    }
}
