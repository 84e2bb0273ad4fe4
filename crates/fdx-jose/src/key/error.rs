use fdx_wire::json::JsonError;

use crate::Algorithm;

/// The rule that a key or a set of keys broke. Never repeats a member of the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The JWK's `alg` is not PS256, ES256 or EdDSA, or does not match its `kty`; or the `alg` of a
    /// decryption key is not the expected one.
    #[error(
        "the JWK's alg is not the FAPI 2.0 algorithm of its key type (Security Profile 5.4.1), or \
         not the expected decryption algorithm"
    )]
    Algorithm,
    /// The backend's random number generator failed.
    #[error("the random number generator of the cryptographic backend failed")]
    Backend,
    /// The backend has no RSA-OAEP, like ring.
    #[error("this backend has no RSA-OAEP: load the key with aws-lc-rs, or keep it in a KMS")]
    CannotDecrypt,
    /// The backend can't generate keys for this algorithm.
    #[error(
        "this backend can't generate keys for {algorithm}: generate one with aws-lc-rs or openssl"
    )]
    CannotGenerate {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// The curve is neither P-256 nor Ed25519.
    #[error("the curve is neither P-256 nor Ed25519")]
    Curve,
    /// Not PKCS#8, or PKCS#8 with unsupported content.
    #[error("the key is not supported PKCS#8 in DER (RFC 5208, RFC 5958)")]
    Der,
    /// The Ed25519 key is a point of small order, for which signatures can be forged, or not in
    /// canonical form.
    #[error("the Ed25519 key is a point of small order or not in canonical form")]
    Ed25519Point,
    /// The member is not base64url, or not of the length of its key type.
    #[error("the JWK's member {member} is not base64url of the right length")]
    Encoding {
        /// The member's name.
        member: &'static str,
    },
    /// The PEM is encrypted.
    #[error(
        "the PEM is encrypted; decrypt it with: openssl pkcs8 -topk8 -nocrypt -in KEY -out PLAIN"
    )]
    Encrypted,
    /// The numbers of the key do not match.
    #[error("the private and the public part of the key do not match")]
    Inconsistent,
    /// Not a JSON object with the members of a JWK or JWK Set.
    #[error("not a JWK: {0}")]
    Json(#[from] JsonError),
    /// The JWK's `key_ops` does not include `verify` (private keys: `sign`; encryption: `wrapKey` or
    /// `encrypt`; decryption: `unwrapKey` or `decrypt`), or repeats a value.
    #[error("the JWK's key_ops does not allow this use (RFC 7517 section 4.3)")]
    KeyOps,
    /// The key type is not RSA, EC or OKP.
    #[error("the key type is not RSA, EC or OKP")]
    KeyType,
    /// A required member of the key type is missing.
    #[error("the JWK has no member {member}")]
    Missing {
        /// The member's name.
        member: &'static str,
    },
    /// RSA with more than two primes.
    #[error("the RSA key has more than two primes")]
    MultiPrime,
    /// Only RSA keys decrypt.
    #[error("the key is not an RSA key, and RSA-OAEP needs one")]
    NotRsa,
    /// Not a PEM with exactly one private key.
    #[error("the PEM does not have exactly one PRIVATE KEY or RSA PRIVATE KEY")]
    Pem,
    /// A public key is expected, and the JWK has a private or symmetric member.
    #[error("the JWK has the private member {member}: publish the public key only")]
    PrivateMember {
        /// The member's name.
        member: &'static str,
    },
    /// The consistency check failed: a signature of the key does not verify, or a message to the key
    /// can't be decrypted.
    #[error(
        "the key's numbers do not match: its signature does not verify, or it does not decrypt"
    )]
    Proof,
    /// The RSA exponent is even, too small or too large, or not 65537 in a private key.
    #[error("the RSA exponent is not allowed (private keys: 65537; public keys: odd, at least 3)")]
    RsaExponent,
    /// The RSA modulus is too short, too long or even, or its size is not supported by both backends
    /// in a private key.
    #[error(
        "an RSA key of {bits} bits is not allowed (private: 2048, 3072, 4096; public: 2048 to 8192)"
    )]
    RsaModulus {
        /// The modulus' length in bits.
        bits: usize,
    },
    /// An RSA private JWK without one of its primes or their derived numbers.
    #[error("the RSA JWK has d and no member {member}: add p, q, dp, dq and qi")]
    RsaPrimes {
        /// The first missing member's name.
        member: &'static str,
    },
    /// A SEC1 PEM (`EC PRIVATE KEY`).
    #[error("the PEM is SEC1; convert it with: openssl pkcs8 -topk8 -nocrypt -in KEY -out PKCS8")]
    Sec1,
    /// The JWK Set has more than 100 keys.
    #[error("the JWK Set has more than 100 keys")]
    TooManyKeys,
    /// The JWK's `use` is not `sig`, or not `enc` for an encryption key.
    #[error("the JWK's use does not match: sig for signatures, enc for encryption")]
    Use,
}
