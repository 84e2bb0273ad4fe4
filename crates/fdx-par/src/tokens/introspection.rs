use core::time::Duration;

use fdx_jose::Thumbprint;
use fdx_rar::ConsentId;
use fdx_wire::form::Form;
use fdx_wire::{Entropy, Secret, UnixTime};
use http::StatusCode;
use serde::Deserialize;

use crate::client::binding::{Bound, BoundBy};
use crate::client::client::Client;
use crate::discovery::endpoint::Endpoint;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::said::Said;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::issued::agree;
use crate::tokens::revocation::TokenTypeHint;
use crate::tokens::tokens::{AccessToken, Tokens};

/// What the server says of an access token (RFC 7662 section 2.2), in FDX the carrier of the
/// consent id where nothing else is.
#[derive(Clone, Debug)]
pub struct Introspection {
    /// The token that was asked about.
    pub(crate) token: Secret,
    pub(crate) active: bool,
    pub(crate) consent_id: Option<ConsentId>,
    expires_at: Option<UnixTime>,
    pub(crate) said: Said,
}

#[derive(Deserialize)]
pub(crate) struct Body {
    active: bool,
    exp: Option<u64>,
    #[serde(rename = "fdxConsentId")]
    fdx_consent_id: Option<String>,
    cnf: Option<Confirmation>,
}

/// RFC 7800 section 3.1: what a token is bound to.
#[derive(Default, Deserialize)]
struct Confirmation {
    jkt: Option<Thumbprint>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<Thumbprint>,
}

const LIMIT: usize = 256 * 1024;
const MEMBERS: usize = 10_000;

impl Client {
    /// Drafts the introspection of an access token of this client's, with an answer in JSON.
    ///
    /// # Errors
    /// [`ConfigurationFault::EndpointMissing`](crate::ConfigurationFault::EndpointMissing),
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

    /// Drafts the introspection of a refresh token, with an answer in JSON.
    ///
    /// # Errors
    /// [`ConfigurationFault::EndpointMissing`](crate::ConfigurationFault::EndpointMissing),
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

/// The token that is asked about.
#[derive(Clone)]
pub(crate) struct Subject {
    token: Secret,
    hint: TokenTypeHint,
    /// What an access token is bound to.
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
        let body: Body = answer.success(StatusCode::OK, MEMBERS)?;
        body.check(&request.subject, answer.said()).map_err(|rule| answer.fault(rule))
    }
}

impl Body {
    pub(crate) fn check(self, subject: &Subject, said: Said) -> Result<Introspection, ServerRule> {
        // RFC 7662 2.2: of a token that is not active, nothing else counts.
        let token = subject.token.clone();
        if !self.active {
            let (consent_id, expires_at) = (None, None);
            return Ok(Introspection { token, active: false, consent_id, expires_at, said });
        }
        let cnf = self.cnf.unwrap_or_default();
        if let Some(bound) = subject.bound {
            let reported = match bound.by {
                BoundBy::Dpop => cnf.jkt,
                BoundBy::Mtls => cnf.x5t_s256,
                BoundBy::Nothing => None,
            };
            if reported.is_some() && reported != bound.to {
                return Err(ServerRule::TokenType);
            }
        }
        let mut consent_id = None;
        if let Some(id) = &self.fdx_consent_id {
            agree(&mut consent_id, id)?;
        }
        let expires_at = self.exp.map(|exp| UnixTime::from_seconds(0) + Duration::from_secs(exp));
        Ok(Introspection { token, active: true, consent_id, expires_at, said })
    }
}

impl Introspection {
    /// Whether the token is active: in FDX, whether its consent is.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// `fdxConsentId`.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.consent_id.as_ref()
    }

    /// `exp`.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }
}
