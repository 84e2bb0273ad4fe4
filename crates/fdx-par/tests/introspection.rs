//! Introspection of either token, as JSON and signed (RFC 7662, RFC 9701).

use core::time::Duration;

use fdx_jose::{Algorithm, PrivateKey, Signer, Thumbprint, statement};
use fdx_par::{
    AuthorizationRequest, Client, ClientCertificate, Error, Introspection, NextStep, Refused,
    ServerRule, StoredGrant, StoredStateFault, TokenTypeHint, Verification,
};
use fdx_sandbox::ConsentIdCarrier;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{
    Answer, Authentication, Binding, Setup, World, answer, claims, consent_request, keys, patched,
};
use serde_json::{Value, json};

const HINTS: [TokenTypeHint; 2] = [TokenTypeHint::AccessToken, TokenTypeHint::RefreshToken];

fn setups() -> Vec<Setup> {
    let authentications = [
        Authentication::PrivateKeyJwt,
        Authentication::SelfSignedTlsClientAuth,
        Authentication::TlsClientAuth,
    ];
    let bindings = [Binding::Dpop, Binding::Mtls];
    let setup = |authentication| {
        bindings.map(|binding| Setup { authentication, binding, ..Setup::default() })
    };
    authentications.into_iter().flat_map(setup).collect()
}

fn introspect(
    world: &mut World,
    client: &Client,
    grant: &StoredGrant,
    which: TokenTypeHint,
) -> Result<Introspection, Error> {
    let (entropy, now) = (world.draw(), world.now);
    let draft = match which {
        TokenTypeHint::AccessToken => {
            client.introspect(grant.tokens().access_token(), entropy, now)?
        }
        TokenTypeHint::RefreshToken => {
            client.introspect_refresh_token(grant.tokens(), entropy, now)?
        }
    };
    world.run(draft)
}

#[test]
fn either_token_is_active_and_names_its_consent() {
    for setup in setups() {
        for which in HINTS {
            let mut world = World::new(setup);
            let (client, grant) = world.stored();
            let introspection = introspect(&mut world, &client, &grant, which).unwrap();
            assert!(introspection.is_active(), "{setup:?} {which:?}");
            assert_eq!(introspection.consent_id(), grant.consent_id());
            let lifetime = match which {
                TokenTypeHint::AccessToken => Duration::from_secs(300),
                TokenTypeHint::RefreshToken => Duration::from_secs(365 * 86_400),
            };
            assert_eq!(introspection.expires_at(), Some(world.now + lifetime));
        }
    }
}

#[test]
fn sends_token_and_hint_without_a_proof() {
    for setup in setups() {
        for which in HINTS {
            let mut world = World::new(setup);
            let (client, grant) = world.stored();
            let _ = introspect(&mut world, &client, &grant, which).unwrap();
            let sent_request = *world.asked("/introspect").last().unwrap();
            let form = sent_request.form();
            let token = match which {
                TokenTypeHint::AccessToken => grant.tokens().access_token().token(),
                TokenTypeHint::RefreshToken => grant.tokens().refresh_token().unwrap(),
            };
            assert_eq!(form["token"], token.expose());
            assert_eq!(form["token_type_hint"], which.as_str());
            assert!(
                sent_request.proof().is_null() && sent_request.header("authorization").is_empty()
            );
            let by_key = setup.authentication == Authentication::PrivateKeyJwt;
            assert_eq!(form.contains_key("client_assertion"), by_key, "{setup:?}");
            let withheld = sent_request.certificate == ClientCertificate::Withhold;
            assert_eq!(withheld, by_key, "{setup:?}");
        }
    }
}

#[test]
fn revoked_and_expired_tokens_are_inactive() {
    for setup in setups() {
        let mut world = World::new(setup);
        let (client, grant) = world.stored();
        let _ = world.revoke(&client, grant.tokens(), TokenTypeHint::AccessToken).unwrap();
        let access = introspect(&mut world, &client, &grant, TokenTypeHint::AccessToken).unwrap();
        let refresh = introspect(&mut world, &client, &grant, TokenTypeHint::RefreshToken).unwrap();
        assert_eq!((access.is_active(), refresh.is_active()), (false, true), "{setup:?}");
        assert_eq!((access.consent_id(), access.expires_at()), (None, None));

        let _ = world.revoke(&client, grant.tokens(), TokenTypeHint::RefreshToken).unwrap();
        let refresh = introspect(&mut world, &client, &grant, TokenTypeHint::RefreshToken).unwrap();
        assert!(!refresh.is_active(), "{setup:?}");
    }
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    world.now = world.now + Duration::from_secs(300);
    let introspection =
        introspect(&mut world, &client, &grant, TokenTypeHint::AccessToken).unwrap();
    assert!(!introspection.is_active());
}

#[test]
fn inactive_token_has_no_other_member() {
    // RFC 7662 2.2: other members do not count, even broken ones or those of another token.
    let body = json!({
        "active": false, "exp": 9, "fdxConsentId": "another", "cnf": { "jkt": other() },
    });
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    world.tamper_at("/introspect", move |_| answer(200, "application/json", body.to_string()));
    let introspection =
        introspect(&mut world, &client, &grant, TokenTypeHint::AccessToken).unwrap();
    assert_eq!(
        (introspection.is_active(), introspection.consent_id(), introspection.expires_at()),
        (false, None, None)
    );
}

fn other() -> Thumbprint {
    Thumbprint::of_certificate(b"another")
}

#[test]
fn a_token_that_is_bound_to_another_key_is_refused() {
    for (binding, member, stray) in
        [(Binding::Dpop, "jkt", "x5t#S256"), (Binding::Mtls, "x5t#S256", "jkt")]
    {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let (client, grant) = world.stored();
        let patch = json!({ "cnf": { member: other() } });
        world.tamper_at("/introspect", move |answer| patched(answer, &patch));
        let error = introspect(&mut world, &client, &grant, TokenTypeHint::AccessToken);
        let Err(Error::Server(fault)) = error else { panic!("{binding:?}: {error:?}") };
        assert_eq!(fault.rule, ServerRule::TokenType, "{binding:?}");
        // The member of the other binding is not about this token, and a missing member is
        // accepted.
        for cnf in [json!({ stray: other() }), json!({}), Value::Null] {
            let patch = json!({ "cnf": cnf });
            world.tamper_at("/introspect", move |answer| patched(answer, &patch));
            let introspection =
                introspect(&mut world, &client, &grant, TokenTypeHint::AccessToken).unwrap();
            assert!(introspection.is_active());
        }
        // A refresh token is bound to its client only.
        let patch = json!({ "cnf": { member: other() } });
        world.tamper_at("/introspect", move |answer| patched(answer, &patch));
        assert!(introspect(&mut world, &client, &grant, TokenTypeHint::RefreshToken).is_ok());
    }
}

#[test]
fn introspection_reports_the_only_consent_id() {
    let carrier = ConsentIdCarrier::IntrospectionOnly;
    let mut world = World::new(Setup { carrier, ..Setup::default() });
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    assert_eq!(verified.consent_id(), None);
    let token = verified.tokens().access_token();
    let draft = client.introspect(token, world.draw(), world.now).unwrap();
    let introspection = world.run(draft).unwrap();
    let verified = verified.introspected(&introspection).unwrap();
    assert!(verified.consent_id().is_some() && verified.consent_id() == introspection.consent_id());
}

#[test]
fn an_inactive_token_or_another_consent_hands_the_tokens_back() {
    for (patch, rule) in [
        // The first introspection reports nothing; this is a second one.
        (json!({ "active": false }), ServerRule::Introspection),
        (json!({ "fdxConsentId": "another" }), ServerRule::ConsentIdConflict),
    ] {
        let mut world = World::new(Setup::default());
        let client = world.client().unwrap();
        let verified = world.verified(&client);
        let token = verified.tokens().access_token().clone();
        world.tamper_at("/introspect", move |answer| patched(answer, &patch));
        let draft = client.introspect(&token, world.draw(), world.now).unwrap();
        let introspection = world.run(draft).unwrap();
        let verified = match introspection.is_active() {
            true => verified,
            false => verified.introspected(&introspection).unwrap(),
        };
        let Refused { error, unspent } = verified.introspected(&introspection).unwrap_err();
        let Error::Server(fault) = error else { panic!("{error}") };
        assert_eq!((fault.rule, fault.next_step), (rule, NextStep::AskTheInstitution));
        assert_eq!(unspent.tokens().access_token().token().expose(), token.token().expose());
    }
}

#[test]
fn without_a_refresh_token_or_an_endpoint_nothing_is_sent() {
    let mut world = World::new(Setup::default());
    let request = AuthorizationRequest::new(consent_request()).openid();
    let (client, granted) = world.flow_of(&request, &Decision::everything()).unwrap();
    let sent = world.sent.len();
    let error = introspect(&mut world, &client, &granted.stored(), TokenTypeHint::RefreshToken);
    assert_eq!(error.unwrap_err(), StoredStateFault::RefreshTokenMissing.into());
    assert_eq!(world.sent.len(), sent);

    let without = json!({ "introspection_endpoint": null });
    world.tamper_at("/.well-known/oauth-authorization-server", move |a| patched(a, &without));
    let client = world.client().unwrap();
    let sent = world.sent.len();
    let error = introspect(&mut world, &client, &granted.stored(), TokenTypeHint::AccessToken);
    assert_eq!(error.unwrap_err().code(), "rfc8414.endpoint.missing");
    assert_eq!(world.sent.len(), sent);
}

/// Introspects the access token, signed, with fresh keys.
fn signed(world: &mut World, client: &Client, grant: &StoredGrant) -> Result<Introspection, Error> {
    let token = grant.tokens().access_token();
    let draft = client.introspect_signed(token, world.draw(), world.now)?;
    let jwt = world.run(draft)?;
    let Verification::FetchKeys(jwt) = client.verify(jwt, None, world.now)? else {
        panic!("verified without keys");
    };
    let draft = client.fetch_keys(world.now)?;
    let server_keys = world.run(draft)?;
    match client.verify(jwt, Some(&server_keys), world.now)? {
        Verification::Done(introspection) => Ok(introspection),
        Verification::FetchKeys(_) => panic!("the keys do not fit"),
    }
}

#[test]
fn signed_introspection_has_the_same_content() {
    for setup in setups() {
        let mut world = World::new(setup);
        let (client, grant) = world.stored();
        let introspection = signed(&mut world, &client, &grant).unwrap();
        assert!(
            introspection.is_active() && introspection.consent_id() == grant.consent_id(),
            "{setup:?}"
        );
        let sent_request = *world.asked("/introspect").last().unwrap();
        assert_eq!(sent_request.header("accept"), "application/token-introspection+jwt");
        let _ = world.revoke(&client, grant.tokens(), TokenTypeHint::AccessToken).unwrap();
        assert!(!signed(&mut world, &client, &grant).unwrap().is_active(), "{setup:?}");
    }
}

#[test]
fn rejects_plain_json_if_a_signature_was_requested() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    world.tamper_at("/introspect", |_| answer(200, "application/json", r#"{"active":true}"#));
    let Err(Error::Server(fault)) = signed(&mut world, &client, &grant) else { panic!("taken") };
    assert_eq!(fault.rule, ServerRule::IntrospectionUnsigned);
}

#[test]
fn signed_introspection_is_checked_for_the_binding() {
    for (binding, member) in [(Binding::Dpop, "jkt"), (Binding::Mtls, "x5t#S256")] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let (client, grant) = world.stored();
        let key = keys(world.algorithm());
        let patch = json!({ "cnf": { member: other() } });
        world.tamper_at("/introspect", move |answer| resigned(answer, &patch, &key));
        let error = signed(&mut world, &client, &grant).unwrap_err();
        let Error::Server(fault) = error else { panic!("{binding:?}: {error}") };
        assert_eq!(fault.rule, ServerRule::TokenType);
    }
}

#[test]
fn rejects_introspection_signed_by_another_key() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let forger = keys(Algorithm::Es256);
    world.tamper_at("/introspect", move |answer| resigned(answer, &json!({}), &forger));
    let token = grant.tokens().access_token();
    let draft = client.introspect_signed(token, world.draw(), world.now).unwrap();
    let jwt = world.run(draft).unwrap();
    let draft = client.fetch_keys(world.now).unwrap();
    let server_keys = world.run(draft).unwrap();
    let verified = client.verify(jwt, Some(&server_keys), world.now).unwrap();
    assert!(matches!(verified, Verification::FetchKeys(_)), "{verified:?}");
}

/// Returns the signed response with changed `token_introspection` members, signed by `key`.
fn resigned(answer: Answer, patch: &Value, key: &PrivateKey) -> Answer {
    let mut claims = claims(str::from_utf8(answer.body()).unwrap());
    let members = claims["token_introspection"].as_object_mut().unwrap();
    members.extend(patch.as_object().unwrap().clone());
    let input = statement(key.public(), Some("token-introspection+jwt"), &claims).unwrap();
    let jwt = input.attach(&key.sign(&input).unwrap()).unwrap();
    answer.map(|_| jwt.into_bytes())
}
