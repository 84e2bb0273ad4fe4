use core::fmt;

use fdx_rar::ConsentStatus;
use fdx_wire::json::Kind;
use fdx_wire::members::{Excerpt, MemberFault};

use crate::error::deviation::Deviation;
use crate::error::faults::faults;
use crate::error::next_step::NextStep;
use crate::error::said::Said;

/// A response that breaks a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ServerFault {
    /// The rule.
    pub rule: ServerRule,
    /// The member that breaks it, if it is one member of a JSON body.
    pub member: Option<MemberFault>,
    /// The value of the member, if it is the status of a consent.
    pub value: Option<Excerpt>,
    /// The server's status and texts.
    pub said: Said,
    /// The next step.
    pub next_step: NextStep,
}

faults! {
    /// A rule that a server's response can break.
    ServerRule {
        AccessTokenText: "rfc6749.access_token.text",
            "RFC 6749 appendix A.12", "the access token is empty, too long, or has characters that a header can't contain";
        AuthorizationEndpointQuery: "rfc6749.authorization_endpoint.query",
            "RFC 6749 section 3.1", "the query of authorization_endpoint has a parameter of a request, or can't be read";
        AuthorizationDetailsMissing: "rfc9396.details.missing",
            "RFC 9396 section 7", "the token response does not repeat the requested consent; the tokens are kept";
        BodyDuplicate: "rfc8259.json.duplicate",
            "RFC 8259 section 4", "the body repeats a member";
        BodyEncoding: "rfc8259.json.encoding",
            "RFC 8259 section 8.1", "the body is not UTF-8";
        BodyMember: "rfc8259.json.member",
            "the member's own clause", "a member is missing or has another value than expected";
        BodyNested: "fdx.body.nested",
            "fdx-par, body limits", "the body nests too deeply or has too many members";
        BodyReservedName: "fdx.body.reserved_name",
            "fdx-par, body limits", "a member's name in the body is reserved by the JSON parser";
        BodyShape: "rfc8259.json.shape",
            "RFC 8259 section 4", "the body is JSON, but no object";
        BodySyntax: "rfc8259.json.syntax",
            "RFC 8259", "the body is not JSON, or was cut short";
        BodyTooLarge: "fdx.body.size",
            "fdx-par, body limits", "the body is larger than this exchange allows";
        ClientId: "rfc7591.client_id",
            "RFC 7591 section 3.2.1", "client_id is missing, longer than 512 characters, or not printable ASCII";
        ClientIdOther: "rfc7592.client_id.other",
            "RFC 7592 section 3", "the response is about another client";
        ConsentIdConflict: "fdx.consent_id.conflict",
            "FDX Consent API", "the server reported two different consent ids; the tokens are kept";
        ConsentIdInvalid: "fdx.consent_id.invalid",
            "FDX Consent API, Identifier", "the consent id is not 1 to 256 characters without control characters, /, \\, % and dot segments";
        ConsentIdOther: "fdx.consent.other",
            "FDX Consent API", "the grant belongs to another consent than the requested one";
        ConsentInactive: "fdx.consent.inactive",
            "FDX Consent API", "the consent is not active; the tokens are kept";
        ContentEncoding: "rfc9110.content_encoding",
            "RFC 9110 section 12.5.3", "the body has a content coding, and the request accepts none";
        ContentType: "rfc9110.content_type",
            "RFC 9110 section 8.3", "the body is not application/json";
        ExpiresIn: "rfc9126.expires_in",
            "RFC 9126 section 2.2", "expires_in is not a number of seconds from 1";
        IdTokenMissing: "oidc.id_token.missing",
            "OpenID Connect Core 3.1.3.3", "openid was requested, and the response has no ID token; the tokens are kept";
        Introspection: "rfc7662.active",
            "RFC 7662 section 2.2", "the token is no longer active; the tokens are kept";
        IntrospectionUnsigned: "rfc9701.unsigned",
            "FAPI 2.0 Message Signing 5.5.2", "the introspection response is not signed";
        IssuerMismatch: "rfc8414.issuer.mismatch",
            "RFC 8414 section 3.3", "the metadata's issuer differs from the requested issuer";
        NonceSyntax: "rfc9449.nonce.syntax",
            "RFC 9449 section 8.1", "DPoP-Nonce is repeated, empty, too long or has other characters";
        NonceMissing: "rfc9449.nonce.missing",
            "RFC 9449 section 8", "the server requires a DPoP nonce, and the response has no DPoP-Nonce";
        NonceAgain: "rfc9449.nonce.again",
            "RFC 9449 section 8", "the server required another nonce although the request had a fresh one";
        PkceUnsupported: "rfc7636.s256",
            "FAPI 2.0 Security Profile 5.3.3.2-3", "the metadata does not list S256";
        RefreshedIdentity: "oidc.refresh.identity",
            "OpenID Connect Core 12.2", "the refreshed ID token is about another customer or login";
        PushStatus: "rfc9126.status",
            "RFC 9126 section 2.2", "the response to an accepted push must have status 201";
        Redirected: "fapi2.back_channel.redirect",
            "FAPI 2.0 Security Profile 5.3.2.2-10", "a back-channel endpoint answered with a redirect";
        RegistrationStatus: "rfc7591.status",
            "RFC 7591 section 3.2.1", "the response to an accepted registration must have status 201";
        RequestUri: "rfc9126.request_uri",
            "RFC 9126 section 2.2", "request_uri is empty or too long";
        Status: "rfc9110.status",
            "RFC 9110 section 15", "this response must not have this status";
        TokenType: "rfc6749.token_type",
            "FAPI 2.0 Security Profile 5.3.3.1-1", "token_type is not the one of the requested binding";
    }
}

/// The clause of the members of an FDX grant.
pub(crate) const CONSENT_GRANT: &str = "FDX Consent API, ConsentGrant";

/// The rule that the body of a response breaks, and the member that breaks it.
pub(crate) struct Broken {
    pub(crate) rule: ServerRule,
    pub(crate) member: Option<MemberFault>,
    value: Option<Excerpt>,
}

impl Broken {
    pub(crate) fn member(rule: ServerRule, member: MemberFault) -> Self {
        Self { member: Some(member), ..rule.into() }
    }

    /// An FDX grant with another id than the requested one.
    pub(crate) fn other_grant() -> Self {
        let member = MemberFault::other("id", "the requested consent id", CONSENT_GRANT);
        Self::member(ServerRule::ConsentIdOther, member)
    }

    /// An FDX grant with this status.
    pub(crate) fn inactive_grant(status: &ConsentStatus) -> Self {
        let member = MemberFault::other("status", "ACTIVE", CONSENT_GRANT);
        Self::inactive(member, status.as_str())
    }

    /// A consent whose `member` has a status that is not in force.
    pub(crate) fn inactive(member: MemberFault, status: &str) -> Self {
        let value = Some(Excerpt::of(status));
        Self { value, ..Self::member(ServerRule::ConsentInactive, member) }
    }
}

impl From<ServerRule> for Broken {
    fn from(rule: ServerRule) -> Self {
        Self { rule, member: None, value: None }
    }
}

/// A member without a rule of its own.
impl From<MemberFault> for Broken {
    fn from(member: MemberFault) -> Self {
        Self::member(ServerRule::BodyMember, member)
    }
}

impl ServerRule {
    /// The deviation that would allow a violation of this rule.
    pub(crate) fn allowed_by(self) -> Option<Deviation> {
        match self {
            Self::IdTokenMissing => Some(Deviation::OpenidWithoutIdToken),
            Self::PushStatus => Some(Deviation::PushStatusOk),
            Self::RegistrationStatus => Some(Deviation::RegistrationStatusOk),
            Self::TokenType => Some(Deviation::UnboundTokens),
            _ => None,
        }
    }

    pub(crate) fn of_json(kind: Kind) -> Self {
        match kind {
            Kind::DuplicateKey => Self::BodyDuplicate,
            Kind::NotUtf8 => Self::BodyEncoding,
            Kind::ReservedName => Self::BodyReservedName,
            Kind::Shape => Self::BodyShape,
            Kind::TooDeep | Kind::TooManyMembers => Self::BodyNested,
            Kind::TooLarge => Self::BodyTooLarge,
            _ => Self::BodySyntax,
        }
    }
}

impl ServerFault {
    /// `on_no_response` is the next step that is safe if the server may have acted.
    pub(crate) fn new(rule: ServerRule, said: Said, on_no_response: NextStep) -> Self {
        let next_step = match (rule, on_no_response) {
            // Probably not the server's own response: a proxy's page, or a broken connection.
            (_, NextStep::Retry { .. }) if said.is_passing() => {
                NextStep::Retry { after: said.retry_after }
            }
            (ServerRule::BodySyntax, _) => on_no_response,
            _ if said.is_passing() => on_no_response,
            _ => NextStep::AskTheInstitution,
        };
        Self { rule, member: None, value: None, said, next_step }
    }

    pub(crate) fn of(broken: impl Into<Broken>, said: Said, on_no_response: NextStep) -> Box<Self> {
        let Broken { rule, member, value } = broken.into();
        Box::new(Self { member, value, ..Self::new(rule, said, on_no_response) })
    }

    /// The clause behind the rule, or the one that defines the member. A consent may be a provider's
    /// own.
    #[must_use]
    pub fn clause(&self) -> &'static str {
        use ServerRule::{BodyMember, ConsentIdConflict, ConsentIdOther, ConsentInactive};
        match (self.rule, &self.member) {
            (BodyMember | ConsentIdConflict | ConsentIdOther | ConsentInactive, Some(member)) => {
                member.clause()
            }
            _ => self.rule.clause(),
        }
    }

    /// The rule and the member, without the server's texts.
    #[must_use]
    pub fn broken(&self) -> String {
        match (self.rule, &self.member, &self.value) {
            (ServerRule::BodyMember, Some(member), _) => member.to_string(),
            (rule, Some(member), Some(value)) => {
                let (name, expected) = (member.member(), member.expected());
                format!("{rule}: {name} is \"{value}\", not {expected}")
            }
            (rule, Some(member), None) => format!("{rule}: {member}"),
            (rule, None, _) => rule.to_string(),
        }
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.broken(), self.said)
    }
}
