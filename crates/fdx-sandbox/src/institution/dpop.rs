//! The server's side of DPoP (RFC 9449 section 4.3) and its nonces (sections 8 and 9).

use std::time::Duration;

use fdx_jose::{Jws, JwsError, Thumbprint};
use fdx_wire::{Label, UnixTime, base64url};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::institution::config::{InstitutionConfig, NoncePolicy};
use crate::institution::expiry::is_valid;
use crate::institution::memory::{Memory, Replay, Seen};
use crate::institution::numeric_date::NumericDate;
use crate::institution::randomness::Randomness;
use crate::institution::received::Received;
use crate::institution::rule::Rule;
use crate::institution::target::is_target;
use crate::institution::verdict::{Verdicts, Violation};

const NONCE: Label = Label::new("dpop nonce");
/// FAPI 2.0 Security Profile 5.3.2.1-13: at most 60 seconds into the future.
pub(crate) const AHEAD: Duration = Duration::from_secs(60);
/// The age at which a proof expires. A nonce limits its age further.
const OLDEST: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    nbf: Option<NumericDate>,
    exp: Option<NumericDate>,
    ath: Option<String>,
    nonce: Option<String>,
}

/// What a proof is sent with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum With<'a> {
    /// A request to the authorization server.
    Authorization,
    /// An access token, in a request to a resource.
    AccessToken(&'a str),
}

/// The proofs and nonces of earlier requests.
#[derive(Debug)]
pub(crate) struct Proofs {
    pub(crate) replay: Replay,
    pub(crate) nonces: Nonces,
}

impl Proofs {
    /// Checks the proof in the `DPoP` header. Returns the thumbprint of its key.
    pub(crate) fn check(
        &mut self,
        config: &InstitutionConfig,
        verdicts: &mut Verdicts,
        randomness: &mut Randomness,
        received: &Received<'_>,
        with: With<'_>,
    ) -> Result<Thumbprint, Violation> {
        let proof = verdicts.require_some(Rule::ProofPresent, received.header("dpop"))?;
        let parsed = Jws::parse_proof(proof);
        verdicts.require(Rule::ProofType, parsed.as_ref().err() != Some(&JwsError::ProofType))?;
        let jws = verdicts.require_some(Rule::ProofJws, parsed.ok())?;
        let key = verdicts.require_some(
            Rule::ProofSignature,
            jws.embedded_key().filter(|key| jws.verify(config.backend, key).is_ok()),
        )?;
        let claims = verdicts.require_some(Rule::ProofClaims, jws.claims::<Claims>().ok())?;
        check_target(config, verdicts, received, &claims)?;
        check_age(verdicts, &claims, received.now)?;
        check_token(verdicts, &claims, with)?;
        let key = key.thumbprint();
        let forgotten = claims.iat.rounded_up() + OLDEST;
        verdicts.require(
            Rule::ProofUse,
            // check: ProofUse
            (1..=256).contains(&claims.jti.len())
                && self.replay.see(&key.to_string(), &claims.jti, forgotten, received.now)
                    == Seen::Never,
        )?;
        self.check_nonce(config.nonce_policy, verdicts, randomness, key, &claims, with)?;
        Ok(key)
    }

    fn check_nonce(
        &mut self,
        policy: NoncePolicy,
        verdicts: &mut Verdicts,
        randomness: &mut Randomness,
        key: Thumbprint,
        claims: &Claims,
        with: With<'_>,
    ) -> Result<(), Violation> {
        let server = match with {
            With::Authorization => Server::Authorization,
            With::AccessToken(_) => Server::Resource,
        };
        let state = self.nonces.check(policy, server, key, claims.nonce.as_deref(), randomness);
        verdicts.require(Rule::ProofNonceUnexpected, state != NonceState::NotRequested)?;
        verdicts.require(
            match server {
                Server::Authorization => Rule::ProofNonceOfAuthorizationServer,
                Server::Resource => Rule::ProofNonceOfResourceServer,
            },
            // check: ProofNonce
            state != NonceState::Required,
        )
    }
}

fn check_target(
    config: &InstitutionConfig,
    verdicts: &mut Verdicts,
    received: &Received<'_>,
    claims: &Claims,
) -> Result<(), Violation> {
    verdicts.require(Rule::ProofMethod, claims.htm == received.request.method().as_str())?;
    verdicts.require(
        Rule::ProofTarget,
        // check: ProofTarget
        is_target(&claims.htu, &received.url(config)),
    )
}

fn check_age(verdicts: &mut Verdicts, claims: &Claims, now: UnixTime) -> Result<(), Violation> {
    verdicts.require(
        Rule::ProofIssuedAt,
        claims.iat.rounded_up() <= now + AHEAD && is_valid(claims.iat.rounded_down() + OLDEST, now),
    )?;
    verdicts.require(
        Rule::ProofNotBefore,
        claims.nbf.is_none_or(|nbf| nbf.rounded_up() <= now + AHEAD),
    )?;
    verdicts
        .require(Rule::ProofExpiry, claims.exp.is_none_or(|exp| is_valid(exp.rounded_down(), now)))
}

fn check_token(verdicts: &mut Verdicts, claims: &Claims, with: With<'_>) -> Result<(), Violation> {
    match with {
        With::Authorization => {
            verdicts.require(Rule::ProofTokenHashUnexpected, claims.ath.is_none())
        }
        // Hashed here, not by the client's code: the two must not share a defect.
        With::AccessToken(token) => verdicts.require(
            Rule::ProofTokenHash,
            // check: ProofAccessToken
            claims.ath.as_deref() == Some(&base64url::encode(&Sha256::digest(token))),
        ),
    }
}

/// The issuer of a nonce. Nonces of one are invalid at the other (RFC 9449 sections 8 and 9).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Server {
    Authorization,
    Resource,
}

/// The nonce that each key must use in its next proof, and the nonce for this response.
#[derive(Debug)]
pub(crate) struct Nonces {
    current: Memory<(Server, Thumbprint), String>,
    next: Option<String>,
}

/// The result of a nonce check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NonceState {
    /// The nonce is right, or absent as required.
    Accepted,
    /// The proof needs another nonce.
    Required,
    /// The proof has a nonce, although this server issues none.
    NotRequested,
}

impl Nonces {
    pub(crate) fn new() -> Self {
        Self { current: Memory::new(10_000), next: None }
    }

    /// Compares a proof's nonce with the latest nonce for its key. The response contains the next
    /// nonce.
    pub(crate) fn check(
        &mut self,
        policy: NoncePolicy,
        server: Server,
        key: Thumbprint,
        nonce: Option<&str>,
        randomness: &mut Randomness,
    ) -> NonceState {
        match policy {
            NoncePolicy::Silent if nonce.is_some() => NonceState::NotRequested,
            NoncePolicy::Silent => NonceState::Accepted,
            NoncePolicy::Demand => {
                let expected = self.current.get(&(server, key));
                if expected.is_some() && expected.map(String::as_str) == nonce {
                    self.issue(server, key, randomness.text(NONCE));
                    NonceState::Accepted
                } else {
                    let next = expected.cloned();
                    self.issue(server, key, next.unwrap_or_else(|| randomness.text(NONCE)));
                    NonceState::Required
                }
            }
        }
    }

    /// Takes the nonce for this response's `DPoP-Nonce`.
    pub(crate) fn take_next(&mut self) -> Option<String> {
        self.next.take()
    }

    fn issue(&mut self, server: Server, key: Thumbprint, nonce: String) {
        self.next = Some(nonce.clone());
        self.current.insert((server, key), nonce);
    }
}

#[cfg(test)]
mod tests {
    use fdx_wire::Entropy;

    use super::*;

    #[test]
    fn nonce_is_valid_once_and_at_one_server() {
        let mut randomness = Randomness::new(Entropy::new([1; 32]));
        let mut nonces = Nonces::new();
        let key = Thumbprint::of_certificate(b"any");
        let mut check = |server, nonce: Option<&str>| {
            let state = nonces.check(NoncePolicy::Demand, server, key, nonce, &mut randomness);
            (state, nonces.take_next().unwrap())
        };
        let (state, first) = check(Server::Authorization, None);
        assert_eq!(state, NonceState::Required);
        let (state, _) = check(Server::Resource, Some(&first));
        assert_eq!(state, NonceState::Required);
        let (state, second) = check(Server::Authorization, Some(&first));
        assert_eq!(state, NonceState::Accepted);
        let (state, again) = check(Server::Authorization, Some(&first));
        assert_eq!((state, again), (NonceState::Required, second));
    }

    #[test]
    fn server_without_nonces_rejects_a_nonce() {
        let mut randomness = Randomness::new(Entropy::new([1; 32]));
        let mut nonces = Nonces::new();
        let key = Thumbprint::of_certificate(b"any");
        let mut check = |nonce| {
            nonces.check(NoncePolicy::Silent, Server::Resource, key, nonce, &mut randomness)
        };
        assert_eq!(check(None), NonceState::Accepted);
        assert_eq!(check(Some("made up")), NonceState::NotRequested);
        assert_eq!(nonces.take_next(), None);
    }
}
