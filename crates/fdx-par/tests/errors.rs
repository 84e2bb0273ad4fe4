//! Errors that no other module tests.

use fdx_jose::{
    AuthorizationResponseError, JwtError, Signature, SignedIntrospectionError, Signer,
    SigningError, SigningInput, statement,
};
use fdx_par::{
    AuthorizationRequest, CallFault, Client, ConfigurationFault, Error, NextStep, ResourceRequest,
    ResponseMode, error::RefusalKind,
};
use fdx_testkit::{
    Answer, Setup, World, answer, claims, consent_request, entropy, keys, patched, start,
    usual_request,
};
use fdx_wire::{HttpsUrl, Issuer};
use serde_json::json;

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

#[test]
fn rejects_extra_parameter_of_the_protocol() {
    let error = usual_request().extra("client_id", "app-2").unwrap_err();
    assert_eq!(error.next_step(), NextStep::Correct);
    assert_eq!(parameter(error), (CallFault::ExtraReserved, "client_id".to_owned(), None));
}

fn parameter(error: Error) -> (CallFault, String, Option<usize>) {
    let shown = error.to_string();
    let Error::Parameter(fault) = error else { panic!("{error}") };
    assert!(shown.contains(fault.name.as_str()), "{shown}");
    (fault.fault, fault.name.as_str().to_owned(), fault.limit)
}

#[test]
fn rejects_empty_or_long_parameter() {
    for text in ["", "a\nb", &"a".repeat(2049)] {
        let request = || AuthorizationRequest::new(consent_request());
        for (name, request) in [
            ("prompt", request().prompt(text)),
            ("login_hint", request().login_hint(text)),
            ("ui_locales", request().ui_locales(text)),
            ("acr_values", request().acr_values(text)),
        ] {
            let expected = (CallFault::ParameterText, name.to_owned(), Some(2048));
            assert_eq!(parameter(request.unwrap_err()), expected);
        }
    }
    // RFC 9126 1: a pushed request has no limit of a URL.
    let extra = |name: &str, text: &str| usual_request().extra(name, text).map(drop);
    assert_eq!(extra("x", &"a".repeat(64 * 1024)), Ok(()));
    for text in ["", "a\nb", &"a".repeat(64 * 1024 + 1)] {
        let error = extra("x", text).unwrap_err();
        assert!(error.to_string().contains("x, of at most 65536 bytes"), "{error}");
        let expected = (CallFault::ParameterText, "x".to_owned(), Some(64 * 1024));
        assert_eq!(parameter(error), expected);
        // No value is right for a parameter of the protocol.
        let reserved = extra("id_token_hint", text).unwrap_err();
        let expected = (CallFault::ExtraReserved, "id_token_hint".to_owned(), None);
        assert_eq!(parameter(reserved), expected);
    }
}

#[test]
fn rejects_header_of_the_protocol() {
    let url = HttpsUrl::parse("https://bank.example/fdx/v6/accounts").unwrap();
    for (name, value) in [
        ("Authorization", "Bearer x"),
        ("DPoP", "x"),
        ("x-fapi-interaction-id", "x"),
        ("host", "evil.example"),
        ("not a name", "x"),
        ("accept", "a\r\nb"),
    ] {
        let refused = ResourceRequest::get(url.clone()).header(name, value).unwrap_err();
        assert_eq!(refused, CallFault::HeaderReserved.into(), "{name}");
    }
}

#[test]
fn rejects_key_of_an_unlisted_algorithm() {
    let mut world = World::new(Setup::default());
    for member in
        ["token_endpoint_auth_signing_alg_values_supported", "dpop_signing_alg_values_supported"]
    {
        world.tamper_at(WELL_KNOWN, move |a| patched(a, &json!({ member: ["ES256"] })));
        let error = world.client().unwrap_err();
        let Error::Metadata(fault) = &error else { panic!("{member}: {error}") };
        assert_eq!(fault.fault, ConfigurationFault::AlgorithmNotListed, "{member}");
        // The list, the key and the clause of the list.
        let (key, clause) = match member {
            "dpop_signing_alg_values_supported" => ("DPoP proofs", "RFC 9449 section 5.1"),
            _ => ("client assertions", "RFC 8414 section 2"),
        };
        let shown = error.to_string();
        assert!(shown.contains(member) && shown.contains(key), "{shown}");
        assert_eq!((fault.member, error.clause()), (member, clause));
        world.tamper_at(WELL_KNOWN, move |a| patched(a, &json!({ member: ["ES256", "EdDSA"] })));
        assert!(world.client().is_ok(), "{member}");
    }
}

#[test]
fn rejects_metadata_of_another_issuer() {
    let metadata = World::new(Setup::default()).client().unwrap().metadata().clone();
    for issuer in ["https://other.example", "https://bank.example/"] {
        let mut config = Setup::default().config();
        config.issuer = Issuer::parse(issuer).unwrap();
        let error = Client::new(config, metadata.clone()).unwrap_err();
        assert_eq!(error, ConfigurationFault::IssuerMismatch.into(), "{issuer}");
    }
}

#[test]
fn rejects_callback_read_in_another_response_mode() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let refused = client.signed_callback(pending, &callback, start()).unwrap_err();
    assert_eq!(refused.error, CallFault::ResponseMode.into());
    // The pending value can still be used in the right mode.
    assert!(client.callback(*refused.unspent, &callback, start()).is_ok());

    let mut world = World::new(Setup { response_mode: ResponseMode::Jwt, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let refused = client.callback(pending, &callback, start()).unwrap_err();
    assert_eq!(refused.error, CallFault::ResponseMode.into());
    assert!(client.signed_callback(*refused.unspent, &callback, start()).is_ok());
}

#[test]
fn rejects_signed_callback_of_another_issuer() {
    let mut world = World::new(Setup { response_mode: ResponseMode::Jwt, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let (place, jwt) = callback.split_once("response=").unwrap();
    let key = keys(world.algorithm());
    let mut response = claims(jwt);
    response["iss"] = "https://evil.example".into();
    let input = statement(key.public(), None, &response).unwrap();
    let forged = input.attach(&key.sign(&input).unwrap()).unwrap();
    let signed =
        client.signed_callback(pending, &format!("{place}response={forged}"), world.now).unwrap();
    let refused = client.verify(signed, None, world.now).unwrap_err();
    let issuer = AuthorizationResponseError::from(JwtError::Issuer);
    assert_eq!(refused.error, Error::from(issuer));
    assert_eq!(refused.error.next_step(), NextStep::KeepWaiting);
    // The pending value still accepts the right response.
    let pending = refused.unspent.into_pending();
    assert!(world.callback(&client, pending, &callback).is_ok());
}

#[test]
fn rejects_signed_introspection_for_another_audience() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let key = keys(world.algorithm());
    world.tamper_at("/introspect", move |answer| {
        let mut claims = claims(str::from_utf8(answer.body()).unwrap());
        claims["aud"] = "app-2".into();
        let input = statement(key.public(), Some("token-introspection+jwt"), &claims).unwrap();
        let jwt = input.attach(&key.sign(&input).unwrap()).unwrap();
        answer.map(|_| jwt.into_bytes())
    });
    let token = grant.tokens().access_token();
    let draft = client.introspect_signed(token, world.draw(), world.now).unwrap();
    let jwt = world.run(draft).unwrap();
    let draft = client.fetch_keys(world.now).unwrap();
    let server_keys = world.run(draft).unwrap();
    let refused = client.verify(jwt, Some(&server_keys), world.now).unwrap_err();
    let audience = SignedIntrospectionError::from(JwtError::Audience);
    assert_eq!(refused.error, audience.into());
}

/// Returns the kind of refusal that a push returns.
fn refused(changed: fn(Answer) -> Answer) -> RefusalKind {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    world.tamper_at("/par", changed);
    match world.push(&client, &usual_request()) {
        Err(Error::Refusal(refusal)) => refusal.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_oauth_error() {
    let kind = refused(|_| answer(400, "application/json", r#"{"error":"invalid_scope"}"#));
    assert_eq!(kind, RefusalKind::OAuth);
}

#[test]
fn reads_http_error() {
    assert_eq!(refused(|_| answer(502, "text/html", "<p>bad gateway")), RefusalKind::Http);
}

/// A key management service that returns 503.
struct Unavailable;

impl Signer for Unavailable {
    fn sign(&self, _: &SigningInput) -> Result<Signature, SigningError> {
        Err(SigningError::Unavailable { reason: "503".to_owned() })
    }
}

#[test]
fn retries_when_the_signer_is_unavailable() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let error = draft.sign(&Unavailable).unwrap_err();
    let expected = SigningError::Unavailable { reason: "503".to_owned() };
    assert_eq!(error, Error::Signing(expected));
    assert_eq!(error.next_step(), NextStep::Retry { after: None });
    // The draft was only borrowed.
    assert!(world.run(draft).is_ok());
}
