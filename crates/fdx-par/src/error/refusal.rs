use core::fmt;

use fdx_wire::members::Excerpt;

use crate::error::next_step::{NextStep, RefusalKind, RefusedCall, Situation, after_refusal};
use crate::error::said::Said;

/// A refusal returned by the server.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The format of the refusal.
    pub kind: RefusalKind,
    /// The call that was refused, as far as it decides about the next step.
    pub call: RefusedCall,
    /// The server's status and texts.
    pub said: Said,
    /// The next step.
    pub next_step: NextStep,
}

impl Refusal {
    /// The stable name of the format, such as `rfc6749.error`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    pub(crate) fn clause(&self) -> &'static str {
        match self.kind {
            RefusalKind::OAuth if self.call.is_about_a_registration() => "RFC 7591 section 3.2.2",
            kind => kind.clause(),
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
        Self { kind, call: RefusedCall::Any, said, next_step: on_no_response }
            .of(RefusedCall::Any, on_no_response)
    }

    /// The refusal of a call of this kind.
    pub(crate) fn of(mut self, call: RefusedCall, on_no_response: NextStep) -> Self {
        self.call = call;
        let situation = Situation {
            kind: self.kind,
            call,
            status: self.said.status,
            code: self.said.error.as_ref().map(Excerpt::as_str),
            retry_after: self.said.retry_after,
        };
        self.next_step = after_refusal(&situation, on_no_response);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said.fmt(f)
    }
}
