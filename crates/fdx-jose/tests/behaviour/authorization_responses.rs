//! JARM responses, rule by rule.

use fdx_jose::{
    Algorithm, AuthorizationResponse, AuthorizationResponseError, Jwks, JwsError, JwtError,
    JwtExpectation, backend,
};
use fdx_wire::Issuer;
use fdx_wire::json::Kind;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{EDDSA, ES256, NOW, all_keys, changed, forged, public_keys, signed};

const ISSUER: &str = "https://bank.example";

fn issuer() -> Issuer {
    Issuer::parse(ISSUER).unwrap()
}

fn expected(issuer: &Issuer) -> JwtExpectation<'_> {
    JwtExpectation::new(issuer, "app", NOW)
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "app", "exp": NOW.as_seconds() + 600,
        "state": "S8NJ7uqk5fY4EjNvP", "code": "PyyFaux2o7Q0YfXBU32jhw",
    })
}

fn with(members: Value) -> Value {
    serde_json::from_slice(&changed(claims(), members)).unwrap()
}

fn verify(token: &str) -> Result<AuthorizationResponse, AuthorizationResponseError> {
    let issuer = issuer();
    AuthorizationResponse::verify(token, &expected(&issuer), backend::ring(), &public_keys())
}

fn read(members: Value) -> Result<AuthorizationResponse, AuthorizationResponseError> {
    verify(&signed(&EDDSA, None, &with(members)))
}

fn verdict(members: Value) -> Result<(), AuthorizationResponseError> {
    read(members).map(|_| ())
}

/// Verifies a token with one claim as raw text, for numbers that no JSON writer produces.
fn raw(name: &str, value: &str) -> Result<(), AuthorizationResponseError> {
    let payload = with(json!({name: "@"})).to_string().replace("\"@\"", value);
    verify(&forged(r#"{"alg":"EdDSA"}"#, &payload)).map(|_| ())
}

#[test]
fn accepts_valid_response_of_every_algorithm() {
    for key in all_keys() {
        let response = verify(&signed(key, Some("oauth-authz-resp+jwt"), &claims())).unwrap();
        assert_eq!(response.issuer(), &issuer());
        assert_eq!(response.state(), Some("S8NJ7uqk5fY4EjNvP"));
        assert_eq!(response.code().unwrap().expose(), "PyyFaux2o7Q0YfXBU32jhw");
        assert_eq!(response.error(), None);
        let printed = format!("{response:?}");
        assert!(!printed.contains("PyyF") && !printed.contains("S8NJ"));
    }
}

#[test]
fn reads_error_with_description_and_uri() {
    let response = read(json!({
        "code": null, "error": "access_denied",
        "error_description": "no", "error_uri": "https://bank.example/e",
    }))
    .unwrap();
    assert_eq!(response.code(), None);
    assert_eq!(response.error(), Some("access_denied"));
    assert_eq!(response.error_description(), Some("no"));
    assert_eq!(response.error_uri(), Some("https://bank.example/e"));
    let bare = read(json!({"code": null, "state": null, "error": "server_error"})).unwrap();
    assert_eq!((bare.state(), bare.error_description(), bare.error_uri()), (None, None, None));
}

#[test]
fn reads_claimed_state_without_verification() {
    let token = signed(&EDDSA, None, &claims());
    let unsigned = format!("{}.AA", token.rsplit_once('.').unwrap().0);
    for token in [token, unsigned] {
        let state = AuthorizationResponse::claimed_state(&token);
        assert_eq!(state.as_ref().map(fdx_wire::Secret::expose), Some("S8NJ7uqk5fY4EjNvP"));
    }
    for state in [json!(null), json!(5), json!(["S8NJ7uqk5fY4EjNvP"])] {
        let token = signed(&EDDSA, None, &with(json!({"state": state})));
        assert_eq!(AuthorizationResponse::claimed_state(&token), None);
    }
    for token in ["", "a.b.c", "state", &"A".repeat(100_000)] {
        assert_eq!(AuthorizationResponse::claimed_state(token), None);
    }
}

#[test]
fn rejects_any_other_issuer_before_any_key_is_used() {
    for iss in [
        json!(null),
        json!("https://bank.example/"),
        json!("https://evil.example"),
        json!([ISSUER]),
    ] {
        assert_eq!(verdict(json!({"iss": iss})), Err(JwtError::Issuer.into()), "{iss}");
    }
    let token = signed(&EDDSA, None, &with(json!({"iss": "https://evil.example"})));
    let issuer = issuer();
    let verdict = AuthorizationResponse::verify(
        &token,
        &expected(&issuer),
        backend::ring(),
        &Jwks::default(),
    );
    assert_eq!(verdict, Err(JwtError::Issuer.into()));
}

#[test]
fn rejects_audience_other_than_the_client() {
    assert_eq!(verdict(json!({"aud": ["app"]})), Ok(()));
    for aud in [
        json!(null),
        json!("app1"),
        json!([]),
        json!(["app", "other"]),
        json!(["app", "app"]),
        json!([["app"]]),
        json!(5),
    ] {
        assert_eq!(verdict(json!({"aud": aud})), Err(JwtError::Audience.into()), "{aud}");
    }
}

#[test]
fn checks_rules_in_the_order_of_jarm() {
    use AuthorizationResponseError as Violation;
    // Each step repairs the first violation. The outcome is read after the signature.
    let mut payload = with(json!({"iss": "x", "aud": "x", "exp": 1, "code": 5, "state": 5}));
    let unsigned = |payload: &Value, typ| {
        let token = signed(&EDDSA, typ, payload);
        format!("{}.AA", token.rsplit_once('.').unwrap().0)
    };
    let at = |payload: &Value, typ| verify(&unsigned(payload, typ)).unwrap_err();
    assert_eq!(at(&payload, Some("at+jwt")), JwtError::Type.into());
    assert_eq!(at(&payload, None), JwtError::Issuer.into());
    payload["iss"] = ISSUER.into();
    assert_eq!(at(&payload, None), JwtError::Audience.into());
    payload["aud"] = "app".into();
    assert_eq!(at(&payload, None), JwtError::Expired.into());
    payload["exp"] = (NOW.as_seconds() + 600).into();
    assert_eq!(at(&payload, None), JwtError::Signature.into());
    assert_eq!(verify(&signed(&EDDSA, None, &payload)), Err(Violation::State));
    payload["state"] = "s".into();
    assert_eq!(verify(&signed(&EDDSA, None, &payload)), Err(Violation::Code));
}

#[test]
fn checks_times_within_the_tolerance() {
    let now = NOW.as_seconds();
    assert_eq!(verdict(json!({"exp": now - 9})), Ok(()));
    assert_eq!(verdict(json!({"exp": now - 10})), Err(JwtError::Expired.into()));
    assert_eq!(verdict(json!({"nbf": now + 10})), Ok(()));
    assert_eq!(verdict(json!({"nbf": now + 11})), Err(JwtError::NotBefore.into()));
    assert_eq!(verdict(json!({"exp": null})), Err(JwtError::Expiry.into()));
    for value in ["null", r#""1767607500""#, "-1", "1e30", "253402207201", "[]"] {
        assert_eq!(raw("exp", value), Err(JwtError::Expiry.into()), "{value}");
        assert_eq!(raw("nbf", value), Err(JwtError::NotBefore.into()), "{value}");
    }
}

#[test]
fn rejects_algorithm_other_than_registered() {
    let issuer = issuer();
    let (expects, actual) = (Algorithm::Ps256, Algorithm::Es256);
    let expected = expected(&issuer).with_algorithm(Some(expects));
    let token = signed(&ES256, None, &claims());
    let error = AuthorizationResponse::verify(&token, &expected, backend::ring(), &public_keys())
        .unwrap_err();
    assert_eq!(error, JwtError::Algorithm { expected: expects, actual }.into());
    assert_eq!(error.code(), "jarm.alg");
    let same = expected.with_algorithm(Some(actual));
    assert!(AuthorizationResponse::verify(&token, &same, backend::ring(), &public_keys()).is_ok());
    // JARM 2.4: alg none MUST NOT be used.
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"RS256"}"#, r#"{"alg":"HS256"}"#, "{}"] {
        let error = verify(&forged(header, &claims().to_string())).unwrap_err();
        assert_eq!(error.code(), "jarm.jws", "{header}");
    }
}

#[test]
fn distinguishes_unknown_key_from_bad_signature() {
    let (token, issuer) = (signed(&EDDSA, None, &claims()), issuer());
    let verify = |token: &str, keys: &Jwks| {
        AuthorizationResponse::verify(token, &expected(&issuer), backend::ring(), keys).unwrap_err()
    };
    let error = verify(&token, &Jwks::default());
    assert_eq!(error, JwtError::UnknownKey.into());
    assert!(error.is_unknown_key());
    let (rest, _) = token.rsplit_once('.').unwrap();
    let error = verify(&format!("{rest}.AA"), &public_keys());
    assert_eq!(error, JwtError::Signature.into());
    assert!(!error.is_unknown_key());
    assert_eq!(verify(rest, &public_keys()), JwtError::Jws(JwsError::Parts).into());
}

#[test]
fn requires_either_code_or_error() {
    use AuthorizationResponseError as Violation;
    assert_eq!(verdict(json!({"error": "access_denied"})), Err(Violation::BothCodeAndError));
    assert_eq!(verdict(json!({"code": null})), Err(Violation::Neither));
    assert_eq!(verdict(json!({"code": null, "error_description": "x"})), Err(Violation::Neither));
}

#[test]
fn rejects_parameters_that_are_not_strings() {
    use AuthorizationResponseError as Violation;
    for value in ["null", "5", "true", "[]", "{}", r#"["a"]"#] {
        assert_eq!(raw("state", value), Err(Violation::State), "{value}");
        assert_eq!(raw("code", value), Err(Violation::Code), "{value}");
        assert_eq!(raw("error", value), Err(Violation::Error), "{value}");
    }
}

/// RFC 6749 3.1.
#[test]
fn counts_an_empty_code_or_error_as_absent() {
    use AuthorizationResponseError as Violation;

    assert_eq!(verdict(json!({"code": ""})), Err(Violation::Neither));
    assert_eq!(verdict(json!({"code": null, "error": ""})), Err(Violation::Neither));
    assert_eq!(verdict(json!({"code": "", "error": ""})), Err(Violation::Neither));
    assert!(read(json!({"error": ""})).unwrap().code().is_some());
    let denial = json!({"code": "", "error": "access_denied"});
    assert_eq!(read(denial).unwrap().error(), Some("access_denied"));
}

/// RFC 6749 appendix A.11.
#[test]
fn requires_a_code_of_printable_ascii() {
    for code in ["a\nb", "a\tb", "a\0", "\u{7f}", "\u{e9}"] {
        let error = verdict(json!({ "code": code })).unwrap_err();
        assert_eq!(error, AuthorizationResponseError::Code, "{code:?}");
    }
    assert!(verdict(json!({"code": "a b~!"})).is_ok());
}

/// The texts only explain a denial.
#[test]
fn ignores_explanations_that_are_not_strings() {
    for member in ["error_description", "error_uri"] {
        for value in [json!(null), json!(7), json!(true), json!([]), json!({}), json!(["a"])] {
            let denial = json!({"code": null, "error": "access_denied", member: value});
            let response = read(denial).unwrap();
            assert_eq!(response.error(), Some("access_denied"), "{member}: {value}");
            assert_eq!((response.error_description(), response.error_uri()), (None, None));
        }
    }
}

/// A callback's query with one of them is rejected by the same list.
#[test]
fn rejects_tokens() {
    for name in AuthorizationResponse::TOKENS {
        for value in ["\"a\"", "\"\"", "7", "[]", "{}"] {
            assert_eq!(raw(name, value), Err(AuthorizationResponseError::Token), "{name} {value}");
        }
        assert!(raw(name, "null").is_ok(), "{name}");
        let denial = json!({"code": null, "error": "access_denied", *name: "a"});
        assert_eq!(verdict(denial), Err(AuthorizationResponseError::Token), "{name}");
    }
}

#[test]
fn rejects_duplicate_claims() {
    let payload = claims().to_string().replacen('{', r#"{"c\u006fde":"other","#, 1);
    let error = verify(&forged(r#"{"alg":"EdDSA"}"#, &payload)).unwrap_err();
    assert_eq!(error.code(), "jarm.claims");
    let AuthorizationResponseError::Jwt(JwtError::Claims(error)) = error else { panic!("{error}") };
    assert_eq!(error.kind(), Kind::DuplicateKey);
}

proptest! {
    #[test]
    fn never_accepts_claim_of_another_json_type(
        name in "iss|aud|exp|nbf|state|code|error|error_description|error_uri",
        value in r#"null|true|-?[0-9]{1,25}(\.[0-9]{1,3})?(e[0-9]{1,3})?|"[a-z]{0,9}"|\[\]|\{\}"#,
    ) {
        if raw(&name, &value).is_ok() {
            let free = ["state", "code"].contains(&name.as_str());
            // Parameters are strings, times are whole numbers, and explanations only inform. An empty
            // error counts as absent.
            if !name.starts_with("error_") && (name.as_str(), value.as_str()) != ("error", "\"\"") {
                prop_assert_eq!(value.starts_with('"'), free, "{} {}", name, value);
            }
        }
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(verify(&text).is_err());
        let _ = AuthorizationResponse::claimed_state(&text);
    }
}

/// Keycloak writes `iss` twice.
#[test]
fn accepts_iss_twice_only_if_expected_and_identical() {
    let issuer = issuer();
    let twice = |repeated: &str| {
        let payload = claims().to_string();
        let payload = format!("{},{repeated}}}", payload.strip_suffix('}').unwrap());
        forged(r#"{"alg":"EdDSA"}"#, &payload)
    };
    let verdict = |token: &str, repeated_iss| {
        let expected = expected(&issuer).with_repeated_iss(repeated_iss);
        AuthorizationResponse::verify(token, &expected, backend::ring(), &public_keys()).map(drop)
    };
    let same = twice(r#""iss":"https://bank.example""#);
    assert_eq!(verdict(&same, true), Ok(()));
    assert_eq!(
        AuthorizationResponse::claimed_state(&same).as_ref().map(fdx_wire::Secret::expose),
        Some("S8NJ7uqk5fY4EjNvP")
    );
    assert_eq!(verdict(&same, false), Err(AuthorizationResponseError::IssRepeated));
    for repeated in [
        r#""iss":"https://evil.example""#,
        r#""iss":"https://bank.example/""#,
        r#""state":"S8NJ7uqk5fY4EjNvP""#,
        r#""iss":"https://bank.example","iss":"https://bank.example""#,
        r#""iss":"https://bank.example","aud":"app""#,
    ] {
        for repeated_iss in [true, false] {
            let error = verdict(&twice(repeated), repeated_iss).unwrap_err();
            assert_ne!(error, AuthorizationResponseError::IssRepeated, "{repeated}");
        }
    }
    // The signature covers what was sent.
    let (signed, signature) = same.rsplit_once('.').unwrap();
    let other = twice(r#""iss":"https://evil.example""#);
    let (other, _) = other.rsplit_once('.').unwrap();
    assert_ne!(signed, other);
    assert!(verdict(&format!("{other}.{signature}"), true).is_err());
}
