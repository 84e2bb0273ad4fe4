//! The response that Mastercard documents yields a client: its RS256 is not what ID tokens have.

use fdx_jose::Algorithm;
use fdx_par::dialect::MASTERCARD;
use fdx_par::not_fapi::Unbound;
use fdx_par::{Notice, Registrar, Registration, RequestObjects, SenderConstraint};
use fdx_rar::Scopes;
use fdx_testkit::{Answer, Setup, World, answer, keys};
use fdx_wire::{HttpsUrl, RedirectUri};
use serde_json::{Value, json};

use super::scene::{self, answered_with};

const SCOPE: &str = "client.create client.read fdx:transactions:read fdx:accountbasic:read openid \
    fdx:customerpersonal:read fdx:accountdetailed:read fdx:investments:read \
    fdx:paymentsupport:read fdx:accountpayments:read fdx:bills:read fdx:images:read \
    fdx:rewards:read fdx:tax:read fdx:statements:read fdx:customercontact:read";

/// The documented response. The document shortens its token.
fn documented() -> Value {
    json!({
        "client_id": "CHzOG1x6_fKjBHhh9eegZ45BQorbqtIe9eWJEhLsrig",
        "client_id_issued_at": 1_719_554_524,
        "client_name": "11TestName1221",
        "redirect_uris": ["https://oauth.pstmn.io/v1/browser-callback"],
        "grant_types": ["refresh_token", "client_credentials", "authorization_code"],
        "response_types": ["code"],
        "scope": "fdx:transactions:read fdx:accountbasic:read openid client.create \
            fdx:customerpersonal:read fdx:accountdetailed:read client.read fdx:investments:read \
            fdx:paymentsupport:read fdx:accountpayments:read fdx:bills:read fdx:images:read \
            fdx:rewards:read fdx:tax:read fdx:statements:read fdx:customercontact:read",
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "RS256",
        "registration_client_uri":
            "http://localhost:8080/client/register?client_id=CHzOG1x6_fKjBHhh9eegZ45BQorbqtIe9eWJEhLsrig",
        "jwks_uri": "https://www.jsonkeeper.com/b/3FJT",
        "registration_access_token":
            "eyJraWQiOiI5OWJjMzNlZS1hMDRkLTRhODktOGFlMC01ZGViZDIxNDVhYWIifQ.e30.c2ln",
    })
}

/// Creates the recipient of the document's request, and the document's status.
fn recipient(world: &mut World) -> Registrar {
    let algorithm = Algorithm::Ps256;
    let mut config =
        scene::recipient(Setup { algorithm, ..Setup::default() }).with_dialect(MASTERCARD);
    let key = keys(algorithm).public().clone();
    config.request_objects = RequestObjects::signed(fdx_jose::RequestObjectKey::new(key));
    config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    config.introspection_signed_response_alg = None;
    config.redirect_uri = RedirectUri::parse("https://oauth.pstmn.io/v1/browser-callback").unwrap();
    let described = Registration::new("11TestName1221")
        .client_credentials()
        .scope(Scopes::parse(SCOPE).unwrap())
        .jwks_uri(HttpsUrl::parse("https://www.jsonkeeper.com/b/3FJT").unwrap());
    scene::registrar(world, config, &described)
}

fn documented_answer(patch: &Value) -> Answer {
    fdx_testkit::patched(answer(200, "application/json", documented().to_string()), patch)
}

#[test]
fn the_documented_response_yields_a_client_although_it_has_rs256() {
    let mut world = scene::world(Setup::default());
    let registrar = recipient(&mut world);
    let registered = answered_with(&mut world, &registrar, documented_answer(&json!({}))).unwrap();
    assert_eq!(registered.client_id(), "CHzOG1x6_fKjBHhh9eegZ45BQorbqtIe9eWJEhLsrig");
    assert_eq!(registered.issued_at().unwrap().as_seconds(), 1_719_554_524);
    assert_eq!(registrar.weakened(&registered), []);
    let config = registrar.client_config(&registered).unwrap();
    // ID tokens are checked against the requested algorithm.
    assert_eq!(config.id_token_signed_response_alg, Some(Algorithm::Ps256));
    let notices = [Notice::InteractionIdMissing, Notice::RegistrationMemberOther];
    assert_eq!(registered.notices(), notices);
    // The documented response has no algorithm for the JWTs that the client signs.
    for member in [
        "id_token_signed_response_alg",
        "request_object_signing_alg",
        "token_endpoint_auth_signing_alg",
    ] {
        assert!(registrar.otherwise(&registered).iter().any(|other| other == member), "{member}");
    }
    // Its registration_client_uri is plain http with a host name, so no token is sent there.
    let error = registrar.read(&registered, world.draw(), world.now).unwrap_err();
    assert_eq!(error.code(), "rfc7592.uri.elsewhere");
}

#[test]
fn documented_response_with_ps256_is_accepted() {
    let mut world = scene::world(Setup::default());
    let registrar = recipient(&mut world);
    let patch = json!({"id_token_signed_response_alg": "PS256"});
    let registered = answered_with(&mut world, &registrar, documented_answer(&patch)).unwrap();
    let config = registrar.client_config(&registered).unwrap();
    assert_eq!(config.client_id, registered.client_id());
}

/// The client sends the members and values of the document's request.
#[test]
fn the_documented_request_is_sent() {
    let mut world = scene::world(Setup::default());
    let registrar = recipient(&mut world);
    let sent: Value = serde_json::from_str(&registrar.client_metadata()).unwrap();
    let set = |value: &Value| {
        let mut texts: Vec<_> = value.as_array().unwrap().iter().map(Value::to_string).collect();
        texts.sort();
        texts
    };
    let grants = json!(["client_credentials", "authorization_code", "refresh_token"]);
    assert_eq!(set(&sent["grant_types"]), set(&grants));
    for (member, value) in [
        ("client_name", json!("11TestName1221")),
        ("id_token_signed_response_alg", json!("PS256")),
        ("jwks_uri", json!("https://www.jsonkeeper.com/b/3FJT")),
        ("redirect_uris", json!(["https://oauth.pstmn.io/v1/browser-callback"])),
        ("request_object_signing_alg", json!("PS256")),
        ("response_types", json!(["code"])),
        ("scope", json!(SCOPE)),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_signing_alg", json!("PS256")),
    ] {
        assert_eq!(sent[member], value, "{member}");
    }
}
