use core::fmt;

use super::jwk::Jwk;
use super::{KeyError, PublicNumbers, pem};
use crate::{Algorithm, Thumbprint};

/// A public key that verifies FAPI 2.0 signatures: RSA of 2048 to 8192 bits for PS256, P-256 for
/// ES256, Ed25519 for EdDSA.
///
/// The backend checks with every signature that the point is on the curve.
///
/// ```
/// use fdx_jose::{Algorithm, PublicKey};
///
/// // RFC 8037 appendix A.2
/// let jwk = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let key = PublicKey::from_jwk(jwk)?;
/// assert_eq!(key.algorithm(), Algorithm::EdDsa);
/// assert_eq!(key.thumbprint().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), fdx_jose::KeyError>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct PublicKey {
    numbers: PublicNumbers,
    kid: Option<String>,
    alg: &'static str,
    thumbprint: Thumbprint,
    jwk: String,
    proof_jwk: String,
}

impl PublicKey {
    /// Reads a public JWK (RFC 7517).
    ///
    /// # Errors
    /// [`KeyError`]; also if the JWK has a private member, an `alg`, `use` or `key_ops` that does not
    /// allow FAPI 2.0 signatures, or a weak key.
    pub fn from_jwk(jwk: &[u8]) -> Result<Self, KeyError> {
        let jwk = Jwk::read(jwk)?;
        let key = Self::new(jwk.public()?, jwk.kid.clone());
        Ok(if jwk.is_fully_specified() { key.with_fully_specified_alg() } else { key })
    }

    /// Reads PEM with one `PUBLIC KEY` (RFC 7468 section 13). Without a `kid`, the thumbprint is the
    /// key id.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(pem: &str, kid: Option<&str>) -> Result<Self, KeyError> {
        let key = Self::new(pem::public(pem)?, kid.map(str::to_owned));
        let thumbprint = key.thumbprint().to_string();
        Ok(if kid.is_none() { key.with_kid(&thumbprint) } else { key })
    }

    /// Replaces the key id.
    #[must_use]
    pub fn with_kid(self, kid: &str) -> Self {
        Self::write(self.numbers, Some(kid.to_owned()), self.alg)
    }

    /// Uses the fully specified name of the algorithm (RFC 9864): `Ed25519` instead of `EdDSA`, for
    /// servers that registered `Ed25519`. The names of ES256 and PS256 are already fully specified.
    /// A JWK whose `alg` is `Ed25519` is read like this.
    ///
    /// ```
    /// # use fdx_jose::PublicKey;
    /// # let jwk = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    /// let key = PublicKey::from_jwk(jwk)?;
    /// assert_eq!(key.alg(), "EdDSA");
    /// assert_eq!(key.with_fully_specified_alg().alg(), "Ed25519");
    /// # Ok::<(), fdx_jose::KeyError>(())
    /// ```
    #[must_use]
    pub fn with_fully_specified_alg(self) -> Self {
        let alg = match self.algorithm() {
            Algorithm::EdDsa => Algorithm::ED25519,
            Algorithm::Es256 | Algorithm::Ps256 => self.alg,
        };
        Self::write(self.numbers, self.kid, alg)
    }

    /// Uses the name of the algorithm that a server lists (RFC 9864): `Ed25519` if the list has it
    /// without `EdDSA`, and the reverse. Otherwise the name stays.
    ///
    /// ```
    /// # use fdx_jose::PublicKey;
    /// # let jwk = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    /// let key = PublicKey::from_jwk(jwk)?;
    /// let listed = ["Ed25519".to_owned(), "ES256".to_owned()];
    /// assert_eq!(key.clone().with_listed_alg(&listed).alg(), "Ed25519");
    /// assert_eq!(key.with_listed_alg(&[]).alg(), "EdDSA");
    /// # Ok::<(), fdx_jose::KeyError>(())
    /// ```
    #[must_use]
    pub fn with_listed_alg(self, listed: &[String]) -> Self {
        let lists = |name: &str| listed.iter().any(|listed| listed == name);
        let names: &[&'static str] = match self.algorithm() {
            Algorithm::EdDsa => &[Algorithm::EdDsa.name(), Algorithm::ED25519],
            Algorithm::Es256 | Algorithm::Ps256 => &[],
        };
        match names.iter().find(|name| lists(name)) {
            Some(alg) if !lists(self.alg) => Self::write(self.numbers, self.kid, alg),
            _ => self,
        }
    }

    /// The algorithm of this key.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.numbers.algorithm()
    }

    /// The `alg` of headers and of the published JWK: [`Algorithm::name`], or the fully specified
    /// name.
    #[must_use]
    pub fn alg(&self) -> &'static str {
        self.alg
    }

    /// The key id, if the key has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The thumbprint (RFC 7638), which does not depend on the key id.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The JWK to publish: the key, `alg`, `use` and `kid`.
    #[must_use]
    pub fn jwk(&self) -> &str {
        &self.jwk
    }

    /// The JWK with its required members only, as in a DPoP proof (RFC 9449 section 4.2).
    #[must_use]
    pub fn proof_jwk(&self) -> &str {
        &self.proof_jwk
    }

    pub(super) fn new(numbers: PublicNumbers, kid: Option<String>) -> Self {
        let alg = numbers.algorithm().name();
        Self::write(numbers, kid, alg)
    }

    fn write(numbers: PublicNumbers, kid: Option<String>, alg: &'static str) -> Self {
        let proof_jwk = numbers.required_members();
        Self {
            jwk: numbers.all_members(kid.as_deref(), alg),
            alg,
            thumbprint: Thumbprint::of(proof_jwk.as_bytes()),
            proof_jwk,
            numbers,
            kid,
        }
    }

    pub(crate) fn numbers(&self) -> &PublicNumbers {
        &self.numbers
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .field("thumbprint", &self.thumbprint)
            .finish()
    }
}
