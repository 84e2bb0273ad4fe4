//! Requests without an FDX consent, from the push to the receipt.

use core::time::Duration;

use fdx_jose::SealingKeys;
use fdx_par::dialect::uae::{AccountAccessConsent, Billing, Permission};
use fdx_par::dialect::{DetailConsent, DetailText, Dialect, Line, Member};
use fdx_par::{AuthorizationRequest, Client, Error, Notice, Pending, ServerRule, Verified};
use fdx_rar::{AuthorizationDetails, Expiration, GrantSource, ReceiptWarning, Requested, Scopes};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, answer, consent_request, entropy, start};
use fdx_wire::UnixTime;
use serde_json::{Value, json};

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

fn consent() -> AccountAccessConsent {
    let billing = Billing { user_type: "Retail".into(), purpose: "AccountAggregation".into() };
    AccountAccessConsent::new([5; 16], start() + Duration::from_secs(86_400), billing)
        .permission(Permission::ReadAccountsBasic)
}

fn details() -> AuthorizationDetails {
    consent().authorization_details(start()).unwrap()
}

/// A request of each kind.
fn requests() -> [AuthorizationRequest; 3] {
    [
        AuthorizationRequest::new(consent_request()),
        AuthorizationRequest::of_details(details(), scopes("accounts")),
        AuthorizationRequest::of_scopes(scopes("customers accounts")),
    ]
}

const SOURCE: &str = "this test";

/// The client generates the consent id in its details.
const GENERATES_ID: Dialect = Dialect::new("generates-id", "a provider").with_members(&[Line {
    member: Member::ConsentIdInDetails(&DetailConsent {
        id: DetailText {
            type_prefix: "urn:openfinanceuae:",
            paths: &[&["consent", "Data", "ConsentId"], &["consent", "ConsentId"]],
            clause: SOURCE,
        },
        status: Some((
            DetailText {
                type_prefix: "urn:openfinanceuae:",
                paths: &[&["consent", "Data", "Status"], &["consent", "Status"]],
                clause: SOURCE,
            },
            "Authorized",
        )),
        expiration: Some(DetailText {
            type_prefix: "urn:openfinanceuae:",
            paths: &[&["consent", "Data", "End"], &["consent", "End"]],
            clause: SOURCE,
        }),
    }),
    source: SOURCE,
}]);

/// Creates a world whose institution accepts every push, and its client.
fn world() -> (World, Client) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    world.tamper_at("/.well-known/oauth-authorization-server", |mut answer| {
        let mut document: Value = serde_json::from_slice(answer.body()).unwrap();
        for member in ["authorization_details_types_supported", "scopes_supported"] {
            document.as_object_mut().unwrap().remove(member);
        }
        *answer.body_mut() = document.to_string().into_bytes();
        answer
    });
    world.config = world.config.clone().with_dialect(GENERATES_ID);
    let client = world.client().unwrap();
    (world, client)
}

fn pushed(world: &mut World, client: &Client, request: &AuthorizationRequest) -> Pending {
    world.tamper_at("/par", |_| {
        answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
    });
    let draft = client.push(request, entropy(1), world.now).unwrap();
    world.run(draft).unwrap().redirect(world.now).unwrap().1
}

/// Returns the result of a pushed request whose token response has `more` members.
pub(crate) fn verified(
    request: &AuthorizationRequest,
    more: Value,
) -> Result<(Client, Verified), Error> {
    let (mut world, client) = world();
    let verified = verified_by(&mut world, &client, request, more)?;
    Ok((client, verified))
}

fn verified_by(
    world: &mut World,
    client: &Client,
    request: &AuthorizationRequest,
    more: Value,
) -> Result<Verified, Error> {
    let pending = pushed(world, client, request);
    let state = world.sent.last().unwrap().form()["state"].clone();
    let callback = format!(
        "https://app.example/callback?code=c0de&state={state}&iss=https%3A%2F%2Fbank.example"
    );
    let mut body = json!({ "access_token": "at-1", "token_type": "DPoP", "expires_in": 300 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.tamper_at("/token", move |_| answer(200, "application/json", body.to_string()));
    let exchanged = world.exchange(client, pending, &callback)?;
    Ok(world.verify(client, exchanged)?)
}

#[test]
fn each_kind_of_request_is_pushed_unchanged() {
    for request in requests() {
        let (mut world, client) = world();
        let pending = pushed(&mut world, &client, &request);
        assert_eq!(pending.requested(), request.requested());
        let form = world.sent.last().unwrap().form();
        let sent_request = request.requested().authorization_details();
        let sent = form.get("authorization_details");
        assert_eq!(
            sent.map(String::as_str),
            sent_request.map(|details| details.to_json()).as_deref()
        );
        assert_eq!(form["scope"], request.requested().scopes().to_string());
    }
}

#[test]
fn each_kind_of_request_is_restored_from_the_seal() {
    for request in requests() {
        let (mut world, client) = world();
        let pending = pushed(&mut world, &client, &request);
        let key = fdx_jose::SealingKey::new(1, [3; 32]);
        let keys = SealingKeys::new(fdx_jose::backend::ring(), key);
        let sealed = pending.seal(&keys, b"session", entropy(7)).unwrap();
        let opened = client.open(&sealed, &keys, b"session", world.now).unwrap();
        assert_eq!(opened.requested(), request.requested());
    }
}

#[test]
fn rejects_another_consent_id_than_the_clients() {
    let request = AuthorizationRequest::of_details(details(), scopes("accounts"));
    let with_id = |id: &str| {
        json!({ "authorization_details": [{
            "type": "urn:openfinanceuae:account-access-consent:v2.1",
            "consent": { "Data": { "ConsentId": id, "Status": "Authorized" }, "Links": {} },
        }] })
    };
    let id = consent().consent_id().to_owned();
    let (client, right) = verified(&request, with_id(&id)).unwrap();
    assert_eq!(right.consent_id().map(|id| id.as_str().to_owned()), Some(id));
    let granted = right.without_grant();
    let receipt = client.receipt(&granted, start()).unwrap();
    assert!(receipt.granted_authorization_details().is_some() && receipt.warnings().is_empty());
    assert_eq!(receipt.revocation_endpoint(), None);
    assert_eq!(receipt.requested(), None);

    let rule = |more| match verified(&request, more).map(drop) {
        Err(Error::Server(fault)) => Some(fault.rule),
        _ => None,
    };
    assert_eq!(rule(with_id("another")), Some(ServerRule::ConsentIdOther));
    assert_eq!(rule(json!({})), Some(ServerRule::AuthorizationDetailsMissing));
    let empty = json!({ "authorization_details": [] });
    assert_eq!(rule(empty), Some(ServerRule::AuthorizationDetailsMissing));
}

/// RFC 9396 section 7: the array may have several details, and a detail may have both forms.
#[test]
fn no_detail_and_no_form_of_it_hides_another() {
    let request = AuthorizationRequest::of_details(details(), scopes("accounts"));
    let id = consent().consent_id().to_owned();
    let detail =
        |consent: Value| json!({ "type": "urn:openfinanceuae:a:v2.1", "consent": consent });
    let good = || detail(json!({ "Data": { "ConsentId": id, "Status": "Authorized" } }));
    let (other, inactive) = (Some("fdx.consent.other"), Some("fdx.consent.inactive"));
    let unread = json!({
        "type": "urn:openfinanceuae:a:v2.1", "actions": 7, "consent": { "ConsentId": "another" },
    });
    for (details, code) in [
        (json!([good(), good()]), None),
        (json!([good(), { "type": "x", "consent": { "ConsentId": "another" } }]), None),
        (json!([good(), detail(json!({ "Data": { "ConsentId": "another" } }))]), other),
        (json!([good(), unread]), other),
        (json!([good(), detail(json!({ "ConsentId": id, "Status": "Revoked" }))]), inactive),
        (json!([good(), detail(json!({ "Status": "Revoked" }))]), inactive),
        (json!([detail(json!({ "ConsentId": "another", "Data": { "ConsentId": id } }))]), other),
        (json!([detail(json!({ "ConsentId": {}, "Data": { "ConsentId": id } }))]), other),
        (json!([detail(json!({ "Status": "Revoked", "Data": { "ConsentId": id } }))]), inactive),
        (json!([detail(json!({ "Data": { "ConsentId": id, "Status": null } }))]), inactive),
        (json!([good(), detail(json!({ "Status": null }))]), inactive),
        (json!([detail(json!({ "Data": { "ConsentId": id, "Status": 7 } }))]), inactive),
    ] {
        let members = json!({ "authorization_details": details });
        let verified = verified(&request, members.clone());
        assert_eq!(verified.err().map(|error| error.code()), code, "{details}");

        let (mut world, client) = world();
        let first = json!({ "authorization_details": [good()] });
        let verified = verified_by(&mut world, &client, &request, first).unwrap();
        let mut body = members;
        body["active"] = true.into();
        world.tamper_at("/introspect", move |_| answer(200, "application/json", body.to_string()));
        let access_token = verified.tokens().access_token();
        let draft = client.introspect(access_token, entropy(5), world.now).unwrap();
        let introspection = world.run(draft).unwrap();
        let refused = verified.introspected(&introspection).err();
        let refused = refused.map(|refused| refused.error.code());
        assert_eq!(refused.is_some(), code.is_some(), "{details}");
        // Introspection has no request to compare with, but the consent id that is known.
        let is_same = |refused: &str| match code == other {
            true => refused.starts_with("fdx.consent_id."),
            false => code == Some(refused),
        };
        assert!(refused.is_none_or(is_same), "{details}: {refused:?}");
    }
}

#[test]
fn a_fault_of_a_consent_names_its_member_value_and_clause() {
    let request = AuthorizationRequest::of_details(details(), scopes("accounts"));
    let id = consent().consent_id().to_owned();
    for (consent, member, shown) in [
        (json!({ "ConsentId": "another" }), "ConsentId", "expected the consent id of the request"),
        (
            json!({ "ConsentId": id, "Status": "Revoked" }),
            "Status",
            "Status is \"Revoked\", not Authorized",
        ),
        (json!({ "ConsentId": id, "Status": null }), "Status", "Status is \"null\""),
        (json!({ "ConsentId": id, "Status": "a\nb" }), "Status", "Status is \"a\\nb\""),
    ] {
        let details = json!([{ "type": "urn:openfinanceuae:a:v2.1", "consent": consent }]);
        let error = verified(&request, json!({ "authorization_details": details })).unwrap_err();
        assert_eq!(error.member().map(|it| it.member()), Some(member), "{error}");
        assert_eq!(error.clause(), SOURCE, "{error}");
        assert!(error.to_string().contains(shown), "{error}");
    }
}

#[test]
fn the_end_of_each_detail_counts_and_none_is_dropped() {
    let request = AuthorizationRequest::of_details(details(), scopes("accounts"));
    let id = consent().consent_id().to_owned();
    let end = |text: &str| Expiration::Stated(UnixTime::parse_rfc3339(text).unwrap());
    let (early, late) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    for (consent, expected) in [
        (json!({ "ConsentId": id, "End": late }), end(late)),
        (json!({ "ConsentId": id, "End": late, "Data": { "End": early } }), end(early)),
        (json!({ "ConsentId": id, "End": early, "Data": { "End": late } }), end(early)),
        (json!({ "ConsentId": id, "End": null }), Expiration::NotReported),
        (json!({ "ConsentId": id, "End": "" }), Expiration::NotReported),
        (json!({ "ConsentId": id, "End": "2026-04-01" }), Expiration::NotUnderstood),
        (json!({ "ConsentId": id, "End": 1_767_607_200 }), Expiration::NotUnderstood),
        (json!({ "ConsentId": id, "End": { "at": late } }), Expiration::NotUnderstood),
        (json!({ "ConsentId": id, "End": late, "Data": { "End": 7 } }), end(late)),
    ] {
        let details = json!([{ "type": "urn:openfinanceuae:a:v2.1", "consent": consent }]);
        let members = json!({ "authorization_details": details });
        let (client, verified) = verified(&request, members).unwrap();
        let noticed = verified.notices().contains(&Notice::NotUnderstood("End"));
        let is_understood = |end: &Value| match end {
            Value::Null => true,
            Value::String(text) => text.is_empty() || text.ends_with('Z'),
            _ => false,
        };
        let understood = [&consent["End"], &consent["Data"]["End"]].into_iter().all(is_understood);
        assert_eq!(noticed, !understood, "{consent}");
        let receipt = client.receipt(&verified.without_grant(), start()).unwrap();
        assert_eq!(receipt.expiration(), expected, "{consent}");
    }
}

/// A part that can't be understood may state an end: the requested period does not replace it.
#[test]
fn details_that_are_not_understood_leave_the_end_unknown() {
    let request = AuthorizationRequest::new(consent_request());
    let unread = json!([{ "type": "fdx_v1.0", "consentRequest": [] }]);
    for unreadable in [json!(7), json!("[]"), json!({}), json!([{}]), json!([7]), unread] {
        let members = json!({ "authorization_details": unreadable, "grant_id": "c-1" });
        let (client, verified) = verified(&request, members).unwrap();
        let receipt = client.receipt(&verified.without_grant(), start()).unwrap();
        assert_eq!(receipt.expiration(), Expiration::NotUnderstood, "{unreadable}");
        assert_eq!(receipt.expiration_sources(), [GrantSource::TokenResponse]);
    }
    let (client, nothing) = verified(&request, json!({ "authorization_details": [] })).unwrap();
    let receipt = client.receipt(&nothing.without_grant(), start()).unwrap();
    assert_eq!(receipt.expiration(), Expiration::NotReported, "no consent has an end");
}

#[test]
fn unreadable_details_keep_the_tokens() {
    let request = AuthorizationRequest::new(consent_request());
    for (unreadable, noted) in [
        (json!(7), "authorization_details"),
        (json!("[]"), "authorization_details"),
        (json!({}), "authorization_details"),
        (json!([{}]), "authorization_details[]"),
        (json!([7]), "authorization_details[]"),
    ] {
        let members = json!({ "authorization_details": unreadable, "grant_id": "c-1" });
        let (_, verified) = verified(&request, members).unwrap();
        assert_eq!(verified.notices(), [Notice::NotUnderstood(noted)], "{unreadable}");
        let consents = verified.authorization_details().map(|it| it.consents().count());
        assert_eq!(consents.unwrap_or(0), 0);
        assert!(!verified.without_grant().coverage().is_reported());
    }
    let (_, silent) = verified(&request, json!({ "authorization_details": null })).unwrap();
    assert_eq!(silent.notices(), []);
}

#[test]
fn receipt_of_a_scope_request_warns_of_the_missing_consent_id() {
    let request = AuthorizationRequest::of_scopes(scopes("customers accounts"));
    let (client, verified) = verified(&request, json!({ "scope": "customers" })).unwrap();
    let receipt = client.receipt(&verified.without_grant(), start()).unwrap();
    assert_eq!(receipt.requested_scopes(), Some(&scopes("customers accounts")));
    assert_eq!(receipt.granted_scopes(), &scopes("customers"));
    assert_eq!(receipt.warnings(), [ReceiptWarning::NoConsentId]);
    assert!(matches!(request.requested(), Requested::Scopes(_)));
}

/// The response must repeat the generated consent id, whatever the type and version of the consent.
#[test]
fn rejects_another_consent_id_for_each_type_and_version() {
    for name in ["account-access-consent", "service-initiation-consent", "insurance-consent"] {
        for version in ["v1.2", "v2.0", "v2.1", "v2.2"] {
            let detail = |id: &str| {
                json!([{
                    "type": format!("urn:openfinanceuae:{name}:{version}"),
                    "consent": { "ConsentId": id },
                }])
            };
            let details = AuthorizationDetails::parse(detail("u-1").to_string()).unwrap();
            let request = AuthorizationRequest::of_details(details, scopes("accounts"));
            let other = verified(&request, json!({ "authorization_details": detail("other") }));
            assert_eq!(other.unwrap_err().code(), "fdx.consent.other", "{name}:{version}");
            let same = verified(&request, json!({ "authorization_details": detail("u-1") }));
            let (_, same) = same.unwrap();
            assert_eq!(same.consent_id().unwrap().as_str(), "u-1", "{name}:{version}");
        }
    }
}
