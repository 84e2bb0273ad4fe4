use fdx_jose::{Algorithm, PrivateKey, backend};
use fdx_wire::base64url;
use rcgen::{KeyPair, SigningKey};
use serde_json::Value;

use crate::setup::keys;

/// An Ed25519 key that signs anything, also what `fdx-jose` would not.
pub struct Pen {
    pair: KeyPair,
    key: PrivateKey,
}

/// RFC 8410 section 7: what stands before the 32 bytes of a private key.
const PKCS8: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

impl Pen {
    /// The client's own key, which RFC 8037 publishes.
    ///
    /// # Panics
    /// If the vectors do not contain it.
    #[must_use]
    pub fn own() -> Self {
        let vectors = include_str!("../../../crates/fdx-jose/tests/vectors/rfc.json");
        let vectors: Value = serde_json::from_str(vectors).unwrap();
        let private = vectors.pointer("/rfc8037_a/private_jwk/d").unwrap();
        let private = base64url::decode(private.as_str().unwrap()).unwrap();
        let pair = KeyPair::try_from([PKCS8, &private].concat()).unwrap();
        Self { pair, key: keys(Algorithm::EdDsa) }
    }

    /// A new key.
    #[must_use]
    pub fn fresh() -> Self {
        Self::pair().0
    }

    /// A new key, twice.
    ///
    /// # Panics
    /// If the random number generator fails.
    #[must_use]
    pub fn pair() -> (Self, Self) {
        let pkcs8 = backend::ring().generate_pkcs8(Algorithm::EdDsa).unwrap();
        let read = || {
            let key = PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, None).unwrap();
            Self { pair: KeyPair::try_from(pkcs8.as_slice()).unwrap(), key }
        };
        (read(), read())
    }

    /// The same key for `fdx-jose`.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The public half, as a proof shows it.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn jwk(&self) -> Value {
        serde_json::from_str(self.key.public().proof_jwk()).unwrap()
    }

    /// A compact JWS of any header and any payload.
    ///
    /// # Panics
    /// If the backend fails.
    #[must_use]
    pub fn sign(&self, header: &Value, payload: &str) -> String {
        let header = base64url::encode(header.to_string().as_bytes());
        let signed = format!("{header}.{}", base64url::encode(payload.as_bytes()));
        let signature = self.pair.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url::encode(&signature))
    }
}
