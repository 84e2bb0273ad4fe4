use fdx_jose::{IdToken, IdTokenExpectation, JwtExpectation, backend};
use fdx_wire::Secret;
use fdx_wire::json::RawJson;

use crate::scene::{CLIENT_ID, NOW, issuer, jwks, token};

/// An ID token, or claims that the institution signs.
///
/// # Panics
/// If a token is accepted for another nonce or issuer, or after it expired.
pub fn id_token(bytes: &[u8]) {
    let Some(text) = token("JWT", bytes) else { return };
    let (issuer, keys, access_token) = (issuer(), jwks(), Secret::new("at".to_owned()));
    let expect = |issuer, now| {
        IdTokenExpectation::new(JwtExpectation::new(issuer, CLIENT_ID, now))
            .with_nonce(Some("n-0S6_WzA2Mj"))
            .with_access_token(&access_token)
    };
    let expected = expect(&issuer, NOW);
    let verify = |expected: &IdTokenExpectation<'_>| {
        IdToken::verify(&text, expected, backend::ring(), &keys)
    };
    let read = match verify(&expected) {
        Ok(read) => read,
        Err(error) => return assert!(!error.code().is_empty() && error.to_string().len() < 1024),
    };
    assert!(read.issuer() == &issuer && !read.subject().is_empty());
    assert!(read.claims::<RawJson>().is_ok());
    assert!(verify(&expected.with_nonce(Some("another"))).is_err());
    assert!(verify(&expected.with_nonce(None)).is_err());
    let other = fdx_wire::Issuer::parse("https://other.example").unwrap();
    assert!(verify(&expect(&other, NOW)).is_err());
    if let Some(late) = read.expires_at().as_seconds().checked_add(61) {
        let now = fdx_wire::UnixTime::from_seconds(late);
        assert!(verify(&expect(&issuer, now)).is_err());
    }
}
