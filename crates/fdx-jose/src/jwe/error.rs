use fdx_wire::json::JsonError;

/// Why a compact JWE was refused, or did not open.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// The header has no `alg`.
    #[error("the header has no alg (RFC 7516 section 4.1.1)")]
    AlgorithmMissing,
    /// The header's `alg` is neither RSA-OAEP nor RSA-OAEP-256.
    #[error("alg {found} is neither RSA-OAEP nor RSA-OAEP-256")]
    AlgorithmRefused {
        /// What it says, cut after 32 characters, escaped.
        found: String,
    },
    /// Several keys could be meant.
    #[error("several keys fit, and the token does not say which")]
    AmbiguousKey,
    /// A part is not base64url without padding.
    #[error("a part is not base64url without padding (RFC 7515 section 2)")]
    Base64Url,
    /// The header has `zip`.
    #[error("the header has zip: what is compressed is not opened (RFC 8725 section 3.6)")]
    Compressed,
    /// The header's `cty` is not `JWT`.
    #[error("cty is not JWT (RFC 7519 section 5.2)")]
    ContentType,
    /// The header has `crit`: no extension is understood here.
    #[error("the header has crit, and no extension is understood (RFC 7516 section 4.1.13)")]
    Critical,
    /// The header brings a key, or says where to fetch one.
    #[error("the header has {member}, and keys are never taken from the token itself")]
    EmbeddedKey {
        /// The member's name.
        member: &'static str,
    },
    /// The header has no `enc`.
    #[error("the header has no enc (RFC 7516 section 4.1.2)")]
    EncryptionMissing,
    /// The header's `enc` is not A256GCM.
    #[error("enc {found} is not A256GCM")]
    EncryptionRefused {
        /// What it says, cut after 32 characters, escaped.
        found: String,
    },
    /// The header is not a JSON object of the right shape.
    #[error("the header can't be read: {0}")]
    Header(JsonError),
    /// The initialization vector has another length than 96 bits.
    #[error("the initialization vector is not 96 bits long (RFC 7518 section 5.3)")]
    InitializationVector,
    /// What was opened is not UTF-8, so it is no JWS either.
    #[error("what was encrypted is not text")]
    NotText,
    /// Not five parts.
    #[error("a compact JWE has exactly five parts (RFC 7516 section 7.1)")]
    Parts,
    /// The authentication tag has another length than 128 bits.
    #[error("the authentication tag is not 128 bits long (RFC 7518 section 5.3)")]
    Tag,
    /// Too long to be looked at.
    #[error("longer than {} bytes", super::MAX_BYTES)]
    TooLarge,
    /// None of our keys has the token's `kid` and `alg`.
    #[error("encrypted to a key that is none of ours, by its kid and alg")]
    UnknownKey,
    /// It does not open: changed, or encrypted to another key, or badly. Which of them is not
    /// told (RFC 7516 section 11.5).
    #[error("it does not open")]
    Unopened,
}
