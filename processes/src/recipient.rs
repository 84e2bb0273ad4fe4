use std::error::Error;

use fdx_jose::{SealingKey, Thumbprint, backend};
use fdx_par::{
    Client, ClientAuthentication, ClientConfig, SenderConstraint, Step, WellKnown, discover,
};
use fdx_store::consents::NewConsent;
use fdx_store::procedure::Consents;
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::{Column, KeyRing, WrappedKey};
use fdx_store::{ConsentState, RecordId, RecordKey, Tenant};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, Secret, UnixTime};
use http::Response;

/// The institution.
pub const ISSUER: &str = "https://bank.example";

const CERTIFICATE: &[u8] = b"the client's certificate";
const SCOPE: &str = "fdx:accountbasic:read offline_access";

/// The client of one institution, with the keys of its stored consents.
#[derive(Debug)]
pub struct Recipient {
    consents: Consents,
    ring: KeyRing,
}

/// The first tokens of a consent.
#[derive(Clone, Debug)]
pub struct First<'a> {
    /// The id of the consent.
    pub id: RecordId,
    /// The recipient's reference to the customer.
    pub customer: String,
    /// The refresh token.
    pub refresh_token: &'a str,
    /// When the access token expires.
    pub access_expires_at: UnixTime,
    /// When the consent is due first.
    pub due_at: UnixTime,
}

impl Recipient {
    /// Creates a recipient with this policy.
    ///
    /// # Errors
    /// The policy breaks a rule.
    pub fn new(policy: RefreshPolicy) -> Result<Self, Box<dyn Error>> {
        let ring = || KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32]));
        let consents = Consents::new(client()?, Tenant::default(), ring(), None, policy)?;
        Ok(Self { consents, ring: ring() })
    }

    /// The procedures.
    #[must_use]
    pub fn consents(&self) -> &Consents {
        &self.consents
    }

    /// The keys that wrap those of the consents.
    #[must_use]
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The key of a record.
    #[must_use]
    pub fn key(&self, id: RecordId) -> RecordKey {
        RecordKey::new(self.consents.tenant().clone(), id)
    }

    /// The certificate that the tokens are bound to.
    #[must_use]
    pub fn certificate(&self) -> Thumbprint {
        Thumbprint::of_certificate(CERTIFICATE)
    }

    /// Returns an active consent with its first tokens, sealed.
    ///
    /// # Errors
    /// The tokens can't be sealed.
    pub fn consent(
        &self,
        first: First<'_>,
        entropy: &Entropy,
    ) -> Result<NewConsent, Box<dyn Error>> {
        let First { id, customer, refresh_token, access_expires_at, due_at } = first;
        let (key, wrapped_key) =
            self.ring.create(self.consents.tenant().as_str(), id.as_str(), entropy)?;
        let (bound_to, expires_at) = (self.certificate(), access_expires_at.as_seconds());
        let tokens = format!(
            r#"{{"version":2,"issuer":"{ISSUER}","client_id":"app","access_token":"a{refresh_token}","token_type":"Bearer","bound_to":"{bound_to}","expires_at":{expires_at},"refresh_token":"{refresh_token}","scope":"{SCOPE}"}}"#
        );
        Ok(NewConsent {
            sealed: key.seal(Column::Tokens, 0, entropy, &Secret::new(tokens))?,
            key: self.key(id),
            customer,
            institution: ISSUER.to_owned(),
            client_id: "app".to_owned(),
            dialect: None,
            consent_id: None,
            subject: None,
            state: ConsentState::Active,
            reason: None,
            wrapped_key,
            verified: true,
            access_expires_at: Some(access_expires_at),
            refresh_expires_at: None,
            consent_expires_at: None,
            due_at: Some(due_at),
            renews: None,
        })
    }

    /// Reads the refresh token in the sealed tokens of a generation.
    #[must_use]
    pub fn refresh_token(
        &self,
        id: &RecordId,
        wrapped_key: &WrappedKey,
        generation: i64,
        sealed: &[u8],
    ) -> Option<String> {
        let tenant = self.consents.tenant().as_str();
        let key = self.ring.unwrap(tenant, id.as_str(), wrapped_key).ok()?;
        let text = key.open(Column::Tokens, generation.cast_unsigned(), sealed).ok()?;
        let (_, token) = text.expose().split_once(r#""refresh_token":""#)?;
        token.split('"').next().map(str::to_owned)
    }
}

fn client() -> Result<Client, Box<dyn Error>> {
    let (issuer, now) = (Issuer::parse(ISSUER)?, UnixTime::from_seconds(0));
    let certificate = Thumbprint::of_certificate(CERTIFICATE);
    let config = ClientConfig::new(
        issuer.clone(),
        "app",
        RedirectUri::parse("https://app.example/callback")?,
        HttpsUrl::parse("https://bank.example/fdx/v6")?,
        ClientAuthentication::TlsClientAuth(certificate),
        SenderConstraint::Mtls(certificate),
        backend::ring(),
    );
    let document = format!(
        r#"{{"issuer":"{ISSUER}","authorization_endpoint":"{ISSUER}/authorize",
        "token_endpoint":"{ISSUER}/token","jwks_uri":"{ISSUER}/jwks",
        "pushed_authorization_request_endpoint":"{ISSUER}/par",
        "revocation_endpoint":"{ISSUER}/revoke",
        "authorization_response_iss_parameter_supported":true,
        "code_challenge_methods_supported":["S256"]}}"#
    );
    let (_, sent) = discover(&issuer, WellKnown::OAuthAuthorizationServer, now)?
        .attach(Vec::new())
        .map_err(|refused| refused.error)?;
    let response = Response::builder().header("content-type", "application/json");
    match sent.receive(response.body(document)?, now)? {
        Step::Done(metadata) => Ok(Client::new(config, metadata)?),
        Step::Again(_) => Err("discovery needs no second request".into()),
    }
}
