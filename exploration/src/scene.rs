//! What does not change: the client, the stored consent, and the answers of the institution.

use std::time::Duration;

use fdx_jose::{SealingKey, Thumbprint, backend};
use fdx_par::{
    Client, ClientAuthentication, ClientConfig, SenderConstraint, Step, WellKnown, discover,
};
use fdx_store::consents::{NewConsent, insert_consent};
use fdx_store::procedure::Consents;
use fdx_store::receipts::{Cause, Revocation, RevokedBy};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::revocation::{BeginRevocation, begin_revocation};
use fdx_store::seal::{Column, KeyRing};
use fdx_store::{ConsentState, Operation, RecordId, RecordKey, Tenant};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, Secret, UnixTime};
use http::Response;

use crate::bank::Class;
use crate::store::{Database, Snapshot};

const ISSUER: &str = "https://bank.example";
const CERTIFICATE: &[u8] = b"the client's certificate";
const SCOPE: &str = "fdx:accountbasic:read offline_access";

/// When every exploration begins.
pub(crate) const START: u64 = 1_000_000;

/// How far the clock of the second process is ahead.
pub(crate) const SKEW: u64 = 2;

/// The scene of one class of institutions.
pub(crate) struct Scene {
    pub(crate) consents: Consents,
    pub(crate) id: RecordId,
    ring: KeyRing,
    key: fdx_store::seal::WrappedKey,
    cause: Cause,
}

impl Scene {
    pub(crate) fn new(class: Class) -> Result<Self, Box<dyn std::error::Error>> {
        let ring = || KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32]));
        let mut policy = RefreshPolicy::new(class.tokens());
        policy.clock_skew = Duration::from_secs(SKEW);
        // Pauses only make orders of events impossible that are possible without them.
        (policy.pause, policy.longest_pause) = (Duration::ZERO, Duration::ZERO);
        let tenant = Tenant::default();
        let id = RecordId::new("consent")?;
        let entropy = Entropy::new([1; 32]);
        let (_, key) = ring().create(tenant.as_str(), id.as_str(), &entropy)?;
        let consents = Consents::new(client()?, tenant, ring(), None, policy)?;
        Ok(Self { consents, id, ring: ring(), key, cause: Cause::new("revocation")? })
    }

    /// The rows of a consent with the token 0, whose access token has expired.
    pub(crate) fn first(
        &self,
        database: &mut Database,
    ) -> Result<Snapshot, Box<dyn std::error::Error>> {
        let (tenant, now) = (self.consents.tenant().clone(), UnixTime::from_seconds(START));
        let key = self.ring.unwrap(tenant.as_str(), self.id.as_str(), &self.key)?;
        let bound_to = Thumbprint::of_certificate(CERTIFICATE);
        let tokens = format!(
            r#"{{"version":2,"issuer":"{ISSUER}","client_id":"app","access_token":"a0","token_type":"Bearer","bound_to":"{bound_to}","expires_at":{START},"refresh_token":"t0","scope":"{SCOPE}"}}"#
        );
        self.consents.client().restore(&tokens)?;
        let sealed = key.seal(Column::Tokens, 0, &Entropy::new([2; 32]), &Secret::new(tokens))?;
        let consent = NewConsent {
            key: RecordKey::new(tenant, self.id.clone()),
            customer: "customer".to_owned(),
            institution: ISSUER.to_owned(),
            client_id: "app".to_owned(),
            dialect: None,
            consent_id: None,
            subject: None,
            state: ConsentState::Active,
            reason: None,
            wrapped_key: self.key.clone(),
            sealed,
            verified: true,
            access_expires_at: Some(now),
            refresh_expires_at: None,
            consent_expires_at: None,
            due_at: None,
            renews: None,
        };
        database.run(insert_consent(consent, now))?;
        Ok(database.snapshot()?)
    }

    /// The intent to revoke the consent.
    pub(crate) fn revocation(&self, now: u64) -> Operation<BeginRevocation> {
        let key = RecordKey::new(self.consents.tenant().clone(), self.id.clone());
        let intent = Revocation::new(RevokedBy::Recipient);
        begin_revocation(key, Some(intent), self.cause.clone(), UnixTime::from_seconds(now))
    }

    /// The refresh token in sealed tokens of a generation.
    pub(crate) fn token(&self, generation: i64, sealed: &[u8]) -> Option<u32> {
        let tenant = self.consents.tenant();
        let key = self.ring.unwrap(tenant.as_str(), self.id.as_str(), &self.key).ok()?;
        let text = key.open(Column::Tokens, generation.cast_unsigned(), sealed).ok()?;
        let (_, token) = text.expose().split_once(r#""refresh_token":"t"#)?;
        token.split('"').next()?.parse().ok()
    }
}

/// Instead of a token: the request revokes one.
pub(crate) const REVOCATION: u32 = u32::MAX;

/// The refresh token of a request.
pub(crate) fn requested(body: &[u8]) -> u32 {
    let body = String::from_utf8_lossy(body);
    let token = body.split('&').find_map(|pair| pair.strip_prefix("refresh_token=t"));
    token.and_then(|token| token.parse().ok()).unwrap_or(REVOCATION)
}

/// The response to a refresh.
pub(crate) fn response(token: Option<u32>) -> Response<Vec<u8>> {
    let (status, body) = match token {
        Some(token) => (
            200,
            format!(
                r#"{{"access_token":"a{token}","token_type":"Bearer","expires_in":1,"refresh_token":"t{token}"}}"#
            ),
        ),
        None => (400, r#"{"error":"invalid_grant"}"#.to_owned()),
    };
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    let no_store = http::HeaderValue::from_static("no-store");
    response.headers_mut().insert(http::header::CACHE_CONTROL, no_store);
    response
}

fn client() -> Result<Client, Box<dyn std::error::Error>> {
    let (issuer, now) = (Issuer::parse(ISSUER)?, UnixTime::from_seconds(START));
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
