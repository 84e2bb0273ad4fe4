use fdx_par::{Client, ClientCertificate, Error, NextStep, Notice};
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Authentication, Binding, Requests, Setup, World, usual_request};
use fdx_wire::HttpsUrl;
use serde_json::{Value, json};

use super::scene::{self, recipient, registered, registrar, registration, usual};

fn setups() -> Vec<Setup> {
    let mut setups = Vec::new();
    for authentication in [
        Authentication::PrivateKeyJwt,
        Authentication::SelfSignedTlsClientAuth,
        Authentication::TlsClientAuth,
    ] {
        for binding in [Binding::Dpop, Binding::Mtls] {
            setups.push(Setup { authentication, binding, ..Setup::default() });
        }
    }
    setups.push(Setup { requests: Requests::Signed, ..Setup::default() });
    setups.push(Setup { response_mode: fdx_par::ResponseMode::Jwt, ..Setup::default() });
    setups
}

/// Returns the status of the last response.
fn last_status(world: &World) -> u16 {
    world.answers.last().unwrap().status().as_u16()
}

#[test]
fn a_client_registers_is_read_changed_used_and_deleted() {
    for setup in setups() {
        let mut world = scene::world(setup);
        let registrar = usual(&mut world, setup);
        let first = registered(&mut world, &registrar);
        assert_eq!(last_status(&world), 201, "{setup:?}");
        assert_eq!(first.notices(), [], "{setup:?}");
        assert_eq!(first.issued_at(), Some(world.now));
        assert_eq!(first.member("status").unwrap().as_str(), "\"Approved\"");

        let draft = registrar.read(&first, world.draw(), world.now).unwrap();
        let read = world.run(draft).unwrap();
        assert_eq!((read.client_id(), last_status(&world)), (first.client_id(), 200));
        let token = |registered: &fdx_par::Registered| {
            registered.access().unwrap().registration_access_token().clone()
        };
        assert_ne!(token(&first), token(&read), "the institution rotates it");

        let draft = registrar.update(&read, world.draw(), world.now).unwrap();
        let updated = world.run(draft).unwrap();
        assert_ne!(token(&read), token(&updated));

        world.config = registrar.client_config(&updated).unwrap();
        let decision = Decision::everything();
        let (client, granted) = world.flow_of(&usual_request(), &decision).unwrap();
        assert_eq!(client.config().client_id, first.client_id());
        world.accounts(&client, granted.tokens().access_token()).unwrap();

        let draft = registrar.delete(&updated, world.draw(), world.now).unwrap();
        let deleted = world.run(draft).unwrap();
        assert_eq!((deleted.notices(), last_status(&world)), (&[][..], 204));

        let error = world.accounts(&client, granted.tokens().access_token()).unwrap_err();
        assert_eq!(error.said().unwrap().status, 401, "{setup:?}");
        let Err(Error::Refusal(refusal)) = world.push(&client, &usual_request()) else {
            panic!("{setup:?}: a deleted client pushes")
        };
        assert!(refusal.is("invalid_client"), "{refusal}");
        let draft = registrar.read(&updated, world.draw(), world.now).unwrap();
        let error = world.run(draft).unwrap_err();
        assert_eq!(error.next_step(), NextStep::RegisterAgain, "{setup:?}: {error}");
        assert_eq!(error.said().unwrap().status, 401);
    }
}

#[test]
fn each_request_has_the_members_its_rfc_requires() {
    for setup in setups() {
        let mut world = scene::world(setup);
        let registrar = usual(&mut world, setup);
        world.sent.clear();
        let first = registered(&mut world, &registrar);
        let draft = registrar.update(&first, world.draw(), world.now).unwrap();
        let updated = world.run(draft).unwrap();
        let draft = registrar.read(&updated, world.draw(), world.now).unwrap();
        let read = world.run(draft).unwrap();
        let draft = registrar.delete(&read, world.draw(), world.now).unwrap();
        world.run(draft).unwrap();

        let [post, put, get, delete] = &world.sent[..] else { panic!("not four requests") };
        let methods =
            [post, put, get, delete].map(|sent_request| sent_request.http.method().as_str());
        assert_eq!(methods, ["POST", "PUT", "GET", "DELETE"]);
        let mut ids = Vec::new();
        for sent_request in [post, put, get, delete] {
            ids.push(sent_request.header("x-fapi-interaction-id"));
            let by_key = setup.authentication == Authentication::PrivateKeyJwt;
            assert_eq!(
                sent_request.certificate == ClientCertificate::Withhold,
                by_key,
                "{setup:?}"
            );
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4, "each call has an interaction id of its own");
        assert!(ids.iter().all(|id| id.len() == 36));

        let tokens = [&first, &updated, &read].map(|registered| {
            let access = registered.access().unwrap();
            format!("Bearer {}", access.registration_access_token().expose())
        });
        assert_eq!(post.header("authorization"), format!("Bearer {}", scene::INITIAL));
        assert_eq!(
            [put, get, delete].map(|sent_request| sent_request.header("authorization")),
            tokens
        );
        assert!(get.http.body().is_empty() && delete.http.body().is_empty());

        let body = |sent_request: &fdx_testkit::Asked| -> Value {
            assert_eq!(sent_request.header("content-type"), "application/json");
            serde_json::from_slice(sent_request.http.body()).unwrap()
        };
        let requested = body(post);
        assert_eq!(requested, serde_json::from_str::<Value>(&registrar.client_metadata()).unwrap());
        assert_eq!(requested["client_id"], Value::Null);
        let put = body(put);
        assert_eq!(put["client_id"], first.client_id());
        // RFC 7592 2.2: every returned member except these four.
        assert_eq!(put["status"], "Approved");
        for name in [
            "client_id_issued_at",
            "client_secret_expires_at",
            "registration_access_token",
            "registration_client_uri",
        ] {
            assert_eq!(put.get(name), None, "{name}");
        }
        for (name, value) in requested.as_object().unwrap() {
            assert_eq!(&put[name], value, "{name}");
        }
    }
}

#[test]
fn update_sends_the_new_metadata() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    let before = registered(&mut world, &registrar);
    // The keys move to a URL and are not registered in two places.
    let jwks_uri = HttpsUrl::parse("https://app.example/jwks").unwrap();
    let moved = registration(setup).jwks_uri(jwks_uri.clone());
    let metadata = world.client().unwrap().metadata().clone();
    let moved = fdx_par::Registrar::new(recipient(setup), &moved, metadata).unwrap();
    let draft = moved.update(&before, world.draw(), world.now).unwrap();
    // The institution can't fetch that URL and refuses.
    let Err(Error::Refusal(refusal)) = world.run(draft) else { panic!("taken") };
    assert!(refusal.is("invalid_client_metadata"), "{refusal}");
    let body: Value = serde_json::from_slice(world.sent.last().unwrap().http.body()).unwrap();
    assert_eq!(body["jwks_uri"], jwks_uri.as_str());
    assert_eq!(body.get("jwks"), None);
    // The refused update does not change the registration.
    let draft = registrar.read(&before, world.draw(), world.now).unwrap();
    let _ = world.run(draft).unwrap();
}

/// RFC 7591 2: never both. The update has our `jwks` even if the server returned a `jwks_uri`.
#[test]
fn update_with_jwks_omits_jwks_uri() {
    let (mut world, registrar) = scene::everything();
    let elsewhere = json!({ "jwks": null, "jwks_uri": "https://app.example/jwks" });
    let registered = scene::answered(&mut world, &registrar, &elsewhere).unwrap();
    let draft = registrar.update(&registered, world.draw(), world.now).unwrap();
    let (request, _) = draft.attach(Vec::new()).unwrap();
    let body: Value = serde_json::from_slice(request.into_http().body()).unwrap();
    assert!(body["jwks"]["keys"].is_array());
    assert_eq!(body.get("jwks_uri"), None);
}

#[test]
fn registered_keys_may_be_behind_a_url() {
    let setup = Setup::default();
    let jwks_uri = "https://app.example/jwks";
    let mut bank = setup.institution_config();
    let jwks = recipient(setup).public_jwks().to_json();
    bank.published_jwks.insert(jwks_uri.to_owned(), jwks);
    bank.registration = fdx_sandbox::RegistrationPolicy::Open;
    let bank = fdx_sandbox::Sandbox::new(bank, fdx_testkit::entropy(200));
    let mut world = World::of(setup.algorithm, bank, recipient(setup));
    let described = registration(setup).jwks_uri(HttpsUrl::parse(jwks_uri).unwrap());
    let registrar = registrar(&mut world, recipient(setup), &described);
    let registered = registered(&mut world, &registrar);
    world.config = registrar.client_config(&registered).unwrap();
    world.flow_of(&usual_request(), &Decision::everything()).unwrap();
}

#[test]
fn registered_client_completes_a_flow() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    let registered = registered(&mut world, &registrar);
    let config = registrar.client_config(&registered).unwrap();
    assert_eq!(config.redirect_uri, recipient(setup).redirect_uri);
    let metadata = world.client().unwrap().metadata().clone();
    let client = Client::new(config, metadata).unwrap();
    assert_eq!(client.config().client_id, registered.client_id());
}

#[test]
fn reports_missing_interaction_id() {
    let (mut world, registrar) = scene::everything();
    let registered = scene::answered(&mut world, &registrar, &json!({})).unwrap();
    assert_eq!(registered.notices(), [Notice::InteractionIdMissing]);
}
