//! The consent id: the responses that report it, its form, and the grant that it names.

use fdx_par::{
    AuthorizationRequest, CallFault, Client, Error, Exchanged, NextStep, Notice, ResourceRequest,
    ServerRule, Verified,
};
use fdx_rar::{ConsentId, DataCluster, GrantSource};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{ConsentIdCarrier, NoncePolicy};
use fdx_testkit::{
    Answer, Setup, World, answer, consent_request, entropy, keys, patched, persisted, signed_again,
};
use fdx_wire::{HttpsUrl, percent_encode};
use proptest::prelude::*;
use serde_json::{Value, json};

const METADATA: &str = "/.well-known/oauth-authorization-server";

fn world() -> (World, Client) {
    let carrier = ConsentIdCarrier::Nowhere;
    let setup = Setup { nonces: NoncePolicy::Silent, carrier, ..Setup::default() };
    let mut world = World::new(setup);
    let client = world.client().unwrap();
    (world, client)
}

/// The consent id in each response that can carry it; null if absent.
#[derive(Clone, Debug, Default)]
struct Carriers {
    grant_id: Value,
    fdx_consent_id: Value,
    id_token: Value,
}

impl Carriers {
    /// The token response with these members, and an ID token that the institution signed.
    fn within(&self, answer: Answer) -> Answer {
        let key = keys(fdx_jose::Algorithm::EdDsa);
        let answer = signed_again(answer, &json!({ "fdxConsentId": self.id_token }), &key);
        let members = json!({ "grant_id": self.grant_id, "fdxConsentId": self.fdx_consent_id });
        patched(answer, &members)
    }
}

/// Runs a flow with these carriers up to verification.
fn verified(carriers: &Carriers) -> (World, Client, Result<Verified, (Error, Exchanged)>) {
    let (mut world, client) = world();
    let carriers = carriers.clone();
    world.tamper_at("/token", move |answer| carriers.within(answer));
    let exchanged = world.exchanged(&client);
    let verified = world.verify(&client, exchanged);
    (world, client, verified.map_err(|refused| (refused.error, *refused.unspent)))
}

#[test]
fn accepts_consent_id_from_any_carrier_if_all_agree() {
    for members in 0..8_u8 {
        let value = |bit| if members & bit == 0 { Value::Null } else { json!("c-1") };
        let carriers =
            Carriers { grant_id: value(1), fdx_consent_id: value(2), id_token: value(4) };
        let (_, _, verified) = verified(&carriers);
        let id = verified.unwrap().consent_id().map(|id| id.as_str().to_owned());
        assert_eq!(id, (members != 0).then(|| "c-1".to_owned()), "{carriers:?}");
    }
}

#[test]
fn conflicting_consent_ids_keep_the_tokens() {
    let (a, b) = (json!("c-1"), json!("C-1"));
    for carriers in [
        Carriers { grant_id: a.clone(), fdx_consent_id: b.clone(), ..Carriers::default() },
        Carriers { grant_id: a.clone(), id_token: b.clone(), ..Carriers::default() },
        Carriers { fdx_consent_id: a.clone(), id_token: b.clone(), ..Carriers::default() },
        Carriers { grant_id: a.clone(), fdx_consent_id: a, id_token: b },
    ] {
        let (world, _, verified) = verified(&carriers);
        let (error, exchanged) = verified.unwrap_err();
        assert_eq!(error.code(), ServerRule::ConsentIdConflict.code(), "{carriers:?}");
        assert_eq!(error.next_step(), NextStep::AskTheInstitution);
        assert!(persisted(&exchanged.to_json())["refresh_token"].is_string());
        let last = world.sent.last().unwrap();
        assert_eq!(last.http.uri().path(), "/jwks", "nothing is sent after it");
    }
}

#[test]
fn introspection_supplies_the_missing_consent_id() {
    for (grant_id, introspected, expected) in [
        (json!(null), json!("c-1"), Ok(Some("c-1"))),
        (json!("c-1"), json!("c-1"), Ok(Some("c-1"))),
        (json!("c-1"), json!(null), Ok(Some("c-1"))),
        (json!(null), json!(null), Ok(None)),
        (json!("c-1"), json!("c-2"), Err("fdx.consent_id.conflict")),
    ] {
        let (mut world, client, verified) = verified(&Carriers { grant_id, ..Carriers::default() });
        let verified = verified.unwrap();
        let patch = json!({ "fdxConsentId": introspected });
        world.tamper_at("/introspect", move |answer| patched(answer, &patch));
        let token = verified.tokens().access_token();
        let draft = client.introspect(token, entropy(5), world.now).unwrap();
        let introspection = world.run(draft).unwrap();
        match verified.introspected(&introspection) {
            Ok(verified) => {
                assert_eq!(Ok(verified.consent_id().map(ConsentId::as_str)), expected);
            }
            Err(refused) => {
                assert_eq!(Err(refused.error.code()), expected);
                assert!(refused.unspent.tokens().refresh_token().is_some());
            }
        }
    }
}

#[test]
fn first_inactive_introspection_reports_nothing_and_a_later_one_keeps_the_tokens() {
    let (mut world, client, verified) = verified(&Carriers::default());
    let verified = verified.unwrap();
    world.tamper_at("/introspect", |answer| {
        patched(answer, &json!({ "active": false, "fdxConsentId": "c-1" }))
    });
    let token = verified.tokens().access_token();
    let draft = client.introspect(token, entropy(5), world.now).unwrap();
    let introspection = world.run(draft).unwrap();
    assert!(!introspection.is_active() && introspection.consent_id().is_none());
    let verified = verified.introspected(&introspection).unwrap();
    assert!(verified.notices().contains(&Notice::IntrospectionInactive));
    assert_eq!(verified.consent_id(), None);
    let refused = verified.introspected(&introspection).unwrap_err();
    assert_eq!(refused.error.code(), "rfc7662.active");
    assert!(refused.unspent.tokens().refresh_token().is_some());
    assert_eq!(refused.unspent.consent_id(), None);
    // The first introspection of the refresh token is another one.
    let draft = client.introspect_refresh_token(refused.unspent.tokens(), entropy(6), world.now);
    let introspection = world.run(draft.unwrap()).unwrap();
    assert!(refused.unspent.introspected(&introspection).is_ok());
}

/// RFC 7662 2.2: a token that this client saw active has become inactive.
#[test]
fn an_active_token_that_becomes_inactive_is_refused() {
    let (mut world, client, verified) =
        verified(&Carriers { grant_id: json!("c-1"), ..Carriers::default() });
    let verified = verified.unwrap();
    let token = verified.tokens().access_token().clone();
    let draft = client.introspect(&token, entropy(5), world.now).unwrap();
    let introspection = world.run(draft).unwrap();
    assert!(introspection.is_active());
    let patch = json!({ "active": false });
    world.tamper_at("/introspect", move |answer| patched(answer, &patch));
    let draft = client.introspect(&token, entropy(6), world.now).unwrap();
    let inactive = world.run(draft).unwrap();
    let verified = verified.introspected(&introspection).unwrap();
    assert_eq!(verified.consent_id().map(ConsentId::as_str), Some("c-1"));
    let refused = verified.introspected(&inactive).unwrap_err();
    assert_eq!(refused.error.code(), "rfc7662.active");
    assert_eq!(refused.unspent.consent_id().map(ConsentId::as_str), Some("c-1"));
}

#[test]
fn a_refused_or_missing_introspection_does_not_end_a_finished_flow() {
    for (status, body) in [
        (400, r#"{"error":"unsupported_token_type"}"#),
        (400, "no JSON"),
        (401, r#"{"error":"invalid_client"}"#),
        (403, ""),
        (404, "<html>"),
        (405, ""),
        (501, ""),
        (503, ""),
    ] {
        for grant_id in [json!(null), json!("c-1")] {
            let reported = Carriers { grant_id: grant_id.clone(), ..Carriers::default() };
            let (mut world, client, verified) = verified(&reported);
            let verified = verified.unwrap();
            world.tamper_at("/introspect", move |_| {
                answer(status, "application/json", body.to_owned())
            });
            let token = verified.tokens().access_token();
            let draft = client.introspect(token, entropy(5), world.now).unwrap();
            let error = world.run(draft).unwrap_err();
            let verified = verified.not_introspected(error).unwrap();
            assert!(verified.notices().contains(&Notice::IntrospectionRefused), "{status}");
            // The other sources count as before.
            assert_eq!(verified.consent_id().map(ConsentId::as_str), grant_id.as_str());
        }
    }
    let (mut world, _) = world();
    world.tamper_at(METADATA, |answer| patched(answer, &json!({ "introspection_endpoint": null })));
    let client = world.client().unwrap();
    let granted = world.verified(&client);
    let token = granted.tokens().access_token();
    let error = client.introspect(token, entropy(5), world.now).unwrap_err();
    let granted = granted.not_introspected(error).unwrap().without_grant();
    assert!(granted.notices().contains(&Notice::IntrospectionRefused));
    assert_eq!(granted.coverage().sources(), TOKEN_RESPONSE);
}

/// What the token response of the institution reports.
const TOKEN_RESPONSE: [GrantSource; 2] = [GrantSource::TokenResponse, GrantSource::Scopes];

#[test]
fn an_introspection_that_breaks_a_rule_is_not_skipped() {
    let (mut world, client, verified) = verified(&Carriers::default());
    let verified = verified.unwrap();
    let other = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    world.tamper_at("/introspect", move |answer| {
        patched(answer, &json!({ "cnf": { "jkt": other } }))
    });
    let token = verified.tokens().access_token();
    let draft = client.introspect(token, entropy(5), world.now).unwrap();
    let error = world.run(draft).unwrap_err();
    let refused = verified.not_introspected(error.clone()).unwrap_err();
    assert_eq!(refused.error, error);
    assert_eq!(error.code(), ServerRule::TokenType.code());
    assert!(refused.unspent.tokens().refresh_token().is_some());
}

#[test]
fn without_an_id_no_consent_is_read() {
    let (world, client, verified) = verified(&Carriers::default());
    let verified = verified.unwrap();
    let error = client.read_consent(&verified, entropy(5), world.now).unwrap_err();
    assert_eq!((error.code(), error.next_step()), ("fdx.consent_id.unknown", NextStep::Correct));
    let granted = verified.without_grant();
    assert_eq!(granted.coverage().sources(), TOKEN_RESPONSE);
    assert!(granted.coverage().is_whole() && granted.grant().is_none());
}

#[test]
fn an_id_has_1_to_256_characters_and_no_control_characters() {
    for id in ["x".repeat(257), "a\nb".into(), "a\u{0}".into(), "\u{85}".into()] {
        for carriers in [
            Carriers { grant_id: json!(id), ..Carriers::default() },
            Carriers { fdx_consent_id: json!(id), ..Carriers::default() },
            Carriers { id_token: json!(id), ..Carriers::default() },
        ] {
            let (_, _, verified) = verified(&carriers);
            let (error, exchanged) = verified.unwrap_err();
            assert_eq!(error.code(), "fdx.consent_id.invalid", "{carriers:?}");
            assert!(persisted(&exchanged.to_json())["refresh_token"].is_string());
        }
    }
}

/// The path at which the consent with this id is read.
fn read_at(id: &str) -> Result<String, Error> {
    let (mut world, client, verified) =
        verified(&Carriers { grant_id: json!(id), ..Carriers::default() });
    let verified = verified.map_err(|(error, _)| error)?;
    let draft = client.read_consent(&verified, entropy(5), world.now)?;
    let _ = world.run(draft);
    Ok(world.sent.last().unwrap().http.uri().to_string())
}

const CONSENTS: &str = "https://bank.example/fdx/v6/consents/";

#[test]
fn an_id_is_one_path_segment() {
    for (id, segment) in [
        ("c-1", "c-1"),
        ("a+b=", "a%2Bb%3D"),
        ("a b", "a%20b"),
        ("\u{e4}", "%C3%A4"),
        ("a;c", "a%3Bc"),
    ] {
        assert_eq!(read_at(id).unwrap(), format!("{CONSENTS}{segment}"), "{id}");
    }
    let longest = "x".repeat(256);
    assert_eq!(read_at(&longest).unwrap(), format!("{CONSENTS}{longest}"));
}

/// Identifiers that a server or a proxy may resolve to another path.
const HOSTILE: &[&str] = &[
    ".",
    "..",
    "../../other",
    "a/../../../other",
    "a/..",
    "..\\..\\other",
    "a\\b",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fother",
    "..%2f..%2fother",
    "..%5cother",
    "..;",
    "..;/..;/other",
    "..;a=b",
    ".;/..;/other",
    "%",
    "a%00",
    "a\0",
    "a\r\nb",
    "\u{85}",
    "",
];

// A default nginx decodes `..%2F..%2Fother` and serves another tenant's path with our token.
#[test]
fn rejects_consent_id_that_changes_the_path() {
    for id in HOSTILE.iter().copied().chain(["a/b", "/", "a/revocation", "a?b", "a#b"]) {
        assert!(ConsentId::parse(id).is_err(), "{id:?}");
        assert!(serde_json::from_value::<ConsentId>(json!(id)).is_err(), "{id:?}");
        for carriers in [
            Carriers { grant_id: json!(id), ..Carriers::default() },
            Carriers { fdx_consent_id: json!(id), ..Carriers::default() },
            Carriers { id_token: json!(id), ..Carriers::default() },
        ] {
            let (_, _, verified) = verified(&carriers);
            if id.is_empty() {
                // An empty id counts as absent.
                assert_eq!(verified.unwrap().consent_id(), None);
                continue;
            }
            let (error, exchanged) = verified.unwrap_err();
            assert_eq!(error.code(), ServerRule::ConsentIdInvalid.code(), "{carriers:?}");
            assert!(persisted(&exchanged.to_json())["refresh_token"].is_string());
        }
        let (mut world, client, verified) = verified(&Carriers::default());
        let verified = verified.unwrap();
        let patch = json!({ "fdxConsentId": id });
        world.tamper_at("/introspect", move |answer| patched(answer, &patch));
        let draft = client.introspect(verified.tokens().access_token(), entropy(5), world.now);
        let read = world.run(draft.unwrap()).and_then(|introspection| {
            verified.introspected(&introspection).map_err(|refused| refused.error)
        });
        match read {
            Ok(verified) => assert!(id.is_empty() && verified.consent_id().is_none(), "{id:?}"),
            Err(error) => assert_eq!(error.code(), ServerRule::ConsentIdInvalid.code(), "{id:?}"),
        }
    }
}

#[test]
fn every_consent_call_stays_at_its_path() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let (client, grant) = world.stored();
    let token = grant.tokens().access_token();
    for id in ["c-1", "a b", "a;b", "...", "..a", "a+b==", "\u{e4}", "urn:x:1", "a..;b"] {
        let encoded = percent_encode(id);
        let id = ConsentId::parse(id).unwrap();
        let _ = world.read_consent(&client, &id, token);
        let _ = world.revoke_consent(&client, &id, token);
        let _ = world.list_revocations(&client, &id, token);
        let sent = world.sent[world.sent.len() - 3..].iter();
        let sent: Vec<_> = sent.map(|sent_request| sent_request.http.uri().to_string()).collect();
        let read = format!("{CONSENTS}{encoded}");
        let revocation = format!("{read}/revocation");
        assert_eq!(sent, [read, revocation.clone(), revocation]);
    }
}

// Account and statement ids: this crate has no calls for them, so the caller puts them into a URL.
#[test]
fn identifier_in_a_resource_url_stays_one_segment() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let (client, grant) = world.stored();
    let token = grant.tokens().access_token();
    let base = client.config().fdx_base.clone();
    let accounts = base.join_segment("accounts").unwrap();
    let statements = accounts.join_segment("1").unwrap().join_segment("statements").unwrap();
    let mut call = |url: HttpsUrl| {
        let draft = client.call(token, ResourceRequest::get(url), world.draw(), world.now)?;
        let _ = world.run(draft);
        Ok(world.sent.last().unwrap().http.uri().to_string())
    };
    for at in [&base, &accounts, &statements] {
        for id in HOSTILE {
            assert!(at.join_segment(id).is_err(), "{id:?}");
            // One program joins the texts as they are, another encodes them.
            for segment in [(*id).to_owned(), percent_encode(id)] {
                let text = format!("{}/{segment}", at.as_str());
                let Ok(url) = HttpsUrl::parse(&text) else { continue };
                // An empty segment does not change the path.
                if !id.is_empty() {
                    let called: Result<String, Error> = call(url);
                    assert_eq!(called, Err(CallFault::OutsideFdxBase.into()), "{text}");
                }
            }
        }
        for (id, segment) in [("a/b+c==", "a%2Fb%2Bc%3D%3D"), ("c-1", "c-1"), ("/", "%2F")] {
            let url = at.join_segment(id).unwrap();
            assert_eq!(call(url), Ok(format!("{}/{segment}", at.as_str())));
            let below = at.join_segment(id).unwrap().join_segment("transactions").unwrap();
            let sent = call(HttpsUrl::parse(&format!("{}?limit=5", below.as_str())).unwrap());
            assert_eq!(sent, Ok(format!("{}/{segment}/transactions?limit=5", at.as_str())));
        }
    }
}

#[test]
fn consent_id_too_long_for_a_url_is_not_sent() {
    let error = read_at(&"\u{1f600}".repeat(256)).unwrap_err();
    assert_eq!((error.code(), error.next_step()), ("rfc9110.url.length", NextStep::Correct));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_consent_id_stays_below_consents(id in "[^\\p{Cc}]{1,40}") {
        match read_at(&id) {
            Ok(url) => {
                let segment = url.strip_prefix(CONSENTS).unwrap();
                prop_assert_eq!(segment, percent_encode(&id));
                prop_assert!(!segment.contains(['/', '?', '#']));
            }
            Err(error) => {
                prop_assert_eq!(error.code(), "fdx.consent_id.invalid");
                prop_assert!(id.starts_with('.') || id.contains(['/', '\\', '%', '?', '#']));
            }
        }
    }
}

/// Runs a usual flow whose grant is changed, up to the read of the grant.
fn read(patch: Value) -> (World, Verified, Result<fdx_par::ConsentRead, Error>) {
    let setup = Setup { nonces: NoncePolicy::Silent, ..Setup::default() };
    let mut world = World::new(setup);
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let draft = client.read_consent(&verified, entropy(5), world.now).unwrap();
    world.tamper(move |_, answer| patched(answer, &patch));
    let read = world.run(draft);
    (world, verified, read)
}

#[test]
fn rejects_grant_of_another_consent() {
    for id in [json!("another"), json!(5)] {
        let (_, verified, read) = read(json!({ "id": id }));
        let error = read.unwrap_err();
        assert_eq!(error.code(), "fdx.consent.other", "{id}");
        assert_eq!(error.member().map(|fault| fault.member()), Some("id"), "{id}");
        assert_eq!(error.next_step(), NextStep::AskTheInstitution);
        assert!(verified.tokens().refresh_token().is_some());
    }
}

/// FDX requires no member of a grant, and the URL names the consent.
#[test]
fn accepts_grant_without_id() {
    let (_, verified, read) = read(json!({ "id": null }));
    let read = read.unwrap();
    assert!(read.notices().contains(&Notice::ConsentIdMissing));
    assert!(verified.granted(read).unwrap().coverage().is_reported());
}

#[test]
fn rejects_grant_of_another_flow() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let first = world.verified(&client);
    let draft = client.read_consent(&first, entropy(5), world.now).unwrap();
    let read = world.run(draft).unwrap();

    let (_, _, other) = verified(&Carriers { grant_id: json!("c-2"), ..Carriers::default() });
    let refused = other.unwrap().granted(read.clone()).unwrap_err();
    assert_eq!(refused.error.code(), "fdx.consent.other");
    assert!(refused.unspent.tokens().refresh_token().is_some());
    assert!(first.granted(read).is_ok());
}

#[test]
fn a_consent_that_is_not_active_keeps_the_tokens() {
    for status in ["REVOKED", "Expired", "SUSPENDED", "something new"] {
        let (_, verified, read) = read(json!({ "status": status }));
        let refused = verified.granted(read.unwrap()).unwrap_err();
        assert_eq!(refused.error.code(), "fdx.consent.inactive", "{status}");
        assert_eq!(refused.error.member().map(|fault| fault.member()), Some("status"), "{status}");
        let shown = refused.error.to_string().to_lowercase();
        assert!(shown.contains(&format!("\"{}\"", status.to_lowercase())), "{shown}");
        assert!(refused.unspent.tokens().refresh_token().is_some());
    }
    let (_, verified, read) = read(json!({ "status": "" }));
    assert_eq!(read.unwrap_err().member().map(|fault| fault.member()), Some("status"));
    assert!(verified.tokens().refresh_token().is_some());
}

#[test]
fn consent_status_is_case_insensitive_and_optional() {
    for (status, notices) in [
        (json!("ACTIVE"), &[][..]),
        (json!("Active"), &[]),
        (json!("active"), &[]),
        (json!(null), &[Notice::ConsentStatusMissing]),
    ] {
        let (_, verified, read) = read(json!({ "status": status }));
        let granted = verified.granted(read.unwrap()).unwrap();
        assert_eq!(granted.notices(), notices, "{status}");
    }
}

#[test]
fn reports_missing_or_different_interaction_id() {
    type Row = (fn(Answer) -> Answer, &'static [Notice]);
    let rows: [Row; 4] = [
        (|answer| answer, &[]),
        (
            |mut answer| {
                answer.headers_mut().remove("x-fapi-interaction-id");
                answer
            },
            &[Notice::InteractionIdMissing],
        ),
        (
            |mut answer| {
                let other = http::HeaderValue::from_static("c0ffee00-0000-4000-8000-000000000000");
                answer.headers_mut().insert("x-fapi-interaction-id", other);
                answer
            },
            &[Notice::InteractionIdOther],
        ),
        (
            |mut answer| {
                let id = answer.headers()["x-fapi-interaction-id"].to_str().unwrap();
                let id = id.to_uppercase().parse().unwrap();
                answer.headers_mut().insert("x-fapi-interaction-id", id);
                answer
            },
            &[],
        ),
    ];
    for (change, notices) in rows {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let client = world.client().unwrap();
        let verified = world.verified(&client);
        world.tamper(move |_, answer| change(answer));
        let draft = client.read_consent(&verified, entropy(5), world.now).unwrap();
        let read = world.run(draft).unwrap();
        assert_eq!(read.notices(), notices);
        assert_eq!(
            world.sent.last().unwrap().header("x-fapi-interaction-id"),
            read.interaction_id()
        );
        assert!(is_uuid_v4(read.interaction_id()), "{}", read.interaction_id());
        assert_eq!(verified.granted(read).unwrap().notices(), notices);
    }
}

fn is_uuid_v4(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups[2].starts_with('4')
        && groups[3].starts_with(['8', '9', 'a', 'b'])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[test]
fn coverage_is_partial_whole_or_nothing() {
    let account = |clusters: Value| json!({ "resourceType": "ACCOUNT", "resourceId": "acc-1", "dataClusters": clusters });
    let customer = json!({
        "resourceType": "CUSTOMER", "resourceId": "cust-1", "dataClusters": ["CUSTOMER_CONTACT"],
    });
    let all = account(json!(["ACCOUNT_BASIC", "ACCOUNT_DETAILED", "TRANSACTIONS"]));
    let some = account(json!(["ACCOUNT_BASIC"]));
    let more = account(json!(["ACCOUNT_BASIC", "STATEMENTS"]));
    // The granted resources; whether coverage is reported, whole, partial, nothing; the number of
    // clusters that were not requested.
    for (resources, expected) in [
        (json!([all.clone(), customer.clone()]), (true, true, false, false, 0)),
        (json!([all]), (true, false, true, false, 0)),
        (json!([some, customer.clone()]), (true, false, true, false, 0)),
        (json!([more, customer]), (true, false, true, false, 1)),
        (json!([]), (true, false, false, true, 0)),
        // The token response reports everything.
        (json!(null), (true, true, false, false, 0)),
    ] {
        let (_, verified, read) = read(json!({ "resources": resources }));
        let granted = verified.granted(read.unwrap()).unwrap();
        let it = granted.coverage();
        let seen = (
            it.is_reported(),
            it.is_whole(),
            it.is_partial(),
            it.is_nothing(),
            it.not_requested().len(),
        );
        assert_eq!(seen, expected, "{resources}");
    }
}

#[test]
fn granted_scopes_default_to_the_requested_ones() {
    for (scope, expected) in [
        (json!("openid fdx:accountbasic:read"), "openid fdx:accountbasic:read"),
        (json!("unheard:of"), "unheard:of"),
        (json!("a  b \"c\" d"), "a b d"),
        (json!(""), ""),
    ] {
        let (mut world, client) = world();
        let patch = json!({ "scope": scope });
        world.tamper_at("/token", move |answer| patched(answer, &patch));
        let exchanged = world.exchanged(&client);
        assert_eq!(persisted(&exchanged.to_json())["scope"], expected, "{scope}");
    }
    let (mut world, client) = world();
    world.tamper_at("/token", |answer| patched(answer, &json!({ "scope": null })));
    let exchanged = world.exchanged(&client);
    let requested = &world.asked("/par")[0].form()["scope"];
    assert_eq!(persisted(&exchanged.to_json())["scope"], **requested);
}

#[test]
fn links_in_a_grant_are_not_followed() {
    let (mut world, client) = world();
    let request = AuthorizationRequest::new(consent_request());
    let (url, pending) = world.push(&client, &request).unwrap();
    let decision = Decision::allow().account("acc-1", [DataCluster::AccountBasic]);
    let callback = world.customer(&url, &decision);
    let patch = json!({ "grant_id": "c-1" });
    world.tamper(move |sent_request, answer| match sent_request.uri().path() {
        "/token" => patched(answer, &patch),
        path if path.ends_with("/consents/c-1") => {
            let links = json!([{ "rel": "self", "href": "https://evil.example/collect" }]);
            let body = json!({ "id": "c-1", "status": "ACTIVE", "links": links });
            fdx_testkit::answer(200, "application/json", body.to_string())
        }
        _ => answer,
    });
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    let verified = world.verify(&client, exchanged).unwrap();
    let granted = world.granted(&client, verified).unwrap();
    let receipt = client.receipt(&granted, world.now).unwrap();
    let revocation = receipt.revocation_endpoint().unwrap();
    assert_eq!(revocation.as_str(), format!("{CONSENTS}c-1/revocation"));
    for sent_request in &world.sent {
        assert_eq!(sent_request.http.uri().host(), Some("bank.example"));
    }
}
