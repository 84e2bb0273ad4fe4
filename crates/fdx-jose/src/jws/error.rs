use fdx_wire::json::JsonError;

use crate::{Algorithm, KeyError};

/// Why a compact JWS was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// The header has no `alg`.
    #[error("the header has no alg (RFC 7515 section 4.1.1)")]
    AlgorithmMissing,
    /// The header's `alg` is none of PS256, ES256 and EdDSA.
    #[error("alg {found} is not one of PS256, ES256 and EdDSA (FAPI 2.0 Security Profile 5.4.1)")]
    AlgorithmRefused {
        /// What it says, cut after 32 characters, escaped.
        found: String,
    },
    /// Several keys of the set could have signed it.
    #[error("several keys of the set fit, and the token does not say which")]
    AmbiguousKey,
    /// A part is not base64url without padding.
    #[error("a part is not base64url without padding (RFC 7515 section 2)")]
    Base64Url,
    /// The payload is not the JSON that was expected.
    #[error("the claims can't be read: {0}")]
    Claims(JsonError),
    /// The header has `crit`: no extension is understood here.
    #[error("the header has crit, and no extension is understood (RFC 7515 section 4.1.11)")]
    Critical,
    /// The header brings a key, or says where to fetch one.
    #[error("the header has {member}, and keys are never taken from the token itself")]
    EmbeddedKey {
        /// The member's name.
        member: &'static str,
    },
    /// The header is not a JSON object of the right shape.
    #[error("the header can't be read: {0}")]
    Header(JsonError),
    /// The key makes signatures of another algorithm than the header says.
    #[error("the token's alg is {token}, and the key's is {key}")]
    KeyAlgorithm {
        /// The key's algorithm.
        key: Algorithm,
        /// The header's.
        token: Algorithm,
    },
    /// Not three parts.
    #[error("a compact JWS has exactly three parts (RFC 7515 section 7.1)")]
    Parts,
    /// A DPoP proof's `jwk` is missing.
    #[error("a DPoP proof's header has a jwk (RFC 9449 section 4.2)")]
    ProofKeyMissing,
    /// A DPoP proof's `jwk` can't be used.
    #[error("the DPoP proof's jwk: {0}")]
    ProofKey(KeyError),
    /// A DPoP proof's `typ` is not `dpop+jwt`.
    #[error("a DPoP proof's typ is dpop+jwt (RFC 9449 section 4.2)")]
    ProofType,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// Too long to be looked at.
    #[error("longer than {} bytes", super::MAX_BYTES)]
    TooLarge,
    /// The header has `b64`.
    #[error("the header has b64: unencoded payloads are not accepted (RFC 7797)")]
    UnencodedPayload,
    /// No key of the set fits: perhaps the set is old.
    #[error("no key of the set fits the token's kid and alg")]
    UnknownKey,
}
