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
    /// The assertion that authenticated the request, if there was one.
    pub(crate) asserted: Option<Asserted>,
}

/// The properties of a client assertion that a setting can change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Asserted {
    /// Whether `aud` is the issuer, and not the token endpoint.
    pub(crate) for_issuer: bool,
    /// Whether the header has a `typ`.
    pub(crate) with_typ: bool,
}

/// The causes of a refused assertion: servers return one error for all of them. A setting that the
/// assertion already follows is no cause.
macro_rules! causes {
    ($($cause:literal),*) => {
        concat!(
            "possible causes: the key or its kid is not registered; ",
            $($cause,)*
            "the clocks differ; the client_id is not the registered one; the client is not registered \
             for this grant type"
        )
    };
}

impl Asserted {
    fn causes(self) -> &'static str {
        match (self.for_issuer, self.with_typ) {
            (true, true) => causes!(
                "the server expects another aud than the issuer (a dialect with \
                 audience-token-endpoint); ",
                "it refuses the assertion's typ (AssertionType, assertion_type, or a dialect with \
                 assertion-without-typ); "
            ),
            (true, false) => causes!(
                "the server expects another aud than the issuer (a dialect with \
                 audience-token-endpoint); "
            ),
            (false, true) => causes!(
                "the server refuses the assertion's typ (AssertionType, assertion_type, or a dialect \
                 with assertion-without-typ); "
            ),
            (false, false) => causes!(),
        }
    }
}

const PROMPT: &str =
    "the institution has to show a page: if the request had prompt=none, start over without it";
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
        let asserted = self.asserted.filter(|_| self.is_about_the_client(description));
        if let Some(asserted) = asserted {
            return Some(asserted.causes());
        }
        match self.kind {
            RefusalKind::Authorization if NO_PAGE.iter().any(|code| self.is(code)) => Some(PROMPT),
            _ if self.is("invalid_grant") && names_an_algorithm(description) => Some(ALGORITHM),
            _ => None,
        }
    }

    /// Whether the server did not accept the client's authentication. RFC 6749 section 5.2 has
    /// `invalid_client` for it; servers use other codes, or none.
    fn is_about_the_client(&self, description: &str) -> bool {
        const CODES: [&str; 3] =
            ["invalid_client", "invalid_client_assertion", "unauthorized_client"];
        let description = description.to_ascii_lowercase();
        let is_unauthorized = self.said.status == 401;
        CODES.iter().any(|code| self.is(code))
            || is_unauthorized && self.said.error.is_none()
            || self.is("invalid_request")
                // Keycloak has one answer to a wrong key, kid, client id and certificate.
                && (is_unauthorized && description.contains("authentication failed")
                    || description.contains("client assertion")
                    || description.contains("client_assertion"))
    }

    /// `on_no_response` is the next step that is safe if the server may have acted.
    pub(crate) fn new(kind: RefusalKind, said: Said, on_no_response: NextStep) -> Self {
        Self { kind, call: RefusedCall::Any, said, next_step: on_no_response, asserted: None }
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
