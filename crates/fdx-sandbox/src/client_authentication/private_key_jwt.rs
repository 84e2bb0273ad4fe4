//! `private_key_jwt` (RFC 7523, RFC 7521), as FAPI 2.0 narrows it.

use std::time::Duration;

use fdx_jose::Jws;
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use fdx_wire::json::RawJson;
use serde::Deserialize;

use super::AHEAD;
use crate::client::{ClientAuthentication, RegisteredClient};
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::jwks::is_signed_by_any;
use crate::received::value;
use crate::replay::{Replay, Seen};
use crate::verdict::Verdicts;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LONGEST_LIFETIME: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    // Any type: an array must be refused by its own rule.
    aud: RawJson,
    jti: String,
    exp: UnixTime,
    // RFC 7523 3-6: it may be there.
    iat: Option<UnixTime>,
    nbf: Option<UnixTime>,
}

/// Finds out who sent `form`, from the one signed thing in it.
pub(super) fn authenticate<'c>(
    config: &'c InstitutionConfig,
    replay: &mut Replay,
    verdicts: &mut Verdicts,
    form: &Query<'_>,
    now: UnixTime,
) -> Result<&'c RegisteredClient, Broken> {
    let asserted = value(form, "client_assertion_type") == Some(ASSERTION_TYPE)
        && value(form, "client_secret").is_none();
    let assertion = verdicts.require_some(
        Reason::InvalidClient,
        "FAPI 2.0 SP 5.3.2.1-6",
        "the client authenticates by private_key_jwt, or by certificate if it registered one",
        value(form, "client_assertion").filter(|_| asserted),
    )?;
    let jws = verdicts.require_some(
        Reason::InvalidClient,
        "FAPI 2.0 SP 5.4.1-1",
        "the assertion is a compact JWS under PS256, ES256 or EdDSA without crit or embedded keys",
        Jws::parse(assertion).ok(),
    )?;
    verdicts.require(
        Reason::InvalidClient,
        "RFC 8725 3.11",
        "the assertion's typ, if any, is client-authentication+jwt or JWT",
        jws.typ().is_none() || jws.is_typ("client-authentication+jwt") || jws.is_typ("JWT"),
    )?;
    let claims = verdicts.require_some(
        Reason::InvalidClient,
        "RFC 7523 3",
        "the assertion has iss, sub, aud, exp and jti, each of its type",
        jws.claims::<Claims>().ok(),
    )?;
    let client = verdicts.require_some(
        Reason::InvalidClient,
        "RFC 7523 3-1",
        "the assertion's iss is a registered client",
        config.client(&claims.iss),
    )?;
    verdicts.require(
        Reason::InvalidClient,
        "RFC 7591 2",
        "the client authenticates by the token_endpoint_auth_method that it registered",
        client.authentication == ClientAuthentication::PrivateKeyJwt,
    )?;
    let client_id = value(form, "client_id").unwrap_or(&client.client_id);
    verdicts.require(
        Reason::InvalidClient,
        "RFC 7523 3-2",
        "the assertion's iss, its sub and client_id are one",
        claims.sub == client.client_id && client_id == client.client_id,
    )?;
    verdicts.require(
        Reason::InvalidClient,
        "RFC 7523 3-9",
        "the assertion is signed by one of the client's keys",
        // check: ClientAuthentication
        is_signed_by_any(&jws, config.backend, &client.jwks),
    )?;
    verdicts.require(
        Reason::InvalidClient,
        "FAPI 2.0 SP 5.3.2.1-8",
        "the assertion's aud is the issuer, as one string",
        // check: AssertionAudience
        claims.aud.read::<String>().is_ok_and(|aud| aud == config.issuer.as_str()),
    )?;
    check_times(verdicts, &claims, now)?;
    verdicts.require(
        Reason::InvalidClient,
        "RFC 7523 3-7",
        "the assertion's jti has 1 to 256 bytes and was never seen",
        (1..=256).contains(&claims.jti.len())
            && replay.see(&client.client_id, &claims.jti, claims.exp, now) == Seen::Never,
    )?;
    Ok(client)
}

fn check_times(verdicts: &mut Verdicts, claims: &Claims, now: UnixTime) -> Result<(), Broken> {
    verdicts.require(
        Reason::InvalidClient,
        "RFC 7523 3-4",
        "the assertion has not expired, and will within an hour",
        claims.exp > now && claims.exp.since(now) <= LONGEST_LIFETIME,
    )?;
    let latest = now + AHEAD;
    verdicts.require(
        Reason::InvalidClient,
        "FAPI 2.0 SP 5.3.2.1-13",
        "the assertion's iat and nbf are at most 60 seconds ahead",
        claims.iat.is_none_or(|iat| iat <= latest) && claims.nbf.is_none_or(|nbf| nbf <= latest),
    )
}
