//! Signed introspection responses (RFC 9701), rule by rule.

use fdx_jose::{
    Algorithm, Jwks, JwsError, SignedIntrospection, SignedIntrospectionError,
    SignedIntrospectionExpectation, Tolerance, backend,
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

fn expected(issuer: &Issuer) -> SignedIntrospectionExpectation<'_> {
    SignedIntrospectionExpectation {
        issuer,
        client_id: "app",
        algorithm: None,
        now: NOW,
        tolerance: Tolerance::default(),
    }
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

/// One claim as text, for numbers that no honest JSON writer makes.
fn raw(name: &str, value: &str) -> Result<(), SignedIntrospectionError> {
    let payload = with(json!({name: "@"})).to_string().replace("\"@\"", value);
    let header = format!(r#"{{"alg":"EdDSA","typ":"{TYP}"}}"#);
    verify(&forged(&header, &payload)).map(|_| ())
}

#[test]
fn a_good_response_passes_with_every_algorithm() {
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
fn the_type_is_required() {
    for typ in [None, Some("JWT"), Some("at+jwt"), Some("introspection+jwt"), Some("")] {
        let verdict = verify(&signed(&EDDSA, typ, &claims()));
        assert_eq!(verdict, Err(SignedIntrospectionError::Type), "{typ:?}");
    }
    assert!(
        verify(&signed(&EDDSA, Some("application/Token-Introspection+JWT"), &claims())).is_ok()
    );
}

#[test]
fn the_issuer_is_compared_exactly_and_before_any_key_is_looked_at() {
    for iss in [json!(null), json!("https://bank.example/"), json!([ISSUER]), json!(5)] {
        assert_eq!(verdict(json!({"iss": iss})), Err(SignedIntrospectionError::Issuer), "{iss}");
    }
    let token = signed(&EDDSA, Some(TYP), &with(json!({"iss": "https://evil.example"})));
    let issuer = issuer();
    let verdict =
        SignedIntrospection::verify(&token, &expected(&issuer), backend::ring(), &Jwks::default());
    assert_eq!(verdict, Err(SignedIntrospectionError::Issuer));
}

#[test]
fn the_audience_is_the_caller_and_nobody_else() {
    assert_eq!(verdict(json!({"aud": ["app"]})), Ok(()));
    for aud in [json!(null), json!("app1"), json!([]), json!(["app", "other"]), json!(5)] {
        assert_eq!(verdict(json!({"aud": aud})), Err(SignedIntrospectionError::Audience), "{aud}");
    }
}

#[test]
fn times_are_held_to_the_tolerance() {
    use SignedIntrospectionError as Fault;
    let now = NOW.as_seconds();
    assert_eq!(verdict(json!({"iat": now + 10})), Ok(()));
    assert_eq!(verdict(json!({"iat": now + 11})), Err(Fault::IssuedInTheFuture));
    assert_eq!(verdict(json!({"iat": now - 3610})), Ok(()));
    assert_eq!(verdict(json!({"iat": now - 3611})), Err(Fault::IssuedTooLongAgo));
    assert_eq!(verdict(json!({"exp": now - 9})), Ok(()));
    assert_eq!(verdict(json!({"exp": now - 10})), Err(Fault::Expiry));
    assert_eq!(verdict(json!({"nbf": now + 10})), Ok(()));
    assert_eq!(verdict(json!({"nbf": now + 11})), Err(Fault::NotBefore));
    assert_eq!(verdict(json!({"iat": null})), Err(Fault::IssuedAt));
    for value in ["null", r#""1767607200""#, "-1", "1767607200.5", "1e30", "253402207201", "[]"] {
        assert_eq!(raw("iat", value), Err(Fault::IssuedAt), "{value}");
        assert_eq!(raw("exp", value), Err(Fault::Expiry), "{value}");
        assert_eq!(raw("nbf", value), Err(Fault::NotBefore), "{value}");
    }
    let at = UnixTime::from_seconds(now - 5);
    let response = verify(&signed(&EDDSA, Some(TYP), &with(json!({"iat": now - 5})))).unwrap();
    assert_eq!(response.issued_at(), at);
}

#[test]
fn the_introspection_is_an_object() {
    for value in ["null", "true", "5", r#""{}""#, "[]", r#"[{"active":true}]"#] {
        let verdict = raw("token_introspection", value);
        assert_eq!(verdict, Err(SignedIntrospectionError::TokenIntrospection), "{value}");
    }
    assert_eq!(raw("token_introspection", " {} "), Ok(()));
    let missing = verdict(json!({"token_introspection": null}));
    assert_eq!(missing, Err(SignedIntrospectionError::TokenIntrospection));
    // The answer of an unsigned introspection is not the claim that RFC 9701 wants.
    let bare = verdict(json!({"token_introspection": null, "active": true}));
    assert_eq!(bare, Err(SignedIntrospectionError::TokenIntrospection));
}

#[test]
fn the_registered_algorithm_is_held() {
    let issuer = issuer();
    let (expects, found) = (Algorithm::Ps256, Algorithm::Es256);
    let expected = SignedIntrospectionExpectation { algorithm: Some(expects), ..expected(&issuer) };
    let token = signed(&ES256, Some(TYP), &claims());
    let error = SignedIntrospection::verify(&token, &expected, backend::ring(), &public_keys())
        .unwrap_err();
    assert_eq!(error, SignedIntrospectionError::Algorithm { expected: expects, found });
    assert_eq!(error.code(), "rfc9701.alg");
    let same = SignedIntrospectionExpectation { algorithm: Some(found), ..expected };
    assert!(SignedIntrospection::verify(&token, &same, backend::ring(), &public_keys()).is_ok());
    for alg in ["none", "RS256", "HS256"] {
        let header = format!(r#"{{"alg":"{alg}","typ":"{TYP}"}}"#);
        let error = verify(&forged(&header, &claims().to_string())).unwrap_err();
        assert_eq!(error.code(), "rfc9701.jws", "{alg}");
    }
}

#[test]
fn an_unknown_key_is_told_from_a_bad_signature() {
    let (token, issuer) = (signed(&EDDSA, Some(TYP), &claims()), issuer());
    let verify = |token: &str, keys: &Jwks| {
        SignedIntrospection::verify(token, &expected(&issuer), backend::ring(), keys).unwrap_err()
    };
    let error = verify(&token, &Jwks::default());
    assert_eq!(error, SignedIntrospectionError::UnknownKey);
    assert!(error.is_unknown_key());
    let (rest, _) = token.rsplit_once('.').unwrap();
    let error = verify(&format!("{rest}.AA"), &public_keys());
    assert_eq!(error, SignedIntrospectionError::Signature);
    assert!(!error.is_unknown_key());
    assert_eq!(verify(rest, &public_keys()), SignedIntrospectionError::Jws(JwsError::Parts));
}

#[test]
fn duplicate_members_are_refused_within_the_introspection_too() {
    let payload =
        claims().to_string().replace(r#""active":true"#, r#""active":true,"active":false"#);
    let header = format!(r#"{{"alg":"EdDSA","typ":"{TYP}"}}"#);
    let error = verify(&forged(&header, &payload)).unwrap_err();
    assert_eq!(error.code(), "rfc9701.claims");
    let SignedIntrospectionError::Claims(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), Kind::DuplicateKey);
}

proptest! {
    #[test]
    fn no_claim_panics_or_passes_by_its_type(
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
