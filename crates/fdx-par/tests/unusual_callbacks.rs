//! Unusual callbacks: some are right, others only look so.

use fdx_par::dialect::{Line, Member};
use fdx_par::error::Deviation;
use fdx_par::{
    Callback, CallbackFault, Client, ConfigurationFault, Dialect, Error, Pending, Registrar,
    Registration, ResponseMode,
};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, answer, patched, usual_request};
use fdx_wire::{RedirectUri, percent_encode};
use serde_json::{Value, json};

const ISS: &str = "https://bank.example";

const WITHOUT_ISS: Dialect = Dialect::new("without-iss", "a provider that leaves iss out")
    .with_members(&[Line { member: Member::CallbackWithoutIss, source: "this test" }]);

// RFC 9207 2.4: a response without iss of a server that says it sends one is discarded.
#[test]
fn rejects_callback_without_promised_iss_in_every_dialect() {
    for (published, taken) in [(json!(true), false), (json!(false), true), (Value::Null, true)] {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let patch = json!({ "authorization_response_iss_parameter_supported": published });
        world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
            patched(answer, &patch)
        });
        let fapi = world.client().unwrap();
        let config = fapi.config().clone().with_dialect(WITHOUT_ISS);
        let client = Client::new(config, fapi.metadata().clone()).unwrap();
        let (pending, url) = world.pending(&client);
        let iss = format!("iss={}", percent_encode(ISS));
        assert!(url.contains(&iss), "{url}");
        let without = url.replace(&iss, "");
        // The hint names the member exactly where it has an effect.
        let refused = fapi.callback(pending, &without, world.now).unwrap_err();
        let hint = taken.then_some(Deviation::CallbackWithoutIss);
        assert_eq!(
            (refused.error.code(), refused.error.allowed_by()),
            ("rfc9207.iss.missing", hint)
        );
        let pending = *refused.unspent;
        match client.callback(pending, &without, world.now) {
            Ok(_) => assert!(taken, "{published}"),
            Err(refused) => {
                assert_eq!(refused.error, CallbackFault::IssMissing.into(), "{published}");
                assert!(!taken, "{published}");
                // If present, it is still verified.
                let other = url.replace(&iss, "iss=https://evil.example");
                let refused = client.callback(*refused.unspent, &other, world.now).unwrap_err();
                assert_eq!(refused.error, CallbackFault::IssMismatch.into());
            }
        }
    }
}

// RFC 3986 6.2.3: an empty path is the path `/`, and browsers write the latter.
#[test]
fn redirect_uri_without_path_equals_root_path() {
    for (registered, arrived) in [
        ("https://app.example", "https://app.example/"),
        ("https://app.example/", "https://app.example"),
        ("https://app.example", "https://app.example"),
    ] {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        world.tamper_at("/par", |_| {
            answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
        });
        let usual = world.client().unwrap();
        let mut config = usual.config().clone();
        config.redirect_uri = RedirectUri::parse(registered).unwrap();
        let client = Client::new(config, usual.metadata().clone()).unwrap();
        let (_, pending) = world.push(&client, &usual_request()).unwrap();
        let state = world.asked("/par").last().unwrap().form()["state"].clone();
        let url = |place| format!("{place}?error=access_denied&state={state}&iss={ISS}");
        let refused = client.callback(pending, &url("https://app.example/callback"), world.now);
        let refused = refused.unwrap_err();
        assert_eq!(refused.error, CallbackFault::OtherRedirectUri.into());
        let taken = client.callback(*refused.unspent, &url(arrived), world.now);
        assert!(matches!(taken, Ok(Callback::Denied(_))), "{registered} {arrived}");
    }
}

/// Returns a client with this redirect_uri, a pending value, and the parameters of its callback.
fn begun(redirect_uri: &str, mode: ResponseMode) -> (World, Client, Pending, String) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    world.tamper_at("/par", |_| {
        answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
    });
    world.tamper_at("/.well-known/oauth-authorization-server", |answer| {
        patched(answer, &json!({ "authorization_response_iss_parameter_supported": false }))
    });
    let usual = world.client().unwrap();
    let mut config = usual.config().clone().with_dialect(WITHOUT_ISS);
    config.redirect_uri = RedirectUri::parse(redirect_uri).unwrap();
    config.response_mode = mode;
    let client = Client::new(config, usual.metadata().clone()).unwrap();
    world.tamper_at("/par", |_| {
        answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
    });
    let (_, pending) = world.push(&client, &usual_request()).unwrap();
    let state = world.asked("/par").last().unwrap().form()["state"].clone();
    let response = match mode {
        ResponseMode::Query => format!("code=c&state={state}"),
        ResponseMode::Jwt => "response=a.b.c".to_owned(),
    };
    (world, client, pending, response)
}

/// Checks the callback's URL in both response modes.
fn arrives(
    world: &World,
    client: &Client,
    pending: Pending,
    url: &str,
) -> Result<(), (Error, Box<Pending>)> {
    let outcome = match pending.response_mode() {
        ResponseMode::Query => client.callback(pending, url, world.now).map(drop),
        ResponseMode::Jwt => client.signed_callback(pending, url, world.now).map(drop),
    };
    outcome.map_err(|refused| (refused.error, refused.unspent))
}

const WITH_QUERY: &str = "https://app.example/callback?as=honest";

// RFC 9700 4.4.2.2: a redirect_uri for each server stops a mix-up only if it is compared
// completely.
/// One badly encoded informative parameter has no effect: the code is exchanged, a denial is
/// recorded.
#[test]
fn reads_callbacks_with_undecodable_informative_parameters() {
    for mode in [ResponseMode::Query, ResponseMode::Jwt] {
        for more in ["utm=%zz", "utm=%E8", "%zz=1", "error_description=%E8", "error_uri=%4"] {
            let (world, client, pending, response) = begun("https://app.example/callback", mode);
            let url = format!("https://app.example/callback?{response}&{more}");
            arrives(&world, &client, pending, &url).unwrap();
        }
    }
}

#[test]
fn a_callback_with_another_query_than_the_redirect_uri_s_is_refused() {
    use CallbackFault::{Duplicate, OtherRedirectUri};
    for mode in [ResponseMode::Query, ResponseMode::Jwt] {
        let (world, client, mut pending, response) = begun(WITH_QUERY, mode);
        for (query, fault) in [
            (format!("as=attacker&{response}"), OtherRedirectUri),
            (response.clone(), OtherRedirectUri),
            (format!("{response}&as=honest"), OtherRedirectUri),
            (format!("x=1&as=honest&{response}"), OtherRedirectUri),
            (format!("&as=honest&{response}"), OtherRedirectUri),
            (format!("AS=honest&{response}"), OtherRedirectUri),
            (format!("as=hones%74&{response}"), OtherRedirectUri),
            (format!("%61s=honest&{response}"), OtherRedirectUri),
            (format!("as=honest1&{response}"), OtherRedirectUri),
            (format!("as=hones&{response}"), OtherRedirectUri),
            (format!("as=honest;{response}"), OtherRedirectUri),
            (format!("as=honest{response}"), OtherRedirectUri),
            (format!("as=honest&{response}&as=attacker"), Duplicate),
            (format!("as=honest&as=attacker&{response}"), Duplicate),
            (format!("as=honest&{response}&%61s=attacker"), Duplicate),
            (format!("as=honest&{response}&as"), Duplicate),
        ] {
            let url = format!("https://app.example/callback?{query}");
            let (error, unspent) = arrives(&world, &client, pending, &url).unwrap_err();
            assert_eq!(error, fault.into(), "{url}");
            pending = *unspent;
        }
        let url = "https://app.example/callback";
        let (error, pending) = arrives(&world, &client, pending, url).unwrap_err();
        assert_eq!(error, OtherRedirectUri.into());
        let url = format!("{WITH_QUERY}&{response}&session_state=x");
        assert!(arrives(&world, &client, *pending, &url).is_ok(), "{url}");
    }
}

#[test]
fn a_response_follows_the_redirect_uri_s_own_query() {
    for (redirect_uri, joint) in [
        ("https://app.example/callback", "?"),
        ("https://app.example/callback?", ""),
        ("https://app.example/callback?", "&"),
        ("https://app.example/callback?as=honest&", ""),
        ("https://app.example/callback?as=honest&", "&"),
        ("https://app.example/callback?as=honest&n=a%20b", "&"),
    ] {
        let (world, client, pending, response) = begun(redirect_uri, ResponseMode::Query);
        let url = format!("{redirect_uri}{joint}{response}");
        assert!(arrives(&world, &client, pending, &url).is_ok(), "{url}");
    }
}

// Otherwise the redirect_uri's own `code` could be read as the response's.
#[test]
fn rejects_redirect_uri_with_a_response_parameter() {
    let usual = World::new(Setup::default()).client().unwrap();
    for query in [
        "code=a",
        "code",
        "state=a",
        "iss=a",
        "error=a",
        "error_description=a",
        "error_uri=a",
        "response=a",
        "access_token=a",
        "id_token=a",
        "as=honest&code=a",
        "%63ode=a",
        "error%5Fdescription=a",
        "&&state",
        "a=%ff",
    ] {
        let uri = RedirectUri::parse(&format!("https://app.example/callback?{query}")).unwrap();
        let mut config = usual.config().clone();
        let described = Registration::new("Budget").redirect_uri(uri.clone());
        let registrar = Registrar::new(config.clone(), &described, usual.metadata().clone());
        assert_eq!(
            registrar.map(drop),
            Err(ConfigurationFault::RedirectUriQuery.into()),
            "{query}"
        );
        config.redirect_uri = uri;
        let client = Client::new(config, usual.metadata().clone());
        assert_eq!(client.map(drop), Err(ConfigurationFault::RedirectUriQuery.into()), "{query}");
    }
    for query in ["as=honest", "CODE=a", "x=code", "codes=a", ""] {
        let uri = RedirectUri::parse(&format!("https://app.example/callback?{query}")).unwrap();
        let mut config = usual.config().clone();
        config.redirect_uri = uri;
        assert!(Client::new(config, usual.metadata().clone()).is_ok(), "{query}");
    }
}
