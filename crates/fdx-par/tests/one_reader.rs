//! One reader for the same JSON: JSON inside the object that serde_json reserves for raw values is
//! never parsed, at any entrance.

use std::thread;

use fdx_par::{Error, ResourceRequest};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Answer, Setup, World, answer, entropy};
use fdx_wire::json::{JsonValue, RawJson};
use serde_json::Value;

use crate::registration::scene;

const RESERVED: &str = "fdx.body.reserved_name";

/// The object that `serde_json::Value` takes for JSON inside a text.
fn hidden(json: &str) -> String {
    format!(r#"{{"$serde_json::private::RawValue":{}}}"#, serde_json::to_string(json).unwrap())
}

/// Hidden JSON in hidden JSON, each 120 arrays deep, as often as `bytes` bytes allow.
fn nested(bytes: usize) -> String {
    let mut json = hidden("1");
    loop {
        let deeper = hidden(&format!("{}{json}{}", "[".repeat(120), "]".repeat(120)));
        if deeper.len() > bytes {
            return json;
        }
        json = deeper;
    }
}

/// JSON that breaks a rule of the reader, or that has hidden content.
fn rows() -> Vec<String> {
    let elements = format!("[{}1]", "1,".repeat(30_000));
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    [deep.as_str(), &elements, r#"{"iss":"a","iss":"b"}"#, "true"].map(hidden).into()
}

fn on_a_stack_of(bytes: usize, run: fn()) {
    thread::Builder::new().stack_size(bytes).spawn(run).unwrap().join().unwrap();
}

/// Returns the result of a registration whose response has this JSON as `member`.
fn registered_with(member: &str, json: &str) -> Result<(), Error> {
    let (mut world, registrar) = scene::everything();
    let mut body = scene::echo(&registrar, &serde_json::json!({}));
    body[member] = "HERE".into();
    let body = body.to_string().replace("\"HERE\"", json);
    let response = answer(201, "application/json", body);
    scene::answered_with(&mut world, &registrar, response).map(drop)
}

#[test]
fn registration_rejects_hidden_json_in_every_member() {
    for member in ["client_name", "dpop_bound_access_tokens", "jwks", "client_id", "unknown"] {
        for json in rows() {
            let refused = registered_with(member, &json).unwrap_err();
            assert_eq!(refused.code(), RESERVED, "{member}");
        }
    }
}

#[test]
fn a_nested_registration_response_does_not_overflow_a_stack_of_2_mib() {
    on_a_stack_of(2 * 1024 * 1024, || {
        for member in ["client_name", "dpop_bound_access_tokens"] {
            let refused = registered_with(member, &nested(60 * 1024)).unwrap_err();
            assert_eq!(refused.code(), RESERVED);
        }
    });
}

fn resource(body: String) -> Result<fdx_par::ResourceAnswer, Error> {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client()?;
    let verified = world.verified(&client);
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    world.tamper_at("/fdx/v6/accounts", move |_: Answer| {
        answer(200, "application/json", body.clone())
    });
    let token = verified.tokens().access_token();
    let draft = client.call(token, ResourceRequest::get(url), entropy(9), world.now)?;
    world.run(draft)
}

#[test]
fn a_resource_is_read_into_any_type_but_not_with_hidden_json() {
    for json in rows() {
        let resource = resource(format!(r#"{{"accounts":{json}}}"#)).unwrap();
        assert_eq!(resource.json::<Value>().unwrap_err().code(), RESERVED);
        assert_eq!(resource.json::<JsonValue>().unwrap_err().code(), RESERVED);
        assert_eq!(resource.json::<RawJson>().unwrap_err().code(), RESERVED);
    }
}

#[test]
fn a_nested_resource_does_not_overflow_a_stack_of_8_mib() {
    on_a_stack_of(8 * 1024 * 1024, || {
        let resource = resource(nested(7 * 1024 * 1024)).unwrap();
        assert_eq!(resource.json::<Value>().unwrap_err().code(), RESERVED);
    });
}

/// The institution reads a registration request by the same rules.
#[test]
fn the_sandbox_rejects_a_registration_request_with_hidden_json() {
    on_a_stack_of(2 * 1024 * 1024, || {
        let mut rows = rows();
        rows.push(nested(40 * 1024));
        for json in rows {
            let setup = Setup::default();
            let mut world = scene::world(setup);
            let registrar = scene::usual(&mut world, setup);
            let draft = registrar.register(scene::initial(), world.draw(), world.now).unwrap();
            world.change(move |outgoing| {
                let body = String::from_utf8(outgoing.http.body().clone()).unwrap();
                let changed = body.replacen('{', &format!(r#"{{"x":{json},"#), 1);
                *outgoing.http.body_mut() = changed.into_bytes();
            });
            let Error::Refusal(refusal) = world.run(draft).unwrap_err() else { panic!("refused") };
            assert!(refusal.is("invalid_request"), "{refusal}");
        }
    });
}
