use core::fmt;

use fdx_wire::json::ObjectWriter;
use fdx_wire::{HttpsUrl, Secret, UnixTime, base64url};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{PublicKey, Role, SigningInput, Thumbprint};

/// The public half of a DPoP key (RFC 9449), with the encoded header that all its proofs have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProofKey {
    public: PublicKey,
    header: String,
}

/// The claims of one proof (RFC 9449 section 4.2).
#[derive(Clone, Copy)]
pub struct ProofClaims<'a> {
    htm: &'a str,
    htu: &'a HttpsUrl,
    jti: &'a str,
    iat: UnixTime,
    access_token: Option<&'a Secret>,
    nonce: Option<&'a str>,
}

/// The `ath` of an access token: base64url of its SHA-256 (RFC 9449 section 4.2).
#[must_use]
pub fn access_token_hash(access_token: &Secret) -> String {
    base64url::encode(&Sha256::digest(access_token.expose()))
}

impl<'a> ProofClaims<'a> {
    /// Creates the claims for a request to `htu` with the method `htm`. The proof omits the query
    /// of `htu`. Pass a new `jti` for each attempt, and the current time as `iat`.
    #[must_use]
    pub fn new(htm: &'a str, htu: &'a HttpsUrl, jti: &'a str, iat: UnixTime) -> Self {
        Self { htm, htu, jti, iat, access_token: None, nonce: None }
    }

    /// Adds `ath`, the hash of the access token in the request. Pass `None` for requests without an
    /// access token, such as token requests.
    #[must_use]
    pub fn with_access_token(self, access_token: Option<&'a Secret>) -> Self {
        Self { access_token, ..self }
    }

    /// Adds the server's latest nonce, if it sent one.
    #[must_use]
    pub fn with_nonce(self, nonce: Option<&'a str>) -> Self {
        Self { nonce, ..self }
    }
}

impl ProofKey {
    /// Creates the key from its public half. The private half may be in a key management service.
    #[must_use]
    pub fn new(public: PublicKey) -> Self {
        let header = format!(
            r#"{{"typ":"dpop+jwt","alg":"{}","jwk":{}}}"#,
            public.alg(),
            public.proof_jwk()
        );
        Self { header: base64url::encode(header.as_bytes()), public }
    }

    /// Uses the listed name of the algorithm: see [`PublicKey::with_listed_alg`].
    #[must_use]
    pub fn with_listed_alg(self, listed: &[String]) -> Self {
        Self::new(self.public.with_listed_alg(listed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key's thumbprint: the value of `dpop_jkt` and of the token's `cnf.jkt`.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.public.thumbprint()
    }

    /// Returns the signing input of one proof.
    #[must_use]
    pub fn proof(&self, claims: &ProofClaims<'_>) -> SigningInput {
        let mut object = ObjectWriter::with_capacity(512);
        object
            .text("jti", claims.jti)
            .text("htm", claims.htm)
            // RFC 9449 4.2: the target URI without query and fragment parts. A server that compares
            // texts computes it from the request: no upper case in the host, no default port.
            .text("htu", &claims.htu.target_uri())
            .number("iat", claims.iat.as_seconds());
        if let Some(access_token) = claims.access_token {
            object.text("ath", &access_token_hash(access_token));
        }
        if let Some(nonce) = claims.nonce {
            object.text("nonce", nonce);
        }
        let claims = Zeroizing::new(object.into_bytes());
        SigningInput::new(Role::DpopProof, &self.public, &self.header, &claims)
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
