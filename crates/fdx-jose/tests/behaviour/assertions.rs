//! Client assertions (RFC 7523).

use core::time::Duration;

use fdx_jose::{AssertionKey, AssertionType, Jws, Role, Signer, backend};
use fdx_wire::Issuer;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ES256, NOW, all_keys};

fn issuer() -> Issuer {
    Issuer::parse("https://bank.example/fdx").unwrap()
}

#[test]
fn assertion_has_the_claims_of_fapi_only() {
    for key in all_keys() {
        let public = key.public().clone();
        let assertions = AssertionKey::new(public, AssertionType::default());
        let input =
            assertions.client_assertion("app", &issuer(), "j", NOW, Duration::from_secs(60));
        assert_eq!(input.role(), Role::ClientAssertion);
        let jws = Jws::parse(&input.attach(&key.sign(&input).unwrap()).unwrap()).unwrap();
        assert_eq!(jws.verify(backend::ring(), assertions.public()), Ok(()));
        assert_eq!(jws.typ(), Some("client-authentication+jwt"));
        assert_eq!(jws.kid(), key.public().kid());
        let now = NOW.as_seconds();
        assert_eq!(
            jws.claims::<Value>().unwrap(),
            // The audience is a string, never an array.
            json!({
                "iss": "app", "sub": "app", "aud": "https://bank.example/fdx",
                "jti": "j", "iat": now, "exp": now + 60,
            })
        );
    }
}

#[test]
fn typ_can_be_omitted() {
    let assertions = AssertionKey::new(ES256.public().clone(), AssertionType::Unstated);
    let input = assertions.client_assertion("app", &issuer(), "j", NOW, Duration::from_secs(60));
    let jws = Jws::parse(&input.attach(&ES256.sign(&input).unwrap()).unwrap()).unwrap();
    assert_eq!(jws.typ(), None);
}

proptest! {
    #[test]
    fn assertion_expires_within_five_minutes(lifetime: u64, client_id: String, jti: String) {
        let assertions = AssertionKey::new(ES256.public().clone(), AssertionType::default());
        let make = || {
            let lifetime = Duration::from_secs(lifetime);
            assertions.client_assertion(&client_id, &issuer(), &jti, NOW, lifetime)
        };
        let input = make();
        prop_assert_eq!(&input, &make());
        let token = input.attach(&ES256.sign(&input).unwrap()).unwrap();
        if let Ok(jws) = Jws::parse(&token) {
            let claims: Value = jws.claims().unwrap();
            let lives = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
            prop_assert_eq!(lives, lifetime.min(300));
            prop_assert_eq!(&claims["sub"], &client_id);
            prop_assert_eq!(&claims["jti"], &jti);
        }
    }
}
