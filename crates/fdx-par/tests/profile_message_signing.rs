//! FAPI 2.0 Message Signing: the content of a signed push, and the accepted callbacks and
//! introspections.

use std::collections::BTreeSet;

use fdx_jose::{PrivateKey, Signer, statement};
use fdx_par::{Callback, Client, Pending, ResponseMode, ServerKeys, Verification};
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Requests, Setup, World, answer, claims, entropy, keys, patched, usual_request};
use fdx_wire::base64url;
use fdx_wire::form::Query;
use serde_json::{Value, json};

const PLACE: &str = "https://app.example/callback";

fn signed_push(max_age: u64) -> (World, Vec<Value>) {
    let mut world = World::new(Setup { requests: Requests::Signed, ..Setup::default() });
    let client = world.client().unwrap();
    let _ = world.push(&client, &usual_request().max_age(max_age)).unwrap();
    let objects = world
        .asked("/par")
        .iter()
        .map(|sent_request| claims(&sent_request.form()["request"]))
        .collect();
    (world, objects)
}

#[test]
fn a_signed_push_has_everything_inside() {
    let (world, objects) = signed_push(300);
    for sent_request in world.asked("/par") {
        let names: BTreeSet<_> = sent_request.form().into_keys().collect();
        let outside = ["client_assertion", "client_assertion_type", "client_id", "request"];
        assert!(names.iter().map(String::as_str).eq(outside), "{names:?}");
        assert_eq!(sent_request.form()["client_id"], "app-1");
    }
    let plain = {
        let mut world = World::new(Setup::default());
        let client = world.client().unwrap();
        let _ = world.push(&client, &usual_request().max_age(300)).unwrap();
        world.asked("/par")[0].form()
    };
    for object in objects {
        let object = object.as_object().unwrap();
        let parameters = plain.keys().filter(|name| !name.starts_with("client_assertion"));
        for name in parameters {
            assert!(object.contains_key(name), "{name} is outside");
        }
        let own = ["iss", "aud", "client_id", "jti", "iat", "nbf", "exp"];
        for name in object.keys() {
            assert!(own.contains(&name.as_str()) || plain.contains_key(name), "{name}");
        }
    }
}

#[test]
fn request_object_has_iss_aud_and_lifetime() {
    let (world, objects) = signed_push(300);
    let now = world.now.as_seconds();
    let mut jtis = BTreeSet::new();
    for object in &objects {
        assert_eq!(object["iss"], "app-1");
        assert_eq!(object["client_id"], "app-1");
        assert_eq!(object["aud"], "https://bank.example", "a text, and the issuer");
        assert_eq!(object["nbf"], now);
        let lifetime = object["exp"].as_u64().unwrap() - now;
        assert!((1..=3600).contains(&lifetime), "{lifetime} seconds");
        // RFC 9101 10.8: with a sub it could pass for a client assertion.
        for name in ["sub", "request", "request_uri", "client_assertion", "client_secret"] {
            assert_eq!(object.get(name), None, "{name}");
        }
        assert!(jtis.insert(object["jti"].to_string()), "a jti came twice");
    }
    assert_eq!(objects.len(), 2, "the challenge of a nonce makes another request object");
    for sent_request in world.asked("/par") {
        let jws = sent_request.form()["request"].clone();
        let (header, _) = jws.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
        assert_eq!(header["typ"], "oauth-authz-req+jwt");
        assert_eq!(header["alg"], "EdDSA");
    }
}

#[test]
fn inside_a_request_object_parameters_have_the_types_of_json() {
    for object in signed_push(300).1 {
        assert_eq!(object["max_age"], json!(300));
        let details = object["authorization_details"].as_array().unwrap();
        assert!(details.iter().all(|detail| detail["type"].is_string()));
        for name in ["response_type", "scope", "state", "nonce", "code_challenge", "redirect_uri"] {
            assert!(object[name].is_string(), "{name}");
        }
        assert!(object.as_object().unwrap().values().all(|value| !value.is_null()));
    }
}

/// A flow in the response mode `jwt`, as far as the callback.
struct Jarm {
    world: World,
    client: Client,
    keys: ServerKeys,
    response: String,
}

fn jarm() -> (Jarm, Pending) {
    let response_mode = ResponseMode::Jwt;
    let mut world = World::new(Setup { response_mode, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let draft = client.fetch_keys(world.now).unwrap();
    let keys = world.run(draft).unwrap();
    let (place, query) = callback.split_once('?').unwrap();
    let query = Query::parse(query, 16_384).unwrap();
    assert_eq!((place, query.names().collect::<Vec<_>>()), (PLACE, vec!["response"]));
    let response = query.one("response").unwrap().unwrap().to_owned();
    (Jarm { world, client, keys, response }, pending)
}

impl Jarm {
    fn read(
        &self,
        pending: Pending,
        query: &str,
    ) -> Result<Callback, (&'static str, Box<Pending>)> {
        let (url, now) = (format!("{PLACE}?{query}"), self.world.now);
        let signed = self.client.signed_callback(pending, &url, now);
        let signed = signed.map_err(|refused| (refused.error.code(), refused.unspent))?;
        match self.client.verify(signed, Some(&self.keys), now) {
            Ok(Verification::Done(callback)) => Ok(callback),
            Ok(Verification::FetchKeys(signed)) => {
                Err(("jarm.key.unknown", Box::new(signed.into_pending())))
            }
            Err(refused) => Err((refused.error.code(), Box::new(refused.unspent.into_pending()))),
        }
    }

    /// The response with claims set, or removed where they are null, signed by `key`.
    fn again(&self, patch: &Value, key: &PrivateKey) -> String {
        let body = claims(&self.response).to_string();
        let body = patched(answer(200, "application/json", body), patch);
        let claims: Value = serde_json::from_slice(body.body()).unwrap();
        let input = statement(key.public(), None, &claims).unwrap();
        format!("response={}", input.attach(&key.sign(&input).unwrap()).unwrap())
    }
}

#[test]
fn requests_a_signed_response() {
    let (jarm, _) = jarm();
    for sent_request in jarm.world.asked("/par") {
        assert_eq!(sent_request.form()["response_mode"], "jwt");
    }
}

#[test]
fn accepts_only_the_signed_response_and_keeps_the_flow() {
    let (jarm, mut pending) = jarm();
    let right = format!("response={}", jarm.response);
    let inside = claims(&jarm.response);
    let (code, state) = (inside["code"].as_str().unwrap(), inside["state"].as_str().unwrap());
    let key = keys(jarm.world.algorithm());
    let broken = {
        let (text, signature) = jarm.response.rsplit_once('.').unwrap();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        format!("response={text}.{flipped}{}", &signature[1..])
    };
    let none = {
        let payload = jarm.response.split('.').nth(1).unwrap();
        format!("response={}.{payload}.", base64url::encode(br#"{"alg":"none"}"#))
    };
    let again = |patch: Value| jarm.again(&patch, &key);
    for (what, query, error) in [
        ("a bare code", format!("code={code}&state={state}"), "jarm.response.missing"),
        ("code next to it", format!("{right}&code={code}"), "jarm.response.missing"),
        ("state next to it", format!("{right}&state={state}"), "jarm.response.missing"),
        ("iss next to it", format!("{right}&iss=x"), "jarm.response.missing"),
        ("error next to it", format!("{right}&error=x"), "jarm.response.missing"),
        ("nothing", String::new(), "jarm.response.missing"),
        ("two responses", format!("{right}&{right}"), "rfc6749.callback.duplicate"),
        ("a broken signature", broken, "jarm.signature"),
        ("no signature", none, "jarm.jws"),
        ("another issuer", again(json!({ "iss": "https://evil.example" })), "jarm.iss"),
        ("no issuer", again(json!({ "iss": null })), "jarm.iss"),
        ("another audience", again(json!({ "aud": "app-2" })), "jarm.aud"),
        ("no audience", again(json!({ "aud": null })), "jarm.aud"),
        ("expired", again(json!({ "exp": 1 })), "jarm.exp.past"),
        ("no expiry", again(json!({ "exp": null })), "jarm.exp"),
        ("another state", again(json!({ "state": "x" })), "rfc6749.state.mismatch"),
        ("no state", again(json!({ "state": null })), "rfc6749.state.missing"),
        ("code and error", again(json!({ "error": "x" })), "jarm.code.error"),
        ("neither", again(json!({ "code": null })), "jarm.code.missing"),
    ] {
        let (code, unspent) = jarm.read(pending, &query).expect_err(what);
        assert_eq!(code, error, "{what}");
        pending = *unspent;
    }
    assert!(matches!(jarm.read(pending, &right), Ok(Callback::Code(_))));
}

#[test]
fn untrusted_response_causes_no_key_fetch() {
    let (jarm, mut pending) = jarm();
    let key = keys(jarm.world.algorithm());
    for (patch, error) in [
        (json!({ "iss": "https://evil.example" }), "jarm.iss"),
        (json!({ "aud": "app-2", "state": "x" }), "jarm.aud"),
        (json!({ "exp": 1, "state": "x" }), "jarm.exp.past"),
    ] {
        let url = format!("{PLACE}?{}", jarm.again(&patch, &key));
        let signed = jarm.client.signed_callback(pending, &url, jarm.world.now).unwrap();
        match jarm.client.verify(signed, None, jarm.world.now) {
            Err(refused) => {
                assert_eq!(refused.error.code(), error);
                pending = refused.unspent.into_pending();
            }
            Ok(other) => panic!("{patch}: {other:?}"),
        }
    }
}

#[test]
fn reads_signed_denial() {
    let (jarm, pending) = jarm();
    let denied = json!({ "code": null, "error": "access_denied" });
    let query = jarm.again(&denied, &keys(jarm.world.algorithm()));
    let Ok(Callback::Denied(refusal)) = jarm.read(pending, &query) else { panic!("not denied") };
    assert!(refusal.is("access_denied"));
}

#[test]
fn requests_and_verifies_signed_introspection() {
    let mut world = World::new(Setup::default());
    let (client, granted) = world.flow(&Decision::everything()).unwrap();
    let token = granted.tokens().access_token();
    let signed = |world: &mut World| {
        let draft = client.introspect_signed(token, entropy(8), world.now).unwrap();
        world.run(draft)
    };
    let jwt = signed(&mut world).unwrap();
    let media_type = "application/token-introspection+jwt";
    assert_eq!(world.asked("/introspect").last().unwrap().header("accept"), media_type);

    let jwt = match client.verify(jwt, None, world.now).unwrap() {
        Verification::FetchKeys(jwt) => jwt,
        Verification::Done(_) => panic!("verified without a key"),
    };
    let draft = client.fetch_keys(world.now).unwrap();
    let server_keys = world.run(draft).unwrap();
    match client.verify(jwt, Some(&server_keys), world.now).unwrap() {
        Verification::Done(introspection) => assert!(introspection.is_active()),
        Verification::FetchKeys(_) => panic!("the keys do not fit"),
    }

    world.tamper_at("/introspect", |_| answer(200, "application/json", r#"{"active":true}"#));
    assert_eq!(signed(&mut world).unwrap_err().code(), "rfc9701.unsigned");
}
