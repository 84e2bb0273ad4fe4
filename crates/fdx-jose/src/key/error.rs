use fdx_wire::json::JsonError;

use crate::Algorithm;

/// Why a key, or a set of keys, was refused. Never repeats what the key says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The JWK's `alg` is none of PS256, ES256 and EdDSA, or does not fit its `kty`; or, of a key for
    /// decryption, is not the one that was asked for.
    #[error(
        "the JWK's alg is not the FAPI 2.0 algorithm of its key type, or not the one asked for"
    )]
    Algorithm,
    /// The backend failed, for want of randomness.
    #[error("the cryptographic backend failed")]
    Backend,
    /// The backend can't open what is encrypted with RSA-OAEP, as ring can't.
    #[error("this backend has no RSA-OAEP: load the key with aws-lc-rs, or leave it in a KMS")]
    CannotDecrypt,
    /// The backend can't make keys for this algorithm.
    #[error("this backend can't make keys for {algorithm}: make one with openssl and load it")]
    CannotGenerate {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// The curve is not the one of the algorithm (P-256 or Ed25519).
    #[error("the curve is neither P-256 nor Ed25519")]
    Curve,
    /// Not PKCS#8, or PKCS#8 with something unusual in it.
    #[error("not a PKCS#8 key in DER that can be used (RFC 5208, RFC 5958)")]
    Der,
    /// The Ed25519 key is a point of small order, for which anybody can sign, or is not written in
    /// its one way.
    #[error("the Ed25519 key is a point of small order, or not in its canonical form")]
    Ed25519Point,
    /// The member is not base64url, or not of the length that its key type has.
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
    /// The numbers don't belong together.
    #[error("the private and the public part of the key don't belong together")]
    Inconsistent,
    /// Not a JSON object with the members of a JWK or JWK Set.
    #[error("not a JWK: {0}")]
    Json(#[from] JsonError),
    /// The JWK's `key_ops` lacks `verify` (or `sign`, for a private key; for encryption `wrapKey` or
    /// `encrypt`, for decryption `unwrapKey` or `decrypt`), or repeats a value.
    #[error("the JWK's key_ops does not allow this use (RFC 7517 section 4.3)")]
    KeyOps,
    /// Another key type than RSA, EC and OKP.
    #[error("the key type is none of RSA, EC and OKP")]
    KeyType,
    /// A member that the key type needs is missing.
    #[error("the JWK lacks the member {member}")]
    Missing {
        /// The member's name.
        member: &'static str,
    },
    /// RSA with more than two primes.
    #[error("RSA keys with more than two primes can't be used")]
    MultiPrime,
    /// Only RSA keys decrypt.
    #[error("not an RSA key, and RSA-OAEP needs one")]
    NotRsa,
    /// Not a PEM with exactly one private key.
    #[error("not a PEM with exactly one PRIVATE KEY or RSA PRIVATE KEY")]
    Pem,
    /// A public key was expected, and this one has a private or symmetric member.
    #[error("a public key is expected, and the JWK has the private member {member}")]
    PrivateMember {
        /// The member's name.
        member: &'static str,
    },
    /// The key's first signature did not verify, or its first message did not open.
    #[error("the key's own signature does not verify, or its own message does not open")]
    Proof,
    /// The RSA exponent is even, too small, too large, or for a private key not 65537.
    #[error("the RSA exponent is unusable (private keys: 65537; public keys: odd, from 3)")]
    RsaExponent,
    /// The RSA modulus is too short, too long or even, or for a private key of a size that not
    /// every backend takes.
    #[error(
        "an RSA key of {bits} bits can't be used (private: 2048, 3072, 4096; public: 2048 to 8192)"
    )]
    RsaModulus {
        /// The modulus' length in bits.
        bits: usize,
    },
    /// An RSA private JWK with `d` alone.
    #[error("the RSA JWK has d without the member {member}: p, q, dp, dq and qi are all needed")]
    RsaPrimes {
        /// The first missing member's name.
        member: &'static str,
    },
    /// A SEC1 PEM (`EC PRIVATE KEY`).
    #[error("the PEM is SEC1; convert it with: openssl pkcs8 -topk8 -nocrypt -in KEY -out PKCS8")]
    Sec1,
    /// More keys than a set may have.
    #[error("a JWK Set has at most 100 keys")]
    TooManyKeys,
    /// The JWK's `use` is not `sig`, or, of a key for encryption, not `enc`.
    #[error("the JWK's use is not what the key is for: sig for signatures, enc for encryption")]
    Use,
}
