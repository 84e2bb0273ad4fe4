use fdx_jose::Thumbprint;
use fdx_rar::{ConsentId, GrantedDetails};
use fdx_wire::form::Form;
use fdx_wire::json::Rounding;
use fdx_wire::members::{MemberFault, NotUnderstood, Object, Value};
use fdx_wire::{Entropy, Secret, UnixTime};
use http::StatusCode;

use crate::client::binding::{Bound, BoundBy};
use crate::client::client::Client;
use crate::discovery::endpoint::Endpoint;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::said::Said;
use crate::error::server::{Broken, ServerRule};
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::issued::{ReportedConsentId, agree, granted_details, reported_consent_id};
use crate::tokens::revocation::TokenTypeHint;
use crate::tokens::tokens::{AccessToken, Tokens};

/// The server's description of a token (RFC 7662 section 2.2). In FDX it may be the only response
/// with the consent id.
#[derive(Clone, Debug)]
pub struct Introspection {
    /// The introspected token.
    pub(crate) token: Secret,
    pub(crate) active: bool,
    pub(crate) consent_id: Option<ConsentId>,
    expires_at: Option<UnixTime>,
    pub(crate) details: Option<GrantedDetails>,
    not_understood: Vec<NotUnderstood>,
    pub(crate) said: Said,
}

fdx_wire::members! {
    /// The members of an introspection response (RFC 7662 section 2.2), with FDX's.
    pub(crate) mod members = "introspection response" {
        Protective ACTIVE = "active", "a boolean", "RFC 7662 section 2.2";
        Informative EXP = "exp", "a number of seconds", "RFC 7662 section 2.2";
        Informative AUTHORIZATION_DETAILS =
            "authorization_details", "an array of details", "RFC 9396 section 9.2";
        Protective FDX_CONSENT_ID = "fdxConsentId", "a consent id", "FDX Consent API";
        Protective CNF = "cnf", "the key that the token is bound to", "RFC 7800 section 3.1";
        Protective JKT = "cnf.jkt", "the token's thumbprint", "RFC 9449 section 6.1";
        Protective X5T_S256 = "cnf.x5t#S256", "the token's thumbprint", "RFC 8705 section 3.1";
    }
}

const LIMIT: usize = 256 * 1024;
const MEMBERS: usize = 10_000;

impl Client {
    /// Drafts the introspection of an access token of this client. The response is JSON.
    ///
    /// # Errors
    /// [`Error::Metadata`] without the endpoint,
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's token.
    pub fn introspect(
        &self,
        access_token: &AccessToken,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Introspection>, Error> {
        self.check_issued(access_token)?;
        let request =
            IntrospectionRequest { client: self.clone(), subject: Subject::of(access_token) };
        Ok(Draft::new(request, entropy, now)?)
    }

    /// Drafts the introspection of a refresh token. The response is JSON.
    ///
    /// # Errors
    /// [`Error::Metadata`] without the endpoint,
    /// [`StoredStateFault::RefreshTokenMissing`](crate::StoredStateFault::RefreshTokenMissing),
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's token.
    pub fn introspect_refresh_token(
        &self,
        tokens: &Tokens,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Introspection>, Error> {
        self.check_issued(&tokens.access_token)?;
        let hint = TokenTypeHint::RefreshToken;
        let subject = Subject { token: hint.of(tokens)?.clone(), hint, bound: None };
        Ok(Draft::new(IntrospectionRequest { client: self.clone(), subject }, entropy, now)?)
    }
}

pub struct IntrospectionRequest {
    client: Client,
    subject: Subject,
}

/// The token to introspect.
#[derive(Clone)]
pub(crate) struct Subject {
    token: Secret,
    hint: TokenTypeHint,
    /// The binding of an access token.
    bound: Option<Bound>,
}

impl Subject {
    pub(crate) fn of(access_token: &AccessToken) -> Self {
        let AccessToken { token, bound, .. } = access_token;
        Self { token: token.clone(), hint: TokenTypeHint::AccessToken, bound: Some(*bound) }
    }

    pub(crate) fn write(&self, client: &Client, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let mut form = Form::with_capacity(4096);
        form.pair("token", self.token.expose()).pair("token_type_hint", self.hint.as_str());
        client.post(Endpoint::Introspection, form, None, mint, LIMIT)
    }
}

impl Exchange for Introspection {
    type Request = IntrospectionRequest;
    type Kept = ();
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &IntrospectionRequest, mint: &Mint<'_>) -> Result<(Outgoing, ()), Error> {
        Ok((request.subject.write(&request.client, mint)?, ()))
    }

    fn read(request: IntrospectionRequest, (): (), answer: &Answer<'_>) -> Result<Self, Error> {
        let body = answer.object(StatusCode::OK, MEMBERS, &members::ACTIVE)?;
        check(&body, &request.subject, answer.said()).map_err(|broken| answer.broken(broken))
    }
}

/// Checks a response about the token of `subject`.
pub(crate) fn check(
    body: &Object<'_>,
    subject: &Subject,
    said: Said,
) -> Result<Introspection, Broken> {
    let unbound = |member| Broken::member(ServerRule::TokenType, member);
    let active = body.protective(&members::ACTIVE, Value::to_bool)?;
    let token = subject.token.clone();
    let mut response = Introspection {
        token,
        active,
        consent_id: None,
        expires_at: None,
        details: None,
        not_understood: Vec::new(),
        said,
    };
    // RFC 7662 2.2: of a token that is not active, nothing else counts.
    if !active {
        return Ok(response);
    }
    // Some servers write `null` for an absent confirmation.
    let cnf = body.protective_if_present(&members::CNF, Value::to_object).map_err(unbound)?;
    if let Some(cnf) = cnf {
        check_confirmation(&cnf, subject).map_err(unbound)?;
    }
    let reported = body.protective_as_received(&members::FDX_CONSENT_ID).map(reported_consent_id);
    if let Some(id) = reported.and_then(ReportedConsentId::into_text) {
        agree(&mut response.consent_id, &id)?;
    }
    let exp = body.informative(&members::EXP, &mut response.not_understood, |value| {
        value.to_rounded(Rounding::Down)
    });
    response.expires_at = exp.map(UnixTime::from_seconds);
    let notes = &mut response.not_understood;
    response.details = granted_details(body, &members::AUTHORIZATION_DETAILS, notes);
    Ok(response)
}

/// A confirmation without the member of this binding is accepted.
fn check_confirmation(cnf: &Object<'_>, subject: &Subject) -> Result<(), MemberFault> {
    let Some(bound) = subject.bound else { return Ok(()) };
    let member = match bound.by {
        BoundBy::Dpop => &members::JKT,
        BoundBy::Mtls => &members::X5T_S256,
        BoundBy::Nothing => return Ok(()),
    };
    match cnf.protective_as_received(member) {
        Some(value) if value.read::<Thumbprint>() != bound.to => {
            Err(MemberFault::of(member.row(), value))
        }
        _ => Ok(()),
    }
}

impl Introspection {
    /// Whether `authorization_details` is no array.
    pub(crate) fn has_unread_details(&self) -> bool {
        let name = members::AUTHORIZATION_DETAILS.row().name;
        self.not_understood.iter().any(|value| value.member() == name)
    }

    /// Whether the token is active. In FDX: whether its consent is active. RFC 7662 section 2.2:
    /// `false` is also the answer to a client that is not allowed to introspect the token.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// `fdxConsentId`.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.consent_id.as_ref()
    }

    /// `exp`, rounded down to a whole second.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// `authorization_details`, as granted (RFC 9396 section 9.2).
    #[must_use]
    pub fn authorization_details(&self) -> Option<&GrantedDetails> {
        self.details.as_ref()
    }

    /// Informative members whose values can't be understood.
    #[must_use]
    pub fn not_understood(&self) -> &[NotUnderstood] {
        &self.not_understood
    }
}
