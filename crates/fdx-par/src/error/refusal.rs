use core::fmt;

use crate::error::next_step::NextStep;
use crate::error::said::Said;

/// A server's no.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// In whose words.
    pub kind: RefusalKind,
    /// What it said.
    pub said: Said,
    /// What can be done about it.
    pub next_step: NextStep,
}

/// In whose words a server refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// OAuth's: a JSON body with `error` (RFC 6749 section 5.2, RFC 9126 section 2.3).
    OAuth,
    /// At the authorization endpoint, in the callback (RFC 6749 section 4.1.2.1).
    Authorization,
    /// A resource server's challenge (RFC 6750 section 3, RFC 9449 section 7.1).
    Challenge,
    /// An FDX error: a code and a message.
    Fdx,
    /// HTTP's alone: a status without a body that could be read.
    Http,
}

/// What was spent or has expired; Mastercard has a name of its own for a late request_uri.
const START_OVER: &[&str] =
    &["expired_par_request", "invalid_grant", "invalid_request_uri", "login_required"];

impl Refusal {
    /// A stable name.
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

    /// Whether the server's code is `code`, in any case: some servers write theirs in capitals.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.said.error.as_ref().is_some_and(|error| error.as_str().eq_ignore_ascii_case(code))
    }

    /// Whether a resource was refused because the consent does not hold it, which is what a
    /// customer who granted less than was asked looks like.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.said.status == 403 && (self.is("602") || self.is("403"))
    }

    /// `on_no_response` is what is safe where it can't be known whether the server acted.
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
                // RFC 6585 4: what was one too many was not carried out.
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
            // RFC 6750 3.1: the token has expired or was revoked, and often another can be had.
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
