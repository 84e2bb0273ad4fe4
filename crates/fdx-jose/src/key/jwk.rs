use fdx_wire::json::{self, Limits};
use fdx_wire::{Secret, base64url};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::numbers::without_zeros;
use super::{KeyError, PublicNumbers, RsaNumbers, SecretNumbers};
use crate::{Algorithm, KeyEncryption};

const LIMITS: Limits = Limits::bytes(16 * 1024);

/// A received JWK (RFC 7517, RFC 7518 section 6, RFC 8037). Other members are ignored.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    pub(super) kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Secret>,
    p: Option<Secret>,
    q: Option<Secret>,
    dp: Option<Secret>,
    dq: Option<Secret>,
    qi: Option<Secret>,
    k: Option<Secret>,
    oth: Option<serde::de::IgnoredAny>,
}

/// The members of RFC 7638 in their order. Absent members are not written.
#[derive(Serialize)]
struct Members<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

impl Jwk {
    pub(super) fn read(json: &[u8]) -> Result<Self, KeyError> {
        Ok(json::object_from_slice(json, &LIMITS)?)
    }

    pub(super) fn public(&self) -> Result<PublicNumbers, KeyError> {
        if let Some(member) = self.private_member() {
            return Err(KeyError::PrivateMember { member });
        }
        let numbers = self.numbers()?;
        self.allows(numbers.algorithm(), "verify")?;
        Ok(numbers)
    }

    /// Whether `alg` is the fully specified name of RFC 9864.
    pub(super) fn is_fully_specified(&self) -> bool {
        self.alg.as_deref() == Some(Algorithm::ED25519)
    }

    pub(super) fn secret(&self) -> Result<SecretNumbers, KeyError> {
        let numbers = self.numbers()?;
        self.allows(numbers.algorithm(), "sign")?;
        match numbers {
            PublicNumbers::Ed25519 { x } => {
                Ok(SecretNumbers::Ed25519 { seed: secret_array(self.d.as_ref(), "d")?, x: Some(x) })
            }
            PublicNumbers::P256 { x, y } => {
                let d = secret_array(self.d.as_ref(), "d")?;
                Ok(SecretNumbers::P256 { d, x, y })
            }
            PublicNumbers::Rsa { n, e } => self.rsa(n, e).map(SecretNumbers::Rsa),
        }
    }

    /// The numbers of a public encryption key.
    pub(super) fn public_encryption(
        &self,
        algorithm: KeyEncryption,
    ) -> Result<PublicNumbers, KeyError> {
        if let Some(member) = self.private_member() {
            return Err(KeyError::PrivateMember { member });
        }
        let numbers = self.numbers()?;
        let PublicNumbers::Rsa { n, e } = &numbers else { return Err(KeyError::NotRsa) };
        RsaNumbers::check_public(n, e)?;
        self.permits(algorithm.name(), "enc", &["encrypt", "wrapKey"])?;
        Ok(numbers)
    }

    /// The numbers of a private decryption key.
    pub(super) fn decryption(&self, algorithm: KeyEncryption) -> Result<RsaNumbers, KeyError> {
        let PublicNumbers::Rsa { n, e } = self.numbers()? else { return Err(KeyError::NotRsa) };
        self.permits(algorithm.name(), "enc", &["decrypt", "unwrapKey"])?;
        self.rsa(n, e)
    }

    fn rsa(&self, n: Vec<u8>, e: Vec<u8>) -> Result<RsaNumbers, KeyError> {
        if self.oth.is_some() {
            return Err(KeyError::MultiPrime);
        }
        let d = secret_bytes(self.d.as_ref(), "d")?;
        // RFC 7518 6.3.2: all of them may be omitted together, but the backends need them.
        let prime = |value: &Option<Secret>, member| match value {
            None => Err(KeyError::RsaPrimes { member }),
            some => secret_bytes(some.as_ref(), member),
        };
        let numbers = RsaNumbers {
            n,
            e,
            d,
            p: prime(&self.p, "p")?,
            q: prime(&self.q, "q")?,
            dp: prime(&self.dp, "dp")?,
            dq: prime(&self.dq, "dq")?,
            qi: prime(&self.qi, "qi")?,
        };
        numbers.check()?;
        Ok(numbers)
    }

    fn numbers(&self) -> Result<PublicNumbers, KeyError> {
        let crv = || self.crv.as_deref().ok_or(KeyError::Missing { member: "crv" });
        match self.kty.as_str() {
            "RSA" => {
                PublicNumbers::rsa(&bytes(self.n.as_deref(), "n")?, &bytes(self.e.as_deref(), "e")?)
            }
            "EC" if crv()? == "P-256" => Ok(PublicNumbers::P256 {
                x: array(self.x.as_deref(), "x")?,
                y: array(self.y.as_deref(), "y")?,
            }),
            "OKP" if crv()? == "Ed25519" => PublicNumbers::ed25519(array(self.x.as_deref(), "x")?),
            "EC" | "OKP" => Err(KeyError::Curve),
            _ => Err(KeyError::KeyType),
        }
    }

    fn allows(&self, algorithm: Algorithm, operation: &str) -> Result<(), KeyError> {
        if let Some(alg) = &self.alg
            && Algorithm::from_name(alg) != Some(algorithm)
        {
            return Err(KeyError::Algorithm);
        }
        self.permits(self.alg.as_deref().unwrap_or_default(), "sig", &[operation])
    }

    /// Checks that `alg`, `use` and `key_ops`, if present, allow this use.
    fn permits(&self, alg: &str, purpose: &str, any_of: &[&str]) -> Result<(), KeyError> {
        if self.alg.as_ref().is_some_and(|named| named != alg) {
            return Err(KeyError::Algorithm);
        }
        if self.purpose.as_ref().is_some_and(|named| named != purpose) {
            return Err(KeyError::Use);
        }
        let Some(operations) = &self.key_ops else {
            return Ok(());
        };
        // RFC 7517 4.3: duplicate key operation values MUST NOT be present.
        let mut sorted: Vec<&str> = operations.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        let repeats = sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        if repeats || !any_of.iter().any(|operation| sorted.contains(operation)) {
            return Err(KeyError::KeyOps);
        }
        Ok(())
    }

    fn private_member(&self) -> Option<&'static str> {
        let members = [
            ("d", &self.d),
            ("p", &self.p),
            ("q", &self.q),
            ("dp", &self.dp),
            ("dq", &self.dq),
            ("qi", &self.qi),
            ("k", &self.k),
        ];
        let named = members.iter().find(|(_, value)| value.is_some());
        let oth = self.oth.is_some().then_some("oth");
        named.map(|(name, _)| *name).or(oth)
    }
}

impl PublicNumbers {
    /// The required members in lexicographic order: the input of the thumbprint (RFC 7638 section
    /// 3.3), and the `jwk` of a DPoP proof.
    pub(super) fn required_members(&self) -> String {
        write(&self.members())
    }

    /// The required members with `alg`, `use` and `kid`, for a signing key.
    pub(super) fn all_members(&self, kid: Option<&str>, alg: &'static str) -> String {
        write(&Members { alg: Some(alg), kid, purpose: Some("sig"), ..self.members() })
    }

    /// The required members with `alg`, `use` and `kid`, for an encryption key.
    pub(super) fn encryption_members(&self, kid: Option<&str>, alg: &'static str) -> String {
        write(&Members { alg: Some(alg), kid, purpose: Some("enc"), ..self.members() })
    }

    fn members<'a>(&self) -> Members<'a> {
        let mut members = Members {
            alg: None,
            crv: None,
            e: None,
            kid: None,
            kty: "RSA",
            n: None,
            purpose: None,
            x: None,
            y: None,
        };
        match self {
            Self::Ed25519 { x } => {
                (members.kty, members.crv) = ("OKP", Some("Ed25519"));
                members.x = Some(base64url::encode(x));
            }
            Self::P256 { x, y } => {
                (members.kty, members.crv) = ("EC", Some("P-256"));
                members.x = Some(base64url::encode(x));
                members.y = Some(base64url::encode(y));
            }
            Self::Rsa { n, e } => {
                members.n = Some(base64url::encode(n));
                members.e = Some(base64url::encode(e));
            }
        }
        members
    }
}

fn write(members: &Members<'_>) -> String {
    // A struct of strings always has a JSON form.
    serde_json::to_string(members).unwrap_or_default()
}

fn bytes(text: Option<&str>, member: &'static str) -> Result<Vec<u8>, KeyError> {
    let text = text.ok_or(KeyError::Missing { member })?;
    base64url::decode(text).map_err(|_| KeyError::Encoding { member })
}

fn array(text: Option<&str>, member: &'static str) -> Result<[u8; 32], KeyError> {
    bytes(text, member)?.try_into().map_err(|_| KeyError::Encoding { member })
}

fn secret_bytes(
    text: Option<&Secret>,
    member: &'static str,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bytes = Zeroizing::new(bytes(text.map(Secret::expose), member)?);
    Ok(Zeroizing::new(without_zeros(&bytes).to_vec()))
}

fn secret_array(
    text: Option<&Secret>,
    member: &'static str,
) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let bytes = Zeroizing::new(bytes(text.map(Secret::expose), member)?);
    let array = bytes.as_slice().try_into();
    array.map(Zeroizing::new).map_err(|_| KeyError::Encoding { member })
}
