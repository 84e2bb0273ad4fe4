use fdx_jose::{Algorithm, Signer, statement};
use serde::Serialize;

use crate::config::InstitutionConfig;

/// `claims` as a JWT, signed by the institution's key for `algorithm`; none where it has none.
pub(crate) fn jwt<C: Serialize>(
    config: &InstitutionConfig,
    algorithm: Algorithm,
    typ: Option<&str>,
    claims: &C,
) -> Option<String> {
    let key = config.signing_keys.iter().find(|key| key.public().algorithm() == algorithm)?;
    let input = statement(key.public(), typ, claims).ok()?;
    let signature = key.sign(&input).ok()?;
    input.attach(&signature).ok()
}
