use fdx_par::dialect::{AUTIONAL, Line, Member};
use fdx_par::not_fapi::AUTIONAL_CLIENT_SECRET;
use fdx_par::{Client, Dialect, TokenTypeHint};
use fdx_rar::ReceiptWarning;
use fdx_sandbox::customer::Decision;
use fdx_testkit::kit::attached;
use fdx_testkit::providers::provided;
use fdx_testkit::{Setup, WireTexts, World, entropy, usual_request};
use fdx_wire::HttpsUrl;
use serde_json::{Value, json};

#[test]
fn every_request_is_as_recorded() {
    let provided = provided(AUTIONAL).unwrap();
    let mut world = (provided.world)(AUTIONAL);
    let mut texts = WireTexts::of("autional");

    let client = world.client().unwrap();
    texts.step("discover", &world);
    let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
    texts.step("push", &world);
    texts.browser("authorize", &url);
    let callback = world.customer(&url, &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    texts.step("exchange", &world);
    let verified = world.verify(&client, exchanged).unwrap();
    texts.step("keys", &world);
    let granted = verified.without_grant();
    let receipt = client.receipt(&granted, world.now).unwrap();
    assert_eq!(receipt.warnings(), [ReceiptWarning::NoConsentId]);
    let grant = world.renewed(&client, &granted.stored());
    texts.step("refresh", &world);
    world.accounts(&client, grant.tokens().access_token()).unwrap();
    texts.step("accounts", &world);
    world.revoke(&client, grant.tokens(), TokenTypeHint::RefreshToken).unwrap();
    texts.step("revoke", &world);
}

#[test]
fn a_spent_request_uri_is_invalid_request_uri() {
    let provided = provided(AUTIONAL).unwrap();
    let mut world = (provided.world)(AUTIONAL);
    let client = world.client().unwrap();
    let (url, _) = world.push(&client, &(provided.request)()).unwrap();
    world.customer(&url, &Decision::everything());
    let visit = http::Request::get(&url).body(Vec::new()).unwrap();
    let answer = world.bank.handle(&visit, None, world.now);
    assert_eq!(answer.status(), 400);
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["error"], "invalid_request_uri");
}

#[test]
fn with_its_secret_every_request_is_as_recorded() {
    let provided = provided(AUTIONAL_CLIENT_SECRET).unwrap();
    let mut world = (provided.world)(AUTIONAL_CLIENT_SECRET);
    let mut texts = WireTexts::of("autional-client-secret");
    let client = world.client().unwrap();
    texts.step("discover", &world);
    let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
    texts.step("push", &world);
    let callback = world.customer(&url, &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    texts.step("exchange", &world);
    let granted = world.verify(&client, exchanged).unwrap().without_grant();
    let receipt = client.receipt(&granted, world.now).unwrap();
    assert_eq!(receipt.warnings(), [ReceiptWarning::NotFapi, ReceiptWarning::NoConsentId]);
}

/// RFC 8707 2: a form repeats the parameter, and JSON can't.
#[test]
fn several_resources_are_an_array_and_only_a_dialect_makes_the_name_plural() {
    const AS_JSON: Line = Line { member: Member::PushAsJson, source: "a test" };
    const PLURAL: Line = Line { member: Member::ResourcesPlural, source: "a test" };
    let mut world = World::new(Setup::default());
    let metadata = world.client().unwrap().metadata().clone();
    let texts = ["https://bank.example/a", "https://bank.example/b"];
    let [a, b] = texts.map(|text| HttpsUrl::parse(text).unwrap());
    let two = usual_request().resource(&a).resource(&b);
    let test = Dialect::new("test", "a test");
    for (dialect, name, other) in [
        (test.with_members(&[AS_JSON]), "resource", "resources"),
        (test.with_members(&[AS_JSON, PLURAL]), "resources", "resource"),
    ] {
        let config = Setup::default().config().with_dialect(dialect);
        let client = Client::new(config, metadata.clone()).unwrap();
        let draft = client.push(&two, entropy(1), world.now).unwrap();
        let (request, _) = attached(draft, &world.keys);
        let body: Value = serde_json::from_slice(request.into_http().body()).unwrap();
        assert_eq!((&body[name], body.get(other)), (&json!(texts), None));
    }
}
