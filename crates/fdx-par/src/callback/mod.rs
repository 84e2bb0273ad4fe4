mod arrival;
mod signed;

use core::fmt;

pub(crate) use arrival::check_redirect_uri;
use arrival::fault;
use fdx_wire::{Secret, UnixTime};

pub use signed::{CallbackVerification, SignedCallback};

use crate::client::ResponseMode;
use crate::dialect::Member;
use crate::error::{Excerpt, Refusal, RefusalKind, Said};
use crate::pending::{Flow, FlowId, Pending};
use crate::{CallbackFault, CallerFault, Client, Error, NextStep, Refused};

/// What the customer's browser brought back, checked.
#[derive(Debug)]
#[must_use]
pub enum Callback {
    /// The customer agreed. Next: claim the flow id where nodes share flows, then
    /// [`Client::exchange`], within the minute that a code lives.
    Code(Accepted),
    /// The customer or the server said no, and the flow has ended.
    Denied(Refusal),
}

/// An authorization code that answers this very request. It is good for one exchange.
#[must_use = "a code lives for a minute: exchange it"]
pub struct Accepted {
    pub(crate) pending: Pending,
    pub(crate) code: Secret,
}

/// Unregistered in a callback of the code flow: an ID token or access token there is an attack or
/// a `response_type` that was never asked for.
const TOKENS: &[&str] = &["access_token", "id_token", "response"];

impl Client {
    /// Checks the URL at which the customer's browser arrived, as it was received.
    ///
    /// In this order: its size and encoding, its place against `redirect_uri`, whose own query has to
    /// come first and unchanged, repeated parameters, `state` in constant time, `iss` exactly (RFC 9207), the callback deadline, and
    /// only then `error` or `code`, never both. In the response mode `jwt` it is
    /// [`Client::signed_callback`] that reads the callback.
    ///
    /// # Errors
    /// [`Refused`] with the pending value unspent: whoever sent the wrong callback has not ended
    /// the flow of the customer who comes with the right one.
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
        self.check_ours(&pending.flow)?;
        if pending.flow.response_mode == ResponseMode::Jwt {
            return Err(CallerFault::ResponseMode.into());
        }
        let query = arrival::query(received_url, &pending.flow.redirect_uri)?;
        let one = |name| query.one(name).map_err(fault);
        let (state, iss, code, error) = (one("state")?, one("iss")?, one("code")?, one("error")?);
        let (description, uri) = (one("error_description")?, one("error_uri")?);

        // check: State
        arrival::check_state(state, pending)?;
        // RFC 9207 2.4: simple string comparison, on error responses too.
        if iss.is_none() && !self.may_leave_iss_out() {
            return Err(CallbackFault::IssMissing.into());
        }
        // check: Iss
        if iss.is_some_and(|iss| iss != pending.flow.issuer.as_str()) {
            return Err(CallbackFault::IssMismatch.into());
        }
        // check: CallbackDeadline
        if now > pending.callback_by {
            return Err(CallbackFault::Expired.into());
        }
        if query.names().any(|name| TOKENS.contains(&name)) {
            return Err(CallbackFault::FrontChannelToken.into());
        }
        read(code, error, description, uri)
    }

    /// RFC 9207 2.4: where the server says that it sends `iss`, a response without one is not its
    /// own, whatever the dialect says.
    fn may_leave_iss_out(&self) -> bool {
        self.config().dialect.has(Member::CallbackWithoutIss)
            && !self.metadata().authorization_response_iss_parameter_supported
    }

    /// A flow is its own issuer's, client's and redirect_uri's (RFC 9700 section 4.4).
    pub(crate) fn check_ours(&self, flow: &Flow) -> Result<(), Error> {
        let config = self.config();
        let ours = flow.issuer == config.issuer
            && flow.client_id == config.client_id
            && flow.redirect_uri == config.redirect_uri;
        if ours { Ok(()) } else { Err(CallerFault::OtherClient.into()) }
    }
}

/// What a response says, in a query or in a JWT.
enum Read {
    Code(Secret),
    Error(Said),
}

impl Read {
    fn callback(self, pending: Pending) -> Callback {
        match self {
            Self::Code(code) => Callback::Code(Accepted { pending, code }),
            Self::Error(said) => {
                let kind = RefusalKind::Authorization;
                Callback::Denied(Refusal::new(kind, said, NextStep::StartOver))
            }
        }
    }
}

/// Either a code or an error, and never both.
fn read(
    code: Option<&str>,
    error: Option<&str>,
    description: Option<&str>,
    uri: Option<&str>,
) -> Result<Read, Error> {
    match (code.filter(|code| !code.is_empty()), error) {
        (Some(_), Some(_)) => Err(CallbackFault::BothCodeAndError.into()),
        (None, None) => Err(CallbackFault::Neither.into()),
        (Some(code), None) => Ok(Read::Code(Secret::new(code.to_owned()))),
        (None, Some(error)) => Ok(Read::Error(Said {
            error: Some(Excerpt::of(error)),
            error_description: description.map(Excerpt::of),
            error_uri: uri.map(Excerpt::of),
            ..Said::default()
        })),
    }
}

impl Accepted {
    /// The flow's public name: claim it, once across all nodes, before the code is sent.
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
