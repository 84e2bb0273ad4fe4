//! The next step after no response, and the renewal of an old draft.

use core::time::Duration;
use std::collections::BTreeSet;

use fdx_jose::{SealingKey, SealingKeys, Signature, backend};
use fdx_par::{
    CallFault, Callback, Client, ConsentRead, Draft, Error, Exchanged, Introspection, NextStep,
    Output, Pushed, Refreshed, ResourceAnswer, ResourceRequest, Revoked, ServerKeys,
    ServerMetadata, Step, TokenTypeHint, WellKnown, discover, tokens::IntrospectionJwt,
};
use fdx_sandbox::{NoncePolicy, RefreshPolicy};
use fdx_testkit::kit::attached;
use fdx_testkit::{Answer, Setup, World, answer, bank_issuer, claims, entropy, usual_request};
use fdx_wire::form::Query;
use http::HeaderValue;
use serde_json::Value;

const RETRY: NextStep = NextStep::Retry { after: None };

fn world() -> (World, Client) {
    let refresh = RefreshPolicy::Rotate;
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, refresh, ..Setup::default() });
    let client = world.client().unwrap();
    (world, client)
}

#[test]
fn reads_are_retryable() {
    let (mut world, client) = world();
    let now = world.now;
    let issuer = bank_issuer();
    let discovery = || discover(&issuer, WellKnown::OAuthAuthorizationServer, now).unwrap();
    assert_eq!(world.lost::<ServerMetadata>(discovery()), RETRY);
    assert!(world.run(discovery()).is_ok());

    assert_eq!(world.lost::<ServerKeys>(client.fetch_keys(now).unwrap()), RETRY);
    assert!(world.run(client.fetch_keys(now).unwrap()).is_ok());

    let verified = world.verified(&client);
    let draft = client.read_consent(&verified, entropy(29), now).unwrap();
    assert_eq!(world.lost::<ConsentRead>(draft), RETRY);
    let draft = client.read_consent(&verified, entropy(30), now).unwrap();
    assert!(world.run(draft).is_ok());

    let token = verified.tokens().access_token();
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let request = ResourceRequest::get(url);
    let call = client.call(token, request.clone(), entropy(31), now).unwrap();
    assert_eq!(world.lost::<ResourceAnswer>(call), RETRY);
    let call = client.call(token, request, entropy(32), now).unwrap();
    assert!(world.run(call).is_ok());

    let draft = client.introspect(token, entropy(33), now).unwrap();
    assert_eq!(world.lost::<Introspection>(draft), RETRY);
    let draft = client.introspect(token, entropy(34), now).unwrap();
    assert!(world.run(draft).unwrap().is_active());

    let draft = client.introspect_signed(token, entropy(35), now).unwrap();
    assert_eq!(world.lost::<IntrospectionJwt>(draft), RETRY);
    let draft = client.introspect_signed(token, entropy(36), now).unwrap();
    assert!(world.run(draft).is_ok());
}

#[test]
fn push_is_retryable() {
    let (mut world, client) = world();
    let draft = client.push(&usual_request(), entropy(40), world.now).unwrap();
    assert_eq!(world.lost::<Pushed>(draft), RETRY);
    let (pending, callback) = world.pending(&client);
    assert!(world.exchange(&client, pending, &callback).is_ok());
}

fn exchange(world: &mut World, client: &Client) -> (Draft<Exchanged>, Draft<Exchanged>) {
    let (pending, callback) = world.pending(client);
    let keys = SealingKeys::new(backend::ring(), SealingKey::new(1, [1; 32]));
    let sealed = pending.seal(&keys, b"", entropy(8)).unwrap();
    let now = world.now;
    let draft = |number| {
        let pending = client.open(&sealed, &keys, b"", now).unwrap();
        match client.callback(pending, &callback, now).unwrap() {
            Callback::Code(code) => client.exchange(code, entropy(number), now).unwrap(),
            Callback::Denied(refusal) => panic!("{refusal}"),
        }
    };
    (draft(41), draft(42))
}

#[test]
fn a_code_is_never_sent_again() {
    let (mut world, client) = world();
    let (first, second) = exchange(&mut world, &client);
    assert_eq!(world.lost::<Exchanged>(first), NextStep::StartOver);
    // If the code were sent again, the institution would refuse it and revoke the issued tokens.
    let error = world.run(second).unwrap_err();
    assert_eq!(error.next_step(), NextStep::StartOver);
}

#[test]
fn a_refresh_and_a_revocation_may_be_sent_again() {
    let (mut world, client) = world();
    let verified = world.verified(&client);
    let grant = world.granted(&client, verified).unwrap().stored();
    let draft = client.refresh(&grant, entropy(43), world.now).unwrap();
    assert_eq!(world.lost::<Refreshed>(draft), RETRY);
    let grant = world.renewed(&client, &grant);

    for which in [TokenTypeHint::AccessToken, TokenTypeHint::RefreshToken] {
        let draft = client.revoke(grant.tokens(), which, world.draw(), world.now).unwrap();
        assert_eq!(world.lost::<Revoked>(draft), RETRY);
        assert_eq!(world.revoke(&client, grant.tokens(), which), Ok(Revoked));
    }
}

/// Returns the claims of every signing input of a draft.
fn minted<T: Output>(draft: &Draft<T>) -> Vec<Value> {
    let inputs = draft.signing_inputs().iter();
    inputs.map(|input| claims(str::from_utf8(input.bytes()).unwrap())).collect()
}

/// Returns the form that would be sent.
fn form<T: Output>(world: &World, draft: Draft<T>) -> Vec<(String, String)> {
    let (request, _) = attached(draft, &world.keys);
    let http = request.into_http();
    let query = Query::parse(str::from_utf8(http.body()).unwrap(), usize::MAX).unwrap();
    let value = |name| query.one(name).unwrap().unwrap().to_owned();
    query.names().map(|name| (name.to_owned(), value(name))).collect()
}

#[test]
fn renewed_draft_has_new_minted_values_and_times() {
    let (world, client) = world();
    let later = world.now + Duration::from_secs(45);
    let draft = || client.push(&usual_request(), entropy(44), world.now).unwrap();
    let (old, renewed) = (draft(), draft().renew(later).unwrap());
    for (old, new) in minted(&old).iter().zip(minted(&renewed)) {
        assert_ne!(old["jti"], new["jti"]);
        assert_eq!(old["iat"], world.now.as_seconds());
        assert_eq!(new["iat"], later.as_seconds());
    }
    assert_eq!(minted(&renewed).len(), 2);
    let changed: Vec<_> = form(&world, old)
        .into_iter()
        .zip(form(&world, renewed))
        .filter(|(old, new)| old != new)
        .map(|(old, _)| old.0)
        .collect();
    for name in ["state", "nonce", "code_challenge", "client_assertion"] {
        assert!(changed.iter().any(|changed| changed == name), "{name} is the old one");
    }
    assert_eq!(changed.len(), 4, "{changed:?}");
}

#[test]
fn a_renewed_code_exchange_keeps_code_and_verifier() {
    let (mut world, client) = world();
    let (old, new) = exchange(&mut world, &client);
    let renewed = new.renew(world.now + Duration::from_secs(30)).unwrap();
    let sent = form(&world, old);
    let value = |form: &[(String, String)], name: &str| {
        form.iter().find(|(key, _)| key == name).unwrap().1.clone()
    };
    world.now = world.now + Duration::from_secs(30);
    let _ = world.run(renewed).unwrap();
    let repeated = world.asked("/token").last().unwrap().form();
    for name in ["code", "code_verifier", "redirect_uri"] {
        assert_eq!(repeated[name], value(&sent, name), "{name}");
    }
}

#[test]
fn renewed_draft_rejects_signatures_of_the_old_one() {
    let (mut world, client) = world();
    let draft = client.push(&usual_request(), entropy(45), world.now).unwrap();
    let stale = draft.sign(&world.keys).unwrap();
    let renewed = draft.renew(world.now + Duration::from_secs(30)).unwrap();
    let (request, sent) = renewed.attach(stale).unwrap();
    let certificate = request.certificate();
    let response = world.carry(request.into_http(), certificate);
    let Err(Error::Refusal(refusal)) = sent.receive(response, world.now) else { panic!("taken") };
    assert!(refusal.is("invalid_client"), "{refusal}");
}

#[test]
fn wrong_number_of_signatures_returns_the_draft() {
    let (mut world, client) = world();
    let mut draft = client.push(&usual_request(), entropy(46), world.now).unwrap();
    let changes: [fn(&mut Vec<Signature>); 3] = [
        |signatures| drop(signatures.pop()),
        |signatures| signatures.push(signatures[0].clone()),
        |signatures| signatures.clear(),
    ];
    for change in changes {
        let mut signatures = draft.sign(&world.keys).unwrap();
        change(&mut signatures);
        let refused = draft.attach(signatures).unwrap_err();
        assert_eq!(refused.error, CallFault::SignatureCount.into());
        draft = *refused.unspent;
    }
    assert!(world.run(draft).is_ok());
}

fn challenged(nonce: &str) -> Answer {
    let mut challenge = answer(400, "application/json", r#"{"error":"use_dpop_nonce"}"#);
    challenge.headers_mut().insert("dpop-nonce", HeaderValue::from_str(nonce).unwrap());
    challenge
}

#[test]
fn renewal_does_not_add_a_nonce_retry() {
    let (world, client) = world();
    let later = world.now + Duration::from_secs(30);
    let attach = |draft: Draft<Pushed>| {
        let signatures = draft.sign(&world.keys).unwrap();
        draft.attach(signatures).unwrap().1
    };
    // A draft renewed before it was sent still has its retry. A draft renewed after the retry has
    // none.
    let draft = client.push(&usual_request(), entropy(47), world.now).unwrap();
    let sent = attach(draft.renew(later).unwrap());
    let Ok(Step::Again(again)) = sent.receive(challenged("n1"), later) else { panic!("no retry") };
    let before = minted(&again);
    let renewed = again.renew(later + Duration::from_secs(30)).unwrap();
    for (old, new) in before.iter().zip(minted(&renewed)) {
        assert_ne!(old["jti"], new["jti"]);
    }
    assert_eq!(minted(&renewed)[1]["nonce"], "n1");
    let error = attach(renewed).receive(challenged("n2"), later).unwrap_err();
    assert_eq!(error.code(), "rfc9449.nonce.again");
}

#[test]
fn no_value_is_minted_twice_however_often_a_draft_is_renewed() {
    let (world, client) = world();
    let mut draft = client.push(&usual_request(), entropy(48), world.now).unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..50 {
        for claims in minted(&draft) {
            assert!(seen.insert(claims["jti"].to_string()));
        }
        draft = draft.renew(world.now).unwrap();
    }
    assert_eq!(seen.len(), 100);
}
