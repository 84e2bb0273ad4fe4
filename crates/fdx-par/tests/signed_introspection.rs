//! Introspection with a signed response (RFC 9701, FAPI 2.0 Message Signing 5.5.2).

use fdx_jose::{Algorithm, IdTokenError, JwtError, PrivateKey};
use fdx_par::{
    Client, Error, NextStep, Notice, Refused, ServerKeys, ServerRule, TokenTypeHint, Verification,
    Verified, tokens::IntrospectionJwt,
};
use fdx_sandbox::{ConsentIdCarrier, NoncePolicy, OldKeys};
use fdx_testkit::kit;
use fdx_testkit::{
    Answer, Setup, World, answer, claims, entropy, fresh_key, header, keys, patched, persisted,
    set, signed, with_header,
};
use fdx_wire::json::RawJson;
use http::header::{DATE, HeaderValue};
use serde_json::{Value, json};

const TYPE: &str = "application/token-introspection+jwt";
const TYP: Option<&str> = Some("token-introspection+jwt");

/// A fresh token and the institution's signed introspection of it.
struct Right {
    world: World,
    client: Client,
    verified: Verified,
    keys: ServerKeys,
    /// The institution's key.
    key: PrivateKey,
    jwt: String,
    claims: Value,
}

fn right() -> Right {
    let carrier = ConsentIdCarrier::IntrospectionOnly;
    let mut world = World::new(Setup { carrier, nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    assert_eq!(verified.consent_id(), None);
    let token = verified.tokens().access_token();
    let draft = client.introspect_signed(token, entropy(9), world.now).unwrap();
    let _: IntrospectionJwt = world.run(draft).unwrap();
    let jwt = String::from_utf8(world.answers.last().unwrap().body().clone()).unwrap();
    let draft = client.fetch_keys(world.now).unwrap();
    let keys = world.run(draft).unwrap();
    let (key, claims) = (fdx_testkit::keys(Algorithm::EdDsa), claims(&jwt));
    Right { world, client, verified, keys, key, jwt, claims }
}

impl Right {
    /// Returns the right claims with `patch`.
    fn claims_but(&self, patch: &Value) -> Value {
        let mut claims = self.claims.clone();
        set(&mut claims, patch);
        claims
    }

    fn patched(&self, patch: &Value) -> String {
        signed(&self.key, TYP, &self.claims_but(patch))
    }

    /// Returns the right claims with changed members inside `token_introspection`.
    fn patched_inside(&self, patch: &Value) -> String {
        let mut inside = self.claims["token_introspection"].clone();
        set(&mut inside, patch);
        self.patched(&json!({ "token_introspection": inside }))
    }

    /// Returns the result of an exchange with this response.
    fn received(&self, answer: Answer) -> Result<IntrospectionJwt, Error> {
        let token = self.verified.tokens().access_token();
        let draft = self.client.introspect_signed(token, entropy(30), self.world.now).unwrap();
        kit::received(draft, &self.world.keys, answer, self.world.now)
    }

    fn verify(
        &self,
        jwt: &str,
        keys: Option<&ServerKeys>,
    ) -> Result<Verification<IntrospectionJwt>, Refused<IntrospectionJwt>> {
        let received = self.received(answer(200, TYPE, jwt)).unwrap();
        self.client.verify(received, keys, self.world.now)
    }

    fn verified(&self, jwt: &str) -> fdx_par::Introspection {
        match self.verify(jwt, Some(&self.keys)) {
            Ok(Verification::Done(introspection)) => introspection,
            other => panic!("{jwt}: {other:?}"),
        }
    }

    fn seconds(&self, from_now: i64) -> u64 {
        self.world.now.as_seconds().checked_add_signed(from_now).unwrap()
    }
}

/// A signed response, and the rule that it breaks.
type Row = (&'static str, fn(&Right) -> String, &'static str);

const TABLE: &[Row] = &[
    ("no typ", |r| signed(&r.key, None, &r.claims), "rfc9701.typ"),
    ("typ JWT", |r| signed(&r.key, Some("JWT"), &r.claims), "rfc9701.typ"),
    ("an access token", |r| signed(&r.key, Some("at+jwt"), &r.claims), "rfc9701.typ"),
    ("a request", |r| signed(&r.key, Some("oauth-authz-req+jwt"), &r.claims), "rfc9701.typ"),
    ("no iss", |r| r.patched(&json!({ "iss": null })), "rfc9701.iss"),
    ("iss longer", |r| r.patched(&json!({ "iss": "https://bank.example1" })), "rfc9701.iss"),
    ("iss an array", |r| r.patched(&json!({ "iss": ["https://bank.example"] })), "rfc9701.iss"),
    ("no aud", |r| r.patched(&json!({ "aud": null })), "rfc9701.aud"),
    ("aud of another", |r| r.patched(&json!({ "aud": "app-2" })), "rfc9701.aud"),
    ("aud of two", |r| r.patched(&json!({ "aud": ["app-1", "app-2"] })), "rfc9701.aud"),
    ("no iat", |r| r.patched(&json!({ "iat": null })), "rfc9701.iat"),
    ("iat a text", |r| r.patched(&json!({ "iat": "1767607200" })), "rfc9701.iat"),
    ("iat to come", |r| r.patched(&json!({ "iat": r.seconds(11) })), "rfc9701.iat.future"),
    ("iat long ago", |r| r.patched(&json!({ "iat": r.seconds(-3611) })), "rfc9701.iat.past"),
    ("exp past", |r| r.patched(&json!({ "exp": r.seconds(-10) })), "rfc9701.exp.past"),
    ("exp a text", |r| r.patched(&json!({ "exp": "x" })), "rfc9701.exp"),
    ("nbf to come", |r| r.patched(&json!({ "nbf": r.seconds(11) })), "rfc9701.nbf"),
    (
        "another payload",
        |r| {
            let other = r.patched_inside(&json!({ "active": false }));
            let payload = other.split('.').nth(1).unwrap().to_owned();
            let right: Vec<_> = r.jwt.split('.').collect();
            format!("{}.{payload}.{}", right[0], right[2])
        },
        "rfc9701.signature",
    ),
    (
        "another key of the same kid",
        |r| signed(&fresh_key(Algorithm::EdDsa, r.key.public().kid()), TYP, &r.claims),
        "rfc9701.signature",
    ),
    ("alg none", |r| with_header(&r.jwt, &json!({ "alg": "none" })), "rfc9701.jws"),
    ("alg HS256", |r| with_header(&r.jwt, &json!({ "alg": "HS256" })), "rfc9701.jws"),
    ("alg RS256", |r| with_header(&r.jwt, &json!({ "alg": "RS256" })), "rfc9701.jws"),
    ("its own key", |r| with_header(&r.jwt, &json!({ "jwk": {} })), "rfc9701.jws"),
    ("nothing", |_| String::new(), "rfc9701.jws"),
    ("JSON", |r| r.claims["token_introspection"].to_string(), "rfc9701.jws"),
    (
        "nothing said",
        |r| r.patched(&json!({ "token_introspection": null })),
        "rfc9701.token_introspection",
    ),
    (
        "said outside",
        |r| r.patched(&json!({ "token_introspection": null, "active": true })),
        "rfc9701.token_introspection",
    ),
    (
        "said as text",
        |r| r.patched(&json!({ "token_introspection": "{\"active\":true}" })),
        "rfc9701.token_introspection",
    ),
    (
        "said in an array",
        |r| r.patched(&json!({ "token_introspection": [{ "active": true }] })),
        "rfc9701.token_introspection",
    ),
    (
        "said twice",
        |r| {
            let text = r.claims.to_string();
            let text =
                format!("{},\"token_introspection\":{{}}}}", text.strip_suffix('}').unwrap());
            let claims: RawJson = serde_json::from_str(&text).unwrap();
            signed(&r.key, TYP, &claims)
        },
        "rfc9701.claims",
    ),
    ("no active", |r| r.patched_inside(&json!({ "active": null })), "rfc8259.json.member"),
    ("active a text", |r| r.patched_inside(&json!({ "active": "true" })), "rfc8259.json.member"),
    (
        "another binding",
        |r| {
            let key = fresh_key(Algorithm::EdDsa, None);
            let jkt = key.public().thumbprint().to_string();
            r.patched_inside(&json!({ "cnf": { "jkt": jkt } }))
        },
        "rfc6749.token_type",
    ),
    (
        "no consent id",
        |r| r.patched_inside(&json!({ "fdxConsentId": ".." })),
        "fdx.consent_id.invalid",
    ),
];

#[test]
fn wrong_answers_are_refused_and_can_be_verified_again() {
    let right = right();
    let sent = right.world.sent.len();
    for (name, jwt, code) in TABLE {
        let refused = match right.verify(&jwt(&right), Some(&right.keys)) {
            Err(refused) => refused,
            Ok(outcome) => panic!("{name} was taken: {outcome:?}"),
        };
        assert_eq!(refused.error.code(), *code, "{name}: {refused}");
        assert_eq!(refused.error.next_step(), NextStep::AskTheInstitution, "{name}");
        let again = right.client.verify(*refused.unspent, Some(&right.keys), right.world.now);
        assert_eq!(again.unwrap_err().error.code(), *code, "{name}");
    }
    assert_eq!(right.world.sent.len(), sent, "something was sent");
    assert!(right.verified(&right.jwt).is_active());
}

#[test]
fn requests_a_jwt_and_accepts_nothing_else() {
    let right = right();
    let request = right.world.asked("/introspect")[0];
    assert_eq!(request.header("accept"), TYPE);
    assert_eq!(header(&right.jwt)["typ"], "token-introspection+jwt");
    let json = right.claims["token_introspection"].to_string();
    for (content_type, body) in [
        ("application/json", json.as_str()),
        ("application/json", &right.jwt),
        ("application/jwt", &right.jwt),
        ("text/plain", &right.jwt),
        ("application/token-introspection+jwt+json", &right.jwt),
        ("", &right.jwt),
    ] {
        let error = right.received(answer(200, content_type, body)).unwrap_err();
        assert_eq!(error.code(), "rfc9701.unsigned", "{content_type}");
        assert_eq!(error.next_step(), NextStep::AskTheInstitution);
    }
    for content_type in [TYPE, "Application/Token-Introspection+JWT; charset=utf-8"] {
        let _ = right.received(answer(200, content_type, right.jwt.as_str())).unwrap();
    }
}

#[test]
fn accepts_optional_members_present_or_absent() {
    let right = right();
    for (name, patch) in [
        ("aud an array of one", json!({ "aud": ["app-1"] })),
        ("iat within the tolerance", json!({ "iat": right.seconds(10) })),
        ("exp and nbf", json!({ "exp": right.seconds(60), "nbf": right.seconds(10) })),
        ("more", json!({ "jti": "x", "sub": {} })),
    ] {
        assert!(right.verified(&right.patched(&patch)).is_active(), "{name}");
    }
    let typ = Some("application/token-introspection+jwt");
    assert!(right.verified(&signed(&right.key, typ, &right.claims)).is_active());
    assert!(right.verified(&right.patched_inside(&json!({ "cnf": null }))).is_active());
}

#[test]
fn signed_introspection_reports_the_consent_id() {
    let right = right();
    let introspection = right.verified(&right.jwt);
    let expected = right.claims["token_introspection"]["fdxConsentId"].as_str().unwrap();
    assert_eq!(introspection.consent_id().unwrap().as_str(), expected);
    let exp = right.claims["token_introspection"]["exp"].as_u64().unwrap();
    assert_eq!(introspection.expires_at().unwrap().as_seconds(), exp);
    let Right { mut world, client, verified, .. } = right;
    let verified = verified.introspected(&introspection).unwrap();
    assert_eq!(verified.consent_id().unwrap().as_str(), expected);
    let granted = world.granted(&client, verified).unwrap();
    assert_eq!(granted.consent_id().unwrap().as_str(), expected);
}

#[test]
fn inactive_token_has_no_other_member() {
    let right = right();
    let introspection = right.verified(&right.patched_inside(&json!({ "active": false })));
    assert!(!introspection.is_active());
    assert_eq!((introspection.consent_id(), introspection.expires_at()), (None, None));
    let token = right.verified.tokens().access_token().token().expose().to_owned();
    let verified = right.verified.introspected(&introspection).unwrap();
    assert!(verified.notices().contains(&Notice::IntrospectionInactive));
    let refused = verified.introspected(&introspection).unwrap_err();
    let Error::Server(fault) = refused.error else { panic!("{}", refused.error) };
    assert_eq!(fault.rule, ServerRule::Introspection);
    assert_eq!(refused.unspent.tokens().access_token().token().expose(), token);
}

#[test]
fn revoked_token_is_inactive_in_a_signed_response() {
    let Right { mut world, client, verified, keys, .. } = right();
    let which = TokenTypeHint::RefreshToken;
    let draft = client.revoke(verified.tokens(), which, entropy(40), world.now).unwrap();
    world.run(draft).unwrap();
    let token = verified.tokens().access_token();
    let draft = client.introspect_signed(token, entropy(41), world.now).unwrap();
    let signed = world.run(draft).unwrap();
    let introspection = client.verify(signed, Some(&keys), world.now).unwrap();
    let Verification::Done(introspection) = introspection else { panic!("{introspection:?}") };
    assert!(!introspection.is_active());
}

#[test]
fn unknown_key_requests_a_key_fetch_and_keeps_the_value() {
    for held in [false, true] {
        let mut right = right();
        let new = fresh_key(Algorithm::EdDsa, Some("2026-02"));
        right.world.bank.rotate_keys(vec![new], OldKeys::Withdrawn);
        let token = right.verified.tokens().access_token();
        let draft = right.client.introspect_signed(token, entropy(40), right.world.now).unwrap();
        let signed = right.world.run(draft).unwrap();
        let held = held.then_some(&right.keys);
        let verification = right.client.verify(signed, held, right.world.now).unwrap();
        let Verification::FetchKeys(signed) = verification else { panic!("{verification:?}") };
        let draft = right.client.fetch_keys(right.world.now).unwrap();
        let fresh = right.world.run(draft).unwrap();
        let done = right.client.verify(signed, Some(&fresh), right.world.now);
        let Verification::Done(introspection) = done.unwrap() else { panic!("again") };
        assert!(introspection.is_active());
    }
}

#[test]
fn untrusted_introspection_causes_no_fetch_of_keys() {
    let right = right();
    for patch in [json!({ "iss": "https://other.example" }), json!({ "aud": "app-2" })] {
        let jwt = signed(&fresh_key(Algorithm::EdDsa, None), TYP, &right.claims_but(&patch));
        let refused = right.verify(&jwt, None).unwrap_err();
        assert!(["rfc9701.iss", "rfc9701.aud"].contains(&refused.error.code()), "{refused}");
    }
}

#[test]
fn rejects_algorithm_other_than_registered() {
    let right = right();
    let mut config = right.client.config().clone();
    config.introspection_signed_response_alg = Some(Algorithm::Es256);
    let client = Client::new(config, right.client.metadata().clone()).unwrap();
    let received = right.received(answer(200, TYPE, right.jwt.as_str())).unwrap();
    let now = right.world.now;
    let refused = client.verify(received, Some(&right.keys), now).unwrap_err();
    assert_eq!(refused.error.code(), "rfc9701.alg");
}

#[test]
fn introspection_is_not_accepted_as_an_id_token() {
    let right = right();
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let jwt = right.jwt.clone();
    world.tamper_at("/token", move |answer| patched(answer, &json!({ "id_token": jwt })));
    let client = world.client().unwrap();
    let exchanged = world.exchanged(&client);
    let refused = world.verify(&client, exchanged).unwrap_err();
    assert_eq!(refused.error, Error::from(IdTokenError::from(JwtError::Type)));
    assert!(persisted(&refused.unspent.to_json())["refresh_token"].is_string());

    // Not even with the claims of an introspection: the typ distinguishes them.
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    world.tamper_at("/token", |answer| {
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        let claims = claims(body["id_token"].as_str().unwrap());
        let id_token = signed(&keys(Algorithm::EdDsa), TYP, &claims);
        patched(answer, &json!({ "id_token": id_token }))
    });
    let client = world.client().unwrap();
    let exchanged = world.exchanged(&client);
    let refused = world.verify(&client, exchanged).unwrap_err();
    assert_eq!(refused.error, Error::from(IdTokenError::from(JwtError::Type)));
}

#[test]
fn rejects_id_token_as_introspection() {
    let right = right();
    let at =
        right.world.sent.iter().position(|sent_request| sent_request.http.uri().path() == "/token");
    let body: Value = serde_json::from_slice(right.world.answers[at.unwrap()].body()).unwrap();
    let id_token = body["id_token"].as_str().unwrap();
    let code = |jwt: &str| match right.verify(jwt, Some(&right.keys)) {
        Err(refused) => refused.error.code(),
        Ok(outcome) => panic!("{outcome:?}"),
    };
    assert_eq!(code(id_token), "rfc9701.typ");
    let dressed_up = signed(&right.key, TYP, &claims(id_token));
    assert_eq!(code(&dressed_up), "rfc9701.token_introspection");
}

#[test]
fn a_time_that_is_rejected_reports_the_offset_of_the_response() {
    let right = right();
    for (date, offset, note) in [
        ("Mon, 05 Jan 2026 10:05:00 GMT", 300, Some("the server's clock is 300 s ahead")),
        ("Mon, 05 Jan 2026 09:59:00 GMT", -60, Some("the server's clock is 60 s behind")),
        ("Mon, 05 Jan 2026 10:00:00 GMT", 0, None),
    ] {
        for (patch, code, is_time) in [
            (json!({ "exp": right.seconds(-3600) }), "rfc9701.exp.past", true),
            (json!({ "iat": right.seconds(3600) }), "rfc9701.iat.future", true),
            (json!({ "iat": right.seconds(-7200) }), "rfc9701.iat.past", true),
            (json!({ "nbf": right.seconds(3600) }), "rfc9701.nbf", true),
            (json!({ "aud": "app-2" }), "rfc9701.aud", false),
        ] {
            let mut dated = answer(200, TYPE, right.patched(&patch));
            dated.headers_mut().insert(DATE, HeaderValue::from_static(date));
            let received = right.received(dated).unwrap();
            let refused = right.client.verify(received, Some(&right.keys), right.world.now);
            let error = refused.unwrap_err().error;
            assert_eq!(error.code(), code);
            assert_eq!(error.clock_offset(), is_time.then_some(offset), "{code} {date}");
            let text = error.to_string();
            let printed = note.filter(|_| is_time);
            assert_eq!(text.contains("the server's clock"), printed.is_some(), "{text}");
            assert!(printed.is_none_or(|note| text.contains(note)), "{text}");
        }
    }
}
