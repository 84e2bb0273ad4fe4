use fdx_jose::{JwtExpectation, SignedIntrospection, backend};

use crate::message::{answered, judge};
use crate::scene::{self, CLIENT_ID, NOW, entropy, issuer, jwks, token};

/// A signed introspection response, or claims that the institution signs.
///
/// # Panics
/// If a response without an object, or of another issuer, is accepted.
pub fn introspection_jwt(bytes: &[u8]) {
    let Some(text) = token("token-introspection+jwt", bytes) else { return };
    let (issuer, keys) = (issuer(), jwks());
    let expected = JwtExpectation::new(&issuer, CLIENT_ID, NOW);
    let verify = |expected: &JwtExpectation<'_>| {
        SignedIntrospection::verify(&text, expected, backend::ring(), &keys)
    };
    match verify(&expected) {
        Ok(read) => {
            assert!(read.token_introspection().as_str().trim_start().starts_with('{'));
            let other = fdx_wire::Issuer::parse("https://other.example").unwrap();
            assert!(verify(&JwtExpectation::new(&other, CLIENT_ID, NOW)).is_err());
        }
        Err(error) => assert!(!error.code().is_empty() && error.to_string().len() < 1024),
    }
    through_the_client(text);
}

/// The same as the body of a response.
fn through_the_client(text: String) {
    let client = scene::client();
    let keys = scene::server_keys(&client);
    let grant = scene::stored(&client);
    let draft = client.introspect_signed(grant.tokens().access_token(), entropy(5), NOW).unwrap();
    let answer = http::Response::builder()
        .header("content-type", "application/token-introspection+jwt")
        .body(text.into_bytes())
        .unwrap();
    let Some(jwt) = answered(draft, &answer) else { return };
    if let Err(refused) = client.verify(jwt, Some(&keys), NOW) {
        judge(&refused.into());
    }
}
