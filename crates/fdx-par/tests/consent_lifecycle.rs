//! A consent until its revocation: read and revoked by its id, with the consent's own token or the
//! client's.

use core::time::Duration;

use fdx_par::{
    AccessToken, BoundBy, Client, ClientCertificate, Error, NextStep, Notice, ResourceRequest,
    StoredGrant, StoredStateFault,
    fdx_api::{ConsentRevoked, RevocationOutcome, Revocations},
};
use fdx_rar::{ConsentId, ConsentStatus, PartyType, RevocationReason, Scopes};
use fdx_testkit::kit::attached;
use fdx_testkit::{Answer, Authentication, Binding, Setup, World, answer, patched};
use http::HeaderValue;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

/// Both bindings, under each way of authenticating.
fn worlds() -> Vec<World> {
    use Authentication::{PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth};
    let by = |authentication| {
        let setup = Setup { authentication, ..Setup::default() };
        [Binding::Dpop, Binding::Mtls].map(|binding| World::new(Setup { binding, ..setup }))
    };
    [PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth].into_iter().flat_map(by).collect()
}

fn consent_id(grant: &StoredGrant) -> ConsentId {
    grant.consent_id().unwrap().clone()
}

fn path(id: &ConsentId) -> String {
    format!("/fdx/v6/consents/{id}/revocation")
}

#[test]
fn a_revoked_consent_ends_its_tokens_and_every_call_after_says_so() {
    for mut world in worlds() {
        let (client, grant) = world.stored();
        let (id, token) = (consent_id(&grant), grant.tokens().access_token());
        let revoked = world.revoke_consent(&client, &id, token).unwrap();
        assert_eq!(revoked.outcome(), RevocationOutcome::Revoked);
        assert_eq!(revoked.notices(), []);
        assert_eq!(revoked.said().status, 204);
        // The refresh is refused, and its next step is a new consent.
        let Err(Error::Refusal(refusal)) = world.accounts(&client, token) else { panic!("open") };
        assert_eq!((refusal.said.status, refusal.next_step), (401, NextStep::Refresh));
        let Err(Error::Refusal(refusal)) = world.refresh(&client, &grant) else { panic!("new") };
        assert!(refusal.is("invalid_grant"), "{refusal}");
        assert_eq!(refusal.next_step, NextStep::StartOver);
    }
}

#[test]
fn a_later_process_reads_and_revokes_by_the_clients_own_token() {
    for mut world in worlds() {
        let (client, grant) = world.stored();
        let kept = grant.to_json();
        let grant = client.restore(kept.expose()).unwrap();
        let id = consent_id(&grant);
        let own = world.own_token(&client).unwrap();
        let own = own.access_token();
        for token in [own, grant.tokens().access_token()] {
            let read = world.read_consent(&client, &id, token).unwrap();
            assert_eq!(read.grant().status(), Some(&ConsentStatus::Active));
        }
        let revoked = world.revoke_consent(&client, &id, own).unwrap();
        assert_eq!(revoked.outcome(), RevocationOutcome::Revoked);
        let read = world.read_consent(&client, &id, own).unwrap();
        assert_eq!(read.grant().status(), Some(&ConsentStatus::Revoked));
        let again = world.revoke_consent(&client, &id, own).unwrap();
        assert_eq!(again.outcome(), RevocationOutcome::AlreadyEnded);
        assert_eq!(again.said().status, 409);
        let list = world.list_revocations(&client, &id, own).unwrap();
        let [revocation] = list.list().unwrap() else { panic!("{list:?}") };
        assert_eq!(revocation.reason(), Some(&RevocationReason::UserAction));
        assert_eq!(revocation.initiator(), Some(&PartyType::DataRecipient));
    }
}

#[test]
fn the_receipt_is_enough_to_revoke() {
    let mut world = World::new(Setup::default());
    let (client, granted) = world.flow(&fdx_sandbox::customer::Decision::everything()).unwrap();
    let receipt = client.receipt(&granted, world.now).unwrap();
    let id = receipt.consent_id().unwrap().clone();
    let own = world.own_token(&client).unwrap();
    let revoked = world.revoke_consent(&client, &id, own.access_token()).unwrap();
    assert_eq!(revoked.outcome(), RevocationOutcome::Revoked);
    let sent = world.sent.last().unwrap().http.uri().to_string();
    assert_eq!(sent, receipt.revocation_endpoint().unwrap().as_str());
}

#[test]
fn revocation_is_a_put_of_json_with_the_tokens_binding() {
    for mut world in worlds() {
        let (client, grant) = world.stored();
        let (id, token) = (consent_id(&grant), grant.tokens().access_token());
        let revoked = world.revoke_consent(&client, &id, token).unwrap();
        let path = path(&id);
        let sent_request = world.asked(&path);
        let sent_request = sent_request.last().unwrap();
        assert_eq!(sent_request.http.method(), "PUT");
        assert_eq!(sent_request.header("content-type"), "application/json");
        let body: Value = serde_json::from_slice(sent_request.http.body()).unwrap();
        assert_eq!(body, json!({ "reason": "USER_ACTION", "initiator": "DATA_RECIPIENT" }));
        assert_eq!(sent_request.header("x-fapi-interaction-id"), revoked.interaction_id());
        let by_key = token.bound_by() == BoundBy::Dpop;
        assert_eq!(sent_request.certificate == ClientCertificate::Withhold, by_key);
        assert_eq!(sent_request.proof().is_null(), !by_key);
        assert_eq!(sent_request.proof()["htm"].as_str(), by_key.then_some("PUT"));
    }
}

#[test]
fn consent_id_is_always_one_path_segment() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    for id in ["accounts", "a;b", "...", "ä"] {
        let id: ConsentId = id.parse().unwrap();
        let token = grant.tokens().access_token();
        let revoked = world.revoke_consent(&client, &id, token).unwrap();
        assert_eq!(revoked.outcome(), RevocationOutcome::NotFound);
        let sent = world.sent.last().unwrap().http.uri().path().to_owned();
        assert_eq!(sent.split('/').count(), 6, "{sent}");
    }
}

/// Revokes the consent with this response of the institution.
fn answered(made_up: impl FnMut(Answer) -> Answer + 'static) -> Result<ConsentRevoked, Error> {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let mut made_up = made_up;
    world.tamper(move |sent_request, answer| match sent_request.method().as_str() {
        "PUT" if !answer.headers().contains_key("www-authenticate") => made_up(answer),
        _ => answer,
    });
    world.revoke_consent(&client, &consent_id(&grant), grant.tokens().access_token())
}

#[test]
fn each_status_has_its_meaning() {
    use RevocationOutcome::{AlreadyEnded, NotFound, Requested, Revoked};
    for (status, outcome) in [
        (204, Revoked),
        (200, Revoked),
        (202, Requested),
        (409, AlreadyEnded),
        (410, AlreadyEnded),
        (404, NotFound),
    ] {
        for (content_type, body) in [("text/plain", ""), ("text/html", "<p>"), ("-", "{{")] {
            let revoked = answered(move |_| answer(status, content_type, body)).unwrap();
            assert_eq!(revoked.outcome(), outcome, "{status}");
            let noticed = revoked.notices().contains(&Notice::RevocationStatus);
            assert_eq!(noticed, status == 200);
            assert_eq!(revoked.said().status, status);
        }
    }
    for (status, code) in [
        (201, "rfc9110.status"),
        (307, "fapi2.back_channel.redirect"),
        (400, "rfc9110.error"),
        (401, "rfc6750.challenge"),
        (403, "rfc9110.error"),
        (405, "rfc9110.error"),
        (500, "rfc9110.error"),
    ] {
        let error = answered(move |_| answer(status, "text/plain", "")).unwrap_err();
        assert_eq!(error.code(), code, "{status}");
    }
    for status in [204, 200, 404, 409] {
        let large = vec![b'x'; 64 * 1024 + 1];
        let error = answered(move |_| answer(status, "text/plain", large.clone())).unwrap_err();
        assert_eq!(error.code(), "fdx.body.size", "{status}");
    }
}

#[test]
fn reads_revocation_error_in_either_spelling() {
    for body in [
        r#"{"code":"409","message":"gone"}"#,
        r#"{"code":409,"message":"gone"}"#,
        r#"{"err":"409","errorDescription":"gone"}"#,
    ] {
        let revoked = answered(move |_| answer(409, "application/json", body)).unwrap();
        let said = revoked.said();
        assert_eq!(said.error.as_ref().unwrap().as_str(), "409", "{body}");
        assert_eq!(said.error_description.as_ref().unwrap().as_str(), "gone", "{body}");
    }
}

#[test]
fn revocation_can_be_repeated_after_no_response() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let own = world.own_token(&client).unwrap();
    let (id, now) = (consent_id(&grant), world.now);
    let request = serde_json::from_str("{}").unwrap();
    for outcome in [RevocationOutcome::Revoked, RevocationOutcome::AlreadyEnded] {
        let entropy = world.draw();
        let draft = client.revoke_consent(&id, own.access_token(), &request, entropy, now);
        let draft = draft.unwrap();
        let (_, sent) = attached(draft, &world.keys);
        assert_eq!(sent.on_no_response(), NextStep::Retry { after: None });
        let revoked = world.revoke_consent(&client, &id, own.access_token()).unwrap();
        assert_eq!(revoked.outcome(), outcome);
    }
    // The consent's own token ended with it, so the second response is a refusal.
    let error = world.revoke_consent(&client, &id, grant.tokens().access_token()).unwrap_err();
    assert_eq!((error.said().unwrap().status, error.next_step()), (401, NextStep::Refresh));
}

fn listed(made_up: impl FnMut(Answer) -> Answer + 'static) -> Result<Revocations, Error> {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let id = consent_id(&grant);
    // The client learns the nonce from the first call.
    world.list_revocations(&client, &id, grant.tokens().access_token()).unwrap();
    let mut made_up = made_up;
    world.tamper(move |_, answer| made_up(answer));
    world.list_revocations(&client, &id, grant.tokens().access_token())
}

#[test]
fn reads_both_shapes_of_the_list_and_404() {
    let one = r#"{"status":"REVOKED","reason":"BUSINESS_RULE","initiator":"VENDOR"}"#;
    for (body, count) in [
        (format!("[{one},{one}]"), 2),
        (format!(r#"{{"revocations":[{one}]}}"#), 1),
        ("[]".to_owned(), 0),
        ("{}".to_owned(), 0),
    ] {
        let list = listed(move |_| answer(200, "application/json", body.clone())).unwrap();
        assert_eq!(list.list().unwrap().len(), count);
        assert_eq!(list.notices(), [Notice::InteractionIdMissing]);
    }
    let none = listed(|_| answer(404, "text/plain", "")).unwrap();
    assert!(none.list().is_none());
    for (status, content_type, body, code) in [
        (200, "application/json", "null", "rfc8259.json.shape"),
        (200, "application/json", r#"{"status":"REVOKED"}"#, "rfc8259.json.member"),
        (200, "application/json", r#"{"a":1,"a":1}"#, "rfc8259.json.duplicate"),
        (200, "application/json", "[", "rfc8259.json.syntax"),
        (200, "text/html", "[]", "rfc9110.content_type"),
        (204, "application/json", "", "rfc9110.status"),
        (302, "application/json", "", "fapi2.back_channel.redirect"),
        (409, "application/json", "", "rfc9110.error"),
    ] {
        let error = listed(move |_| answer(status, content_type, body)).unwrap_err();
        assert_eq!(error.code(), code, "{status} {body}");
    }
}

/// A name, and the call that it stands for.
type Calls =
    [(&'static str, fn(&mut World, &Client, &ConsentId, &AccessToken) -> Option<Error>); 4];

const CALLS: Calls = [
    ("read", |world, client, id, token| world.read_consent(client, id, token).err()),
    ("revoke", |world, client, id, token| world.revoke_consent(client, id, token).err()),
    ("list", |world, client, id, token| world.list_revocations(client, id, token).err()),
    ("call", |world, client, _, token| world.accounts(client, token).err()),
];

#[test]
fn reports_retry_after_for_each_429() {
    for (name, call) in CALLS {
        for (retry_after, after) in [
            (Some("30"), Some(Duration::from_secs(30))),
            (Some("Mon, 05 Jan 2026 10:02:00 GMT"), Some(Duration::from_secs(120))),
            (Some("-1"), None),
            (None, None),
        ] {
            for body in ["", r#"{"code":"1207","message":"too many"}"#] {
                let mut world = World::new(Setup::default());
                let (client, grant) = world.stored();
                world.tamper(move |_, _| {
                    let mut busy = answer(429, "application/json", body);
                    let header = retry_after.map(HeaderValue::from_static);
                    busy.headers_mut().extend(header.map(|value| (RETRY_AFTER, value)));
                    busy
                });
                let id = consent_id(&grant);
                let token = grant.tokens().access_token();
                let error = call(&mut world, &client, &id, token).unwrap();
                assert_eq!(error.said().unwrap().status, 429, "{name}");
                assert_eq!(error.next_step(), NextStep::Retry { after }, "{name} {retry_after:?}");
            }
        }
    }
}

#[test]
fn token_of_another_institution_is_not_sent() {
    let mut world = World::new(Setup::default());
    let (_, grant) = world.stored();
    let mut other = World::new(Setup::default());
    other.config.issuer = fdx_wire::Issuer::parse("https://other.example").unwrap();
    let metadata = json!({ "issuer": "https://other.example" });
    other.tamper(move |_, _| {
        let document = serde_json::to_vec(&json!({
            "issuer": "https://bank.example",
            "authorization_endpoint": "https://other.example/authorize",
            "token_endpoint": "https://other.example/token",
            "pushed_authorization_request_endpoint": "https://other.example/par",
            "jwks_uri": "https://other.example/jwks",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        }))
        .unwrap();
        patched(answer(200, "application/json", document), &metadata)
    });
    let client = other.client().unwrap();
    let sent = other.sent.len();
    for (name, call) in CALLS {
        let token = grant.tokens().access_token();
        let error = call(&mut other, &client, &consent_id(&grant), token);
        assert_eq!(error, Some(StoredStateFault::OtherClient.into()), "{name}");
    }
    assert_eq!(other.sent.len(), sent);
}

#[test]
fn requests_own_token_without_customer_data() {
    for mut world in worlds() {
        let client = world.client().unwrap();
        let own = world.own_token(&client).unwrap();
        let sent_request = world.asked("/token");
        let form = sent_request.last().unwrap().form();
        let mut names: Vec<_> = form.keys().map(String::as_str).collect();
        // RFC 7523 2.2, RFC 8705 2: client authentication.
        names.retain(|name| !name.starts_with("client_"));
        assert_eq!(names, ["grant_type"]);
        assert_eq!(form["grant_type"], "client_credentials");
        let constraint = &client.config().sender_constraint;
        assert_eq!(own.access_token().bound_to(), constraint.thumbprint());
        assert_eq!(own.access_token().expires_at(), Some(world.now + Duration::from_secs(300)));
        assert!(own.scopes().is_empty());
        // The client's own token has no access to customer data.
        let error = world.accounts(&client, own.access_token()).unwrap_err();
        assert_eq!(error.said().unwrap().status, 403);
    }
}

#[test]
fn own_scopes_are_sent_and_read_and_refused() {
    let mut world = World::new(Setup::default());
    let mut registered = Setup::default().registered();
    registered.scopes.push("READ_CONSENTS".to_owned());
    world.bank.register(registered);
    let client = world.client().unwrap();
    let mut own = |scope: &str| {
        let scopes = Scopes::parse(scope).unwrap();
        let entropy = world.draw();
        let draft = client.client_credentials(&scopes, entropy, world.now).unwrap();
        world.run(draft)
    };
    assert!(own("READ_CONSENTS").unwrap().scopes().contains("READ_CONSENTS"));
    for scope in ["UPDATE_CONSENTS", "openid", "fdx:transactions:read"] {
        let Err(Error::Refusal(refusal)) = own(scope) else { panic!("{scope}") };
        assert!(refusal.is("invalid_scope") && refusal.next_step == NextStep::Correct);
    }
}

#[test]
fn rejects_own_token_with_another_binding_and_ignores_refresh_token() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    world.own_token(&client).unwrap();
    world.tamper_at("/token", |answer| patched(answer, &json!({ "token_type": "Bearer" })));
    assert_eq!(world.own_token(&client).unwrap_err().code(), "rfc6749.token_type");
    let more = json!({ "refresh_token": "planted", "id_token": "planted", "grant_id": "c" });
    world.tamper_at("/token", move |answer| patched(answer, &more));
    let own = world.own_token(&client).unwrap();
    assert!(!format!("{own:?}").contains("planted"));
    world.tamper_no_more();
    // Introspection and calls accept the client's own token; the institution refuses customer data.
    let draft = client.introspect(own.access_token(), world.draw(), world.now).unwrap();
    world.run(draft).unwrap();
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let draft = client.call(own.access_token(), ResourceRequest::get(url), world.draw(), world.now);
    assert_eq!(world.run(draft.unwrap()).err().unwrap().said().unwrap().status, 403);
}
