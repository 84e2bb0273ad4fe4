//! The server's side of DPoP (RFC 9449 section 4.3).

use std::time::Duration;

use fdx_jose::{Jws, JwsError, Thumbprint};
use fdx_wire::{HttpsUrl, UnixTime, base64url};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::client_authentication::AHEAD;
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::nonces::{NonceState, Nonces, Server};
use crate::randomness::Randomness;
use crate::received::Received;
use crate::replay::{Replay, Seen};
use crate::verdict::Verdicts;

/// How old a proof may be. The nonce bounds its age better, where there is one.
const OLDEST: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: UnixTime,
    nbf: Option<UnixTime>,
    exp: Option<UnixTime>,
    ath: Option<String>,
    nonce: Option<String>,
}

/// What a proof accompanies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum With<'a> {
    /// A request to the authorization server.
    Authorization,
    /// An access token, to a resource.
    AccessToken(&'a str),
}

/// What the check remembers from request to request.
#[derive(Debug)]
pub(crate) struct Proofs {
    pub(crate) replay: Replay,
    pub(crate) nonces: Nonces,
}

impl Proofs {
    /// Checks the proof in `received`'s one `DPoP` header, and gives the key that it proves.
    pub(crate) fn check(
        &mut self,
        config: &InstitutionConfig,
        verdicts: &mut Verdicts,
        randomness: &mut Randomness,
        received: &Received<'_>,
        with: With<'_>,
    ) -> Result<Thumbprint, Broken> {
        let proof = verdicts.require_some(
            Reason::InvalidDpopProof,
            "RFC 9449 4.3-1",
            "there is exactly one DPoP header",
            received.header("dpop"),
        )?;
        let parsed = Jws::parse_proof(proof);
        verdicts.require(
            Reason::InvalidDpopProof,
            "RFC 9449 4.3-4",
            "the proof's typ is dpop+jwt",
            parsed.as_ref().err() != Some(&JwsError::ProofType),
        )?;
        let jws = verdicts.require_some(
            Reason::InvalidDpopProof,
            "RFC 9449 4.3-2",
            "the proof is a JWS under PS256, ES256 or EdDSA with a public jwk and no private member",
            parsed.ok(),
        )?;
        let key = verdicts.require_some(
            Reason::InvalidDpopProof,
            "RFC 9449 4.3-6",
            "the proof is signed by the key in its jwk",
            jws.embedded_key().filter(|key| jws.verify(config.backend, key).is_ok()),
        )?;
        let claims = verdicts.require_some(
            Reason::InvalidDpopProof,
            "RFC 9449 4.3-3",
            "the proof has jti, htm, htu and iat, each of its type",
            jws.claims::<Claims>().ok(),
        )?;
        check_target(config, verdicts, received, &claims)?;
        check_age(verdicts, &claims, received.now)?;
        check_token(verdicts, &claims, with)?;
        let key = key.thumbprint();
        let forgotten = claims.iat + OLDEST;
        verdicts.require(
            Reason::InvalidDpopProof,
            "RFC 9449 11.1",
            "the proof's jti has 1 to 256 bytes and was never seen",
            // check: ProofUse
            (1..=256).contains(&claims.jti.len())
                && self.replay.see(&key.to_string(), &claims.jti, forgotten, received.now)
                    == Seen::Never,
        )?;
        self.check_nonce(verdicts, randomness, key, &claims, with)?;
        Ok(key)
    }

    fn check_nonce(
        &mut self,
        verdicts: &mut Verdicts,
        randomness: &mut Randomness,
        key: Thumbprint,
        claims: &Claims,
        with: With<'_>,
    ) -> Result<(), Broken> {
        let server = match with {
            With::Authorization => Server::Authorization,
            With::AccessToken(_) => Server::Resource,
        };
        let state = self.nonces.check(server, key, claims.nonce.as_deref(), randomness);
        verdicts.require(
            Reason::InvalidDpopProof,
            "RFC 9449 4.2",
            "the proof has a nonce only where one was given",
            state != NonceState::Unasked,
        )?;
        verdicts.require(
            Reason::UseDpopNonce,
            match server {
                Server::Authorization => "RFC 9449 8",
                Server::Resource => "RFC 9449 9",
            },
            "the proof has the nonce that this server gave last",
            // check: ProofNonce
            state != NonceState::Wanted,
        )
    }
}

fn check_target(
    config: &InstitutionConfig,
    verdicts: &mut Verdicts,
    received: &Received<'_>,
    claims: &Claims,
) -> Result<(), Broken> {
    verdicts.require(
        Reason::InvalidDpopProof,
        "RFC 9449 4.3-8",
        "the proof's htm is the request's method",
        claims.htm == received.request.method().as_str(),
    )?;
    verdicts.require(
        Reason::InvalidDpopProof,
        "RFC 9449 4.3-9",
        "the proof's htu is the request's URL without query and fragment",
        // check: ProofTarget
        is_target(&claims.htu, &received.url(config)),
    )
}

/// RFC 9449 4.3: the two are normalised, so that how the host is written and whether the default
/// port is says nothing. The path is compared as it is.
fn is_target(htu: &str, url: &str) -> bool {
    let parts = |text| {
        let url = HttpsUrl::parse_loopback(text).ok()?;
        Some((url.origin(), url.path().to_owned(), url.query().is_none()))
    };
    parts(htu).is_some_and(|htu| htu.2 && Some(htu) == parts(url))
}

fn check_age(verdicts: &mut Verdicts, claims: &Claims, now: UnixTime) -> Result<(), Broken> {
    verdicts.require(
        Reason::InvalidDpopProof,
        "RFC 9449 4.3-11",
        "the proof's iat is at most 60 seconds ahead and 300 seconds old",
        claims.iat <= now + AHEAD && now.since(claims.iat) <= OLDEST,
    )?;
    verdicts.require(
        Reason::InvalidDpopProof,
        "FAPI 2.0 SP 5.3.2.1-13",
        "the proof's nbf, if any, is at most 60 seconds ahead",
        claims.nbf.is_none_or(|nbf| nbf <= now + AHEAD),
    )?;
    verdicts.require(
        Reason::InvalidDpopProof,
        "RFC 7519 4.1.4",
        "the proof's exp, if any, has not passed",
        claims.exp.is_none_or(|exp| exp > now),
    )
}

fn check_token(verdicts: &mut Verdicts, claims: &Claims, with: With<'_>) -> Result<(), Broken> {
    match with {
        With::Authorization => verdicts.require(
            Reason::InvalidDpopProof,
            "RFC 9449 4.2",
            "the proof has ath only beside an access token",
            claims.ath.is_none(),
        ),
        // Hashed here, not by what clients use to make it: the two must not share a mistake.
        With::AccessToken(token) => verdicts.require(
            Reason::InvalidDpopProof,
            "RFC 9449 4.3-12",
            "the proof's ath is the SHA-256 of the access token",
            // check: ProofAccessToken
            claims.ath.as_deref() == Some(&base64url::encode(&Sha256::digest(token))),
        ),
    }
}
