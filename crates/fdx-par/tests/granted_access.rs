//! What was granted: the consent API, the token response, introspection and scopes together.

use core::time::Duration;

use fdx_par::dialect::{Dialect, Line, Member};
use fdx_par::{AuthorizationRequest, Client, Granted, Notice, Verified};
use fdx_rar::{
    AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster, Expiration, GrantSource,
    OtherDetail, ResourceType, Withheld,
};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, entropy, patched, start};
use serde_json::{Value, json};

fn world() -> (World, Client) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    (world, client)
}

/// The FDX detail of a response that grants these clusters of an account for 30 days.
fn detail(clusters: &[&str]) -> Value {
    json!([{ "type": "fdx_v1.0", "consentRequest": {
        "durationType": "TIME_BOUND",
        "durationPeriod": 30,
        "resources": [{ "resourceType": "ACCOUNT", "dataClusters": clusters }],
    } }])
}

/// The tokens of a flow whose token response has `members`; `null` removes one.
fn verified(world: &mut World, client: &Client, members: Value) -> Verified {
    world.tamper_at("/token", move |answer| patched(answer, &members));
    world.verified(client)
}

fn read(world: &mut World, client: &Client, verified: Verified, grant: Value) -> Granted {
    world.tamper(move |request, answer| match request.uri().path().contains("/consents/") {
        true => patched(answer, &grant),
        false => answer,
    });
    let draft = client.read_consent(&verified, entropy(5), world.now).unwrap();
    let read = world.run(draft).unwrap();
    verified.granted(read).unwrap()
}

fn withheld(granted: &Granted) -> Vec<DataCluster> {
    let pairs = granted.coverage().withheld().iter();
    let pairs = pairs.filter(|it| matches!(it, Withheld::Pair { .. }));
    pairs.map(|it| it.data_cluster().clone()).collect()
}

#[test]
fn the_token_response_alone_reports_what_was_granted() {
    let (mut world, client) = world();
    let members = json!({ "authorization_details": detail(&["ACCOUNT_DETAILED"]) });
    let granted = verified(&mut world, &client, members).without_grant();
    assert_eq!(granted.coverage().granted().len(), 1);
    assert_eq!(granted.coverage().sources()[0], GrantSource::TokenResponse);
    assert!(withheld(&granted).contains(&DataCluster::Transactions));

    let receipt = client.receipt(&granted, world.now).unwrap();
    let end = world.now + Duration::from_secs(30 * 86_400);
    assert_eq!(receipt.expiration(), Expiration::Derived(end));
    assert_eq!(receipt.expiration_sources(), [GrantSource::TokenResponse]);
    assert_eq!(receipt.withheld(), Some(granted.coverage().withheld()));
}

#[test]
fn sources_that_differ_are_intersected_with_a_notice() {
    let (mut world, client) = world();
    let members = json!({ "authorization_details": detail(&["ACCOUNT_DETAILED", "TRANSACTIONS"]) });
    let verified = verified(&mut world, &client, members);
    let granted = read(
        &mut world,
        &client,
        verified,
        json!({ "durationPeriod": 90, "expirationTime": null, "resources": [{
            "resourceType": "ACCOUNT",
            "resourceId": "acc-1",
            "dataClusters": ["ACCOUNT_BASIC", "ACCOUNT_DETAILED"],
        }] }),
    );
    let [only] = granted.coverage().granted() else { panic!("{:?}", granted.coverage()) };
    assert_eq!((&*only.resource_id, &only.data_cluster), ("acc-1", &DataCluster::AccountDetailed));
    assert!(granted.notices().contains(&Notice::GrantedSourcesDiffer));
    let receipt = client.receipt(&granted, world.now).unwrap();
    assert_eq!(receipt.expiration_sources(), [GrantSource::TokenResponse], "30 days, not 90");
}

#[test]
fn a_dropped_scope_withholds_its_cluster_with_a_notice() {
    let (mut world, client) = world();
    let members = json!({ "authorization_details": null, "scope": "openid fdx:accountbasic:read" });
    let granted = verified(&mut world, &client, members).without_grant();
    assert!(granted.notices().contains(&Notice::ScopeDropped));
    assert_eq!(granted.coverage().sources(), [GrantSource::Scopes]);
    assert_eq!(granted.coverage().granted().len(), 1);
    assert!(withheld(&granted).contains(&DataCluster::Transactions));

    // RFC 6749 5.1: an absent scope is the requested one, and no source.
    for silent in [json!(null), json!(7)] {
        let (mut world, client) = self::world();
        let members = json!({ "authorization_details": null, "scope": silent });
        let granted = verified(&mut world, &client, members).without_grant();
        assert!(!granted.coverage().is_reported(), "{silent}");
        assert!(!granted.notices().contains(&Notice::ScopeDropped));
    }
}

#[test]
fn introspection_is_a_source() {
    let (mut world, client) = world();
    let tokens = verified(&mut world, &client, json!({}));
    let details = detail(&["TRANSACTIONS"]);
    world.tamper_at("/introspect", move |answer| {
        patched(answer, &json!({ "authorization_details": details }))
    });
    let draft = client.introspect(tokens.tokens().access_token(), entropy(5), world.now).unwrap();
    let introspection = world.run(draft).unwrap();
    assert_eq!(introspection.authorization_details().unwrap().consents().count(), 1);
    let granted = tokens.introspected(&introspection).unwrap().without_grant();
    let [only] = granted.coverage().granted() else { panic!("{:?}", granted.coverage()) };
    assert_eq!(only.data_cluster, DataCluster::Transactions);
    assert!(granted.coverage().sources().contains(&GrantSource::Introspection));
    assert!(granted.notices().contains(&Notice::GrantedSourcesDiffer));
}

#[test]
fn details_that_repeat_the_request_are_no_source() {
    const REPEATS: Dialect = Dialect::new("repeats", "a provider")
        .with_members(&[Line { member: Member::DetailsRepeatTheRequest, source: "this test" }]);
    let (mut world, _) = world();
    world.config = world.config.clone().with_dialect(REPEATS);
    let client = world.client().unwrap();
    let members = json!({ "authorization_details": detail(&["TRANSACTIONS"]), "scope": null });
    let granted = verified(&mut world, &client, members).without_grant();
    assert!(!granted.coverage().is_reported());
    assert!(granted.authorization_details().is_some(), "still in the receipt");
}

/// RFC 9396 section 2: an array may mix types.
#[test]
fn a_consent_next_to_other_details_is_compared() {
    let consent = ConsentRequest::new(ConsentDuration::time_bound(365).unwrap())
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build()
        .unwrap();
    let scopes = consent.scopes();
    let mixed = AuthorizationDetails::of_consent(consent)
        .and(OtherDetail::new("payment_initiation").unwrap().with_action("initiate"));
    let request = AuthorizationRequest::of_details(mixed, scopes);
    let body = json!({ "grant_id": "c-1", "authorization_details": detail(&["ACCOUNT_BASIC"]) });
    let (client, verified) = crate::requested::verified(&request, body).unwrap();
    let granted = verified.without_grant();
    assert_eq!(withheld(&granted), [DataCluster::Transactions]);
    let receipt = client.receipt(&granted, start()).unwrap();
    assert_eq!(receipt.withheld(), Some(granted.coverage().withheld()));
    assert!(receipt.revocation_endpoint().is_some());
    assert!(receipt.requested_authorization_details().is_some());
}

#[test]
fn id_and_status_in_introspected_details_are_checked() {
    for (member, value, code) in [
        ("status", "REVOKED", "fdx.consent.inactive"),
        ("id", "another", "fdx.consent_id.conflict"),
    ] {
        let (mut world, client) = world();
        let tokens = verified(&mut world, &client, json!({}));
        let mut details = detail(&["TRANSACTIONS"]);
        details[0]["consentRequest"][member] = value.into();
        world.tamper_at("/introspect", move |answer| {
            patched(answer, &json!({ "authorization_details": details }))
        });
        let draft =
            client.introspect(tokens.tokens().access_token(), entropy(5), world.now).unwrap();
        let introspection = world.run(draft).unwrap();
        let refused = tokens.introspected(&introspection).unwrap_err();
        assert_eq!(refused.error.code(), code);
        assert_eq!(refused.unspent.without_grant().coverage().sources().len(), 2);
    }
}

/// The first response may have the consent id, and the last one the current grant.
#[test]
fn details_of_the_first_response_and_of_a_renewal_count() {
    let (mut world, client) = world();
    let first = json!({ "authorization_details": detail(&["ACCOUNT_BASIC", "TRANSACTIONS"]) });
    world.tamper_at("/token", move |answer| patched(answer, &first));
    let mut tokens: fdx_par::UnverifiedTokens = world.exchanged(&client).into();
    for clusters in [&["TRANSACTIONS"][..], &["ACCOUNT_BASIC"]] {
        let renewed = json!({ "authorization_details": detail(clusters) });
        world.tamper_at("/token", move |answer| patched(answer, &renewed));
        let draft = client.refresh_unverified(&tokens, world.draw(), world.now).unwrap();
        tokens = world.run(draft).unwrap();
        tokens = client.restore_unverified(tokens.to_json().expose()).unwrap();
    }
    let fdx_par::UnverifiedTokens::Exchanged(tokens) = tokens else {
        panic!("tokens of a code exchange")
    };
    let granted = world.verify(&client, tokens).unwrap().without_grant();
    let [only] = granted.coverage().granted() else { panic!("{:?}", granted.coverage()) };
    assert_eq!(only.data_cluster, DataCluster::AccountBasic);
    assert_eq!(granted.authorization_details().unwrap().consents().count(), 1);
}

/// Not understood is neither absent nor empty.
#[test]
fn a_refresh_whose_scope_is_not_understood_withholds_nothing() {
    let (mut world, client) = world();
    let members = json!({ "authorization_details": null });
    world.tamper_at("/token", move |answer| patched(answer, &members));
    let exchanged = world.exchanged(&client);
    world.tamper_at("/token", |answer| {
        patched(answer, &json!({ "scope": 7, "authorization_details": null }))
    });
    let draft = client.refresh_unverified(&exchanged.into(), entropy(8), world.now).unwrap();
    let fdx_par::UnverifiedTokens::Exchanged(renewed) = world.run(draft).unwrap() else {
        panic!("tokens of a code exchange")
    };
    let granted = world.verify(&client, renewed).unwrap().without_grant();
    assert_eq!(granted.coverage().sources(), [GrantSource::Scopes], "of the first response");
    assert!(granted.coverage().is_whole());
}

#[test]
fn id_and_status_in_granted_details_are_checked() {
    for (member, value, code) in [
        ("status", "ACTIVE", None),
        ("status", "REVOKED", Some("fdx.consent.inactive")),
        ("id", "another", Some("fdx.consent_id.conflict")),
    ] {
        let (mut world, client) = world();
        let mut details = detail(&["TRANSACTIONS"]);
        details[0]["consentRequest"][member] = value.into();
        let members = json!({ "authorization_details": details });
        world.tamper_at("/token", move |answer| patched(answer, &members));
        let exchanged = world.exchanged(&client);
        let error = world.verify(&client, exchanged).map_err(fdx_par::Error::from).err();
        assert_eq!(error.map(|error| error.code()), code, "{value}");
    }
}

/// The consent API refuses the same values.
#[test]
fn an_id_or_a_status_that_is_not_understood_is_refused() {
    for (member, value) in [
        ("id", json!({ "value": "c-1" })),
        ("id", json!(true)),
        ("id", json!("a/b")),
        ("status", json!(7)),
        ("status", json!({ "value": "REVOKED" })),
        ("status", json!("")),
    ] {
        let (mut world, client) = world();
        let mut details = detail(&["TRANSACTIONS"]);
        details[0]["consentRequest"][member] = value.clone();
        let members = json!({ "authorization_details": details });
        let tampered = members.clone();
        world.tamper_at("/token", move |answer| patched(answer, &tampered));
        let exchanged = world.exchanged(&client);
        let error = world.verify(&client, exchanged).map_err(fdx_par::Error::from).unwrap_err();
        assert_eq!(error.code(), "rfc8259.json.member", "{member} {value}");
        assert_eq!(error.member().map(|fault| fault.member()), Some(member), "{value}");

        let (mut world, client) = self::world();
        let tokens = verified(&mut world, &client, json!({}));
        world.tamper_at("/introspect", move |answer| patched(answer, &members));
        let draft =
            client.introspect(tokens.tokens().access_token(), entropy(5), world.now).unwrap();
        let introspection = world.run(draft).unwrap();
        let refused = tokens.introspected(&introspection).unwrap_err();
        assert_eq!(refused.error.code(), "rfc8259.json.member", "{member} {value}");
    }
}

/// RFC 6749 section 3.3: what is no scope token may stand for any scope.
#[test]
fn a_scope_with_anything_but_tokens_withholds_nothing() {
    for scope in [
        json!("openid fdx:accountbasic:read\tfdx:transactions:read"),
        json!("a\tb"),
        json!("\u{e9}"),
        json!(["a b"]),
        json!([7]),
        json!({ "scope": "openid" }),
    ] {
        let (mut world, client) = world();
        let members = json!({ "authorization_details": null, "scope": scope });
        let granted = verified(&mut world, &client, members).without_grant();
        assert!(granted.notices().contains(&Notice::NotUnderstood("scope")), "{scope}");
        assert!(!granted.notices().contains(&Notice::ScopeDropped), "{scope}");
        assert!(!granted.coverage().is_reported(), "{scope}");
    }
    for scope in [json!(""), json!([]), json!("a  b ")] {
        let (mut world, client) = world();
        let members = json!({ "authorization_details": null, "scope": scope });
        let granted = verified(&mut world, &client, members).without_grant();
        assert!(granted.coverage().is_reported(), "{scope}");
        assert!(granted.coverage().granted().is_empty(), "{scope}");
        assert!(!granted.notices().contains(&Notice::NotUnderstood("scope")), "{scope}");
    }
}

#[test]
fn other_terms_than_requested_are_noticed_once() {
    let (mut world, client) = world();
    let mut details = detail(&["TRANSACTIONS"]);
    let plain = json!({ "authorization_details": details });
    assert!(!verified(&mut world, &client, plain).notices().contains(&Notice::GrantedTermsOther));
    details[0]["consentRequest"]["durationPeriod"] = 731.into();
    let members = json!({ "authorization_details": details });
    let (mut world, client) = self::world();
    let verified = verified(&mut world, &client, members);
    assert!(verified.notices().contains(&Notice::GrantedTermsOther));
    let granted = read(&mut world, &client, verified, json!({ "durationPeriod": 731 }));
    let noticed = granted.notices().iter().filter(|it| **it == Notice::GrantedTermsOther);
    assert_eq!(noticed.count(), 1);
}

#[test]
fn an_end_before_the_tokens_or_after_the_requested_period_is_noticed() {
    let after = |days: u64| (start() + Duration::from_secs(days * 86_400)).to_string();
    let period = 365;
    for (members, notice) in [
        (json!({ "expirationTime": "2020-02-01T00:00:00Z" }), Some(Notice::GrantEnded)),
        (json!({ "expirationTime": start().to_string() }), Some(Notice::GrantEnded)),
        (json!({ "expirationTime": null, "durationPeriod": 0 }), Some(Notice::GrantEnded)),
        (
            json!({ "expirationTime": null, "durationPeriod": 30, "createdTime": "2025-01-05T10:00:00Z" }),
            Some(Notice::GrantEnded),
        ),
        (json!({ "expirationTime": null, "durationPeriod": 30 }), None),
        (json!({ "expirationTime": after(1) }), None),
        (json!({ "expirationTime": after(period + 1) }), None),
        (json!({ "expirationTime": "soon" }), None),
        (json!({ "expirationTime": after(period + 2) }), Some(Notice::GrantedTermsOther)),
        (json!({ "expirationTime": "9999-12-31T00:00:00Z" }), Some(Notice::GrantedTermsOther)),
        (json!({ "durationType": "PERSISTENT" }), Some(Notice::GrantedTermsOther)),
    ] {
        let (mut world, client) = world();
        let verified = verified(&mut world, &client, json!({ "authorization_details": null }));
        let granted = read(&mut world, &client, verified, members.clone());
        for known in [Notice::GrantEnded, Notice::GrantedTermsOther] {
            let noticed = granted.notices().contains(&known);
            assert_eq!(noticed, notice == Some(known), "{members}: {known}");
        }
    }
}

/// `null` counts as absent. The helper that changes responses leaves `null` out.
#[test]
fn a_scope_of_null_is_the_requested_one() {
    let (mut world, client) = world();
    world.tamper_at("/token", |answer| {
        let answer = patched(answer, &json!({ "authorization_details": null, "scope": "~" }));
        answer.map(|body| String::from_utf8(body).unwrap().replace("\"~\"", "null").into_bytes())
    });
    let granted = world.verified(&client).without_grant();
    assert!(!granted.notices().contains(&Notice::NotUnderstood("scope")));
    assert!(!granted.coverage().is_reported());
    assert!(granted.tokens().scopes().contains("fdx:transactions:read"));
}

#[test]
fn a_refresh_that_reports_another_or_an_ended_consent_is_refused() {
    for (member, value, code) in [
        ("status", "REVOKED", "fdx.consent.inactive"),
        ("id", "another", "fdx.consent_id.conflict"),
    ] {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let (client, grant) = world.stored();
        let mut details = detail(&["TRANSACTIONS"]);
        details[0]["consentRequest"][member] = value.into();
        let members = json!({ "authorization_details": details });
        world.tamper_at("/token", move |answer| patched(answer, &members));
        let refreshed = world.refresh(&client, &grant).unwrap();
        let refused = world.verify_refreshed(&client, refreshed).unwrap_err();
        let error = fdx_par::Error::from(refused);
        assert_eq!(error.code(), code);
    }
}

#[test]
fn persisted_tokens_keep_their_sources() {
    let (mut world, client) = world();
    let mut details = detail(&["ACCOUNT_BASIC", "TRANSACTIONS"]);
    details[0]["consentRequest"]["links"] = 7.into();
    details.as_array_mut().unwrap().push(json!({}));
    let members = json!({
        "authorization_details": details,
        "scope": "openid fdx:accountbasic:read",
    });
    world.tamper_at("/token", move |answer| patched(answer, &members));
    let exchanged = world.exchanged(&client);
    let text = exchanged.to_json();
    let direct = world.verify(&client, exchanged).unwrap().without_grant();
    let fdx_par::UnverifiedTokens::Exchanged(restored) =
        client.restore_unverified(text.expose()).unwrap()
    else {
        panic!("tokens of a code exchange")
    };
    let restored = world.verify(&client, restored).unwrap().without_grant();
    assert_eq!(restored.coverage(), direct.coverage());
    assert_eq!(restored.coverage().granted().len(), 1);
    assert_eq!(restored.access(), direct.access());
    for member in ["links", "authorization_details[]"] {
        for granted in [&direct, &restored] {
            assert!(granted.notices().contains(&Notice::NotUnderstood(member)), "{member}");
        }
    }
}
