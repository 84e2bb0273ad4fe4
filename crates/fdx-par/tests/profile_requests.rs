//! Checks every sent request against the rules of FAPI 2.0 for clients.

use std::collections::BTreeSet;

use fdx_par::{
    AuthorizationRequest, Client, Error, NextStep, Notice, ResourceRequest, TokenTypeHint,
};
use fdx_pkce::CodeVerifier;
use fdx_rar::Scopes;
use fdx_sandbox::NoncePolicy;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{
    Asked, Authentication, Binding, Setup, World, answer, consent_request, entropy, keys, patched,
    usual_request,
};
use fdx_wire::form::Query;
use fdx_wire::{HttpsUrl, base64url};
use http::Method;
use http::header::{DATE, HeaderValue};
use serde_json::{Value, json};

const AUTHENTICATIONS: [Authentication; 3] = [
    Authentication::PrivateKeyJwt,
    Authentication::SelfSignedTlsClientAuth,
    Authentication::TlsClientAuth,
];

fn world(authentication: Authentication, binding: Binding) -> World {
    World::new(Setup { authentication, binding, ..Setup::default() })
}

fn names(sent_request: &Asked) -> BTreeSet<String> {
    sent_request.form().into_keys().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn authorization_url_has_only_client_id_and_request_uri() {
    for request_uri in ["urn:ietf:params:oauth:request_uri:abc", "https://x/?a=b&c=d#e", "a %+&ü"]
    {
        for endpoint in ["https://bank.example/authorize", "https://bank.example/a?tenant=1"] {
            let mut world = World::new(Setup::default());
            world.tamper(move |sent_request, answer| match sent_request.uri().path() {
                "/par" if answer.status() == 201 => {
                    patched(answer, &json!({ "request_uri": request_uri }))
                }
                path if path.starts_with("/.well-known") => {
                    patched(answer, &json!({ "authorization_endpoint": endpoint }))
                }
                _ => answer,
            });
            let client = world.client().unwrap();
            let (url, _) = world.push(&client, &usual_request()).unwrap();
            assert!(url.is_ascii() && HttpsUrl::parse(&url).is_ok(), "{url}");
            let rest = url.strip_prefix(endpoint).unwrap();
            assert_eq!(rest.starts_with('&'), endpoint.contains('?'), "{url}");
            let query = Query::parse(&rest[1..], 8192).unwrap();
            assert_eq!(query.names().collect::<Vec<_>>(), ["client_id", "request_uri"], "{url}");
            assert_eq!(query.one("client_id").unwrap(), Some("app-1"));
            assert_eq!(query.one("request_uri").unwrap(), Some(request_uri), "{url}");
        }
    }
}

#[test]
fn push_has_the_parameters_fapi_requires() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = world(Authentication::PrivateKeyJwt, binding);
        let client = world.client().unwrap();
        let _ = world.push(&client, &usual_request()).unwrap();
        let sent_request = *world.asked("/par").last().unwrap();
        assert_eq!(sent_request.http.method(), Method::POST);
        assert_eq!(sent_request.header("content-type"), "application/x-www-form-urlencoded");
        let form = sent_request.form();
        let mut expected = set(&[
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "authorization_details",
            "client_assertion",
            "client_assertion_type",
            // OpenID Connect Core 11: offline_access is requested.
            "prompt",
        ]);
        // RFC 9449 10: the code is bound to the key as well.
        if binding == Binding::Dpop {
            expected.insert("dpop_jkt".to_owned());
            let thumbprint = keys(world.algorithm()).public().thumbprint().to_string();
            assert_eq!(form["dpop_jkt"], thumbprint);
        }
        assert_eq!(names(sent_request), expected, "{binding:?}");
        assert_eq!(form["response_type"], "code");
        assert_eq!(form["code_challenge_method"], "S256");
        assert_eq!(form["redirect_uri"], "https://app.example/callback");
        for (name, length) in [("code_challenge", 43), ("nonce", 43), ("state", 67)] {
            assert_eq!(form[name].len(), length, "{name}");
            let text = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert!(form[name].bytes().all(text), "{name}");
        }
    }
}

#[test]
fn the_verifier_is_sent_with_the_code_and_fits_the_challenge() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let _ = world.exchanged(&client);
    let pushed = world.asked("/par").last().unwrap().form();
    let sent_request = *world.asked("/token").last().unwrap();
    let form = sent_request.form();
    let expected = [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "client_id",
        "client_assertion",
        "client_assertion_type",
    ];
    assert_eq!(names(sent_request), set(&expected));
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["redirect_uri"], pushed["redirect_uri"]);
    let verifier = CodeVerifier::parse(&form["code_verifier"]).unwrap();
    assert_eq!(verifier.challenge().as_str(), pushed["code_challenge"]);
}

#[test]
fn each_push_has_its_own_verifier() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let mut seen = BTreeSet::new();
    for number in 0..20 {
        let draft = client.push(&usual_request(), entropy(100 + number), world.now).unwrap();
        let _ = world.run(draft).unwrap();
    }
    for sent_request in world.asked("/par") {
        for name in ["code_challenge", "state", "nonce"] {
            assert!(seen.insert(sent_request.form()[name].clone()), "{name} came twice");
        }
    }
}

#[test]
fn authorization_details_is_one_array_of_typed_objects() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let _ = world.push(&client, &usual_request()).unwrap();
    let form = world.asked("/par").last().unwrap().form();
    let details: Value = serde_json::from_str(&form["authorization_details"]).unwrap();
    let details = details.as_array().unwrap();
    assert!(!details.is_empty());
    assert!(details.iter().all(|detail| detail["type"] == "fdx_v1.0"), "{details:?}");
    // Least privilege: the scopes are those of the consent and those requested by name.
    let sent_request: BTreeSet<_> = form["scope"].split(' ').map(str::to_owned).collect();
    let consent = consent_request().scopes().to_string();
    let mut expected: BTreeSet<_> = consent.split(' ').map(str::to_owned).collect();
    expected.extend(set(&["openid", "offline_access"]));
    assert_eq!(sent_request, expected);
}

#[test]
fn scope_contains_only_requested_names() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let request = AuthorizationRequest::new(consent_request());
    let _ = world.push(&client, &request).unwrap();
    let form = world.asked("/par").last().unwrap().form();
    assert_eq!(form["scope"], consent_request().scopes().to_string());
    assert!(!form.contains_key("nonce"));
}

#[test]
fn scopes_that_the_server_does_not_list_are_left_out_with_a_notice() {
    let mut world = World::new(Setup::default());
    world.tamper_at("/.well-known/oauth-authorization-server", |answer| {
        patched(answer, &json!({ "scopes_supported": ["fdx:accountbasic:read"] }))
    });
    let client = world.client().unwrap();
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let pushed = world.run(draft).unwrap();
    assert_eq!(pushed.notices(), [Notice::OpenidNotListed, Notice::OfflineAccessNotListed]);
    let form = world.asked("/par").last().unwrap().form();
    assert_eq!(form["scope"], consent_request().scopes().to_string());
}

#[test]
fn access_token_is_only_in_the_authorization_header() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = world(Authentication::PrivateKeyJwt, binding);
        let client = world.client().unwrap();
        let verified = world.verified(&client);
        let url = client.config().fdx_base.join_segment("accounts").unwrap();
        let token = verified.tokens().access_token();
        let request = ResourceRequest::get(url);
        let draft = client.call(token, request, entropy(5), world.now).unwrap();
        world.run(draft).unwrap();
        let draft = client.read_consent(&verified, entropy(6), world.now).unwrap();
        world.run(draft).unwrap();
        let text = token.token().expose();
        let mut carried = 0;
        for sent_request in &world.sent {
            let (uri, body) = (sent_request.http.uri().to_string(), sent_request.http.body());
            assert!(!uri.contains(text) && !String::from_utf8_lossy(body).contains(text), "{uri}");
            for (name, value) in sent_request.http.headers() {
                let holds = value.to_str().unwrap().contains(text);
                assert_eq!(holds, name == "authorization" && uri.contains("/fdx/"), "{name}");
                carried += usize::from(holds);
            }
        }
        assert!(carried >= 2, "{binding:?}");
    }
}

/// Makes every authenticated call: refresh, client credentials, introspection and revocation, after
/// the whole flow.
fn everything(world: &mut World) -> Client {
    let (client, granted) = world.flow(&Decision::everything()).unwrap();
    let tokens = granted.tokens();
    let draft = client.client_credentials(&Scopes::new(), entropy(6), world.now).unwrap();
    world.run(draft).unwrap();
    let _ = world.renewed(&client, &granted.stored());
    let draft = client.introspect(tokens.access_token(), entropy(7), world.now).unwrap();
    world.run(draft).unwrap();
    let hint = TokenTypeHint::AccessToken;
    let draft = client.revoke(tokens, hint, entropy(8), world.now).unwrap();
    world.run(draft).unwrap();
    client
}

#[test]
fn a_client_authenticates_in_one_way_at_every_endpoint() {
    for authentication in AUTHENTICATIONS {
        for binding in [Binding::Dpop, Binding::Mtls] {
            let mut world = world(authentication, binding);
            let client = everything(&mut world);
            for path in ["/par", "/token", "/introspect", "/revoke"] {
                let sent_request = world.asked(path);
                assert!(!sent_request.is_empty(), "{path}");
                for sent_request in sent_request {
                    let form = sent_request.form();
                    // RFC 8705 2: client_id identifies the client of the certificate. RFC 7521 4.2:
                    // it may accompany an assertion.
                    assert_eq!(form["client_id"], "app-1", "{path}");
                    if authentication == Authentication::PrivateKeyJwt {
                        assertion(sent_request, &client);
                    } else {
                        assert!(!form.contains_key("client_assertion"), "{path}");
                    }
                    assert!(!form.contains_key("client_secret"));
                    assert_eq!(sent_request.header("authorization"), "", "{path}");
                }
            }
        }
    }
}

fn assertion(sent_request: &Asked, client: &Client) {
    let form = sent_request.form();
    let jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(form["client_assertion_type"], jwt_bearer);
    let claims = sent_request.assertion();
    assert_eq!(claims["aud"], json!(client.config().issuer.as_str()), "a text, and the issuer");
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app-1"), &json!("app-1")));
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert!((1..=300).contains(&lifetime), "{lifetime} seconds");
    let (header, _) = form["client_assertion"].split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
    assert_eq!(header["typ"], "client-authentication+jwt");
}

#[test]
fn no_assertion_is_ever_sent_twice() {
    let mut world = World::new(Setup::default());
    everything(&mut world);
    let posts = world.sent.iter().filter(|sent_request| sent_request.http.method() == Method::POST);
    let jtis: Vec<_> =
        posts.map(|sent_request| sent_request.assertion()["jti"].to_string()).collect();
    let distinct: BTreeSet<_> = jtis.iter().collect();
    assert!(jtis.len() >= 5 && distinct.len() == jtis.len(), "{jtis:?}");
}

#[test]
fn proof_has_exactly_the_required_claims() {
    let mut world = World::new(Setup::default());
    everything(&mut world);
    let mut seen = BTreeSet::new();
    for sent_request in &world.sent {
        let (uri, proof) = (sent_request.http.uri().clone(), sent_request.proof());
        let bound = matches!(uri.path(), "/par" | "/token") || uri.path().starts_with("/fdx/");
        assert_eq!(proof.is_object(), bound, "{uri}");
        let Some(members) = proof.as_object() else { continue };
        let mut expected = set(&["jti", "htm", "htu", "iat"]);
        // RFC 9449 4.2: ath only with an access token.
        if uri.path().starts_with("/fdx/") {
            expected.insert("ath".to_owned());
        }
        let found: BTreeSet<_> = members.keys().filter(|name| *name != "nonce").cloned().collect();
        assert_eq!(found, expected, "{uri}");
        assert_eq!(proof["htm"], sent_request.http.method().as_str());
        let place = uri.to_string();
        assert_eq!(proof["htu"], place.split('?').next().unwrap());
        assert!(seen.insert(proof["jti"].to_string()), "{uri}");
        assert_eq!(sent_request.http.headers().get_all("dpop").iter().count(), 1);
        let jws = sent_request.header("dpop");
        let (header, _) = jws.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
        assert_eq!(header["typ"], "dpop+jwt");
        assert!(header["jwk"].is_object() && header["jwk"].get("d").is_none());
    }
    assert!(seen.len() >= 4);
}

#[test]
fn reports_clock_offset_of_the_server() {
    for (date, offset) in [
        ("Mon, 05 Jan 2026 10:00:00 GMT", Some(0)),
        ("Mon, 05 Jan 2026 10:05:00 GMT", Some(300)),
        ("Mon, 05 Jan 2026 09:59:00 GMT", Some(-60)),
        ("yesterday", None),
    ] {
        let mut world = World::new(Setup::default());
        let client = world.client().unwrap();
        world.tamper_at("/par", move |_| {
            let body = r#"{"error":"invalid_client","error_description":"iat is in the future"}"#;
            let mut answer = answer(401, "application/json", body);
            answer.headers_mut().insert(DATE, HeaderValue::from_static(date));
            answer
        });
        let error = world.push(&client, &usual_request()).unwrap_err();
        assert_eq!(error.said().unwrap().clock_offset, offset, "{date}");
    }
}

#[test]
fn reports_invalid_authorization_details() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    world.tamper_at("/par", |_| {
        answer(400, "application/json", r#"{"error":"invalid_authorization_details"}"#)
    });
    let error = world.push(&client, &usual_request()).unwrap_err();
    let Error::Refusal(refusal) = &error else { panic!("{error}") };
    assert!(refusal.is("invalid_authorization_details"));
    assert_eq!(error.next_step(), NextStep::Correct);
}
