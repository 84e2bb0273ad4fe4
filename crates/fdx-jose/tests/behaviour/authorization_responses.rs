//! JARM responses, rule by rule.

use fdx_jose::{
    Algorithm, AuthorizationResponse, AuthorizationResponseError, AuthorizationResponseExpectation,
    Jwks, JwsError, Tolerance, backend,
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

fn expected(issuer: &Issuer) -> AuthorizationResponseExpectation<'_> {
    AuthorizationResponseExpectation {
        issuer,
        client_id: "app",
        algorithm: None,
        now: NOW,
        tolerance: Tolerance::default(),
    }
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

/// One claim as text, for numbers that no honest JSON writer makes.
fn raw(name: &str, value: &str) -> Result<(), AuthorizationResponseError> {
    let payload = with(json!({name: "@"})).to_string().replace("\"@\"", value);
    verify(&forged(r#"{"alg":"EdDSA"}"#, &payload)).map(|_| ())
}

#[test]
fn a_good_response_passes_with_every_algorithm() {
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
fn an_error_is_read_with_its_description() {
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
fn the_claimed_state_is_read_before_anything_is_verified() {
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
fn the_issuer_is_compared_exactly_and_before_any_key_is_looked_at() {
    for iss in [
        json!(null),
        json!("https://bank.example/"),
        json!("https://evil.example"),
        json!([ISSUER]),
    ] {
        assert_eq!(verdict(json!({"iss": iss})), Err(AuthorizationResponseError::Issuer), "{iss}");
    }
    let token = signed(&EDDSA, None, &with(json!({"iss": "https://evil.example"})));
    let issuer = issuer();
    let verdict = AuthorizationResponse::verify(
        &token,
        &expected(&issuer),
        backend::ring(),
        &Jwks::default(),
    );
    assert_eq!(verdict, Err(AuthorizationResponseError::Issuer));
}

#[test]
fn the_audience_is_the_client_and_nobody_else() {
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
        assert_eq!(
            verdict(json!({"aud": aud})),
            Err(AuthorizationResponseError::Audience),
            "{aud}"
        );
    }
}

#[test]
fn rules_are_checked_in_the_order_of_jarm() {
    use AuthorizationResponseError as Fault;
    // Each step repairs the first fault; no outcome is looked at before the signature.
    let mut payload = with(json!({"iss": "x", "aud": "x", "exp": 1, "code": 5, "state": 5}));
    let unsigned = |payload: &Value, typ| {
        let token = signed(&EDDSA, typ, payload);
        format!("{}.AA", token.rsplit_once('.').unwrap().0)
    };
    let at = |payload: &Value, typ| verify(&unsigned(payload, typ)).unwrap_err();
    assert_eq!(at(&payload, Some("at+jwt")), Fault::Type);
    assert_eq!(at(&payload, None), Fault::Issuer);
    payload["iss"] = ISSUER.into();
    assert_eq!(at(&payload, None), Fault::Audience);
    payload["aud"] = "app".into();
    assert_eq!(at(&payload, None), Fault::Expired);
    payload["exp"] = (NOW.as_seconds() + 600).into();
    assert_eq!(at(&payload, None), Fault::Signature);
    assert_eq!(verify(&signed(&EDDSA, None, &payload)), Err(Fault::State));
    payload["state"] = "s".into();
    assert_eq!(verify(&signed(&EDDSA, None, &payload)), Err(Fault::Code));
}

#[test]
fn times_are_held_to_the_tolerance() {
    let now = NOW.as_seconds();
    assert_eq!(verdict(json!({"exp": now - 9})), Ok(()));
    assert_eq!(verdict(json!({"exp": now - 10})), Err(AuthorizationResponseError::Expired));
    assert_eq!(verdict(json!({"nbf": now + 10})), Ok(()));
    assert_eq!(verdict(json!({"nbf": now + 11})), Err(AuthorizationResponseError::NotBefore));
    assert_eq!(verdict(json!({"exp": null})), Err(AuthorizationResponseError::Expiry));
    for value in ["null", r#""1767607500""#, "-1", "1767607500.5", "1e30", "253402207201", "[]"] {
        assert_eq!(raw("exp", value), Err(AuthorizationResponseError::Expiry), "{value}");
        assert_eq!(raw("nbf", value), Err(AuthorizationResponseError::NotBefore), "{value}");
    }
}

#[test]
fn the_registered_algorithm_is_held() {
    let issuer = issuer();
    let (expects, found) = (Algorithm::Ps256, Algorithm::Es256);
    let expected =
        AuthorizationResponseExpectation { algorithm: Some(expects), ..expected(&issuer) };
    let token = signed(&ES256, None, &claims());
    let error = AuthorizationResponse::verify(&token, &expected, backend::ring(), &public_keys())
        .unwrap_err();
    assert_eq!(error, AuthorizationResponseError::Algorithm { expected: expects, found });
    assert_eq!(error.code(), "jarm.alg");
    let same = AuthorizationResponseExpectation { algorithm: Some(found), ..expected };
    assert!(AuthorizationResponse::verify(&token, &same, backend::ring(), &public_keys()).is_ok());
    // JARM 2.4: alg none MUST NOT be used.
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"RS256"}"#, r#"{"alg":"HS256"}"#, "{}"] {
        let error = verify(&forged(header, &claims().to_string())).unwrap_err();
        assert_eq!(error.code(), "jarm.jws", "{header}");
    }
}

#[test]
fn an_unknown_key_is_told_from_a_bad_signature() {
    let (token, issuer) = (signed(&EDDSA, None, &claims()), issuer());
    let verify = |token: &str, keys: &Jwks| {
        AuthorizationResponse::verify(token, &expected(&issuer), backend::ring(), keys).unwrap_err()
    };
    let error = verify(&token, &Jwks::default());
    assert_eq!(error, AuthorizationResponseError::UnknownKey);
    assert!(error.is_unknown_key());
    let (rest, _) = token.rsplit_once('.').unwrap();
    let error = verify(&format!("{rest}.AA"), &public_keys());
    assert_eq!(error, AuthorizationResponseError::Signature);
    assert!(!error.is_unknown_key());
    assert_eq!(verify(rest, &public_keys()), AuthorizationResponseError::Jws(JwsError::Parts));
}

#[test]
fn code_and_error_exclude_each_other() {
    use AuthorizationResponseError as Fault;
    assert_eq!(verdict(json!({"error": "access_denied"})), Err(Fault::BothCodeAndError));
    assert_eq!(verdict(json!({"code": null})), Err(Fault::Neither));
    assert_eq!(verdict(json!({"code": null, "error_description": "x"})), Err(Fault::Neither));
}

#[test]
fn each_parameter_is_a_text() {
    use AuthorizationResponseError as Fault;
    for value in ["null", "5", "true", "[]", "{}", r#"["a"]"#] {
        assert_eq!(raw("state", value), Err(Fault::State), "{value}");
        assert_eq!(raw("code", value), Err(Fault::Code), "{value}");
        assert_eq!(raw("error", value), Err(Fault::Error), "{value}");
        assert_eq!(raw("error_description", value), Err(Fault::ErrorDescription), "{value}");
        assert_eq!(raw("error_uri", value), Err(Fault::ErrorUri), "{value}");
    }
    assert_eq!(raw("code", r#""""#), Err(Fault::Code));
    assert_eq!(verdict(json!({"code": null, "error": ""})), Err(Fault::Error));
}

#[test]
fn duplicate_claims_are_refused() {
    let payload = claims().to_string().replacen('{', r#"{"c\u006fde":"other","#, 1);
    let error = verify(&forged(r#"{"alg":"EdDSA"}"#, &payload)).unwrap_err();
    assert_eq!(error.code(), "jarm.claims");
    let AuthorizationResponseError::Claims(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), Kind::DuplicateKey);
}

proptest! {
    #[test]
    fn no_claim_panics_or_passes_by_its_type(
        name in "iss|aud|exp|nbf|state|code|error|error_description|error_uri",
        value in r#"null|true|-?[0-9]{1,25}(\.[0-9]{1,3})?(e[0-9]{1,3})?|"[a-z]{0,9}"|\[\]|\{\}"#,
    ) {
        if raw(&name, &value).is_ok() {
            let free = ["state", "code", "error_description", "error_uri"].contains(&name.as_str());
            // Only a text can be a parameter, only a whole number a time.
            prop_assert_eq!(value.starts_with('"'), free, "{} {}", name, value);
        }
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(verify(&text).is_err());
        let _ = AuthorizationResponse::claimed_state(&text);
    }
}
