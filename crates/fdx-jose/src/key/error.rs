use fdx_wire::json::JsonError;
use fdx_wire::members::ReadError;

use crate::Algorithm;

/// The reason why a key or a JWK Set is rejected, or why the backend can't use or generate the key.
/// Contains member names, but never their values.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The JWK's `alg` is not PS256, ES256, EdDSA or Ed25519, or does not match its `kty`. For an
    /// encryption or decryption key: the `alg` is not the expected one.
    #[error(
        "the JWK's alg is not the FAPI 2.0 algorithm of its key type (Security Profile 5.4.1), or \
         not the expected encryption algorithm"
    )]
    Algorithm,
    /// The backend's random number generator failed.
    #[error("the random number generator of the cryptographic backend failed")]
    Backend,
    /// The backend does not support RSA-OAEP: ring, for example.
    #[error("this backend does not support RSA-OAEP: load the key with aws-lc-rs, or use a KMS")]
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
    /// Not PKCS#8 or PKCS#1 in DER, or its content is not supported.
    #[error("the key is not supported PKCS#8 or PKCS#1 in DER (RFC 5958, RFC 8017)")]
    Der,
    /// The Ed25519 public key is not in canonical form, or is a point of small order. Signatures
    /// under a key of small order can be forged.
    #[error("the Ed25519 key is a point of small order or not in canonical form")]
    Ed25519Point,
    /// The member is not base64url, or does not have the length that its key type requires.
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
    /// The backend can't load the key: its private and public parts do not match.
    #[error("the private and public parts of the key do not match")]
    Inconsistent,
    /// Not a JSON object with the members of a JWK.
    #[error("not a JWK: {0}")]
    Json(#[from] JsonError),
    /// Not a JWK Set.
    #[error("not a JWK Set: {0}")]
    Set(#[from] ReadError),
    /// The JWK's `key_ops` repeats a value, or does not include the required one. Verification keys
    /// need `verify`, signing keys `sign`, encryption keys `wrapKey` or `encrypt`, and decryption
    /// keys `unwrapKey` or `decrypt`.
    #[error("the JWK's key_ops repeats a value or does not allow this use (RFC 7517 section 4.3)")]
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
    /// The RSA key has more than two primes.
    #[error("the RSA key has more than two primes")]
    MultiPrime,
    /// The key for encryption or decryption is not an RSA key.
    #[error("RSA-OAEP needs an RSA key, and this key has another type")]
    NotRsa,
    /// Not a PEM with exactly one private key.
    #[error("the PEM does not have exactly one PRIVATE KEY or RSA PRIVATE KEY")]
    Pem,
    /// A public key was expected, but the JWK has a private or symmetric member.
    #[error("the JWK has the private member {member}: publish the public key only")]
    PrivateMember {
        /// The member's name.
        member: &'static str,
    },
    /// The test on loading failed: a signature by the key does not verify, or the key does not
    /// decrypt a message that was encrypted to it.
    #[error(
        "the key failed a test on loading: its signature does not verify, or it does not decrypt"
    )]
    Proof,
    /// The RSA exponent is not allowed. Private and encryption keys need 65537. Verification keys
    /// need an odd exponent of at least 3 and at most 33 bits.
    #[error(
        "the RSA exponent is not allowed (private and encryption keys: 65537; verification keys: \
         odd, at least 3, at most 33 bits)"
    )]
    RsaExponent,
    /// The RSA modulus is even, or its length is not allowed. Private and encryption keys have only
    /// lengths that both backends support.
    #[error(
        "the RSA modulus of {bits} bits is even or of a wrong length (private and encryption keys: \
         2048, 3072, 4096; verification keys: 2048 to 8192)"
    )]
    RsaModulus {
        /// The length of the modulus in bits.
        bits: usize,
    },
    /// The RSA private JWK lacks a prime or a number that is derived from the primes.
    #[error("the RSA private JWK has no member {member}: add p, q, dp, dq and qi")]
    RsaPrimes {
        /// The first missing member's name.
        member: &'static str,
    },
    /// The PEM is in the SEC1 format (`EC PRIVATE KEY`), which is not supported.
    #[error("the PEM is SEC1; convert it with: openssl pkcs8 -topk8 -nocrypt -in KEY -out PKCS8")]
    Sec1,
    /// The DER has an element that the key type does not have, or bytes after the key.
    #[error("the key has elements that its type does not have (RFC 5915, RFC 5958, RFC 8017)")]
    Trailing,
    /// The JWK's `use` is not `sig`. For an encryption or decryption key: it is not `enc`.
    #[error("the JWK's use does not match: it must be sig for signatures, enc for encryption")]
    Use,
}
