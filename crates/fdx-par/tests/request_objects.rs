//! Decodes the pushed request objects (RFC 9101, FAPI 2.0 Message Signing 5.3.2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fdx_jose::{
    Algorithm, AssertionKey, AssertionType, Jws, PrivateKey, ProofKey, RequestObjectKey, Role,
    backend,
};
use fdx_par::{
    AuthorizationRequest, CallFault, Client, ClientAuthentication, ClientConfig, RequestObjects,
    SenderConstraint, ServerMetadata, WellKnown, discover,
};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::kit::attached;
use fdx_testkit::{
    Authentication, Binding, Requests, Setup, World, bank_issuer, claims, entropy, header, keys,
    start, usual_request,
};
use fdx_wire::HttpsUrl;
use fdx_wire::form::Query;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SIGNED: Setup = Setup {
    algorithm: Algorithm::EdDsa,
    binding: Binding::Dpop,
    carrier: fdx_sandbox::ConsentIdCarrier::GrantId,
    nonces: NoncePolicy::Demand,
    authentication: Authentication::PrivateKeyJwt,
    requests: Requests::Signed,
    response_mode: fdx_par::ResponseMode::Query,
    refresh: fdx_sandbox::RefreshPolicy::Keep,
    fdx: fdx_sandbox::Presence::Required,
};
const EXTRAS: [&str; 4] = ["fdx_extra", "number_like", "claims", "x_list"];
const PLAIN: Setup = Setup { requests: Requests::Plain, ..SIGNED };

/// The claims that are the request object's own (RFC 9101 section 4).
const OWN: [&str; 6] = ["aud", "exp", "iat", "iss", "jti", "nbf"];
const AUTHENTICATES: [&str; 2] = ["client_assertion", "client_assertion_type"];

/// A JSON object (OpenID Connect Core 5.5), with the member of Australia's Consumer Data Right.
const CLAIMS: &str = r#"{"sharing_duration": 7776000, "id_token": {"acr": {"essential": true}}}"#;

/// A request with every option.
fn whole_request() -> AuthorizationRequest {
    usual_request()
        .max_age(300)
        .resource(&HttpsUrl::parse("https://bank.example/fdx/v6").unwrap())
        .acr_values("phr phrh")
        .and_then(|request| request.prompt("login"))
        .and_then(|request| request.login_hint("customer 1 & co"))
        .and_then(|request| request.ui_locales("en fr-CA"))
        .and_then(|request| request.extra("fdx_extra", "\"quoted\" + 100 %"))
        .and_then(|request| request.extra("number_like", "300"))
        .and_then(|request| request.extra("claims", CLAIMS))
        .and_then(|request| request.extra_json("x_list", "[1, {\"a\": null}]"))
        .unwrap()
}

fn metadata(setup: Setup) -> ServerMetadata {
    let mut world = World::new(setup);
    let draft = discover(&bank_issuer(), WellKnown::OAuthAuthorizationServer, start()).unwrap();
    world.run(draft).unwrap()
}

/// The form that `client` pushes.
fn form(client: &Client, request: &AuthorizationRequest) -> BTreeMap<String, String> {
    let draft = client.push(request, entropy(1), start()).unwrap();
    let (request, _) = attached(draft, &*KEYS);
    let body = String::from_utf8(request.into_http().into_body()).unwrap();
    let query = Query::parse(&body, usize::MAX).unwrap();
    let one = |name: &str| query.one(name).unwrap().unwrap().to_owned();
    query.names().map(|name| (name.to_owned(), one(name))).collect()
}

static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| ALL.map(keys).into());

const ALL: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Ps256];

/// Converts a form's parameter into a claim: RFC 9101 section 4 keeps numbers and structures.
fn as_claim(name: &str, text: &str) -> Value {
    match name {
        "authorization_details" | "max_age" | "claims" | "x_list" => {
            serde_json::from_str(text).unwrap()
        }
        _ => text.into(),
    }
}

/// Compares a signed push with the plain one of the same request.
fn compare(plain: &BTreeMap<String, String>, signed: &BTreeMap<String, String>) {
    let object = claims(&signed["request"]);
    for (name, text) in plain {
        if AUTHENTICATES.contains(&name.as_str()) {
            assert_eq!(object.get(name), None, "{name}");
        } else {
            assert_eq!(object[name], as_claim(name, text), "{name}");
        }
    }
    for name in object.as_object().unwrap().keys() {
        assert!(OWN.contains(&name.as_str()) || plain.contains_key(name), "{name} was made up");
    }
    assert_eq!(signed["client_id"], plain["client_id"]);
}

#[test]
fn a_json_parameter_must_be_an_object() {
    for name in ["claims", "registration", "client_metadata", "dcql_query"] {
        let extra = |value: &str| {
            let request = usual_request().extra(name, value);
            request.map(drop).map_err(|error| error.code())
        };
        for wrong in ["", "x", "7", "\"a\"", "[]", "{", "{\"a\":1,\"a\":2}", "null"] {
            assert_eq!(extra(wrong), Err(CallFault::ParameterJson.code()), "{name}: {wrong}");
        }
        // A push has no limit of a URL (RFC 9126 section 1).
        let of_size = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size));
        assert_eq!(extra(&of_size(2105)), Ok(()), "{name}");
        assert_eq!(extra(&of_size(64 * 1024 - 8)), Ok(()), "{name}");
        assert_eq!(extra(&of_size(64 * 1024)), Err(CallFault::ParameterJson.code()), "{name}");
        assert_eq!(extra("{\n \"a\": 1\n}"), Ok(()), "{name}");
    }
    let reserved = usual_request().extra_json("authorization_details", "[]").unwrap_err();
    assert_eq!(reserved.code(), CallFault::ExtraReserved.code());
    let number = usual_request().extra_json("x", "7").unwrap_err();
    assert_eq!(number.code(), CallFault::ParameterJson.code());
}

#[test]
fn only_client_id_and_credentials_are_next_to_a_request_object() {
    for (authentication, outside) in [
        (
            Authentication::PrivateKeyJwt,
            &["client_assertion", "client_assertion_type", "client_id", "request"][..],
        ),
        (Authentication::TlsClientAuth, &["client_id", "request"]),
        (Authentication::SelfSignedTlsClientAuth, &["client_id", "request"]),
    ] {
        for binding in [Binding::Dpop, Binding::Mtls] {
            let setup = Setup { authentication, binding, ..SIGNED };
            let client = Client::new(setup.config(), metadata(setup)).unwrap();
            let form = form(&client, &whole_request());
            assert!(form.keys().eq(outside), "{setup:?}: {:?}", form.keys());
            assert_eq!(form["client_id"], claims(&form["request"])["client_id"]);
        }
    }
}

#[test]
fn the_institution_takes_the_whole_request_and_sees_the_client_in_it() {
    let mut world = World::new(SIGNED);
    let client = world.client().unwrap();
    world.push(&client, &whole_request()).unwrap();
    let pushed = world.asked("/par").pop().unwrap().form();
    let object = claims(&pushed["request"]);
    assert_eq!(object["aud"], json!("https://bank.example"), "a string, and the issuer");
    assert_eq!(object["iss"], "app-1");
    assert_eq!(object["client_id"], "app-1");
    assert_eq!(object.get("sub"), None);
    assert_eq!(object["nbf"], start().as_seconds());
    let lifetime = object["exp"].as_u64().unwrap() - object["nbf"].as_u64().unwrap();
    assert!((1..=3600).contains(&lifetime), "{lifetime}");
    assert_eq!(object["max_age"], 300);
    assert!(object["authorization_details"].is_array());
    let key = keys(Algorithm::EdDsa);
    let expected = json!({
        "alg": "EdDSA", "kid": key.public().kid(), "typ": "oauth-authz-req+jwt",
    });
    assert_eq!(header(&pushed["request"]), expected);
    Jws::parse(&pushed["request"]).unwrap().verify(backend::ring(), key.public()).unwrap();
}

#[test]
fn request_object_equals_the_plain_push() {
    let (metadata, request) = (metadata(SIGNED), whole_request());
    for setup in fdx_testkit::matrix().into_iter().filter(|setup| setup.requests == Requests::Plain)
    {
        let plain = Client::new(setup.config(), metadata.clone()).unwrap();
        let signed = Setup { requests: Requests::Signed, ..setup };
        let signed = Client::new(signed.config(), metadata.clone()).unwrap();
        compare(&form(&plain, &request), &form(&signed, &request));
    }
}

proptest! {
    #[test]
    fn request_object_keeps_extras_unchanged(
        extras in prop::collection::btree_map("[a-zA-Z_.-]{1,12}", "\\PC{1,24}", 0..6),
    ) {
        let metadata = metadata(SIGNED);
        let mut request = usual_request();
        for (name, value) in &extras {
            request = request.clone().extra(name, value).unwrap_or(request);
        }
        let plain = form(&Client::new(PLAIN.config(), metadata.clone()).unwrap(), &request);
        let signed = form(&Client::new(SIGNED.config(), metadata).unwrap(), &request);
        compare(&plain, &signed);
    }
}

#[test]
fn several_resources_are_an_array() {
    let resource = |path| HttpsUrl::parse(&format!("https://bank.example/{path}")).unwrap();
    let client = Client::new(SIGNED.config(), metadata(SIGNED)).unwrap();
    let one = usual_request().resource(&resource("a"));
    let object = claims(&form(&client, &one)["request"]);
    assert_eq!(object["resource"], "https://bank.example/a");
    let two = one.resource(&resource("b"));
    let object = claims(&form(&client, &two)["request"]);
    assert_eq!(object["resource"], json!(["https://bank.example/a", "https://bank.example/b"]));
}

#[test]
fn rejects_extra_with_a_protocol_name() {
    // RFC 9126 2.1, RFC 9101 4 and 10.8, and every parameter that this crate writes.
    let mut reserved = BTreeSet::from([
        "client_assertion",
        "client_assertion_type",
        "client_secret",
        "code",
        "code_verifier",
        "grant_type",
        "request",
        "request_uri",
        "sub",
    ]);
    reserved.extend(OWN);
    let signed = Client::new(SIGNED.config(), metadata(SIGNED)).unwrap();
    let pushed = form(&signed, &whole_request());
    let object = claims(&pushed["request"]);
    let written = object.as_object().unwrap().keys().chain(pushed.keys()).map(String::as_str);
    reserved.extend(written.filter(|name| !EXTRAS.contains(name)));
    assert!(reserved.len() > 30, "{reserved:?}");
    for name in reserved {
        let error = usual_request().extra(name, "x").unwrap_err();
        assert_eq!(error.code(), CallFault::ExtraReserved.code(), "{name}");
    }
    let twice = usual_request().extra("fdx_extra", "x").unwrap().extra("fdx_extra", "y");
    assert_eq!(twice.unwrap_err().code(), CallFault::ExtraReserved.code());
}

#[test]
fn the_retry_for_a_nonce_pushes_another_request_object() {
    let mut world = World::new(SIGNED);
    let client = world.client().unwrap();
    world.push(&client, &whole_request()).unwrap();
    let [first, second] = world.asked("/par")[..] else { panic!("not two pushes") };
    let (first, second) = (claims(&first.form()["request"]), claims(&second.form()["request"]));
    let fresh = ["code_challenge", "jti", "nonce", "state"];
    for (name, value) in first.as_object().unwrap() {
        assert_eq!(second[name] != *value, fresh.contains(&name.as_str()), "{name}");
    }
    assert_eq!(first.as_object().unwrap().len(), second.as_object().unwrap().len());
    assert!(fresh.iter().all(|name| first[name].is_string()));
}

/// A key for each role.
fn three_keys() -> ClientConfig {
    let [proofs, objects, assertions] = ALL.map(|algorithm| keys(algorithm).public().clone());
    let mut config = SIGNED.config();
    config.authentication = ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
        assertions,
        AssertionType::default(),
    ));
    config.sender_constraint = SenderConstraint::Dpop(ProofKey::new(proofs));
    config.request_objects = RequestObjects::signed(RequestObjectKey::new(objects));
    config
}

#[test]
fn three_roles_are_signed_each_by_the_key_that_it_names() {
    let client = Client::new(three_keys(), metadata(SIGNED)).unwrap();
    let draft = client.push(&whole_request(), entropy(1), start()).unwrap();
    let roles = [Role::RequestObject, Role::ClientAssertion, Role::DpopProof];
    let algorithms = [Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa];
    let inputs = draft.signing_inputs();
    assert!(inputs.iter().map(|input| input.role()).eq(roles));
    for (input, algorithm) in inputs.iter().zip(algorithms) {
        let key = keys(algorithm);
        assert_eq!(input.key(), key.public().thumbprint(), "{input:?}");
        assert_eq!(input.algorithm(), algorithm, "{input:?}");
        let digest: [u8; 32] = Sha256::digest(input.bytes()).into();
        assert_eq!(input.digest(), digest);
    }
    // With one key only, the other signatures fail: each needs the key that it names.
    for algorithm in ALL {
        assert!(draft.sign(&keys(algorithm)).is_err(), "{algorithm}");
    }
}

#[test]
fn each_signature_arrives_in_its_place() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..SIGNED });
    let mut registered = SIGNED.registered();
    registered.jwks = fdx_jose::Jwks::new(ALL.map(|alg| keys(alg).public().clone()).into());
    world.bank.register(registered);
    world.keys = ALL.map(keys).into();
    let client = Client::new(three_keys(), metadata(SIGNED)).unwrap();
    world.push(&client, &whole_request()).unwrap();
    let [pushed] = world.asked("/par")[..] else { panic!("not one push") };
    let form = pushed.form();
    assert_eq!(header(&form["request"])["alg"], "ES256");
    assert_eq!(header(&form["client_assertion"])["alg"], "PS256");
    assert_eq!(header(&pushed.header("dpop"))["alg"], "EdDSA");
    assert_eq!(claims(&form["request"])["dpop_jkt"], {
        keys(Algorithm::EdDsa).public().thumbprint().to_string()
    });
}
