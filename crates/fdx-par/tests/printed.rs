//! The `Debug` text of each value of a flow, in the order of the flow.
//!
//! `planted_secrets` searches for texts that must not be printed. This module shows the printed
//! ones.

use std::fmt::Debug;

use fdx_par::{Callback, ClientCertificate, ResourceRequest, ResponseMode, Step};
use fdx_sandbox::NoncePolicy;
use fdx_sandbox::customer::Decision;
use fdx_testkit::kit::attached;
use fdx_testkit::{Setup, World, entropy, usual_request};
use fdx_wire::HttpsUrl;
use serde_json::json;

use crate::encrypted_id_tokens::{self, KMS, usual, waiting};
use crate::registration::scene;

const SILENT: NoncePolicy = NoncePolicy::Silent;

/// `<name>` stands for a value of this flow.
fn hold(printed: &[String], expected: &[&str], values: &[(&str, String)]) {
    let written = |text: &&str| {
        values.iter().fold((*text).to_owned(), |text, (name, value)| text.replace(name, value))
    };
    assert_eq!(printed, expected.iter().map(written).collect::<Vec<_>>());
}

fn text(value: &impl Debug) -> String {
    format!("{value:?}")
}

#[test]
fn flow_prints_identifiers_and_no_secret() {
    let mut world = World::new(Setup { nonces: SILENT, ..Setup::default() });
    let client = world.client().unwrap();
    let now = world.now;

    let draft = client.push(&usual_request(), entropy(1), now).unwrap();
    let mut printed = vec![text(&draft)];
    let (request, sent) = attached(draft, &world.keys);
    printed.extend([text(&request), text(&sent)]);
    let answer = world.carry(request.into_http(), ClientCertificate::Withhold);
    let Step::Done(pushed) = sent.receive(answer, now).unwrap() else { panic!("again") };
    printed.push(text(&pushed));
    let (url, pending) = pushed.redirect(now).unwrap();
    printed.extend([text(&url), text(&pending), text(pending.flow_id())]);
    let pending_text = text(&pending);

    let callback = world.customer(url.as_str(), &Decision::everything());
    let callback = client.callback(pending, &callback, now).unwrap();
    let Callback::Code(accepted) = callback else { panic!("denied") };
    printed.push(text(&accepted));
    let draft = client.exchange(accepted, entropy(2), now).unwrap();
    let exchanged = world.run(draft).unwrap();
    printed.push(text(&exchanged));
    let verified = world.verify(&client, exchanged).unwrap();
    printed.extend([text(verified.tokens()), text(&verified)]);
    let granted = world.granted(&client, verified).unwrap();
    printed.push(text(&granted));
    let grant = granted.stored();
    printed.extend([text(&grant), text(grant.identity().unwrap())]);

    let refreshed = world.refresh(&client, &grant).unwrap();
    printed.push(text(&refreshed));
    let url = HttpsUrl::parse("https://bank.example/fdx/v6/accounts?limit=50").unwrap();
    let request = ResourceRequest::get(url);
    printed.push(text(&request));
    let token = grant.tokens().access_token();
    let draft = client.call(token, request, entropy(5), now).unwrap();
    let answer = world.run(draft).unwrap();
    printed.push(text(&answer));

    let expected = [
        "Draft { method: POST, url: \"https://bank.example/par\", attempt: 0, .. }",
        "Request { method: POST, url: \"https://bank.example/par\", certificate: Withhold, \
         body: [redacted], <pushed> bytes, .. }",
        "Sent { attempt: 0, .. }",
        "Pushed { redirect_by: UnixTime(1767607255), pending: <pending>, notices: [], .. }",
        "AuthorizationUrl([redacted])",
        "Pending { flow_id: <flow>, issuer: Issuer(\"https://bank.example\"), \
         client_id: \"app-1\", callback_by: UnixTime(1767609000), .. }",
        "FlowId(<flow id>)",
        "Accepted { pending: <pending>, .. }",
        "Exchanged { flow_id: <flow>, tokens: <tokens>, .. }",
        "Tokens { access_token: AccessToken { issuer: Issuer(\"https://bank.example\"), \
         client_id: \"app-1\", token: [redacted], \
         bound: Bound { by: Dpop, to: Some(Thumbprint(<key>)) }, \
         expires_at: Some(UnixTime(1767607500)) }, refresh_token: Some([redacted]), \
         refresh_token_expires_at: None, scopes: <scopes> }",
        "Verified { flow_id: <flow>, tokens: <tokens>, consent_id: <consent id>, notices: [], .. }",
        "Granted { flow_id: <flow>, tokens: <tokens>, consent_id: <consent id>, \
         coverage: <coverage>, notices: [], .. }",
        "StoredGrant { issuer: Issuer(\"https://bank.example\"), client_id: \"app-1\", \
         tokens: <tokens>, consent_id: <consent id>, .. }",
        "Identity { .. }",
        "Refreshed { grant: <grant>, .. }",
        "ResourceRequest { method: GET, url: \"https://bank.example/fdx/v6/accounts\", .. }",
        "ResourceAnswer { status: 200, content_type: Some(\"application/json\"), \
         body: <answered> bytes, notices: [], .. }",
    ];
    let values = [
        ("<pending>", pending_text),
        ("<flow>", text(granted.flow_id())),
        ("<flow id>", granted.flow_id().as_str().to_owned()),
        ("<tokens>", text(granted.tokens())),
        ("<key>", client.config().sender_constraint.thumbprint().unwrap().to_string()),
        ("<scopes>", text(granted.tokens().scopes())),
        ("<consent id>", text(&granted.consent_id())),
        ("<coverage>", text(granted.coverage())),
        ("<grant>", text(&grant)),
        ("<pushed>", world.asked("/par")[0].http.body().len().to_string()),
        ("<answered>", answer.body().len().to_string()),
    ];
    hold(&printed, &expected, &values);
    assert_eq!(granted.flow_id().to_string(), granted.flow_id().as_str());
}

#[test]
fn values_waiting_for_keys_hide_the_response() {
    let mut world =
        World::new(Setup { nonces: SILENT, response_mode: ResponseMode::Jwt, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let pending_text = text(&pending);
    let signed = client.signed_callback(pending, &callback, world.now).unwrap();
    let mut printed = vec![text(&signed)];
    let exchanged = world.exchange(&client, signed.into_pending(), &callback).unwrap();
    let verified = world.verify(&client, exchanged).unwrap();
    let token = verified.tokens().access_token();
    let draft = client.introspect_signed(token, entropy(3), world.now).unwrap();
    printed.push(text(&world.run(draft).unwrap()));

    let (mut world, client) = encrypted_id_tokens::world(usual);
    let encrypted = waiting(&mut world, &client);
    printed.push(text(&encrypted));

    let (mut world, registrar) = scene::everything();
    let registered = scene::answered(&mut world, &registrar, &json!({})).unwrap();
    printed.push(text(&registered));

    let expected = [
        "SignedCallback { pending: <pending>, .. }",
        "IntrospectionJwt([redacted])",
        "Encrypted { input: <input>, kept: <exchanged>, .. }",
        "Registered { issuer: Issuer(\"https://bank.example\"), client_id: \"c-1\", \
         access: Some(RegistrationAccess { \
         registration_client_uri: \"https://bank.example/register/c-1\", \
         registration_access_token: [redacted] }), notices: [InteractionIdMissing], .. }",
    ];
    let values = [
        ("<pending>", pending_text),
        ("<input>", text(encrypted.input())),
        ("<exchanged>", text(&encrypted.open_with(&KMS).unwrap())),
    ];
    hold(&printed, &expected, &values);
}
