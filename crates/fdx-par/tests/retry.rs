//! The retry after a DPoP nonce challenge, and its new values (RFC 9449 sections 8 and 9).

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use fdx_par::{Callback, Error, NextStep, ResourceRequest, ServerRule, Step};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::kit::attached;
use fdx_testkit::{Answer, Asked, Binding, Setup, World, answer, entropy, usual_request};
use http::HeaderValue;
use http::header::{HeaderName, WWW_AUTHENTICATE};
use serde_json::Value;

const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const INTERACTION: &str = "x-fapi-interaction-id";
const ACCOUNTS: &str = "/fdx/v6/accounts";

fn world(nonces: NoncePolicy) -> World {
    World::new(Setup { nonces, ..Setup::default() })
}

/// Asserts that exactly these parameters differ between two attempts.
fn differ(first: &Asked, second: &Asked, names: &[&str]) {
    let (first, second) = (first.form(), second.form());
    assert!(first.keys().eq(second.keys()));
    for (name, value) in &first {
        assert_eq!(second[name] != *value, names.contains(&name.as_str()), "{name}");
    }
    assert!(names.iter().all(|name| first.contains_key(*name)), "{names:?}");
}

#[test]
fn challenged_push_is_repeated_with_new_values() {
    let mut world = world(NoncePolicy::Demand);
    let client = world.client().unwrap();
    let _ = world.push(&client, &usual_request()).unwrap();
    let [first, second] = world.asked("/par")[..] else { panic!("not two pushes") };
    differ(first, second, &["client_assertion", "code_challenge", "nonce", "state"]);
    assert_ne!(first.assertion()["jti"], second.assertion()["jti"]);
    assert_ne!(first.proof()["jti"], second.proof()["jti"]);
    assert_eq!(first.proof()["nonce"], Value::Null);
    assert_eq!(second.proof()["nonce"], nonce_of(&world.answers[1]));
}

#[test]
fn a_code_whose_request_was_not_sent_is_exchanged_later() {
    // The time stays the same, so that only newly minted values differ.
    for nonces in [NoncePolicy::Demand, NoncePolicy::Silent] {
        let mut world = world(nonces);
        let client = world.client().unwrap();
        let (pending, callback) = world.pending(&client);
        let callback = client.callback(pending, &callback, world.now).unwrap();
        let Callback::Code(accepted) = callback else { panic!("{callback:?}") };
        let mut draft = client.exchange(accepted, entropy(2), world.now).unwrap();
        let mut unsent = Vec::new();
        for _ in 0..3 {
            let (request, sent) = attached(draft, &world.keys);
            unsent.push(request.into_http());
            draft = sent.not_sent(world.now).unwrap();
        }
        assert!(world.asked("/token").is_empty());
        let exchanged = world.run(draft).unwrap();
        assert!(world.verify(&client, exchanged).is_ok());
        // RFC 7523 3 and RFC 9449 4.2: nothing that was signed for another attempt is used again.
        let sent = world.asked("/token")[0].http.clone();
        unsent.push(sent);
        let assertions = unsent.iter().map(|request| request.body());
        let proofs = unsent.iter().map(|request| &request.headers()["dpop"]);
        assert_eq!(assertions.collect::<BTreeSet<_>>().len(), 4);
        assert_eq!(proofs.collect::<HashSet<_>>().len(), 4);
    }
}

#[test]
fn an_unsent_second_attempt_is_still_the_last_one_for_a_nonce() {
    let mut world = world(NoncePolicy::Silent);
    let client = world.client().unwrap();
    let challenge = || {
        let mut challenge = answer(400, "application/json", r#"{"error":"use_dpop_nonce"}"#);
        challenge.headers_mut().insert(NONCE, HeaderValue::from_static("n-1"));
        challenge
    };
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let (_, sent) = attached(draft, &world.keys);
    let Step::Again(draft) = sent.receive(challenge(), world.now).unwrap() else { panic!("done") };
    let (_, sent) = attached(draft, &world.keys);
    let (_, sent) = attached(sent.not_sent(world.now).unwrap(), &world.keys);
    let error = sent.receive(challenge(), world.now).unwrap_err();
    assert_eq!(error.code(), ServerRule::NonceAgain.code());
}

fn nonce_of(answer: &Answer) -> Value {
    answer.headers()[NONCE].to_str().unwrap().into()
}

#[test]
fn challenged_token_request_repeats_only_code_and_verifier() {
    let mut world = world(NoncePolicy::Demand);
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    // Another node, which has no nonce.
    let client = world.client().unwrap();
    let _ = world.exchange(&client, pending, &callback).unwrap();
    let [first, second] = world.asked("/token")[..] else { panic!("not two requests") };
    differ(first, second, &["client_assertion"]);
    assert_eq!(first.form()["code_verifier"], second.form()["code_verifier"]);
    assert_eq!(first.form()["code"], second.form()["code"]);
    assert_ne!(first.assertion()["jti"], second.assertion()["jti"]);
    assert_ne!(first.proof()["jti"], second.proof()["jti"]);
}

#[test]
fn a_challenged_resource_call_has_a_fresh_proof_and_interaction_id() {
    let mut world = world(NoncePolicy::Demand);
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let token = verified.tokens().access_token();
    let draft = client.call(token, ResourceRequest::get(url), entropy(7), world.now).unwrap();
    world.run(draft).unwrap();
    let [first, second] = world.asked(ACCOUNTS)[..] else { panic!("not two calls") };
    assert_ne!(first.proof()["jti"], second.proof()["jti"]);
    assert_eq!(first.proof()["ath"], second.proof()["ath"]);
    assert_ne!(first.header(INTERACTION), second.header(INTERACTION));
    assert_eq!(first.header("authorization"), second.header("authorization"));
    // The client has nonces of the authorization server; the resource server does not accept them.
    assert_eq!(first.proof()["nonce"], Value::Null);
}

#[test]
fn no_jti_and_no_interaction_id_is_ever_sent_twice() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = world.client().unwrap();
        let verified = world.verified(&client);
        let _ = world.granted(&client, verified).unwrap();
        let mut seen = BTreeSet::new();
        for sent_request in &world.sent {
            let ids =
                [sent_request.proof()["jti"].clone(), sent_request.header(INTERACTION).into()];
            let assertion = sent_request.http.body().is_empty().then_some(Value::Null);
            let assertion = assertion.unwrap_or_else(|| sent_request.assertion()["jti"].clone());
            for id in ids.into_iter().chain([assertion]) {
                if let Some(id) = id.as_str().filter(|id| !id.is_empty()) {
                    assert!(seen.insert(id.to_owned()), "{id}");
                }
            }
        }
        assert!(seen.len() >= 3);
    }
}

#[test]
fn second_challenge_is_an_error() {
    let mut world = world(NoncePolicy::Silent);
    let client = world.client().unwrap();
    let nonces = Rc::new(RefCell::new(0));
    world.tamper_at("/par", move |_| {
        *nonces.borrow_mut() += 1;
        challenge(400, &format!("n{}", nonces.borrow()))
    });
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let error = world.run(draft).unwrap_err();
    assert_eq!(error.code(), "rfc9449.nonce.again");
    assert_eq!(error.next_step(), NextStep::AskTheInstitution);
    let sent_request = world.asked("/par");
    let nonces: Vec<_> =
        sent_request.iter().map(|sent_request| sent_request.proof()["nonce"].clone()).collect();
    assert_eq!(nonces, [Value::Null, "n1".into()]);
    // The nonce of the second challenge is kept.
    let draft = client.push(&usual_request(), entropy(2), world.now).unwrap();
    assert!(world.run(draft).is_err());
    assert_eq!(world.asked("/par")[2].proof()["nonce"], "n2");
}

#[test]
fn nonces_of_the_two_servers_are_not_mixed() {
    let mut world = world(NoncePolicy::Demand);
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let _ = world.granted(&client, verified).unwrap();
    let mut given = [Vec::new(), Vec::new()];
    for (sent_request, answer) in world.sent.iter().zip(&world.answers) {
        let resource = usize::from(sent_request.http.uri().path().starts_with("/fdx/"));
        if let Some(nonce) = sent_request.proof()["nonce"].as_str() {
            assert!(given[resource].iter().any(|known| known == nonce), "{nonce}");
            assert!(!given[1 - resource].iter().any(|known| known == nonce), "{nonce}");
        }
        given[resource]
            .extend(answer.headers().get(&NONCE).map(|n| n.to_str().unwrap().to_owned()));
    }
    assert!(given.iter().all(|given| given.len() >= 2), "{given:?}");
}

#[test]
fn uses_nonce_from_a_success_in_the_next_request() {
    let mut world = world(NoncePolicy::Demand);
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let last = nonce_of(world.answers.last().unwrap());
    let _ = world.exchange(&client, pending, &callback).unwrap();
    let [only] = world.asked("/token")[..] else { panic!("the token request was challenged") };
    assert_eq!(only.proof()["nonce"], last);
}

#[test]
fn uses_nonce_from_a_refusal_in_the_next_request() {
    let mut world = world(NoncePolicy::Silent);
    let client = world.client().unwrap();
    world.tamper_at("/par", |_| {
        let mut refusal = answer(400, "application/json", r#"{"error":"invalid_request"}"#);
        refusal.headers_mut().insert(NONCE, HeaderValue::from_static("learnt"));
        refusal
    });
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    assert_eq!(world.run(draft).unwrap_err().code(), "rfc6749.error");
    let draft = client.push(&usual_request(), entropy(2), world.now).unwrap();
    assert!(world.run(draft).is_err());
    assert_eq!(world.asked("/par")[1].proof()["nonce"], "learnt");
}

#[test]
fn sends_no_nonce_without_a_challenge() {
    let mut world = world(NoncePolicy::Silent);
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let _ = world.granted(&client, verified).unwrap();
    let proofs: Vec<_> = world.sent.iter().map(Asked::proof).filter(|p| !p.is_null()).collect();
    assert_eq!(proofs.len(), 3);
    assert!(proofs.iter().all(|proof| proof.get("nonce").is_none()));
}

#[test]
fn certificate_bound_client_ignores_nonces() {
    let mut world = World::new(Setup { binding: Binding::Mtls, ..Setup::default() });
    let client = world.client().unwrap();
    world.tamper_at("/par", |_| challenge(400, "n"));
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let error = world.run(draft).unwrap_err();
    assert_eq!((error.code(), error.next_step()), ("rfc6749.error", NextStep::Correct));
    assert_eq!(world.asked("/par").len(), 1);
}

fn challenge(status: u16, nonce: &str) -> Answer {
    let mut answer = answer(status, "application/json", r#"{"error":"use_dpop_nonce"}"#);
    answer.headers_mut().insert(NONCE, HeaderValue::from_str(nonce).unwrap());
    answer
}

/// Calls a resource whose first response is this one. Returns the number of calls and the result.
fn call(first: Answer) -> (usize, Result<(), Error>) {
    let mut world = world(NoncePolicy::Silent);
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let mut first = Some(first);
    // The institution requires no nonce, so the test writes the challenge.
    world.tamper_at(ACCOUNTS, move |_| {
        first.take().unwrap_or_else(|| answer(200, "application/json", "{}"))
    });
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let token = verified.tokens().access_token();
    let draft = client.call(token, ResourceRequest::get(url), entropy(7), world.now).unwrap();
    let outcome = world.run(draft).map(drop);
    (world.asked(ACCOUNTS).len(), outcome)
}

fn unauthorized(challenges: &[&str], nonces: &[&[u8]]) -> Answer {
    let mut answer = answer(401, "text/plain", "");
    for challenge in challenges {
        let value = HeaderValue::from_str(challenge).unwrap();
        answer.headers_mut().append(WWW_AUTHENTICATE, value);
    }
    for nonce in nonces {
        answer.headers_mut().append(NONCE, HeaderValue::from_bytes(nonce).unwrap());
    }
    answer
}

#[test]
fn finds_dpop_challenge_in_any_case_and_among_others() {
    for challenges in [
        &[r#"DPoP error="use_dpop_nonce""#][..],
        &[r#"dPoP realm="x", error=use_dpop_nonce, algs="ES256 PS256""#],
        &[r#"DPOP ERROR = "use_dpop_nonce""#],
        &[
            r#"Bearer realm="a, b", error="invalid_token", DPoP algs="ES256", error="use_dpop_nonce""#,
        ],
        &[r#"DPoP error="use_dpop_nonce", Bearer realm="x""#],
        &["Bearer", r#"DPoP error="use_dpop_nonce""#],
        &["Negotiate, Basic realm=\"\\\"DPoP\\\"\"", "DPoP error=\"use_dpop_nonce\""],
    ] {
        let (calls, outcome) = call(unauthorized(challenges, &[b"n"]));
        assert_eq!((calls, outcome), (2, Ok(())), "{challenges:?}");
    }
}

/// RFC 9110 5.5 allows other bytes than ASCII in a value; some servers forget to escape quotes.
#[test]
fn finds_a_challenge_around_unreadable_texts() {
    for challenge in [
        "DPoP error=\"use_dpop_nonce\", error_description=\"Prueba no v\u{e1}lida\"".as_bytes(),
        b"DPoP error_description=\"Prueba no v\xe1lida\", error=\"use_dpop_nonce\"",
        br#"DPoP error_description="Unexpected "nonce" value", error="use_dpop_nonce""#,
        br#"Bearer error_description="the "token" is bad", DPoP error="use_dpop_nonce""#,
    ] {
        let mut answer = unauthorized(&[], &[b"n"]);
        let value = HeaderValue::from_bytes(challenge).unwrap();
        answer.headers_mut().append(WWW_AUTHENTICATE, value);
        let shown = String::from_utf8_lossy(challenge);
        assert_eq!(call(answer), (2, Ok(())), "{shown}");
    }
}

#[test]
fn ignores_texts_that_only_mention_a_nonce() {
    for challenges in [
        &[][..],
        &[r#"Basic error="use_dpop_nonce""#],
        &[r#"DPoP error="invalid_token", error_description="use_dpop_nonce""#],
        &[r#"DPoP realm="error=use_dpop_nonce""#],
        &[r#"Bearer realm="x, DPoP error=\"use_dpop_nonce\"""#],
        &["DPoP", r#"Negotiate error="use_dpop_nonce""#],
        &["use_dpop_nonce"],
    ] {
        let (calls, outcome) = call(unauthorized(challenges, &[b"n"]));
        assert_eq!(calls, 1, "{challenges:?}");
        assert_eq!(outcome.unwrap_err().code(), "rfc6750.challenge", "{challenges:?}");
    }
}

/// RFC 9449 sections 8 and 9 name 400 and 401; servers use other statuses too.
#[test]
fn answers_a_demand_for_a_nonce_whatever_its_status_is() {
    let body = r#"{"error":"use_dpop_nonce"}"#;
    let as_json = |status: u16, body: &str| {
        let mut answer = answer(status, "application/json", body);
        answer.headers_mut().insert(NONCE, HeaderValue::from_static("n"));
        answer
    };
    for status in [400, 401, 403, 404, 407, 412, 422, 428] {
        let mut challenged = unauthorized(&[r#"DPoP error="use_dpop_nonce""#], &[b"n"]);
        *challenged.status_mut() = http::StatusCode::from_u16(status).unwrap();
        assert_eq!(call(challenged), (2, Ok(())), "{status}");
    }
    for status in [200, 400, 401, 403, 404, 407, 412, 422, 428] {
        assert_eq!(call(as_json(status, body)), (2, Ok(())), "{status}");
        let mut world = world(NoncePolicy::Silent);
        let client = world.client().unwrap();
        let (pending, callback) = world.pending(&client);
        let mut first = Some(as_json(status, body));
        world.tamper_at("/token", move |_| {
            first.take().unwrap_or_else(|| as_json(400, r#"{"error":"invalid_grant"}"#))
        });
        let outcome = world.exchange(&client, pending, &callback);
        assert_eq!(outcome.unwrap_err().code(), "rfc6749.error", "{status}");
        let nonces: Vec<_> =
            world.asked("/token").iter().map(|it| it.proof()["nonce"].clone()).collect();
        assert_eq!(nonces, [Value::Null, "n".into()], "{status}");
    }
    // Data that only mentions the code, and tokens, are no demand.
    for body in [
        r#"{"data":"use_dpop_nonce"}"#,
        r#"{"error":"use_dpop_nonce","access_token":"a"}"#,
        r#"{"code":"use_dpop_nonce"}"#,
    ] {
        assert_eq!(call(as_json(200, body)), (1, Ok(())), "{body}");
    }
    // A success without a nonce to repeat it with is read as one.
    for nonces in [&[][..], &["a\"b"], &["n", "m"]] {
        let mut success = answer(200, "application/json", body);
        for nonce in nonces {
            success.headers_mut().append(NONCE, HeaderValue::from_static(nonce));
        }
        assert_eq!(call(success), (1, Ok(())), "{nonces:?}");
    }
    // Another server's failure is no demand.
    assert_eq!(call(as_json(500, body)).0, 1);
}

/// RFC 9449 8 and 9: whatever the form of the demand, a nonce belongs to it.
#[test]
fn a_nonce_that_is_required_and_missing_is_named() {
    let challenges = [
        &[][..],
        &[r#"DPoP error="use_dpop_nonce""#],
        &[r#"Bearer error="invalid_token", DPoP error="use_dpop_nonce""#],
        &[r#"Bearer error="USE_DPOP_NONCE""#],
    ];
    let bodies = [
        "",
        r#"{"error":"use_dpop_nonce"}"#,
        r#"{"error":{"code":"use_dpop_nonce"}}"#,
        r#"{"code":"use_dpop_nonce","message":"m"}"#,
        r#"[{"errorCode":"use_dpop_nonce"}]"#,
    ];
    let mut world = world(NoncePolicy::Silent);
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let token = verified.tokens().access_token();
    let response = Rc::new(RefCell::new(unauthorized(&[], &[])));
    let shared = Rc::clone(&response);
    world.tamper(move |_, _| shared.borrow().clone());
    for status in [400, 401, 403, 404, 422] {
        for (challenges, body) in challenges.iter().flat_map(|it| bodies.map(|body| (*it, body))) {
            if challenges.is_empty() && body.is_empty() {
                continue;
            }
            let mut answer = unauthorized(challenges, &[]);
            *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
            answer.headers_mut().insert("content-type", "application/json".parse().unwrap());
            *answer.body_mut() = body.into();
            *response.borrow_mut() = answer;
            let call = client.call(token, ResourceRequest::get(url.clone()), entropy(7), world.now);
            let push = client.push(&usual_request(), entropy(8), world.now);
            let shown = format!("{status} {challenges:?} {body}");
            let sent = world.sent.len();
            let errors = [
                world.run(call.unwrap()).map(drop).unwrap_err(),
                world.run(push.unwrap()).map(drop).unwrap_err(),
            ];
            assert_eq!(world.sent.len(), sent + 2, "{shown}");
            for error in errors {
                assert_eq!(error.code(), "rfc9449.nonce.missing", "{shown}");
                assert!(error.to_string().contains("DPoP-Nonce"), "{error}");
                assert_eq!(error.next_step(), NextStep::AskTheInstitution, "{shown}");
            }
        }
    }
}

/// Not 1 to 512 characters of RFC 9449's alphabet, in one header.
fn malformed() -> Vec<Vec<Vec<u8>>> {
    let one = |nonce: &[u8]| vec![nonce.to_vec()];
    vec![
        vec![b"a".to_vec(), b"b".to_vec()],
        vec![b"a".to_vec(), b"a".to_vec()],
        one(b""),
        one(b"a b"),
        one(b"a\tb"),
        one(b"a\"b"),
        one(b"a\\b"),
        one(b"\xe4"),
        one(&[b'a'; 513]),
    ]
}

#[test]
fn ignores_malformed_nonce() {
    for nonces in malformed() {
        let nonces: Vec<_> = nonces.iter().map(Vec::as_slice).collect();
        let (calls, outcome) = call(unauthorized(&[r#"DPoP error="use_dpop_nonce""#], &nonces));
        let Err(Error::Server(fault)) = outcome else { panic!("{nonces:?}: {outcome:?}") };
        assert_eq!((fault.rule, calls), (ServerRule::NonceSyntax, 1), "{nonces:?}");
        assert_eq!(fault.next_step, NextStep::AskTheInstitution);
    }
    let longest = [b'a'; 512];
    let (calls, _) = call(unauthorized(&[r#"DPoP error="use_dpop_nonce""#], &[&longest]));
    assert_eq!(calls, 2);
}

#[test]
fn success_with_a_malformed_nonce_is_accepted() {
    for nonces in malformed() {
        let mut world = world(NoncePolicy::Silent);
        let client = world.client().unwrap();
        world.tamper_at("/par", move |mut answer| {
            for nonce in &nonces {
                answer.headers_mut().append(NONCE, HeaderValue::from_bytes(nonce).unwrap());
            }
            answer
        });
        for number in 1..=2 {
            let draft = client.push(&usual_request(), entropy(number), world.now).unwrap();
            assert!(world.run(draft).is_ok());
        }
        assert!(
            world
                .asked("/par")
                .iter()
                .all(|sent_request| sent_request.proof().get("nonce").is_none())
        );
    }
}
