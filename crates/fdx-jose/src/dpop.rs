use core::fmt;

use fdx_wire::{HttpsUrl, Secret, UnixTime, base64url};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::signing::to_json;
use crate::{PublicKey, Role, SigningInput, Thumbprint};

/// The key that binds tokens by DPoP (RFC 9449): its public half and the proof's fixed header,
/// encoded once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProofKey {
    public: PublicKey,
    header: String,
}

/// What one proof is about (RFC 9449 section 4.2).
#[derive(Clone, Copy)]
pub struct ProofClaims<'a> {
    /// The request's method.
    pub htm: &'a str,
    /// The request's URL; its query is left out of the proof.
    pub htu: &'a HttpsUrl,
    /// Unique for each attempt.
    pub jti: &'a str,
    /// Now.
    pub iat: UnixTime,
    /// The token that the request carries: the proof holds its hash as `ath`. None at the
    /// endpoints of an authorization server.
    pub access_token: Option<&'a Secret>,
    /// The latest nonce that this server gave, if any.
    pub nonce: Option<&'a str>,
}

/// The `ath` of an access token: base64url of its SHA-256 (RFC 9449 section 4.2).
#[must_use]
pub fn access_token_hash(access_token: &Secret) -> String {
    base64url::encode(&Sha256::digest(access_token.expose()))
}

#[derive(Serialize)]
struct Claims<'a> {
    jti: &'a str,
    htm: &'a str,
    htu: &'a str,
    iat: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl ProofKey {
    /// Takes the public half; the private one may be anywhere.
    #[must_use]
    pub fn new(public: PublicKey) -> Self {
        let header = format!(
            r#"{{"typ":"dpop+jwt","alg":"{}","jwk":{}}}"#,
            public.alg(),
            public.proof_jwk()
        );
        Self { header: base64url::encode(header.as_bytes()), public }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key's thumbprint: `dpop_jkt`, and the token's `cnf.jkt`.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.public.thumbprint()
    }

    /// One proof.
    #[must_use]
    pub fn proof(&self, claims: &ProofClaims<'_>) -> SigningInput {
        let claims = to_json(&Claims {
            jti: claims.jti,
            htm: claims.htm,
            // RFC 9449 4.2: htu is the target URI without query and fragment parts.
            htu: claims.htu.without_query(),
            iat: claims.iat,
            ath: claims.access_token.map(access_token_hash),
            nonce: claims.nonce,
        });
        SigningInput::new(Role::DpopProof, &self.public, &self.header, claims.expose().as_bytes())
    }
}

impl fmt::Debug for ProofClaims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofClaims")
            .field("htm", &self.htm)
            .field("htu", &self.htu.without_query())
            .field("iat", &self.iat)
            .finish_non_exhaustive()
    }
}
