use fdx_wire::{Secret, base64url};
use sha2::{Digest, Sha256, Sha512};

use crate::Algorithm;

/// The `at_hash` of an access token: the left half of its hash (OpenID Connect Core 3.1.3.6),
/// SHA-256 under ES256 and PS256, SHA-512 under EdDSA, which is what Ed25519 itself hashes with.
#[must_use]
pub fn at_hash(algorithm: Algorithm, access_token: &Secret) -> String {
    let token = access_token.expose();
    let half = |digest: &[u8]| {
        let (left, _) = digest.split_at(digest.len() / 2);
        base64url::encode(left)
    };
    match algorithm {
        Algorithm::EdDsa => half(&Sha512::digest(token)),
        Algorithm::Es256 | Algorithm::Ps256 => half(&Sha256::digest(token)),
    }
}
