use core::fmt;

use crate::error::next_step::NextStep;
use crate::error::said::Said;

/// A refusal returned by the server.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The format of the refusal.
    pub kind: RefusalKind,
    /// The server's status and texts.
    pub said: Said,
    /// The next step.
    pub next_step: NextStep,
}

/// The format of a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// OAuth: a JSON body with `error` (RFC 6749 section 5.2, RFC 9126 section 2.3).
    OAuth,
    /// An error of the authorization endpoint, in the callback (RFC 6749 section 4.1.2.1).
    Authorization,
    /// A resource server's challenge (RFC 6750 section 3, RFC 9449 section 7.1).
    Challenge,
    /// An FDX error: a code and a message.
    Fdx,
    /// A status without a readable body.
    Http,
}

/// Codes for something that is spent or expired. `expired_par_request` is Mastercard's, for a late
/// request_uri.
const START_OVER: &[&str] =
    &["expired_par_request", "invalid_grant", "invalid_request_uri", "login_required"];

impl Refusal {
    /// The stable name of the format, such as `rfc6749.error`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.kind {
            RefusalKind::OAuth => "rfc6749.error",
            RefusalKind::Authorization => "rfc6749.callback.error",
            RefusalKind::Challenge => "rfc6750.challenge",
            RefusalKind::Fdx => "fdx.error",
            RefusalKind::Http => "rfc9110.error",
        }
    }

    pub(crate) fn clause(&self) -> &'static str {
        match self.kind {
            RefusalKind::OAuth => "RFC 6749 section 5.2",
            RefusalKind::Authorization => "RFC 6749 section 4.1.2.1",
            RefusalKind::Challenge => "RFC 6750 section 3",
            RefusalKind::Fdx => "FDX API, Error",
            RefusalKind::Http => "RFC 9110 section 15",
        }
    }

    /// Whether the server's code is `code`. Ignores case, because some servers use capitals.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.said.error.as_ref().is_some_and(|error| error.as_str().eq_ignore_ascii_case(code))
    }

    /// Whether a resource was refused because the consent does not include it. This happens when
    /// the customer granted less than was requested.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.said.status == 403 && (self.is("602") || self.is("403"))
    }

    /// `on_no_response` is the next step that is safe if the server may have acted.
    pub(crate) fn new(kind: RefusalKind, said: Said, on_no_response: NextStep) -> Self {
        let mut refusal = Self { kind, said, next_step: NextStep::AskTheInstitution };
        refusal.next_step = refusal.what_next(on_no_response);
        refusal
    }

    fn what_next(&self, on_no_response: NextStep) -> NextStep {
        let is = |codes: &[&str]| codes.iter().any(|code| self.is(code));
        if self.said.is_passing() {
            return match on_no_response {
                NextStep::Retry { .. } => NextStep::Retry { after: self.said.retry_after },
                // RFC 6585 4: a request that is one too many is not carried out.
                NextStep::AskTheInstitution if self.said.status == 429 => {
                    NextStep::Retry { after: self.said.retry_after }
                }
                other => other,
            };
        }
        match self.kind {
            RefusalKind::Authorization if is(&["access_denied"]) => NextStep::RespectTheCustomer,
            RefusalKind::Authorization if is(&["temporarily_unavailable", "server_error"]) => {
                NextStep::StartOver
            }
            // RFC 6750 3.1: the token has expired or was revoked. A refresh often returns another.
            RefusalKind::Challenge if is(&["invalid_token"]) => NextStep::Refresh,
            _ if is(START_OVER) => NextStep::StartOver,
            RefusalKind::OAuth | RefusalKind::Authorization => NextStep::Correct,
            _ if self.is_withheld() => NextStep::RespectTheCustomer,
            RefusalKind::Challenge if self.said.status == 401 => NextStep::Refresh,
            _ => NextStep::AskTheInstitution,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said.fmt(f)
    }
}
