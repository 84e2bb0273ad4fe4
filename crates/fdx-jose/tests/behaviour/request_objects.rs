//! Request objects (RFC 9101; FAPI 2.0 Message Signing 5.3.2).

use core::time::Duration;

use fdx_jose::{
    Jws, RequestObjectError, RequestObjectKey, RequestObjectParameters, Role, Signer, SigningInput,
    backend,
};
use fdx_wire::Issuer;
use fdx_wire::json::RawJson;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ES256, NOW, all_keys};

const MINUTE: Duration = Duration::from_secs(60);

fn issuer() -> Issuer {
    Issuer::parse("https://bank.example/fdx").unwrap()
}

fn made(
    parameters: &RequestObjectParameters,
    lifetime: Duration,
) -> Result<SigningInput, RequestObjectError> {
    let key = RequestObjectKey::new(ES256.public().clone());
    key.request_object("app", &issuer(), "j", NOW, lifetime, parameters)
}

fn claims(input: &SigningInput) -> Value {
    let token = input.attach(&ES256.sign(input).unwrap()).unwrap();
    Jws::parse(&token).unwrap().claims().unwrap()
}

fn refused(parameters: &RequestObjectParameters) -> RequestObjectError {
    made(parameters, MINUTE).unwrap_err()
}

#[test]
fn request_object_has_the_claims_of_fapi_and_all_parameters() {
    let details = RawJson::of(&json!([{"type": "fdx", "n": 1}])).unwrap();
    let parameters = RequestObjectParameters::new()
        .text("response_type", "code")
        .number("max_age", 300)
        .json("authorization_details", details);
    for key in all_keys() {
        let objects = RequestObjectKey::new(key.public().clone());
        let input =
            objects.request_object("app", &issuer(), "j", NOW, MINUTE, &parameters).unwrap();
        assert_eq!((input.role(), input.key()), (Role::RequestObject, key.public().thumbprint()));
        let jws = Jws::parse(&input.attach(&key.sign(&input).unwrap()).unwrap()).unwrap();
        assert_eq!(jws.verify(backend::ring(), objects.public()), Ok(()));
        assert_eq!((jws.typ(), jws.kid()), (Some("oauth-authz-req+jwt"), key.public().kid()));
        let now = NOW.as_seconds();
        assert_eq!(
            jws.claims::<Value>().unwrap(),
            // No sub. The audience is a string, the details are an array, max_age is a number.
            json!({
                "iss": "app", "aud": "https://bank.example/fdx", "client_id": "app", "jti": "j",
                "iat": now, "nbf": now, "exp": now + 60,
                "response_type": "code", "max_age": 300,
                "authorization_details": [{"type": "fdx", "n": 1}],
            })
        );
    }
}

proptest! {
    // FAPI 2.0 Message Signing 5.3.2: at most 60 minutes, counted from nbf.
    #[test]
    fn the_sixty_minutes_of_a_backdated_one_count_from_its_nbf(
        by in 0..=120_u64,
        lifetime in 0..=7200_u64,
    ) {
        let seconds = Duration::from_secs;
        let key = RequestObjectKey::new(ES256.public().clone()).backdated(seconds(by));
        let parameters = RequestObjectParameters::new();
        let input = key.request_object("app", &issuer(), "j", NOW, seconds(lifetime), &parameters);
        let claims = claims(&input.unwrap());
        let (now, by) = (NOW.as_seconds(), by.min(60));
        prop_assert_eq!(&claims["iat"], &json!(now));
        prop_assert_eq!(&claims["nbf"], &json!(now - by));
        prop_assert_eq!(&claims["exp"], &json!(now + lifetime.min(3600 - by)));
    }
}

#[test]
fn rejects_reserved_parameters() {
    for name in [
        "iss",
        "aud",
        "sub",
        "client_id",
        "jti",
        "iat",
        "nbf",
        "exp",
        "request",
        "request_uri",
        "client_assertion",
        "client_assertion_type",
        "client_secret",
        "code",
        "code_verifier",
    ] {
        let error = RequestObjectError::Reserved { name };
        assert_eq!(error.code(), "rfc9101.parameter.reserved");
        let none = RequestObjectParameters::new;
        assert_eq!(refused(&none().text(name, "app")), error);
        assert_eq!(refused(&none().text("scope", "a").number(name, 1)), error);
        assert_eq!(refused(&none().json(name, RawJson::of("app").unwrap())), error);
    }
}

#[test]
fn rejects_repeated_parameter() {
    let twice = RequestObjectParameters::new().text("scope", "a").number("scope", 1);
    let error = refused(&twice);
    assert_eq!(error, RequestObjectError::Repeated { name: "scope".to_owned() });
    assert_eq!(error.code(), "rfc9101.parameter.repeated");
}

#[test]
fn rejects_null() {
    let null = RawJson::of(&Value::Null).unwrap();
    let error = refused(&RequestObjectParameters::new().json("claims\u{1b}", null));
    assert_eq!(error, RequestObjectError::Null { name: "claims\\u{1b}".to_owned() });
    assert_eq!(error.code(), "rfc9101.parameter.null");
}

#[test]
fn bounds_names_in_errors_and_prints_no_values() {
    let name = "é".repeat(5000);
    let twice = RequestObjectParameters::new().text(&name, "Kz8mXK1E").text(&name, "Kz8mXK1E");
    assert!(refused(&twice).to_string().len() < 400);
    assert!(!format!("{twice:?}").contains("Kz8m"));
    assert!(
        format!("{:?}", RequestObjectParameters::new().number("max_age", 77)).contains("max_age")
    );
}

proptest! {
    #[test]
    fn request_object_expires_within_an_hour(seconds: u64) {
        let claims = claims(&made(&RequestObjectParameters::new(), Duration::from_secs(seconds)).unwrap());
        let lives = claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap();
        prop_assert_eq!(lives, seconds.min(3600));
    }

    #[test]
    fn every_parameter_arrives_as_it_was_given(
        texts in prop::collection::btree_map("x[a-z_]{0,9}", any::<String>(), 0..6),
        numbers in prop::collection::btree_map("y[a-z_]{0,9}", any::<u64>(), 0..6),
    ) {
        let mut parameters = RequestObjectParameters::new();
        for (name, value) in &texts {
            parameters = parameters.text(name, value);
        }
        for (name, value) in &numbers {
            parameters = parameters.number(name, *value);
        }
        let input = made(&parameters, MINUTE).unwrap();
        prop_assert_eq!(&input, &made(&parameters, MINUTE).unwrap());
        let claims = claims(&input);
        for (name, value) in &texts {
            prop_assert_eq!(claims[name].as_str(), Some(value.as_str()));
        }
        for (name, value) in &numbers {
            prop_assert_eq!(claims[name].as_u64(), Some(*value));
        }
        prop_assert_eq!(claims.as_object().unwrap().len(), 7 + texts.len() + numbers.len());
        prop_assert!(claims.get("sub").is_none());
    }
}
