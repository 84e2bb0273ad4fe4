use core::time::Duration;

/// The next step after an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NextStep {
    /// Correct the configuration or the call. The same call would fail again.
    Correct,
    /// Ask the institution. A program can do nothing.
    AskTheInstitution,
    /// Fetch the server's keys, then verify again. The tokens are kept.
    FetchKeys,
    /// Refresh the tokens and call again. If the refresh is refused, start over.
    Refresh,
    /// Draft the same call again. If the server sent `Retry-After`, wait for this time first.
    Retry {
        /// `Retry-After`, at most a day.
        after: Option<Duration>,
    },
    /// Register the client again. The server no longer knows this registration or its token.
    RegisterAgain,
    /// Push a new authorization request and send the customer again.
    StartOver,
    /// The customer denied the request. Request again only if the customer wants it.
    RespectTheCustomer,
    /// Read the consent: it may have ended already.
    ReadTheConsent,
    /// Keep the pending value, and wait for its callback.
    KeepWaiting,
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

impl RefusalKind {
    /// Every kind.
    pub const ALL: &[Self] =
        &[Self::OAuth, Self::Authorization, Self::Challenge, Self::Fdx, Self::Http];

    /// The stable name of the format, such as `rfc6749.error`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OAuth => "rfc6749.error",
            Self::Authorization => "rfc6749.callback.error",
            Self::Challenge => "rfc6750.challenge",
            Self::Fdx => "fdx.error",
            Self::Http => "rfc9110.error",
        }
    }

    /// The clause that defines the format.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::OAuth => "RFC 6749 section 5.2",
            Self::Authorization => "RFC 6749 section 4.1.2.1",
            Self::Challenge => "RFC 6750 section 3",
            Self::Fdx => "FDX API, Error",
            Self::Http => "RFC 9110 section 15",
        }
    }
}

/// The facts that decide the next step after a refusal.
pub(crate) struct Situation<'a> {
    pub(crate) kind: RefusalKind,
    pub(crate) call: RefusedCall,
    /// 0 for a callback.
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) retry_after: Option<Duration>,
}

/// One row of the table of next steps after a refusal. The first row that fits decides.
#[derive(Debug)]
#[non_exhaustive]
pub struct NextStepRow {
    /// The formats of the refusal. Empty: any.
    pub kinds: &'static [RefusalKind],
    /// The calls that this row is about.
    pub call: RefusedCall,
    /// The HTTP statuses. Empty: any.
    pub statuses: &'static [u16],
    /// The error codes, in any case.
    pub codes: Codes,
    /// The next step.
    pub next_step: NextStep,
    /// The clause.
    pub clause: &'static str,
}

/// The call that was refused, as far as it decides about the next step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RefusedCall {
    /// Any call.
    Any,
    /// The revocation of a consent.
    ConsentRevocation,
    /// A registration (RFC 7591).
    Registration,
    /// The read, update or deletion of a registration (RFC 7592).
    RegistrationManagement,
}

impl RefusedCall {
    pub(crate) fn is_about_a_registration(self) -> bool {
        matches!(self, Self::Registration | Self::RegistrationManagement)
    }
}

/// The error codes of a row.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Codes {
    /// Every code, and none.
    Any,
    /// Every spelling of a denial by the customer, such as `access_denied` and `user_cancelled`.
    Denial,
    /// One of these.
    Of(&'static [&'static str]),
    /// One of these, with a description that names an algorithm, such as `RS256`.
    OfAlgorithm(&'static [&'static str]),
}

const AUTHORIZATION: &[RefusalKind] = &[RefusalKind::Authorization];
const OAUTH: &[RefusalKind] = &[RefusalKind::Authorization, RefusalKind::OAuth];
const RESOURCE: &[RefusalKind] = &[RefusalKind::Challenge, RefusalKind::Fdx];

/// A row about any call.
const fn row(
    kinds: &'static [RefusalKind],
    statuses: &'static [u16],
    codes: Codes,
    next_step: NextStep,
    clause: &'static str,
) -> NextStepRow {
    NextStepRow { kinds, call: RefusedCall::Any, statuses, codes, next_step, clause }
}

/// The next step after each refusal that may not pass by itself. A 429 or 5xx is decided before:
/// repeat the call if the exchange can be repeated, after the time of `Retry-After`.
pub const NEXT_STEPS: &[NextStepRow] = &[
    row(OAUTH, &[], Codes::Denial, NextStep::RespectTheCustomer, "RFC 6749 section 4.1.2.1"),
    row(
        AUTHORIZATION,
        &[],
        Codes::Of(&["server_error", "temporarily_unavailable"]),
        NextStep::StartOver,
        "RFC 6749 section 4.1.2.1",
    ),
    // Another login helps: the challenge may have acr_values and max_age for the next push.
    row(
        &[],
        &[],
        Codes::Of(&["insufficient_user_authentication"]),
        NextStep::StartOver,
        "RFC 9470 section 3",
    ),
    // The clock differs, or the proof is made with another key: a new token changes neither.
    row(&[], &[], Codes::Of(&["invalid_dpop_proof"]), NextStep::Correct, "RFC 9449 section 7.1"),
    row(&[], &[], Codes::Of(&["insufficient_scope"]), NextStep::StartOver, "RFC 6750 section 3.1"),
    NextStepRow {
        call: RefusedCall::RegistrationManagement,
        ..row(&[], &[401], Codes::Any, NextStep::RegisterAgain, "RFC 7592 section 2")
    },
    // The registration or a key is of another algorithm: a new code is refused as well.
    row(
        &[],
        &[],
        Codes::OfAlgorithm(&["invalid_grant"]),
        NextStep::Correct,
        "RFC 6749 section 5.2",
    ),
    // The values were used or have expired. Mastercard has its own name for a late request_uri.
    row(
        &[],
        &[],
        Codes::Of(&[
            "account_selection_required",
            "consent_required",
            "expired_par_request",
            "interaction_required",
            "invalid_grant",
            "invalid_request_uri",
            "login_required",
        ]),
        NextStep::StartOver,
        "RFC 6749 section 5.2; OpenID Connect Core 3.1.2.6",
    ),
    // Some institutions refuse to revoke a consent that has ended.
    NextStepRow {
        call: RefusedCall::ConsentRevocation,
        ..row(&[], &[400, 422], Codes::Any, NextStep::ReadTheConsent, "FDX Consent API")
    },
    row(OAUTH, &[], Codes::Any, NextStep::Correct, "RFC 6749 section 5.2"),
    // A token that has no proof can't have a nonce either: a new one is refused as well.
    row(
        RESOURCE,
        &[],
        Codes::Of(&["use_dpop_nonce"]),
        NextStep::AskTheInstitution,
        "RFC 9449 section 9",
    ),
    // The customer did not grant this resource.
    row(
        RESOURCE,
        &[403],
        Codes::Of(&["403", "602"]),
        NextStep::RespectTheCustomer,
        "FDX API, error 602",
    ),
    // The token has expired or was revoked, in whatever words.
    row(RESOURCE, &[401], Codes::Any, NextStep::Refresh, "RFC 6750 section 3.1"),
    row(
        &[RefusalKind::Challenge],
        &[],
        Codes::Of(&["invalid_token"]),
        NextStep::Refresh,
        "RFC 6750 section 3.1",
    ),
    row(&[], &[], Codes::Any, NextStep::AskTheInstitution, "RFC 9110 section 15"),
];

/// The next step after a refusal. `on_no_response` is safe if it is unknown whether the
/// server acted.
pub(crate) fn after_refusal(situation: &Situation<'_>, on_no_response: NextStep) -> NextStep {
    let after = situation.retry_after;
    // RFC 6585 section 4, RFC 9110 section 15.6.
    if situation.status == 429 || situation.status >= 500 {
        return match on_no_response {
            // RFC 6585 4: a request beyond the limit was not carried out.
            NextStep::AskTheInstitution if situation.status == 429 => NextStep::Retry { after },
            NextStep::Retry { .. } => NextStep::Retry { after },
            other => other,
        };
    }
    let fits = |row: &&NextStepRow| row.fits(situation);
    NEXT_STEPS.iter().find(fits).map_or(NextStep::AskTheInstitution, |row| row.next_step)
}

impl NextStepRow {
    fn fits(&self, situation: &Situation<'_>) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&situation.kind))
            && (self.call == RefusedCall::Any || self.call == situation.call)
            && (self.statuses.is_empty() || self.statuses.contains(&situation.status))
            && match self.codes {
                Codes::Any => true,
                Codes::Denial => situation.code.is_some_and(is_denial),
                Codes::Of(codes) => situation.is_any(codes),
                Codes::OfAlgorithm(codes) => {
                    situation.is_any(codes) && situation.description.is_some_and(names_an_algorithm)
                }
            }
    }
}

impl Situation<'_> {
    fn is_any(&self, codes: &[&str]) -> bool {
        let is = |code: &&str| self.code.is_some_and(|actual| actual.eq_ignore_ascii_case(code));
        codes.iter().any(is)
    }
}

/// Whether a description names an algorithm of signatures (RFC 7518 section 3.1, RFC 8037).
pub(crate) fn names_an_algorithm(description: &str) -> bool {
    const NAMES: &[&str] = &[
        "algorithm",
        "eddsa",
        "ed25519",
        "es256",
        "es384",
        "es512",
        "hs256",
        "ps256",
        "ps384",
        "ps512",
        "rs256",
        "rs384",
        "rs512",
    ];
    let description = description.to_ascii_lowercase();
    NAMES.iter().any(|name| description.contains(name))
}

/// Servers have their own names for a denial: `user_denied`, `user_cancelled_authorize`.
fn is_denial(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    let by_customer = ["access", "authorization", "consent", "customer", "user"];
    let denies = ["cancel", "declin", "denied", "deny", "reject"];
    denies.iter().any(|word| code.contains(word))
        && (by_customer.iter().any(|word| code.contains(word)) || code.starts_with("cancel"))
}
