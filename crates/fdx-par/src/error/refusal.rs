use core::fmt;

use fdx_wire::members::Excerpt;

use crate::error::next_step::{
    NextStep, RefusalKind, RefusedCall, Situation, after_refusal, names_an_algorithm,
};
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
    /// Whether the request was authenticated by an assertion.
    pub(crate) asserted: bool,
}

/// Servers return one error for all of these.
const ASSERTION: &str = "possible causes: the key or its kid is not registered; the server expects \
     another aud than the issuer (a dialect with audience-token-endpoint); it refuses the \
     assertion's typ (AssertionType, assertion_type, or a dialect with assertion-without-typ); the \
     clocks differ; the client_id is not the registered one";
const PROMPT: &str = "with prompt=none the institution shows no page: start over without it";
const ALGORITHM: &str =
    "the institution names an algorithm: configure a key of it, or register the one in use";

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

    /// The likely causes with their settings, or the change that the next attempt needs.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        const NO_PAGE: [&str; 4] = [
            "account_selection_required",
            "consent_required",
            "interaction_required",
            "login_required",
        ];
        let description = self.said.error_description.as_ref().map_or("", Excerpt::as_str);
        // Keycloak has one answer to a wrong key, kid, client id and certificate.
        let is_unauthenticated = self.is("invalid_client")
            || self.said.status == 401
                && self.is("invalid_request")
                && description.to_ascii_lowercase().contains("authentication failed");
        match self.kind {
            _ if self.asserted && is_unauthenticated => Some(ASSERTION),
            RefusalKind::Authorization if NO_PAGE.iter().any(|code| self.is(code)) => Some(PROMPT),
            _ if self.is("invalid_grant") && names_an_algorithm(description) => Some(ALGORITHM),
            _ => None,
        }
    }

    /// `on_no_response` is the next step that is safe if the server may have acted.
    pub(crate) fn new(kind: RefusalKind, said: Said, on_no_response: NextStep) -> Self {
        Self { kind, call: RefusedCall::Any, said, next_step: on_no_response, asserted: false }
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
            description: self.said.error_description.as_ref().map(Excerpt::as_str),
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
