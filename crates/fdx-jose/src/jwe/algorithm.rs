use core::fmt;

/// How the content key is encrypted: `id_token_encrypted_response_alg`. The content is always
/// encrypted with A256GCM. There are no others here: no RSA1_5, no shared keys, no passwords, no
/// key agreement.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyEncryption {
    /// `RSA-OAEP`: with SHA-1 and MGF1, whose collisions do not matter here (RFC 7518 section 4.3).
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
