//! ID tokens: OpenID Connect Core 3.1.3.7, rule by rule.

use fdx_jose::{
    Algorithm, IdToken, IdTokenError, IdTokenExpectation, Jwks, JwsError, JwtError, JwtExpectation,
    PrivateKey, Tolerance, at_hash, backend,
};
use fdx_wire::json::Kind;
use fdx_wire::{Issuer, Secret, UnixTime};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{EDDSA, ES256, NOW, PS256, all_keys, forged, public_keys, signed};

const ISSUER: &str = "https://bank.example";

struct Fixture {
    issuer: Issuer,
    access_token: Secret,
}

impl Fixture {
    fn new() -> Self {
        Self {
            issuer: Issuer::parse(ISSUER).unwrap(),
            access_token: Secret::new("Kz~8mXK1EalYznwH".to_owned()),
        }
    }

    fn expected(&self) -> IdTokenExpectation<'_> {
        self.expected_as(JwtExpectation::new(&self.issuer, "app", NOW))
    }

    fn expected_as<'a>(&'a self, jwt: JwtExpectation<'a>) -> IdTokenExpectation<'a> {
        IdTokenExpectation::new(jwt).with_nonce(Some("n-0S6")).with_access_token(&self.access_token)
    }
}

fn claims() -> Value {
    let now = NOW.as_seconds();
    json!({
        "iss": ISSUER, "sub": "customer", "aud": "app", "nonce": "n-0S6",
        "iat": now, "exp": now + 300, "fdxConsentId": "c-1",
    })
}

/// The valid claims with some members changed, and those that are null removed.
fn with(members: Value) -> Value {
    serde_json::from_slice(&crate::support::changed(claims(), members)).unwrap()
}

fn verify_by(
    key: &PrivateKey,
    claims: &Value,
    expected: &IdTokenExpectation<'_>,
) -> Result<IdToken, IdTokenError> {
    IdToken::verify(&signed(key, None, claims), expected, backend::ring(), &public_keys())
}

fn verdict(members: Value) -> Result<(), IdTokenError> {
    verify_by(&EDDSA, &with(members), &Fixture::new().expected()).map(|_| ())
}

/// Verifies a token with one claim as raw text, for numbers that no JSON writer produces.
fn raw(name: &str, value: &str) -> Result<(), IdTokenError> {
    let payload = with(json!({name: "@"})).to_string().replace("\"@\"", value);
    let token = forged(r#"{"alg":"EdDSA"}"#, &payload);
    IdToken::verify(&token, &Fixture::new().expected(), backend::ring(), &public_keys()).map(|_| ())
}

#[test]
fn accepts_valid_token_of_every_algorithm() {
    let fixture = Fixture::new();
    for key in all_keys() {
        let claims = with(json!({
            "acr": "urn:a", "auth_time": NOW.as_seconds() - 5,
            "at_hash": at_hash(key.public().algorithm(), &fixture.access_token),
        }));
        let token = verify_by(key, &claims, &fixture.expected()).unwrap();
        assert_eq!(token.issuer(), &fixture.issuer);
        assert_eq!(token.subject(), "customer");
        assert_eq!(token.acr(), Some("urn:a"));
        assert_eq!(token.auth_time(), Some(UnixTime::from_seconds(NOW.as_seconds() - 5)));
        assert_eq!(token.expires_at(), UnixTime::from_seconds(NOW.as_seconds() + 300));
        assert_eq!(token.claims::<Value>().unwrap()["fdxConsentId"], "c-1");
        assert!(!format!("{token:?}").contains("customer"));
    }
}

#[test]
fn rejects_any_other_issuer() {
    for iss in [
        json!(null),
        json!("https://bank.example1"),
        json!("https://bank.example/"),
        json!("HTTPS://bank.example"),
        json!([ISSUER]),
        json!(5),
    ] {
        assert_eq!(verdict(json!({"iss": iss})), Err(JwtError::Issuer.into()), "{iss}");
    }
    assert_eq!(raw("iss", "null"), Err(JwtError::Issuer.into()));
}

#[test]
fn rejects_audience_other_than_the_client() {
    assert_eq!(verdict(json!({"aud": ["app"]})), Ok(()));
    assert_eq!(verdict(json!({"aud": ["app"], "azp": "app"})), Ok(()));
    for aud in [
        json!(null),
        json!("app1"),
        json!([]),
        json!(["other"]),
        json!(5),
        json!({}),
        json!(["app", 5]),
    ] {
        assert_eq!(verdict(json!({"aud": aud})), Err(JwtError::Audience.into()), "{aud}");
    }
    for azp in [json!(null), json!("app"), json!("app1")] {
        let both = json!({"aud": ["app", "app1"], "azp": azp});
        assert_eq!(verdict(both), Err(IdTokenError::AudienceUntrusted));
    }
    for azp in [json!("app1"), json!(5), json!("")] {
        assert_eq!(verdict(json!({"azp": azp})), Err(IdTokenError::AuthorizedParty));
    }
    assert_eq!(raw("azp", "null"), Err(IdTokenError::AuthorizedParty));
}

#[test]
fn rejects_algorithm_other_than_registered() {
    let fixture = Fixture::new();
    let algorithm = |algorithm| {
        let jwt = JwtExpectation::new(&fixture.issuer, "app", NOW).with_algorithm(Some(algorithm));
        fixture.expected_as(jwt)
    };
    let (expected, actual) = (Algorithm::Ps256, Algorithm::Es256);
    assert_eq!(
        verify_by(&ES256, &claims(), &algorithm(expected)),
        Err(JwtError::Algorithm { expected, actual }.into())
    );
    assert!(verify_by(&ES256, &claims(), &algorithm(actual)).is_ok());
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"RS256"}"#, r#"{"alg":"HS256"}"#, "{}"] {
        let token = forged(header, &claims().to_string());
        let error = IdToken::verify(&token, &fixture.expected(), backend::ring(), &public_keys())
            .unwrap_err();
        assert_eq!(error.code(), "oidc.id_token.jws", "{header}");
    }
}

#[test]
fn distinguishes_unknown_key_from_bad_signature() {
    let fixture = Fixture::new();
    let token = signed(&EDDSA, None, &claims());
    let verify = |token: &str, keys: &Jwks| {
        IdToken::verify(token, &fixture.expected(), backend::ring(), keys)
    };
    let error = verify(&token, &Jwks::default()).unwrap_err();
    assert!(error.is_unknown_key());
    let (rest, _) = token.rsplit_once('.').unwrap();
    let unsigned = format!("{rest}.{}", "A".repeat(86));
    let error = verify(&unsigned, &public_keys()).unwrap_err();
    assert_eq!(error, JwtError::Signature.into());
    assert!(!error.is_unknown_key());
    let error = verify(&format!("{rest}."), &public_keys()).unwrap_err();
    assert_eq!(error, JwtError::Signature.into());
    let error = verify(rest, &public_keys()).unwrap_err();
    assert_eq!(error, JwtError::Jws(JwsError::Parts).into());
}

#[test]
fn checks_rules_in_the_order_of_the_profile() {
    let fixture = Fixture::new();
    let first = |typ, payload: &Value| {
        let token = signed(&EDDSA, Some(typ), payload);
        let unsigned = format!("{}.AA", token.rsplit_once('.').unwrap().0);
        IdToken::verify(&unsigned, &fixture.expected(), backend::ring(), &public_keys())
            .unwrap_err()
    };
    // Each step repairs the first violation. The times are read after the signature.
    let mut payload = with(json!({"iss": "x", "aud": ["app", "x"], "azp": "x", "exp": 1}));
    assert_eq!(first("at+jwt", &payload), JwtError::Type.into());
    assert_eq!(first("JWT", &payload), JwtError::Issuer.into());
    payload["iss"] = ISSUER.into();
    assert_eq!(first("JWT", &payload), IdTokenError::AudienceUntrusted);
    payload["aud"] = "app".into();
    assert_eq!(first("JWT", &payload), IdTokenError::AuthorizedParty);
    payload["azp"] = "app".into();
    assert_eq!(first("JWT", &payload), JwtError::Signature.into());
    let expired = verify_by(&EDDSA, &payload, &fixture.expected());
    assert_eq!(expired, Err(JwtError::Expired.into()));
}

#[test]
fn rejects_tokens_of_another_type() {
    let fixture = Fixture::new();
    for (typ, refused) in [
        (Some("JWT"), false),
        (Some("jwt"), false),
        (Some("application/jwt"), false),
        (None, false),
        (Some("at+jwt"), true),
        (Some("dpop+jwt"), true),
        (Some("logout+jwt"), true),
        (Some("token-introspection+jwt"), true),
        (Some("oauth-authz-req+jwt"), true),
        (Some("client-authentication+jwt"), true),
        (Some(""), true),
    ] {
        let token = signed(&EDDSA, typ, &claims());
        let verdict = IdToken::verify(&token, &fixture.expected(), backend::ring(), &public_keys());
        assert_eq!(verdict.err(), refused.then_some(JwtError::Type.into()), "{typ:?}");
    }
}

#[test]
fn checks_times_within_the_tolerance() {
    let now = NOW.as_seconds();
    let fixture = Fixture::new();
    for seconds in [0, 10, 60] {
        let tolerance = Tolerance::seconds(seconds).unwrap();
        let verdict = |members| {
            let jwt = JwtExpectation::new(&fixture.issuer, "app", NOW).with_tolerance(tolerance);
            let expected = fixture.expected_as(jwt);
            verify_by(&EDDSA, &with(members), &expected).map(|_| ())
        };
        let t = u64::from(seconds);
        assert_eq!(verdict(json!({"exp": now - t + 1})), Ok(()));
        assert_eq!(verdict(json!({"exp": now - t})), Err(JwtError::Expired.into()));
        assert_eq!(verdict(json!({"iat": now + t})), Ok(()));
        assert_eq!(verdict(json!({"iat": now + t + 1})), Err(JwtError::IssuedInTheFuture.into()));
        assert_eq!(verdict(json!({"iat": now - t - 3600})), Ok(()));
        assert_eq!(verdict(json!({"iat": now - t - 3601})), Err(JwtError::IssuedTooLongAgo.into()));
        assert_eq!(verdict(json!({"nbf": now + t})), Ok(()));
        assert_eq!(verdict(json!({"nbf": now + t + 1})), Err(JwtError::NotBefore.into()));
        assert_eq!(verdict(json!({"auth_time": now + t})), Ok(()));
        assert_eq!(verdict(json!({"auth_time": now + t + 1})), Err(IdTokenError::AuthTime));
    }
    assert_eq!(Tolerance::default(), Tolerance::seconds(10).unwrap());
    assert_eq!(Tolerance::seconds(61), None);
}

#[test]
fn accepts_the_other_typ_of_the_configuration() {
    let fixture = Fixture::new();
    let expected = fixture.expected().with_other_typ(Some("id_token+jwt"));
    for (typ, accepted) in [("id_token+jwt", true), ("JWT", true), ("at+jwt", false)] {
        let token = signed(&EDDSA, Some(typ), &claims());
        let result = IdToken::verify(&token, &expected, backend::ring(), &public_keys());
        assert_eq!(result.is_ok(), accepted, "{typ}");
    }
}

/// RFC 7519 section 2: a NumericDate may have a fraction. It is rounded in the direction that rejects.
#[test]
fn rounds_fractions_of_times_in_the_direction_that_rejects() {
    let now = NOW.as_seconds();
    // The default tolerance is 10 seconds.
    for (name, value, verdict) in [
        ("exp", format!("{}.0", now - 9), Ok(())),
        ("exp", format!("{}.9", now - 10), Err(JwtError::Expired)),
        ("iat", format!("{}.0", now + 10), Ok(())),
        ("iat", format!("{}.1", now + 10), Err(JwtError::IssuedInTheFuture)),
        ("nbf", format!("{}.0e0", now + 10), Ok(())),
        ("nbf", format!("{}.1", now + 10), Err(JwtError::NotBefore)),
    ] {
        assert_eq!(raw(name, &value), verdict.map_err(IdTokenError::from), "{name} {value}");
    }
}

#[test]
fn rejects_times_of_another_json_type() {
    let bad = [
        r#""1767607500""#,
        "null",
        "-1",
        "1e30",
        "99999999999999999999",
        "253402207201",
        "[1767607500]",
        "{}",
        "true",
    ];
    for value in bad {
        assert_eq!(raw("exp", value), Err(JwtError::Expiry.into()), "{value}");
        assert_eq!(raw("iat", value), Err(JwtError::IssuedAt.into()), "{value}");
        assert_eq!(raw("nbf", value), Err(JwtError::NotBefore.into()), "{value}");
        assert_eq!(raw("auth_time", value), Err(IdTokenError::AuthTime), "{value}");
    }
    for value in ["1e400", "NaN", "Infinity", "01767607500", "+1767607500", "0x69", ""] {
        for name in ["exp", "iat", "nbf", "auth_time"] {
            let code = raw(name, value).unwrap_err().code();
            assert!(["oidc.id_token.claims", &format!("oidc.id_token.{name}")].contains(&code));
        }
    }
    assert_eq!(verdict(json!({"exp": null})), Err(JwtError::Expiry.into()));
    assert_eq!(verdict(json!({"iat": null})), Err(JwtError::IssuedAt.into()));
}

#[test]
fn requires_nonce_exactly_if_one_was_sent() {
    for nonce in [json!(null), json!("other"), json!(""), json!(5), json!(["n-0S6"])] {
        assert_eq!(verdict(json!({"nonce": nonce})), Err(IdTokenError::Nonce), "{nonce}");
    }
    let fixture = Fixture::new();
    let unsent = fixture.expected().with_nonce(None);
    assert_eq!(verify_by(&EDDSA, &claims(), &unsent), Err(IdTokenError::NonceUnexpected));
    assert!(verify_by(&EDDSA, &with(json!({"nonce": null})), &unsent).is_ok());
}

#[test]
fn rejects_login_older_than_max_age() {
    let fixture = Fixture::new();
    let now = NOW.as_seconds();
    let verdict = |max_age, auth_time: Value| {
        let expected = fixture.expected().with_max_age(Some(max_age));
        verify_by(&EDDSA, &with(json!({"auth_time": auth_time})), &expected).map(|_| ())
    };
    assert_eq!(verdict(60, json!(null)), Err(IdTokenError::AuthTime));
    assert_eq!(verdict(60, json!(now - 70)), Ok(()));
    assert_eq!(verdict(60, json!(now - 71)), Err(IdTokenError::AuthTimeTooOld));
    assert_eq!(verdict(0, json!(now)), Ok(()));
    assert_eq!(verdict(u64::MAX, json!(0)), Ok(()));
}

#[test]
fn requires_one_of_the_requested_acr_values() {
    let fixture = Fixture::new();
    let verdict = |acr_values, acr: Value| {
        let expected = fixture.expected().with_acr_values(acr_values);
        verify_by(&EDDSA, &with(json!({"acr": acr})), &expected).map(|_| ())
    };
    assert_eq!(verdict(Some("urn:a urn:b"), json!("urn:b")), Ok(()));
    for acr in [json!(null), json!("urn:c"), json!("urn:a urn:b"), json!(""), json!(1)] {
        assert_eq!(verdict(Some("urn:a urn:b"), acr), Err(IdTokenError::Acr));
    }
    assert_eq!(verdict(Some(""), json!(null)), Ok(()));
    assert_eq!(verdict(None, json!("urn:c")), Ok(()));
}

#[test]
fn rejects_subject_that_is_not_short_ascii() {
    assert_eq!(verdict(json!({"sub": "s".repeat(255)})), Ok(()));
    for sub in [json!(null), json!(""), json!("s".repeat(256)), json!("é"), json!(5)] {
        assert_eq!(verdict(json!({"sub": sub})), Err(IdTokenError::Subject));
    }
}

#[test]
fn checks_at_hash_with_the_hash_of_the_algorithm() {
    let fixture = Fixture::new();
    let of = |algorithm| at_hash(algorithm, &fixture.access_token);
    assert_eq!(of(Algorithm::Es256), of(Algorithm::Ps256));
    // SHA-512 halves to 32 bytes, SHA-256 to 16.
    assert_eq!((of(Algorithm::EdDsa).len(), of(Algorithm::Es256).len()), (43, 22));
    for (key, wrong) in
        [(&EDDSA, Algorithm::Es256), (&ES256, Algorithm::EdDsa), (&PS256, Algorithm::EdDsa)]
    {
        let verdict = |hash: Value| {
            verify_by(key, &with(json!({"at_hash": hash})), &fixture.expected()).map(|_| ())
        };
        assert_eq!(verdict(json!(of(key.public().algorithm()))), Ok(()));
        for hash in [json!(of(wrong)), json!(""), json!(5)] {
            assert_eq!(verdict(hash), Err(IdTokenError::AccessTokenHash));
        }
    }
}

#[test]
fn rejects_duplicate_claims() {
    let payload = claims().to_string().replacen('{', r#"{"s\u0075b":"other","#, 1);
    let token = forged(r#"{"alg":"EdDSA"}"#, &payload);
    let error =
        IdToken::verify(&token, &Fixture::new().expected(), backend::ring(), &public_keys())
            .unwrap_err();
    assert!(
        matches!(error, IdTokenError::Jwt(JwtError::Claims(error)) if error.kind() == Kind::DuplicateKey)
    );
}

proptest! {
    #[test]
    fn never_accepts_claim_of_another_json_type(
        name in "iss|aud|azp|exp|iat|nbf|nonce|auth_time|sub|at_hash",
        value in r#"null|true|-?[0-9]{1,25}(\.[0-9]{1,3})?(e[0-9]{1,3})?|"[a-z]{0,9}"|\[\]|\{\}"#,
    ) {
        if raw(&name, &value).is_ok() {
            // The subject is a string, times are whole numbers.
            let text = value.starts_with('"');
            prop_assert_eq!(text, name == "sub", "{} {}", name, value);
        }
    }
}

/// A text that passed the strict reader can be read into any type. JSON inside the object that
/// serde_json reserves would be parsed unread.
#[test]
fn rejects_claims_with_hidden_json() {
    for hidden in [r#""{\"iss\":1,\"iss\":2}""#, r#""true""#, r#""[[[[1]]]]""#] {
        let mut payload = claims().to_string();
        payload.pop();
        payload.push_str(r#","x":{"$serde_json::private::RawValue":"#);
        payload.push_str(hidden);
        payload.push_str("}}");
        let token = forged(r#"{"alg":"EdDSA"}"#, &payload);
        let jws = fdx_jose::Jws::parse(&token).unwrap();
        let Err(JwsError::Claims(error)) = jws.claims::<Value>() else { panic!("{payload}") };
        assert_eq!(error.kind(), Kind::ReservedName);
        let request = Fixture::new();
        let verified =
            IdToken::verify(&token, &request.expected(), backend::ring(), &public_keys());
        let refused = verified.map(|token| token.claims::<Value>()).unwrap_err();
        assert!(refused.to_string().contains("reserved"), "{refused}");
    }
}

#[test]
fn reports_missing_key_as_unknown() {
    let token = signed(&EDDSA, None, &claims());
    let verify = |keys: &Jwks| {
        IdToken::verify(&token, &Fixture::new().expected(), backend::ring(), keys).map(drop)
    };
    let error = verify(&Jwks::default()).unwrap_err();
    assert_eq!(error, JwtError::UnknownKey.into());
    assert!(error.is_unknown_key());
    assert_eq!(verify(&public_keys()), Ok(()));
}
