// Shared by the manual's examples and hidden from readers: a client, and fixed responses of an
// institution.
pub use fdx_jose::{Algorithm, AssertionKey, AssertionType, PrivateKey, ProofKey, backend};
pub use fdx_par::*;
pub use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
pub use fdx_wire::form::Query;
pub use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, UnixTime};

pub const NOW: UnixTime = UnixTime::from_seconds(1_767_607_200);

pub fn entropy(number: u8) -> Entropy {
    Entropy::new([number; 32])
}

pub fn new_key() -> PrivateKey {
    let pkcs8 = backend::ring().generate_pkcs8(Algorithm::Es256).unwrap();
    PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, Some("2026-01")).unwrap()
}

pub fn answer(status: u16, body: &str) -> http::Response<Vec<u8>> {
    let answer = http::Response::builder().status(status);
    answer.header("content-type", "application/json").body(body.as_bytes().to_vec()).unwrap()
}

pub fn done<T: Output>(draft: Draft<T>, key: &PrivateKey, status: u16, body: &str) -> (T, String) {
    let signatures = draft.sign(key).unwrap();
    let (request, sent) = draft.attach(signatures).unwrap();
    let body_sent = String::from_utf8(request.into_http().into_body()).unwrap();
    match sent.receive(answer(status, body), NOW).unwrap() {
        Step::Done(done) => (done, body_sent),
        Step::Again(_) => panic!("no nonce was requested"),
    }
}

pub fn config(key: &PrivateKey) -> ClientConfig {
    let key = key.public().clone();
    ClientConfig::new(
        Issuer::parse("https://bank.example").unwrap(),
        "app",
        RedirectUri::parse("https://app.example/callback").unwrap(),
        HttpsUrl::parse("https://bank.example/fdx/v6").unwrap(),
        ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
            key.clone(),
            AssertionType::default(),
        )),
        SenderConstraint::Dpop(ProofKey::new(key)),
        backend::ring(),
    )
}

pub fn client_of(config: ClientConfig, key: &PrivateKey) -> Client {
    let metadata = r#"{"issuer":"https://bank.example","jwks_uri":"https://bank.example/jwks",
        "authorization_endpoint":"https://bank.example/authorize",
        "token_endpoint":"https://bank.example/token",
        "pushed_authorization_request_endpoint":"https://bank.example/par",
        "introspection_endpoint":"https://bank.example/introspect",
        "code_challenge_methods_supported":["S256"]}"#;
    let draft = discover(&config.issuer, WellKnown::OAuthAuthorizationServer, NOW).unwrap();
    Client::new(config, done(draft, key, 200, metadata).0).unwrap()
}

pub fn client(key: &PrivateKey) -> Client {
    client_of(config(key), key)
}

pub fn request() -> AuthorizationRequest {
    let consent = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, [DataCluster::AccountBasic])
        .build();
    AuthorizationRequest::new(consent.unwrap()).offline_access()
}

/// The pending value and the callback URL.
pub fn pending(client: &Client, key: &PrivateKey) -> (Pending, String) {
    let draft = client.push(&request(), entropy(1), NOW).unwrap();
    let (pushed, form) = done(draft, key, 201, r#"{"request_uri":"urn:x","expires_in":60}"#);
    let query = Query::parse(&form, 16_384).unwrap();
    let state = query.one("state").unwrap().unwrap();
    let arrived =
        format!("https://app.example/callback?code=c&state={state}&iss=https://bank.example");
    (pushed.redirect(NOW).unwrap().1, arrived)
}

pub fn accepted(client: &Client, key: &PrivateKey) -> Accepted {
    let (pending, arrived) = pending(client, key);
    match client.callback(pending, &arrived, NOW).unwrap() {
        Callback::Code(accepted) => accepted,
        Callback::Denied(_) => panic!("the customer agreed"),
    }
}
