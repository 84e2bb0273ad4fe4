//! Searches all printed texts and all URLs of a flow for every secret of the flow.

use std::collections::BTreeMap;

use fdx_jose::{Algorithm, SealingKey, SealingKeys, backend};
use fdx_par::{
    Callback, CallbackFault, Client, Error, Pending, ResourceRequest, Verification, WellKnown,
    discover,
};
use fdx_sandbox::ConsentIdCarrier;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{
    Answer, Binding, Printed, Setup, World, bank_issuer, entropy, patched, usual_request,
};
use fdx_wire::form::Query;
use fdx_wire::{base64url, percent_encode};
use serde_json::{Value, json};

/// Secrets by name.
type Secrets = BTreeMap<String, Vec<String>>;

/// Secrets that were printed, and where.
fn leaks(printed: &Printed, secrets: &Secrets) -> Vec<String> {
    let mut leaks = Vec::new();
    for (secret, values) in secrets {
        for (name, text) in &printed.0 {
            let found = |value: &String| needles(value).iter().any(|it| text.contains(it));
            if values.iter().any(found) {
                leaks.push(format!("{secret} in {name}: {text}"));
            }
        }
    }
    leaks
}

/// The whole secret, its end, and both with URL encoding.
fn needles(secret: &str) -> Vec<String> {
    assert!(secret.len() >= 16, "too short to be distinguished from chance: {secret}");
    let end = &secret[secret.len() - 16..];
    [secret, end].iter().flat_map(|text| [(*text).to_owned(), percent_encode(text)]).collect()
}

const SEALING_KEY: u8 = 0xc7;

/// Collects every secret of a flow from its messages.
fn secrets(world: &World, urls: &[String]) -> Secrets {
    let mut secrets = Secrets::new();
    let mut add = |name: &str, value: &str| {
        let values = secrets.entry(name.to_owned()).or_default();
        if !value.is_empty() && !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    };
    for sent_request in
        world.sent.iter().filter(|sent_request| !sent_request.http.body().is_empty())
    {
        for name in ["client_assertion", "code", "code_verifier", "nonce", "state", "token"] {
            add(name, sent_request.form().get(name).map_or("", String::as_str));
        }
    }
    for sent_request in &world.sent {
        add("proof", &sent_request.header("dpop"));
        add("authorization", sent_request.header("authorization").split(' ').next_back().unwrap());
    }
    for answer in &world.answers {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        for name in ["access_token", "refresh_token", "id_token", "request_uri"] {
            add(name, body[name].as_str().unwrap_or_default());
        }
    }
    for url in urls {
        add("front channel", url);
        let (_, query) = url.split_once('?').unwrap();
        let query = Query::parse(query, 8192).unwrap();
        for name in ["code", "request_uri"] {
            add(name, query.one(name).unwrap().unwrap_or_default());
        }
    }
    for number in (31..40).chain([SEALING_KEY]) {
        let bytes = [number; 32];
        add("random bytes", &base64url::encode(&bytes));
        add("random bytes", &format!("{number:02x}").repeat(32));
        add("random bytes", &format!("{number}, ").repeat(8));
        add("random bytes", &format!("{bytes:#?}").replace("[\n", ""));
    }
    let vectors = include_str!("../../fdx-jose/tests/vectors/rfc.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    for name in ["/rfc8037_a", "/rfc7515_a3", "/rfc7515_a2"] {
        for member in ["d", "p", "q", "dp", "dq", "qi"] {
            let value = vectors.pointer(&format!("{name}/private_jwk/{member}"));
            add("private key", value.and_then(Value::as_str).unwrap_or_default());
        }
    }
    secrets
}

/// Joins the bodies and headers of all requests, which must contain the secrets.
fn wire(world: &World) -> String {
    let mut wire = String::new();
    for sent_request in &world.sent {
        wire += str::from_utf8(sent_request.http.body()).unwrap();
        wire += &sent_request.header("authorization");
        wire += &sent_request.header("dpop");
    }
    world.answers.iter().fold(wire, |wire, answer| wire + &String::from_utf8_lossy(answer.body()))
}

fn sealing_keys() -> SealingKeys {
    SealingKeys::new(backend::ring(), SealingKey::new(1, [SEALING_KEY; 32]))
}

/// Runs and prints the first half of a flow: from discovery to the callback.
fn to_the_callback(
    world: &mut World,
    printed: &mut Printed,
    binding: Binding,
) -> (Client, Pending, [String; 2]) {
    let config = Setup { binding, ..Setup::default() }.config();
    printed.debug("config", &config);
    let draft = discover(&bank_issuer(), WellKnown::OAuthAuthorizationServer, world.now).unwrap();
    let metadata = printed.run(world, draft).unwrap();
    let client = Client::new(config, metadata).unwrap();
    printed.debug("client", &client);

    let request = usual_request();
    printed.debug("request", &request);
    let random = entropy(31);
    printed.debug("entropy", &random);
    let pushed = printed.run(world, client.push(&request, random, world.now).unwrap()).unwrap();
    let (url, pending) = pushed.redirect(world.now).unwrap();
    printed.debug("url", &url);
    printed.debug("pending", &pending);
    let callback = world.customer(url.as_str(), &Decision::everything());
    (client, pending, [url.as_str().to_owned(), callback])
}

fn flow(binding: Binding) -> (World, Printed, Secrets) {
    let carrier = ConsentIdCarrier::IntrospectionOnly;
    let mut world = World::new(Setup { binding, carrier, ..Setup::default() });
    let mut printed = Printed::default();
    let (client, pending, urls) = to_the_callback(&mut world, &mut printed, binding);
    let world = &mut world;

    let keys = sealing_keys();
    printed.debug("sealing keys", &keys);
    printed.debug("keys", &world.keys);
    let sealed = pending.seal(&keys, b"session", entropy(32)).unwrap();
    printed.error("open", &client.open(&sealed, &keys, b"other", world.now).unwrap_err());
    printed.debug("open", &client.open(&sealed, &keys, b"session", world.now));

    let callback = urls[1].as_str();
    let refused = client.callback(pending, &callback.replace("iss=", "x="), world.now).unwrap_err();
    printed.both("refused callback", &refused);
    assert_eq!(refused.error, CallbackFault::IssMissing.into());
    let accepted = client.callback(*refused.unspent, callback, world.now).unwrap();
    printed.debug("callback", &accepted);
    let Callback::Code(accepted) = accepted else { panic!("denied") };
    printed.debug("accepted", &accepted);

    let draft = client.exchange(accepted, entropy(33), world.now).unwrap();
    let exchanged = printed.run(world, draft).unwrap();
    printed.debug("exchanged", &exchanged);
    printed.debug("unverified text", &exchanged.to_json());
    let restored = client.restore_unverified(exchanged.to_json().expose()).unwrap();
    printed.debug("restored", &restored);
    let keys = printed.run(world, client.fetch_keys(world.now).unwrap()).unwrap();
    let fetch = client.verify(exchanged, None, world.now).unwrap();
    printed.debug("verification", &fetch);
    let Verification::FetchKeys(exchanged) = fetch else { panic!("verified without a key") };
    // With a clock that is a day behind, the token was issued in the future.
    let early = world.now - core::time::Duration::from_secs(86_400);
    let refused = client.verify(exchanged, Some(&keys), early).unwrap_err();
    printed.both("refused ID token", &refused);
    printed.error("refused ID token", &refused.error);
    let verified = client.verify(*refused.unspent, Some(&keys), world.now).unwrap();
    printed.debug("verification", &verified);
    let Verification::Done(verified) = verified else { panic!("the key is there") };
    printed.debug("ID token", &verified.id_token());

    let token = verified.tokens().access_token();
    let draft = client.introspect(token, entropy(34), world.now).unwrap();
    let introspection = printed.run(world, draft).unwrap();
    let verified = verified.introspected(&introspection).unwrap();
    printed.debug("verified", &verified);
    let draft = client.read_consent(&verified, entropy(35), world.now).unwrap();
    let read = printed.run(world, draft).unwrap();
    let granted = verified.granted(read).unwrap();
    printed.debug("granted", &granted);
    let receipt = client.receipt(&granted, world.now).unwrap();
    printed.debug("receipt", &receipt);
    printed.0.push(("receipt".into(), serde_json::to_string(&receipt).unwrap()));

    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let token = granted.tokens().access_token();
    let request = ResourceRequest::get(url).header("accept", "application/json").unwrap();
    printed.debug("resource request", &request);
    let draft = client.call(token, request.clone(), entropy(36), world.now).unwrap();
    printed.run(world, draft).unwrap();
    world.tamper(|_, _| fdx_testkit::answer(403, "application/json", r#"{"code":602}"#));
    let draft = client.call(token, request, entropy(37), world.now).unwrap();
    printed.run(world, draft).unwrap_err();
    printed.debug("client", &client);

    let secrets = secrets(world, &urls);
    (std::mem::replace(world, World::new(Setup::default())), printed, secrets)
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let (_, printed, secrets) = flow(binding);
        assert!(printed.0.len() > 100, "{}", printed.0.len());
        let leaks = leaks(&printed, &secrets);
        assert!(leaks.is_empty(), "{leaks:#?}");
    }
}

#[test]
fn no_requested_url_contains_a_secret() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let (world, _, secrets) = flow(binding);
        let mut urls = Printed::default();
        for sent_request in &world.sent {
            urls.both("URL", sent_request.http.uri());
        }
        assert!(urls.0.len() > 20);
        assert_eq!(leaks(&urls, &secrets), Vec::<String>::new());
    }
}

/// Asserts that every secret was in the messages, so that the search would have found it.
#[test]
fn search_finds_every_planted_secret() {
    for (binding, bound) in [(Binding::Dpop, 12), (Binding::Mtls, 11)] {
        let (world, _, secrets) = flow(binding);
        let wire = wire(&world);
        let mut on_the_wire = 0;
        for (name, values) in &secrets {
            if ["front channel", "private key", "random bytes"].contains(&name.as_str()) {
                continue;
            }
            for value in values {
                let written = [value.clone(), percent_encode(value)];
                assert!(written.iter().any(|text| wire.contains(text)), "{name}: {value}");
            }
            on_the_wire += usize::from(!values.is_empty());
        }
        assert_eq!(on_the_wire, bound, "{:?}", secrets.keys());

        for (name, values) in &secrets {
            for value in values {
                let leaky = Printed(vec![("a careless log".to_owned(), format!("x{value}x"))]);
                let leaks = leaks(&leaky, &secrets);
                assert!(leaks.iter().any(|leak| leak.starts_with(name.as_str())), "{name}");
            }
        }
        // This test is about the output of the `http` crate itself.
        let mut careless = Printed::default();
        let exchange = world.asked("/token")[0];
        careless.debug("http", &str::from_utf8(exchange.http.body()).unwrap());
        for name in ["client_assertion", "code", "code_verifier"] {
            let leaks = leaks(&careless, &secrets);
            assert!(leaks.iter().any(|leak| leak.starts_with(&format!("{name} in"))), "{name}");
        }
    }
}

/// A way to break a successful response that has a secret.
type Break = (&'static str, &'static str, fn(Answer) -> Answer);

fn with_status(mut answer: Answer, status: u16) -> Answer {
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
    answer
}

/// The secrets of the body, in the form that an error would print.
fn echoed(answer: Answer) -> Answer {
    let body = String::from_utf8(answer.body().clone()).unwrap();
    patched(answer, &json!({ "error": body, "error_description": body, "error_uri": body }))
}

const BROKEN: &[Break] = &[
    ("/par", "another success", |a| with_status(echoed(a), 200)),
    ("/par", "a redirect", |a| with_status(echoed(a), 302)),
    ("/par", "no lifetime", |a| patched(a, &json!({ "expires_in": "soon" }))),
    ("/par", "cut short", |mut a| {
        let length = a.body().len() - 1;
        a.body_mut().truncate(length);
        a
    }),
    ("/token", "another success", |a| with_status(echoed(a), 201)),
    ("/token", "a redirect", |a| with_status(echoed(a), 307)),
    ("/token", "another binding", |a| patched(echoed(a), &json!({ "token_type": "Bearer DPoP" }))),
    ("/token", "a wrong type", |a| patched(a, &json!({ "access_token": ["openid"] }))),
    ("/token", "a token as a type", |a| {
        let body: Value = serde_json::from_slice(a.body()).unwrap();
        patched(a, &json!({ "token_type": body["access_token"] }))
    }),
    ("/token", "a token as a key", |a| {
        let body: Value = serde_json::from_slice(a.body()).unwrap();
        let name = body["access_token"].as_str().unwrap();
        let mut a = a;
        let twice = format!("\"{name}\":1,\"{name}\":2,");
        a.body_mut().splice(1..1, twice.bytes());
        a
    }),
    ("/token", "HTML", |mut a| {
        a.headers_mut().insert("content-type", http::HeaderValue::from_static("text/html"));
        a
    }),
    ("/token", "no token that fits", |a| {
        let body: Value = serde_json::from_slice(a.body()).unwrap();
        let token = format!("{} {}", body["access_token"], body["refresh_token"]);
        patched(a, &json!({ "access_token": token }))
    }),
];

#[test]
fn errors_contain_no_secret_of_a_success() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        for (path, name, change) in BROKEN {
            let nonces = fdx_sandbox::NoncePolicy::Silent;
            let mut world = World::new(Setup { binding, nonces, ..Setup::default() });
            let mut printed = Printed::default();
            let error = if *path == "/par" {
                let client = world.client().unwrap();
                world.tamper_at(path, *change);
                let draft = client.push(&usual_request(), entropy(31), world.now).unwrap();
                printed.run(&mut world, draft).map(drop).unwrap_err()
            } else {
                let (client, pending, [_, callback]) =
                    to_the_callback(&mut world, &mut printed, binding);
                world.tamper_at(path, *change);
                let Ok(Callback::Code(accepted)) = client.callback(pending, &callback, world.now)
                else {
                    panic!("{name}")
                };
                let draft = client.exchange(accepted, entropy(33), world.now).unwrap();
                printed.run(&mut world, draft).map(drop).unwrap_err()
            };
            assert!(matches!(error, Error::Server(_)), "{path}, {name}: {error}");
            let mut secrets = secrets(&world, &[]);
            // The broken response itself, if it is no longer JSON.
            let body = String::from_utf8(world.answers.last().unwrap().body().clone()).unwrap();
            secrets.entry("the body".into()).or_default().push(body);
            let leaks = leaks(&printed, &secrets);
            assert!(leaks.is_empty(), "{path}, {name}: {leaks:#?}");
        }
    }
}

#[test]
fn private_keys_of_every_algorithm_print_no_private_member() {
    let secrets = secrets(&World::new(Setup::default()), &[]);
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Ps256] {
        let mut printed = Printed::default();
        let key = fdx_testkit::keys(algorithm);
        printed.debug("key", &key);
        printed.debug("public", key.public());
        printed.debug("config", &Setup { algorithm, ..Setup::default() }.config());
        assert_eq!(leaks(&printed, &secrets), Vec::<String>::new());
    }
}
