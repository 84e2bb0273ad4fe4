//! Signed introspection responses (RFC 9701), rule by rule.

use fdx_jose::{
    Algorithm, Jwks, JwsError, JwtError, JwtExpectation, SignedIntrospection,
    SignedIntrospectionError, backend,
};
use fdx_wire::json::Kind;
use fdx_wire::{Issuer, UnixTime};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{EDDSA, ES256, NOW, all_keys, changed, forged, public_keys, signed};

const ISSUER: &str = "https://bank.example";
const TYP: &str = "token-introspection+jwt";

fn issuer() -> Issuer {
    Issuer::parse(ISSUER).unwrap()
}

fn expected(issuer: &Issuer) -> JwtExpectation<'_> {
    JwtExpectation::new(issuer, "app", NOW)
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "app", "iat": NOW.as_seconds(),
        "token_introspection": {"active": true, "scope": "a"},
    })
}

fn with(members: Value) -> Value {
    serde_json::from_slice(&changed(claims(), members)).unwrap()
}

fn verify(token: &str) -> Result<SignedIntrospection, SignedIntrospectionError> {
    let issuer = issuer();
    SignedIntrospection::verify(token, &expected(&issuer), backend::ring(), &public_keys())
}

fn verdict(members: Value) -> Result<(), SignedIntrospectionError> {
    verify(&signed(&EDDSA, Some(TYP), &with(members))).map(|_| ())
}

/// Verifies a token with one claim as raw text, for numbers that no JSON writer produces.
fn raw(name: &str, value: &str) -> Result<(), SignedIntrospectionError> {
    let payload = with(json!({name: "@"})).to_string().replace("\"@\"", value);
    let header = format!(r#"{{"alg":"EdDSA","typ":"{TYP}"}}"#);
    verify(&forged(&header, &payload)).map(|_| ())
}

#[test]
fn accepts_valid_response_of_every_algorithm() {
    for key in all_keys() {
        let response = verify(&signed(key, Some(TYP), &claims())).unwrap();
        assert_eq!(response.issuer(), &issuer());
        assert_eq!(response.issued_at(), NOW);
        let inner: Value = response.token_introspection().read().unwrap();
        assert_eq!(inner, json!({"active": true, "scope": "a"}));
        assert!(!format!("{response:?}").contains("active"));
    }
}

#[test]
fn requires_typ() {
    for typ in [None, Some("JWT"), Some("at+jwt"), Some("introspection+jwt"), Some("")] {
        let verdict = verify(&signed(&EDDSA, typ, &claims()));
        assert_eq!(verdict, Err(JwtError::Type.into()), "{typ:?}");
    }
    assert!(
        verify(&signed(&EDDSA, Some("application/Token-Introspection+JWT"), &claims())).is_ok()
    );
}

#[test]
fn rejects_any_other_issuer_before_any_key_is_used() {
    for iss in [json!(null), json!("https://bank.example/"), json!([ISSUER]), json!(5)] {
        assert_eq!(verdict(json!({"iss": iss})), Err(JwtError::Issuer.into()), "{iss}");
    }
    let token = signed(&EDDSA, Some(TYP), &with(json!({"iss": "https://evil.example"})));
    let issuer = issuer();
    let verdict =
        SignedIntrospection::verify(&token, &expected(&issuer), backend::ring(), &Jwks::default());
    assert_eq!(verdict, Err(JwtError::Issuer.into()));
}

#[test]
fn rejects_audience_other_than_the_client() {
    assert_eq!(verdict(json!({"aud": ["app"]})), Ok(()));
    for aud in [json!(null), json!("app1"), json!([]), json!(["app", "other"]), json!(5)] {
        assert_eq!(verdict(json!({"aud": aud})), Err(JwtError::Audience.into()), "{aud}");
    }
}

#[test]
fn checks_times_within_the_tolerance() {
    let now = NOW.as_seconds();
    assert_eq!(verdict(json!({"iat": now + 10})), Ok(()));
    assert_eq!(verdict(json!({"iat": now + 11})), Err(JwtError::IssuedInTheFuture.into()));
    assert_eq!(verdict(json!({"iat": now - 3610})), Ok(()));
    assert_eq!(verdict(json!({"iat": now - 3611})), Err(JwtError::IssuedTooLongAgo.into()));
    assert_eq!(verdict(json!({"exp": now - 9})), Ok(()));
    assert_eq!(verdict(json!({"exp": now - 10})), Err(JwtError::Expired.into()));
    assert_eq!(verdict(json!({"nbf": now + 10})), Ok(()));
    assert_eq!(verdict(json!({"nbf": now + 11})), Err(JwtError::NotBefore.into()));
    assert_eq!(verdict(json!({"iat": null})), Err(JwtError::IssuedAt.into()));
    for value in ["null", r#""1767607200""#, "-1", "1e30", "253402207201", "[]"] {
        assert_eq!(raw("iat", value), Err(JwtError::IssuedAt.into()), "{value}");
        assert_eq!(raw("exp", value), Err(JwtError::Expiry.into()), "{value}");
        assert_eq!(raw("nbf", value), Err(JwtError::NotBefore.into()), "{value}");
    }
    let at = UnixTime::from_seconds(now - 5);
    let response = verify(&signed(&EDDSA, Some(TYP), &with(json!({"iat": now - 5})))).unwrap();
    assert_eq!(response.issued_at(), at);
}

#[test]
fn checks_rules_in_the_order_of_the_profile() {
    let first = |typ, payload: &Value| {
        let token = signed(&EDDSA, Some(typ), payload);
        verify(&format!("{}.AA", token.rsplit_once('.').unwrap().0)).unwrap_err()
    };
    // Each step repairs the first violation. The times are read after the signature, iat first.
    let mut payload = with(json!({"iss": "x", "aud": "x", "iat": 1, "exp": 1}));
    assert_eq!(first("JWT", &payload), JwtError::Type.into());
    assert_eq!(first(TYP, &payload), JwtError::Issuer.into());
    payload["iss"] = ISSUER.into();
    assert_eq!(first(TYP, &payload), JwtError::Audience.into());
    payload["aud"] = "app".into();
    assert_eq!(first(TYP, &payload), JwtError::Signature.into());
    let verify = |payload: &Value| verify(&signed(&EDDSA, Some(TYP), payload)).unwrap_err();
    assert_eq!(verify(&payload), JwtError::IssuedTooLongAgo.into());
    payload["iat"] = NOW.as_seconds().into();
    assert_eq!(verify(&payload), JwtError::Expired.into());
}

#[test]
fn requires_token_introspection_object() {
    for value in ["null", "true", "5", r#""{}""#, "[]", r#"[{"active":true}]"#] {
        let verdict = raw("token_introspection", value);
        assert_eq!(verdict, Err(SignedIntrospectionError::TokenIntrospection), "{value}");
    }
    assert_eq!(raw("token_introspection", " {} "), Ok(()));
    let missing = verdict(json!({"token_introspection": null}));
    assert_eq!(missing, Err(SignedIntrospectionError::TokenIntrospection));
    // The body of an unsigned introspection is not the claim of RFC 9701.
    let bare = verdict(json!({"token_introspection": null, "active": true}));
    assert_eq!(bare, Err(SignedIntrospectionError::TokenIntrospection));
}

#[test]
fn rejects_algorithm_other_than_registered() {
    let issuer = issuer();
    let (expects, actual) = (Algorithm::Ps256, Algorithm::Es256);
    let expected = expected(&issuer).with_algorithm(Some(expects));
    let token = signed(&ES256, Some(TYP), &claims());
    let error = SignedIntrospection::verify(&token, &expected, backend::ring(), &public_keys())
        .unwrap_err();
    assert_eq!(error, JwtError::Algorithm { expected: expects, actual }.into());
    assert_eq!(error.code(), "rfc9701.alg");
    let same = expected.with_algorithm(Some(actual));
    assert!(SignedIntrospection::verify(&token, &same, backend::ring(), &public_keys()).is_ok());
    for alg in ["none", "RS256", "HS256"] {
        let header = format!(r#"{{"alg":"{alg}","typ":"{TYP}"}}"#);
        let error = verify(&forged(&header, &claims().to_string())).unwrap_err();
        assert_eq!(error.code(), "rfc9701.jws", "{alg}");
    }
}

#[test]
fn distinguishes_unknown_key_from_bad_signature() {
    let (token, issuer) = (signed(&EDDSA, Some(TYP), &claims()), issuer());
    let verify = |token: &str, keys: &Jwks| {
        SignedIntrospection::verify(token, &expected(&issuer), backend::ring(), keys).unwrap_err()
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
fn rejects_duplicate_members_inside_token_introspection() {
    let payload =
        claims().to_string().replace(r#""active":true"#, r#""active":true,"active":false"#);
    let header = format!(r#"{{"alg":"EdDSA","typ":"{TYP}"}}"#);
    let error = verify(&forged(&header, &payload)).unwrap_err();
    assert_eq!(error.code(), "rfc9701.claims");
    let SignedIntrospectionError::Jwt(JwtError::Claims(error)) = error else { panic!("{error}") };
    assert_eq!(error.kind(), Kind::DuplicateKey);
}

proptest! {
    #[test]
    fn never_accepts_claim_of_another_json_type(
        name in "iss|aud|iat|exp|nbf|token_introspection",
        value in r#"null|true|-?[0-9]{1,25}(\.[0-9]{1,3})?(e[0-9]{1,3})?|"[a-z]{0,9}"|\[\]|\{\}"#,
    ) {
        if raw(&name, &value).is_ok() {
            prop_assert_eq!(value == "{}", name == "token_introspection", "{} {}", name, value);
        }
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(verify(&text).is_err());
    }
}
