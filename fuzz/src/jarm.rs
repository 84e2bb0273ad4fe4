use fdx_jose::{AuthorizationResponse, JwtExpectation, backend};

use crate::scene::{CLIENT_ID, NOW, issuer, jwks, token};

/// A signed authorization response, or claims that the institution signs.
///
/// # Panics
/// If an accepted response has both a code and an error or neither, or is of another issuer.
pub fn jarm(bytes: &[u8]) {
    let Some(text) = token("oauth-authz-resp+jwt", bytes) else { return };
    let _ = AuthorizationResponse::claimed_state(&text);
    let (issuer, keys) = (issuer(), jwks());
    let expected = JwtExpectation::new(&issuer, CLIENT_ID, NOW);
    let verify = |expected: &JwtExpectation<'_>| {
        AuthorizationResponse::verify(&text, expected, backend::ring(), &keys)
    };
    let read = match verify(&expected) {
        Ok(read) => read,
        Err(error) => return assert!(!error.code().is_empty() && error.to_string().len() < 1024),
    };
    assert!(read.code().is_some() != read.error().is_some());
    let claimed = AuthorizationResponse::claimed_state(&text);
    assert_eq!(read.state(), claimed.as_ref().map(fdx_wire::Secret::expose));
    let other = fdx_wire::Issuer::parse("https://other.example").unwrap();
    assert!(verify(&JwtExpectation::new(&other, CLIENT_ID, NOW)).is_err());
}
