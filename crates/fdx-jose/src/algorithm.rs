use core::fmt;

/// The signature algorithms of FAPI 2.0 (Security Profile 5.4.1). `none`, HMAC and RSA PKCS#1 v1.5
/// have no variant.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8037); its fully specified name is `Ed25519` (RFC 9864).
    EdDsa,
    /// ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4).
    Es256,
    /// RSASSA-PSS with SHA-256, MGF1 and a salt of 32 bytes (RFC 7518 section 3.5).
    Ps256,
}

impl Algorithm {
    /// The fully specified name of EdDSA with Ed25519 (RFC 9864 section 2.2).
    pub(crate) const ED25519: &'static str = "Ed25519";

    /// The `alg` of headers and JWKs, unless the key uses its fully specified name
    /// ([`crate::PublicKey::with_fully_specified_alg`]).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Ps256 => "PS256",
        }
    }

    /// Reads an `alg`. Names are case-sensitive (RFC 7515 section 4.1.1).
    ///
    /// ```
    /// use fdx_jose::Algorithm;
    ///
    /// assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDsa));
    /// assert_eq!(Algorithm::from_name("RS256"), None);
    /// assert_eq!(Algorithm::from_name("none"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "EdDSA" | Self::ED25519 => Some(Self::EdDsa),
            "ES256" => Some(Self::Es256),
            "PS256" => Some(Self::Ps256),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The algorithm that encrypts the content key: `id_token_encrypted_response_alg`. The content is
/// always encrypted with A256GCM. RSA1_5, shared keys, passwords and key agreement have no variant.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum KeyEncryption {
    /// `RSA-OAEP`: with SHA-1 and MGF1 (RFC 7518 section 4.3). SHA-1 collisions do not weaken OAEP.
    RsaOaep,
    /// `RSA-OAEP-256`: with SHA-256 and MGF1 (RFC 7518 section 4.3).
    RsaOaep256,
}

impl KeyEncryption {
    /// The `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
        }
    }

    /// Reads an `alg`. Names are case-sensitive (RFC 7516 section 4.1.1).
    ///
    /// ```
    /// use fdx_jose::KeyEncryption;
    ///
    /// assert_eq!(KeyEncryption::from_name("RSA-OAEP"), Some(KeyEncryption::RsaOaep));
    /// assert_eq!(KeyEncryption::from_name("RSA1_5"), None);
    /// assert_eq!(KeyEncryption::from_name("dir"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "RSA-OAEP" => Some(Self::RsaOaep),
            "RSA-OAEP-256" => Some(Self::RsaOaep256),
            _ => None,
        }
    }
}

impl fmt::Display for KeyEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
