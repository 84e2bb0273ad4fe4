use fdx_jose::{Backend, Jwks, Jws};

/// Whether one of the keys that `kid` allows has signed `jws`: while a key is renewed there may be
/// two of one algorithm, and not every client names them.
pub(crate) fn is_signed_by_any(jws: &Jws, backend: Backend, keys: &Jwks) -> bool {
    let mut fitting =
        keys.keys().iter().filter(|key| jws.kid().is_none() || key.kid() == jws.kid());
    fitting.any(|key| jws.verify(backend, key).is_ok())
}
