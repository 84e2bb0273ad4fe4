//! Client authentication as FAPI 2.0 narrows it: by a signature or by a certificate.

use std::time::Duration;

use fdx_jose::Jws;
use fdx_wire::form::{Form, Query};
use fdx_wire::json::RawJson;
use fdx_wire::{UnixTime, base64};
use serde::Deserialize;

use crate::institution::client::{
    CertificateName, ClientAuthentication, ClientSecret, RegisteredClient, SecretPlace,
};
use crate::institution::config::InstitutionConfig;
use crate::institution::dpop::AHEAD;
use crate::institution::expiry::is_valid;
use crate::institution::form::value;
use crate::institution::memory::{Replay, Seen};
use crate::institution::numeric_date::NumericDate;
use crate::institution::received::{Peer, Received};
use crate::institution::rule::Rule;
use crate::institution::signing::is_signed_by_any;
use crate::institution::state::Institution;
use crate::institution::verdict::{Verdicts, Violation};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LONGEST_LIFETIME: Duration = Duration::from_secs(3600);

impl Institution {
    /// Returns the client that sent `form`. It authenticates by its client assertion or, in a form
    /// without credentials, by its certificate. A client with a secret, which is not FAPI,
    /// authenticates by that.
    pub(crate) fn authenticate<'c>(
        &mut self,
        config: &'c InstitutionConfig,
        form: &Query<'_>,
        received: &Received<'_>,
    ) -> Result<&'c RegisteredClient, Violation> {
        if let Some(client) = client_with_secret(config, form, received) {
            check_secret(&mut self.verdicts, client, form, received)?;
            return Ok(client);
        }
        let credentials = ["client_assertion", "client_assertion_type", "client_secret"];
        let bare = credentials.into_iter().all(|name| form.one(name) == Ok(None));
        // RFC 8705 2: client_id determines the expected certificate.
        let client = value(form, "client_id").and_then(|client_id| config.client(client_id));
        match client {
            Some(client)
                if bare && client.authentication != ClientAuthentication::PrivateKeyJwt =>
            {
                check_certificate(&mut self.verdicts, client, received.peer)?;
                Ok(client)
            }
            _ => check_assertion(
                config,
                &mut self.assertions,
                &mut self.verdicts,
                form,
                received.now,
            ),
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    // Any type: an array is refused by its own rule.
    aud: RawJson,
    jti: String,
    exp: NumericDate,
    // RFC 7523 3-6: optional.
    iat: Option<NumericDate>,
    nbf: Option<NumericDate>,
}

/// Checks the client assertion in `form` (RFC 7523, RFC 7521). Returns its client.
fn check_assertion<'c>(
    config: &'c InstitutionConfig,
    replay: &mut Replay,
    verdicts: &mut Verdicts,
    form: &Query<'_>,
    now: UnixTime,
) -> Result<&'c RegisteredClient, Violation> {
    let asserted = value(form, "client_assertion_type") == Some(ASSERTION_TYPE)
        && value(form, "client_secret").is_none();
    let assertion = verdicts.require_some(
        Rule::ClientCredentials,
        value(form, "client_assertion").filter(|_| asserted),
    )?;
    let jws = verdicts.require_some(Rule::AssertionJws, Jws::parse(assertion).ok())?;
    verdicts.require(
        Rule::AssertionType,
        jws.typ().is_none() || jws.is_typ("client-authentication+jwt") || jws.is_typ("JWT"),
    )?;
    let claims = verdicts.require_some(Rule::AssertionClaims, jws.claims::<Claims>().ok())?;
    let client = verdicts.require_some(Rule::AssertionIssuer, config.client(&claims.iss))?;
    verdicts.require(
        Rule::AssertionMethod,
        client.authentication == ClientAuthentication::PrivateKeyJwt,
    )?;
    let client_id = value(form, "client_id").unwrap_or(&client.client_id);
    verdicts.require(
        Rule::AssertionSubject,
        claims.sub == client.client_id && client_id == client.client_id,
    )?;
    verdicts.require(
        Rule::AssertionSignature,
        // check: ClientAuthentication
        is_signed_by_any(&jws, config.backend, &client.jwks),
    )?;
    verdicts.require(
        Rule::AssertionAudience,
        // check: AssertionAudience
        claims.aud.read::<String>().is_ok_and(|aud| aud == config.issuer.as_str()),
    )?;
    check_times(verdicts, &claims, now)?;
    verdicts.require(
        Rule::AssertionUse,
        (1..=256).contains(&claims.jti.len())
            && replay.see(&client.client_id, &claims.jti, claims.exp.rounded_up(), now)
                == Seen::Never,
    )?;
    Ok(client)
}

fn check_times(verdicts: &mut Verdicts, claims: &Claims, now: UnixTime) -> Result<(), Violation> {
    verdicts.require(
        Rule::AssertionExpiry,
        is_valid(claims.exp.rounded_down(), now)
            && claims.exp.rounded_up().since(now) <= LONGEST_LIFETIME,
    )?;
    let latest = now + AHEAD;
    verdicts.require(
        Rule::AssertionTimes,
        [claims.iat, claims.nbf].into_iter().flatten().all(|time| time.rounded_up() <= latest),
    )
}

/// Checks the certificate against the client's registration (RFC 8705 section 2). TLS has verified
/// it.
fn check_certificate(
    verdicts: &mut Verdicts,
    client: &RegisteredClient,
    peer: &Peer,
) -> Result<(), Violation> {
    let thumbprint = verdicts.require_some(Rule::CertificatePresent, peer.thumbprint)?;
    match &client.authentication {
        ClientAuthentication::TlsClientAuth(name) => {
            verdicts.require(Rule::CertificateSubject, is_named(peer, name))
        }
        ClientAuthentication::SelfSignedTlsClientAuth(registered) => {
            verdicts.require(Rule::CertificateRegistered, registered.contains(&thumbprint))
        }
        ClientAuthentication::PrivateKeyJwt | ClientAuthentication::ClientSecret(_) => Ok(()),
    }
}

fn is_named(peer: &Peer, name: &CertificateName) -> bool {
    match name {
        CertificateName::SubjectDn(subject) => peer.subject_dn.as_ref() == Some(subject),
        CertificateName::SanDns(dns) => {
            peer.san_dns.iter().any(|known| known.eq_ignore_ascii_case(dns))
        }
    }
}

/// Returns the client that a request names, if it has a secret (RFC 6749 section 2.3.1).
fn client_with_secret<'c>(
    config: &'c InstitutionConfig,
    form: &Query<'_>,
    received: &Received<'_>,
) -> Option<&'c RegisteredClient> {
    let named = value(form, "client_id").and_then(|client_id| config.client(client_id));
    let by_header = |client: &&RegisteredClient| {
        secret(client).is_some_and(|secret| {
            received.header("authorization") == Some(&basic(&client.client_id, secret))
        })
    };
    let client = named.or_else(|| config.clients.iter().find(by_header))?;
    secret(client).map(|_| client)
}

/// Checks the client secret.
fn check_secret(
    verdicts: &mut Verdicts,
    client: &RegisteredClient,
    form: &Query<'_>,
    received: &Received<'_>,
) -> Result<(), Violation> {
    let shown = secret(client).is_some_and(|known| match known.place {
        SecretPlace::Basic => {
            received.header("authorization") == Some(&basic(&client.client_id, known))
                && form.one("client_secret") == Ok(None)
        }
        SecretPlace::Body => value(form, "client_secret").is_some_and(|sent| known.secret == *sent),
    });
    verdicts.require(Rule::ClientSecret, shown)
}

fn secret(client: &RegisteredClient) -> Option<&ClientSecret> {
    match &client.authentication {
        ClientAuthentication::ClientSecret(secret) => Some(secret),
        _ => None,
    }
}

/// RFC 6749 2.3.1: both are form-encoded before they are joined by a colon.
fn basic(client_id: &str, secret: &ClientSecret) -> String {
    let encoded = |text: &str| {
        let mut form = Form::new();
        form.pair("", text);
        form.as_str().trim_start_matches('=').to_owned()
    };
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.secret.expose()));
    let mut header = "Basic ".to_owned();
    base64::encode_into(pair.as_bytes(), &mut header);
    header
}
