use fdx_jose::{Jws, PrivateKey, PublicKey, Signer, backend, statement};

/// Keys: PEM, PKCS#8 in DER, and JWKs, private and public.
///
/// # Panics
/// If the public key does not verify a signature of an accepted private key, or if a public key is
/// not read back as it was written.
pub fn keys(bytes: &[u8]) {
    let backend = backend::ring();
    let pem = str::from_utf8(bytes).ok().map(|pem| PrivateKey::from_pem(backend, pem, None));
    let der = PrivateKey::from_pkcs8_der(backend, bytes, Some("k"));
    let jwk = PrivateKey::from_jwk(backend, bytes);
    for key in [der, jwk].into_iter().chain(pem) {
        match key {
            Ok(key) => signs(&key),
            Err(error) => assert!(error.to_string().len() < 1024),
        }
    }
    if let Ok(public) = PublicKey::from_jwk(bytes) {
        assert_eq!(PublicKey::from_jwk(public.jwk().as_bytes()).as_ref(), Ok(&public));
        assert!(PrivateKey::from_jwk(backend, public.jwk().as_bytes()).is_err());
    }
}

fn signs(key: &PrivateKey) {
    let input = statement(key.public(), None, &["claims"]).unwrap();
    let signature = key.sign(&input).unwrap();
    let text = input.attach(&signature).unwrap();
    Jws::parse(&text).unwrap().verify(backend::ring(), key.public()).unwrap();
}
