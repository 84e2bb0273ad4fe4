use fdx_jose::{Algorithm, KeyError, PrivateKey, backend};
use fdx_wire::{Secret, base64url};
use zeroize::Zeroizing;

use crate::error::Failure;

/// A key that was made just now, and its private JWK.
pub(crate) struct FreshKey {
    pub(crate) key: PrivateKey,
    pub(crate) jwk: Secret,
}

/// Makes a key for ES256, which every institution takes.
pub(crate) fn fresh() -> Result<FreshKey, Failure> {
    make().map_err(|error| Failure::failed(format!("no key could be made: {error}"), "try again"))
}

fn make() -> Result<FreshKey, KeyError> {
    let backend = backend::ring();
    let der = Zeroizing::new(backend.generate_pkcs8(Algorithm::Es256)?);
    let made = PrivateKey::from_pkcs8_der(backend, &der, None)?;
    let d = private_number(&der).ok_or(KeyError::Der)?;
    let d = Zeroizing::new(base64url::encode(d));
    let public = made.public().jwk().strip_suffix('}').unwrap_or_default();
    let jwk = Secret::new(format!(r#"{public},"d":"{}"}}"#, *d));
    // Loading proves that both halves belong together.
    let key = PrivateKey::from_jwk(backend, jwk.expose().as_bytes())?;
    Ok(FreshKey { key, jwk })
}

/// RFC 5915 section 3: version 1, then the private key as an octet string of 32 bytes.
fn private_number(pkcs8: &[u8]) -> Option<&[u8]> {
    const VERSION_AND_LENGTH: [u8; 5] = [0x02, 0x01, 0x01, 0x04, 0x20];
    let at = pkcs8.windows(5).position(|window| window == VERSION_AND_LENGTH)?;
    pkcs8.get(at + 5..at + 37)
}
