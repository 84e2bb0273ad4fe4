use fdx_par::dialect::{Dialect, Line, Member};
use fdx_par::error::{Deviation, RegistrationFault};
use fdx_par::{Error, NextStep, Notice, Registrar, StoredStateFault};
use fdx_testkit::{Authentication, Binding, Setup};
use serde_json::{Value, json};

use super::scene::{self, answered, everything, usual};
use crate::token_issuer::elsewhere;

/// A registered value that replaces a requested one, and its fault.
fn rows() -> Vec<(Value, RegistrationFault)> {
    let none = Value::Null;
    let other_keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]});
    let mut rows = vec![
        (json!({"redirect_uris": none}), RegistrationFault::RedirectUris),
        (json!({"grant_types": ["refresh_token"]}), RegistrationFault::GrantTypes),
        (json!({"grant_types": "authorization_code"}), RegistrationFault::GrantTypes),
        (
            json!({"grant_types": ["authorization_code", "refresh_token", "implicit"]}),
            RegistrationFault::GrantTypes,
        ),
        (json!({"response_types": ["code", "token"]}), RegistrationFault::ResponseTypes),
        (json!({"response_types": ["code id_token"]}), RegistrationFault::ResponseTypes),
        (json!({"response_modes": ["jwt", "fragment"]}), RegistrationFault::ResponseModes),
        (json!({"response_modes": ["query"]}), RegistrationFault::ResponseModes),
        (json!({"jwks": other_keys}), RegistrationFault::Jwks),
        (json!({"response_types": "code"}), RegistrationFault::ResponseTypes),
        (json!({"jwks": "keys"}), RegistrationFault::Jwks),
    ];
    for uris in [
        json!([]),
        json!(["https://app.example/callback/"]),
        json!(["https://app.example/callback", "https://evil.example/callback"]),
        json!("https://app.example/callback"),
    ] {
        rows.push((json!({"redirect_uris": uris}), RegistrationFault::RedirectUris));
    }
    for method in [none.clone(), json!("client_secret_basic"), json!("none"), json!(7)] {
        let patch = json!({"token_endpoint_auth_method": method});
        rows.push((patch, RegistrationFault::TokenEndpointAuthMethod));
    }
    for dpop in [json!(false), json!("true"), json!(1)] {
        let patch = json!({"dpop_bound_access_tokens": dpop});
        rows.push((patch, RegistrationFault::DpopBoundAccessTokens));
    }
    let algorithms = [
        ("id_token_signed_response_alg", RegistrationFault::IdTokenSignedResponseAlg),
        ("authorization_signed_response_alg", RegistrationFault::AuthorizationSignedResponseAlg),
        ("introspection_signed_response_alg", RegistrationFault::IntrospectionSignedResponseAlg),
        ("token_endpoint_auth_signing_alg", RegistrationFault::TokenEndpointAuthSigningAlg),
        ("request_object_signing_alg", RegistrationFault::RequestObjectSigningAlg),
    ];
    for (member, fault) in algorithms {
        for value in [json!("RS256"), json!("none"), json!("ES256"), json!(["EdDSA"])] {
            rows.push((json!({ member: value }), fault));
        }
    }
    // A missing member means its default: RS256, or no signature.
    for (member, fault) in &algorithms[..3] {
        rows.push((json!({ *member: none }), *fault));
    }
    for (member, fault) in [
        ("id_token_encrypted_response_alg", RegistrationFault::IdTokenEncryptedResponseAlg),
        ("id_token_encrypted_response_enc", RegistrationFault::IdTokenEncryptedResponseEnc),
    ] {
        for value in [none.clone(), json!("RSA1_5"), json!("A128CBC-HS256")] {
            rows.push((json!({ member: value }), fault));
        }
    }
    for (member, fault) in [
        ("require_signed_request_object", RegistrationFault::RequireSignedRequestObject),
        (
            "require_pushed_authorization_requests",
            RegistrationFault::RequirePushedAuthorizationRequests,
        ),
    ] {
        rows.push((json!({ member: false }), fault));
        rows.push((json!({ member: "true" }), fault));
    }
    rows
}

/// Asserts the fault, and that the registration is kept and can be deleted.
fn refused(registrar: &Registrar, world: &mut fdx_testkit::World, patch: &Value) -> Error {
    let registered = answered(world, registrar, patch).unwrap();
    let error = registrar.client_config(&registered).unwrap_err();
    assert_eq!(error.next_step(), NextStep::AskTheInstitution);
    let draft = registrar.delete(&registered, world.draw(), world.now).unwrap();
    world.tamper(|_, _| fdx_testkit::answer(204, "text/plain", ""));
    world.run(draft).unwrap();
    world.tamper_no_more();
    error
}

#[test]
fn rejects_weakened_member_by_name_and_keeps_the_registration() {
    let (mut world, registrar) = everything();
    for (patch, fault) in rows() {
        let error = refused(&registrar, &mut world, &patch);
        assert_eq!(error, Error::Registration(fault), "{patch}");
        assert!(error.code().starts_with("rfc7591."));
        let member = patch.as_object().unwrap().keys().next().unwrap();
        assert!(error.code().ends_with(member.as_str()), "{member}: {}", error.code());
    }
}

/// Each token is checked when it arrives.
#[test]
fn harmless_difference_is_a_notice() {
    let (mut world, registrar) = everything();
    for (patch, member) in [
        (json!({"dpop_bound_access_tokens": null}), "dpop_bound_access_tokens"),
        (json!({"response_types": ["none", "code"]}), "response_types"),
        (json!({"grant_types": ["authorization_code"]}), "grant_types"),
    ] {
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        assert!(registrar.client_config(&registered).is_ok(), "{patch}");
        assert_eq!(registrar.otherwise(&registered), [member], "{patch}");
        assert!(registered.notices().contains(&Notice::RegistrationMemberOther), "{patch}");
    }
}

/// RFC 7591 3.2.1: some servers write an empty value for what they do not register. It counts as
/// absent: a notice where the default is no weaker, and a fault where it is.
#[test]
fn empty_value_counts_as_absent() {
    let (mut world, registrar) = everything();
    let empty = [json!(null), json!(""), json!([]), json!({})];
    let differing = |member: &str, world: &mut fdx_testkit::World, value: &Value| {
        let registered = answered(world, &registrar, &json!({ member: value })).unwrap();
        let usable = registrar.client_config(&registered).map(drop);
        (registrar.otherwise(&registered).iter().any(|it| it == member), usable)
    };
    for member in [
        "dpop_bound_access_tokens",
        "grant_types",
        "jwks",
        "request_object_signing_alg",
        "require_pushed_authorization_requests",
        "require_signed_request_object",
        "response_modes",
        "token_endpoint_auth_signing_alg",
    ] {
        for value in &empty {
            let found = differing(member, &mut world, value);
            assert_eq!(found, (true, Ok(())), "{member}: {value}");
        }
    }
    assert_eq!(differing("jwks", &mut world, &json!({"keys": []})), (true, Ok(())));
    assert_eq!(differing("response_types", &mut world, &json!([])), (true, Ok(())));
    for member in ["redirect_uris", "token_endpoint_auth_method", "id_token_signed_response_alg"] {
        for value in &empty {
            assert!(differing(member, &mut world, value).1.is_err(), "{member}: {value}");
        }
    }
}

/// A response that the client does not expect to decrypt.
#[test]
fn encryption_that_was_not_requested_is_a_notice() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    for (value, differs) in [(json!("RSA-OAEP-256"), true), (json!(""), false)] {
        for member in ["id_token_encrypted_response_alg", "authorization_encrypted_response_alg"] {
            let registered = answered(&mut world, &registrar, &json!({ member: value })).unwrap();
            assert!(registrar.client_config(&registered).is_ok(), "{member}");
            let named = registrar.otherwise(&registered).iter().any(|it| it == member);
            assert_eq!(named, differs, "{member}: {value}");
            let noticed = registered.notices().contains(&Notice::RegistrationMemberOther);
            assert_eq!(noticed, differs, "{member}: {value}");
        }
    }
}

#[test]
fn status_other_than_approved_is_a_notice() {
    let (mut world, registrar) = everything();
    for (status, notice) in [
        (json!("Approved"), None),
        (json!("APPROVED"), None),
        (Value::Null, None),
        (json!(""), None),
        (json!("Pending"), Some(Notice::RegistrationNotApproved)),
        (json!("Denied"), Some(Notice::RegistrationNotApproved)),
        (json!("Rejected"), Some(Notice::RegistrationNotApproved)),
        (json!(7), Some(Notice::NotUnderstood("status"))),
    ] {
        let registered = answered(&mut world, &registrar, &json!({ "status": status })).unwrap();
        let expected: Vec<_> = [Notice::InteractionIdMissing].into_iter().chain(notice).collect();
        assert_eq!(registered.notices(), expected, "{status}");
        assert!(registrar.client_config(&registered).is_ok(), "{status}");
    }
}

/// The example response of FDX's published description of registration, with the requested values.
#[test]
fn accepts_the_published_response_of_fdx() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    // The schema has none of these members.
    let absent = [
        "dpop_bound_access_tokens",
        "jwks",
        "require_pushed_authorization_requests",
        "response_types",
        "token_endpoint_auth_signing_alg",
    ];
    let mut patch = json!({"status": "Approved"});
    for member in absent {
        patch[member] = Value::Null;
    }
    let registered = answered(&mut world, &registrar, &patch).unwrap();
    let config = registrar.client_config(&registered).unwrap();
    assert_eq!(config.client_id, registered.client_id());
}

/// A dialect states that a server reports fixed algorithms of its responses. Nothing else that it
/// names is ignored.
#[test]
fn misreported_algorithms_of_responses_are_a_notice() {
    const MISREPORTS: Dialect = Dialect::new("misreports", "a server with fixed values")
        .with_members(&[Line {
            member: Member::RegistrationMisreports(&[
                "dpop_bound_access_tokens",
                "id_token_signed_response_alg",
                "redirect_uris",
                "token_endpoint_auth_signing_alg",
            ]),
            source: "this test",
        }]);
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let config = scene::recipient(setup).with_dialect(MISREPORTS);
    let registrar = scene::registrar(&mut world, config, &scene::registration(setup));
    for value in [json!("RS256"), json!("none"), Value::Null] {
        let patch = json!({"id_token_signed_response_alg": value});
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        let config = registrar.client_config(&registered).unwrap();
        assert_eq!(config.id_token_signed_response_alg, Some(setup.algorithm), "{patch}");
        assert_eq!(registrar.otherwise(&registered), ["id_token_signed_response_alg"], "{patch}");
    }
    for (patch, fault) in [
        (json!({"dpop_bound_access_tokens": false}), RegistrationFault::DpopBoundAccessTokens),
        (json!({"redirect_uris": ["https://evil.example"]}), RegistrationFault::RedirectUris),
        (
            json!({"token_endpoint_auth_signing_alg": "RS256"}),
            RegistrationFault::TokenEndpointAuthSigningAlg,
        ),
    ] {
        let error = refused(&registrar, &mut world, &patch);
        assert_eq!(error, Error::Registration(fault), "{patch}");
    }
}

/// The error names what helps: another request, and the dialect member, if one does.
#[test]
fn weaker_value_is_refused_with_the_way_out() {
    let (mut world, registrar) = everything();
    for (patch, fault) in rows() {
        let error = refused(&registrar, &mut world, &patch);
        assert!(error.to_string().contains("Registrar::update"), "{error}");
        let of_a_response = format!("{fault:?}").ends_with("SignedResponseAlg");
        let allowed = of_a_response.then_some(Deviation::RegistrationMisreports);
        assert_eq!(error.allowed_by(), allowed, "{error}");
    }
}

#[test]
fn rejects_registration_of_unbound_tokens() {
    let setup = Setup { binding: Binding::Mtls, ..Setup::default() };
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    for value in [Value::Null, json!(false)] {
        let patch = json!({"tls_client_certificate_bound_access_tokens": value});
        let error = refused(&registrar, &mut world, &patch);
        let fault = RegistrationFault::TlsClientCertificateBoundAccessTokens;
        assert_eq!(error, Error::Registration(fault));
    }
}

#[test]
fn rejects_registration_of_another_certificate_name() {
    let setup = Setup { authentication: Authentication::TlsClientAuth, ..Setup::default() };
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    let patch = json!({"tls_client_auth_subject_dn": "CN=app-2"});
    let error = refused(&registrar, &mut world, &patch);
    assert_eq!(error, Error::Registration(RegistrationFault::TlsClientAuthName));
}

#[test]
fn rejects_registration_of_another_key_source() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let jwks_uri = fdx_wire::HttpsUrl::parse("https://app.example/jwks").unwrap();
    let described = scene::registration(setup).jwks_uri(jwks_uri);
    let registrar = scene::registrar(&mut world, scene::recipient(setup), &described);
    let patch = json!({"jwks_uri": "https://evil.example/jwks"});
    let error = refused(&registrar, &mut world, &patch);
    assert_eq!(error, Error::Registration(RegistrationFault::JwksUri));
}

/// Some servers write an empty value for an identifying member that they do not have.
#[test]
fn empty_identifying_value_is_ignored() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    for patch in [json!({"tls_client_auth_subject_dn": ""}), json!({"jwks_uri": ""})] {
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        assert!(registrar.client_config(&registered).is_ok(), "{patch}");
    }
    let jwks_uri = fdx_wire::HttpsUrl::parse("https://app.example/jwks").unwrap();
    let described = scene::registration(setup).jwks_uri(jwks_uri);
    let registrar = scene::registrar(&mut world, scene::recipient(setup), &described);
    for patch in [json!({"jwks": {"keys": []}}), json!({"jwks": {}})] {
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        assert!(registrar.client_config(&registered).is_ok(), "{patch}");
    }
}

#[test]
fn rejects_unrequested_certificate_names() {
    let names = [
        json!({"tls_client_auth_subject_dn": "CN=app-2"}),
        json!({"tls_client_auth_san_dns": "app.example"}),
        json!({"tls_client_auth_san_uri": "https://app.example"}),
        json!({"tls_client_auth_san_ip": "192.0.2.1"}),
        json!({"tls_client_auth_san_email": "app@app.example"}),
    ];
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    for patch in &names {
        let error = refused(&registrar, &mut world, patch);
        assert_eq!(error, Error::Registration(RegistrationFault::TlsClientAuthName), "{patch}");
    }
    let patch = json!({"jwks_uri": "https://app.example/jwks"});
    let error = refused(&registrar, &mut world, &patch);
    assert_eq!(error, Error::Registration(RegistrationFault::JwksUri));

    let setup = Setup { authentication: Authentication::TlsClientAuth, ..setup };
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    for patch in &names[1..] {
        let error = refused(&registrar, &mut world, patch);
        assert_eq!(error, Error::Registration(RegistrationFault::TlsClientAuthName), "{patch}");
    }
    let registered = answered(&mut world, &registrar, &names[1]).unwrap();
    assert_eq!(registrar.weakened(&registered), [RegistrationFault::TlsClientAuthName]);

    let jwks_uri = fdx_wire::HttpsUrl::parse("https://app.example/jwks").unwrap();
    let described = scene::registration(setup).jwks_uri(jwks_uri);
    let registrar = scene::registrar(&mut world, scene::recipient(setup), &described);
    let key = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
    let error = refused(&registrar, &mut world, &json!({"jwks": {"keys": [key]}}));
    assert_eq!(error, Error::Registration(RegistrationFault::Jwks));
}

#[test]
fn reports_every_weakened_member() {
    let (mut world, registrar) = everything();
    let patch = json!({"dpop_bound_access_tokens": false, "redirect_uris": []});
    let registered = answered(&mut world, &registrar, &patch).unwrap();
    let faults = [RegistrationFault::DpopBoundAccessTokens, RegistrationFault::RedirectUris];
    assert_eq!(registrar.weakened(&registered), faults);
}

#[test]
fn descriptive_or_narrowed_member_is_a_notice() {
    for (patch, member, notice) in [
        (json!({"scope": "openid"}), "scope", Notice::RegistrationScopeOther),
        (json!({"scope": null}), "scope", Notice::RegistrationScopeOther),
        (json!({"duration_period": null}), "duration_period", Notice::RegistrationMemberOther),
        (json!({"duration_type": []}), "duration_type", Notice::RegistrationMemberOther),
        (json!({"client_name": "Other"}), "client_name", Notice::RegistrationMemberOther),
        (
            json!({"grant_types": ["authorization_code"]}),
            "grant_types",
            Notice::RegistrationMemberOther,
        ),
        (json!({"jwks": null}), "jwks", Notice::RegistrationMemberOther),
        (json!({"response_modes": null}), "response_modes", Notice::RegistrationMemberOther),
        (
            json!({"require_signed_request_object": null}),
            "require_signed_request_object",
            Notice::RegistrationMemberOther,
        ),
    ] {
        let (mut world, registrar) = everything();
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        assert_eq!(registered.notices(), [Notice::InteractionIdMissing, notice], "{patch}");
        assert_eq!(registrar.otherwise(&registered), [member]);
        assert!(registrar.client_config(&registered).is_ok(), "{patch}");
    }
}

#[test]
fn equivalent_values_in_another_form_are_equal() {
    for patch in [
        json!({"grant_types": ["refresh_token", "authorization_code"]}),
        json!({"id_token_signed_response_alg": "Ed25519"}),
        json!({"response_types": null}),
        json!({"application_type": "web", "subject_type": "public"}),
    ] {
        let (mut world, registrar) = everything();
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        assert_eq!(registrar.otherwise(&registered), [""; 0], "{patch}");
        assert!(registrar.client_config(&registered).is_ok(), "{patch}");
    }
    let (mut world, registrar) = everything();
    let mut jwks: Value = scene::echo(&registrar, &json!({}))["jwks"].clone();
    let keys = jwks["keys"].as_array_mut().unwrap();
    keys.reverse();
    keys[0]["x5t"] = json!("added by the server");
    let registered = answered(&mut world, &registrar, &json!({"jwks": jwks})).unwrap();
    assert!(registrar.client_config(&registered).is_ok());
}

// RFC 8259 7: any character may be written as an escape.
#[test]
fn escaped_text_is_equal_to_the_plain_text() {
    let (mut world, registrar) = everything();
    let body = scene::echo(&registrar, &json!({})).to_string();
    let written = body.replace("\"Budget\"", r#""\u0042udget""#);
    assert_ne!(written, body);
    let answer = fdx_testkit::answer(201, "application/json", written);
    let registered = scene::answered_with(&mut world, &registrar, answer).unwrap();
    assert_eq!(registrar.otherwise(&registered), [""; 0]);
}

#[test]
fn rejects_registration_of_another_institution() {
    let (mut world, registrar) = everything();
    let registered = answered(&mut world, &registrar, &json!({})).unwrap();
    let stored = registered.to_json().expose().replace("bank.example\"", "other.example\"");
    assert_eq!(registrar.restore(&stored).unwrap_err(), StoredStateFault::OtherClient.into());
    let (mut world, _) = everything();
    let fapi = world.client().unwrap();
    let rogue = elsewhere(&world, &fapi);
    let made = |client: &fdx_par::Client| {
        let mut config = scene::recipient(Setup::default());
        config.issuer = client.config().issuer.clone();
        let described = scene::registration(Setup::default());
        Registrar::new(config, &described, client.metadata().clone()).unwrap()
    };
    let registered = answered(&mut world, &made(&fapi), &json!({})).unwrap();
    assert!(made(&fapi).client_config(&registered).is_ok());
    let refused = made(&rogue).client_config(&registered).unwrap_err();
    assert_eq!(refused, StoredStateFault::OtherClient.into());
}
