use fdx_jose::{Algorithm, PrivateKey, Signer, statement, unchecked_statement};
use serde::Serialize;

use crate::config::InstitutionConfig;

/// `claims` as a JWT, signed by the institution's key for `algorithm`; none where it has none.
pub(crate) fn jwt<C: Serialize>(
    config: &InstitutionConfig,
    algorithm: Algorithm,
    typ: Option<&str>,
    claims: &C,
) -> Option<String> {
    let key = key(config, algorithm)?;
    let input = statement(key.public(), typ, claims).ok()?;
    let signature = key.sign(&input).ok()?;
    input.attach(&signature).ok()
}

/// `payload` under `header` as they are, signed by the institution's key for `algorithm`.
pub(crate) fn bytes(
    config: &InstitutionConfig,
    algorithm: Algorithm,
    header: &[u8],
    payload: &[u8],
) -> Option<String> {
    let key = key(config, algorithm)?;
    let input = unchecked_statement(key.public(), header, payload);
    input.attach(&key.sign(&input).ok()?).ok()
}

/// Whether there is a key for `algorithm`.
pub(crate) fn can_sign(config: &InstitutionConfig, algorithm: Algorithm) -> bool {
    key(config, algorithm).is_some()
}

pub(crate) fn key(config: &InstitutionConfig, algorithm: Algorithm) -> Option<&PrivateKey> {
    config.signing_keys.iter().find(|key| key.public().algorithm() == algorithm)
}
