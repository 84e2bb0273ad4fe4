use fdx_jose::{IdToken, IdTokenExpectation, Tolerance, backend};
use fdx_wire::Secret;
use fdx_wire::json::RawJson;

use crate::scene::{CLIENT_ID, NOW, issuer, jwks, token};

/// An ID token, or claims that the institution signs.
///
/// # Panics
/// Where one is believed for another nonce or issuer, or after its end.
pub fn id_token(bytes: &[u8]) {
    let Some(text) = token("JWT", bytes) else { return };
    let (issuer, keys, access_token) = (issuer(), jwks(), Secret::new("at".to_owned()));
    let expected = IdTokenExpectation {
        other_typ: None,
        issuer: &issuer,
        client_id: CLIENT_ID,
        algorithm: None,
        nonce: Some("n-0S6_WzA2Mj"),
        access_token: Some(&access_token),
        max_age: None,
        acr_values: None,
        now: NOW,
        tolerance: Tolerance::default(),
    };
    let verify = |expected: &IdTokenExpectation<'_>| {
        IdToken::verify(&text, expected, backend::ring(), &keys)
    };
    let read = match verify(&expected) {
        Ok(read) => read,
        Err(error) => return assert!(!error.code().is_empty() && error.to_string().len() < 1024),
    };
    assert!(read.issuer() == &issuer && !read.subject().is_empty());
    assert!(read.claims::<RawJson>().is_ok());
    assert!(verify(&IdTokenExpectation { nonce: Some("another"), ..expected }).is_err());
    assert!(verify(&IdTokenExpectation { nonce: None, ..expected }).is_err());
    let other = fdx_wire::Issuer::parse("https://other.example").unwrap();
    assert!(verify(&IdTokenExpectation { issuer: &other, ..expected }).is_err());
    if let Some(late) = read.expires_at().as_seconds().checked_add(61) {
        let now = fdx_wire::UnixTime::from_seconds(late);
        assert!(verify(&IdTokenExpectation { now, ..expected }).is_err());
    }
}
