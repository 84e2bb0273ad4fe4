use fdx_par::dialect::{self, Dialect, Line, Member};
use fdx_par::not_fapi::Departure;
use fdx_par::{
    CallFault, ClientAuthentication, ClientConfig, ConfigurationFault, Error, MtlsEndpoints,
    Registrar, Registration, not_fapi,
    registration::{Intermediary, RegistryReference, TlsClientAuthName},
};
use fdx_rar::{DurationType, Registry, Scopes};
use fdx_testkit::{Authentication, Binding, Requests, Setup};
use fdx_wire::json::RawJson;
use fdx_wire::{HttpsUrl, RedirectUri};
use serde_json::{Value, json};

use super::scene::{self, recipient, registration};

fn made(config: ClientConfig, registration: &Registration) -> Result<Registrar, Error> {
    let metadata = scene::world(Setup::default()).client().unwrap().metadata().clone();
    Registrar::new(config, registration, metadata)
}

/// Returns the client metadata that would be sent.
fn metadata(config: ClientConfig, registration: &Registration) -> Value {
    serde_json::from_str(&made(config, registration).unwrap().client_metadata()).unwrap()
}

fn fault(config: ClientConfig, registration: &Registration) -> Error {
    made(config, registration).unwrap_err()
}

fn url(text: &str) -> HttpsUrl {
    HttpsUrl::parse(text).unwrap()
}

#[test]
fn registered_metadata_follows_from_the_configuration() {
    let setup = Setup::default();
    let said = metadata(recipient(setup), &registration(setup));
    assert_eq!(said["redirect_uris"], json!(["https://app.example/callback"]));
    assert_eq!(said["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(said["response_types"], json!(["code"]));
    assert_eq!(said["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(said["token_endpoint_auth_signing_alg"], "EdDSA");
    assert_eq!(said["dpop_bound_access_tokens"], true);
    assert_eq!(said["require_pushed_authorization_requests"], true);
    assert_eq!(said["id_token_signed_response_alg"], "EdDSA");
    let jwks: Value = serde_json::from_str(&recipient(setup).public_jwks().to_json()).unwrap();
    assert_eq!(said["jwks"], jwks);
    for absent in [
        "authorization_details_types",
        "client_id",
        "jwks_uri",
        "request_object_signing_alg",
        "require_signed_request_object",
        "response_modes",
        "tls_client_certificate_bound_access_tokens",
        "use_mtls_endpoint_aliases",
        "id_token_encrypted_response_alg",
        "authorization_signed_response_alg",
    ] {
        assert_eq!(said.get(absent), None, "{absent}");
    }
}

#[test]
fn each_choice_has_its_member() {
    let setup = Setup { requests: Requests::Signed, binding: Binding::Mtls, ..Setup::default() };
    let mut config = recipient(setup);
    config.mtls_endpoints = MtlsEndpoints::Always;
    config.authorization_signed_response_alg = Some(scene::ALGORITHM);
    let said = metadata(config, &registration(setup));
    assert_eq!(said["request_object_signing_alg"], "EdDSA");
    assert_eq!(said["require_signed_request_object"], true);
    assert_eq!(said["tls_client_certificate_bound_access_tokens"], true);
    assert_eq!(said.get("dpop_bound_access_tokens"), None);
    assert_eq!(said["use_mtls_endpoint_aliases"], true);
    assert_eq!(said["authorization_signed_response_alg"], "EdDSA");
    let (_, everything) = scene::everything();
    let said: Value = serde_json::from_str(&everything.client_metadata()).unwrap();
    assert_eq!(said["response_modes"], json!(["jwt"]));
    assert_eq!(said["id_token_encrypted_response_alg"], "RSA-OAEP");
    assert_eq!(said["id_token_encrypted_response_enc"], "A256GCM");
}

#[test]
fn description_is_sent_unchanged() {
    let reference = || RegistryReference::new("Budget Inc", "be-1", Registry::Gleif);
    let intermediary = Intermediary::new("Hub")
        .description("Carries data")
        .uri(&url("https://hub.example"))
        .logo_uri(&url("https://hub.example/logo.png"))
        .contact("noc@hub.example")
        .registry_reference(reference());
    let described = Registration::new("Budget \"Pro\"")
        .redirect_uri(RedirectUri::parse("https://app.example/other").unwrap())
        .redirect_uri(RedirectUri::parse("https://app.example/callback").unwrap())
        .client_credentials()
        .scope(Scopes::parse("fdx:accountbasic:read").unwrap())
        .authorization_details_types(["fdx_v1.0", "payment"])
        .contact("a@app.example")
        .contact("b@app.example")
        .logo_uri(&url("https://app.example/logo.png"))
        .client_uri(&url("https://app.example"))
        .policy_uri(&url("https://app.example/policy"))
        .tos_uri(&url("https://app.example/tos"))
        .software_id("s-1")
        .software_version("7")
        .software_statement("e.y.z")
        .description("Budgets")
        .duration_type(DurationType::OneTime)
        .duration_type(DurationType::TimeBound)
        .duration_period(90)
        .lookback_period(30)
        .registry_reference(reference())
        .intermediary(intermediary)
        .extra("application_type", RawJson::of("web").unwrap())
        .unwrap();
    let said = metadata(recipient(Setup::default()), &described);
    let reference = json!({
        "registered_entity_name": "Budget Inc", "registered_entity_id": "be-1", "registry": "GLEIF",
    });
    for (member, value) in [
        ("client_name", json!("Budget \"Pro\"")),
        ("redirect_uris", json!(["https://app.example/callback", "https://app.example/other"])),
        ("grant_types", json!(["authorization_code", "refresh_token", "client_credentials"])),
        ("scope", json!("fdx:accountbasic:read")),
        ("authorization_details_types", json!(["fdx_v1.0", "payment"])),
        ("contacts", json!(["a@app.example", "b@app.example"])),
        ("logo_uri", json!("https://app.example/logo.png")),
        ("client_uri", json!("https://app.example")),
        ("policy_uri", json!("https://app.example/policy")),
        ("tos_uri", json!("https://app.example/tos")),
        ("software_id", json!("s-1")),
        ("software_version", json!("7")),
        ("software_statement", json!("e.y.z")),
        ("description", json!("Budgets")),
        ("duration_type", json!(["ONE_TIME", "TIME_BOUND"])),
        ("duration_period", json!(90)),
        ("lookback_period", json!(30)),
        ("registry_references", json!([reference])),
        (
            "intermediaries",
            json!([{
                "name": "Hub", "description": "Carries data", "uri": "https://hub.example",
                "logo_uri": "https://hub.example/logo.png", "contacts": ["noc@hub.example"],
                "registry_references": [reference],
            }]),
        ),
        ("application_type", json!("web")),
    ] {
        assert_eq!(said[member], value, "{member}");
    }
}

#[test]
fn the_name_in_the_certificate_has_the_member_of_its_kind() {
    let setup = Setup { authentication: Authentication::TlsClientAuth, ..Setup::default() };
    for (name, member, value) in [
        (TlsClientAuthName::SubjectDn("CN=a".into()), "tls_client_auth_subject_dn", "CN=a"),
        (TlsClientAuthName::SanDns("a.example".into()), "tls_client_auth_san_dns", "a.example"),
        (TlsClientAuthName::SanUri("urn:a".into()), "tls_client_auth_san_uri", "urn:a"),
        (
            TlsClientAuthName::SanIp("192.0.2.7".parse().unwrap()),
            "tls_client_auth_san_ip",
            "192.0.2.7",
        ),
        (
            TlsClientAuthName::SanEmail("a@b.example".into()),
            "tls_client_auth_san_email",
            "a@b.example",
        ),
    ] {
        let said = metadata(recipient(setup), &registration(setup).tls_client_auth(name));
        assert_eq!(said[member], value);
        let names = said.as_object().unwrap().keys();
        assert_eq!(names.filter(|name| name.starts_with("tls_client_auth_")).count(), 1);
        assert_eq!(said["token_endpoint_auth_method"], "tls_client_auth");
        assert_eq!(said.get("jwks"), None, "it signs nothing");
    }
}

#[test]
fn response_algorithms_without_a_safe_default_are_required() {
    let setup = Setup::default();
    let mut config = recipient(setup);
    config.id_token_signed_response_alg = None;
    let error = fault(config.clone(), &registration(setup));
    assert_eq!(error, ConfigurationFault::RegistrationAlgorithm.into());
    let without_openid =
        Registration::new("Budget").scope(Scopes::parse("offline_access").unwrap());
    assert!(made(config, &without_openid).is_ok());

    let mut config = recipient(setup);
    config.response_mode = fdx_par::ResponseMode::Jwt;
    let error = fault(config, &registration(setup));
    assert_eq!(error, ConfigurationFault::RegistrationAlgorithm.into());
}

#[test]
fn certificate_client_must_describe_its_certificate() {
    for authentication in [Authentication::TlsClientAuth, Authentication::SelfSignedTlsClientAuth] {
        let setup = Setup { authentication, ..Setup::default() };
        let error = fault(recipient(setup), &registration(Setup::default()));
        assert_eq!(error, ConfigurationFault::RegistrationCertificate.into(), "{authentication:?}");
        assert!(made(recipient(setup), &registration(setup)).is_ok());
    }
}

#[test]
fn a_client_secret_is_not_registered() {
    const LINE: Line =
        Line { member: Member::NotFapi(Departure::ClientSecretBasic), source: "a test" };
    let mut config = recipient(Setup::default());
    config.authentication =
        ClientAuthentication::NotFapi(not_fapi::ClientSecret::new("secret".to_owned()));
    let dialect = fdx_par::Dialect::new("test", "a test").with_members(&[LINE]);
    let error = fault(config.with_dialect(dialect), &registration(Setup::default()));
    assert_eq!(error, ConfigurationFault::RegistrationSecret.into());
}

#[test]
fn only_public_keys_are_registered() {
    for jwks in [
        json!({}),
        json!([]),
        json!({"keys": []}),
        json!({"keys": ["a"]}),
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}]}),
        json!({"keys": [{"kty": "oct", "k": "AA"}]}),
        json!({"keys": [{"kty": "RSA", "n": "AA", "e": "AQAB"}, {"kty": "RSA", "qi": "AA"}]}),
    ] {
        let raw = RawJson::of(&jwks).unwrap();
        let error = Registration::new("Budget").jwks(raw).unwrap_err();
        assert_eq!(error, ConfigurationFault::RegistrationKeys.into(), "{jwks}");
    }
}

#[test]
fn members_are_omitted_by_name_unless_they_protect() {
    let (_, everything) = scene::everything();
    let said: Value = serde_json::from_str(&everything.client_metadata()).unwrap();
    let protective = [
        "authorization_signed_response_alg",
        "dpop_bound_access_tokens",
        "id_token_encrypted_response_alg",
        "id_token_encrypted_response_enc",
        "id_token_signed_response_alg",
        "introspection_signed_response_alg",
        "jwks",
        "redirect_uris",
        "request_object_signing_alg",
        "token_endpoint_auth_method",
        "token_endpoint_auth_signing_alg",
    ];
    let setup = Setup::default();
    for name in said.as_object().unwrap().keys() {
        let omitted = registration(setup).without(name);
        if protective.contains(&name.as_str()) {
            assert_eq!(omitted.unwrap_err(), CallFault::MetadataProtective.into(), "{name}");
        } else {
            let said = metadata(recipient(setup), &omitted.unwrap());
            assert_eq!(said.get(name), None, "{name}");
        }
    }
    for name in
        ["jwks_uri", "tls_client_auth_san_dns", "tls_client_certificate_bound_access_tokens"]
    {
        let error = Registration::new("Budget").without(name).unwrap_err();
        assert_eq!(error, CallFault::MetadataProtective.into(), "{name}");
    }
}

#[test]
fn a_dialect_omits_members_unless_they_protect() {
    let dialect = Dialect::new("omits", "a server that refuses members").with_members(&[Line {
        member: Member::RegistrationWithout(&["description", "jwks", "redirect_uris"]),
        source: "this test",
    }]);
    let setup = Setup::default();
    let said = metadata(recipient(setup).with_dialect(dialect), &registration(setup));
    assert_eq!(said.get("description"), None);
    assert!(said.get("jwks").is_some() && said.get("redirect_uris").is_some());
}

#[test]
fn a_provider_that_refuses_inline_keys_needs_their_url() {
    let dialect =
        Dialect::new("keys", "a server that fetches keys").with_needs(&[dialect::Need::JwksUri]);
    let setup = Setup::default();
    let config = recipient(setup).with_dialect(dialect);
    let error = fault(config.clone(), &registration(setup));
    assert_eq!(error, ConfigurationFault::RegistrationJwksUri.into());
    let jwks_uri = HttpsUrl::parse("https://app.example/jwks").unwrap();
    let said = metadata(config, &registration(setup).jwks_uri(jwks_uri));
    assert_eq!(said["jwks_uri"], "https://app.example/jwks");
}

#[test]
fn rejects_extra_with_a_reserved_name() {
    let value = || RawJson::of("x").unwrap();
    let (_, everything) = scene::everything();
    let said: Value = serde_json::from_str(&everything.client_metadata()).unwrap();
    let written = said.as_object().unwrap().keys().map(String::as_str);
    let servers = [
        "client_id",
        "client_id_issued_at",
        "client_secret",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
    ];
    for name in written.chain(servers) {
        let error = Registration::new("Budget").extra(name, value()).unwrap_err();
        assert_eq!(error, CallFault::MetadataReserved.into(), "{name}");
    }
    let once = Registration::new("Budget").extra("x", value()).unwrap();
    assert_eq!(once.extra("x", value()).unwrap_err(), CallFault::MetadataReserved.into());
}

#[test]
fn reports_missing_endpoint() {
    let mut world = fdx_testkit::World::new(Setup::default());
    world.config = recipient(Setup::default());
    let registrar = scene::usual(&mut world, Setup::default());
    let error = registrar.register(scene::initial(), world.draw(), world.now).unwrap_err();
    assert_eq!(error.code(), "rfc8414.endpoint.missing");
    // The institution has no such endpoint.
    let request = http::Request::post("https://bank.example/register").body(Vec::new()).unwrap();
    assert_eq!(world.bank.handle(&request, None, world.now).status(), 404);
}

#[test]
fn certificate_client_presents_its_certificate_to_register() {
    let setup = Setup { authentication: Authentication::TlsClientAuth, ..Setup::default() };
    let config = recipient(setup);
    let certificate = config.authentication.thumbprint();
    let mut world = scene::world(setup);
    let registrar = scene::registrar(&mut world, config, &registration(setup));
    let draft = registrar.register(scene::initial(), world.draw(), world.now).unwrap();
    let (request, _) = draft.attach(Vec::new()).unwrap();
    assert!(certificate.is_some() && request.certificate_thumbprint() == certificate);
}
