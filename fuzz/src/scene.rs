//! One recipient and its state at each stage, the same in every run.

use std::sync::OnceLock;

use fdx_jose::{
    AssertionKey, AssertionType, Jwks, PrivateKey, ProofKey, SealingKey, SealingKeys, Signer,
    backend, statement,
};
use fdx_par::{
    Accepted, AuthorizationRequest, Callback, Client, ClientAuthentication, ClientConfig,
    ResponseMode, SenderConstraint, ServerKeys, ServerMetadata, Step, StoredGrant, WellKnown,
    discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_wire::form::Query;
use fdx_wire::json::{self, Limits, RawJson};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, UnixTime};

use crate::message::{answered, response};

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_767_607_200);
pub(crate) const CLIENT_ID: &str = "app";
pub(crate) const ISSUER: &str = "https://bank.example";
pub(crate) const REDIRECT_URI: &str = "https://app.example/callback";
pub(crate) const SESSION: &[u8] = b"session";
pub(crate) const REGISTRATION_ENDPOINT: &str = "https://bank.example/register";
pub(crate) const METADATA: &str = r#"200
content-type: application/json

{"issuer":"https://bank.example","jwks_uri":"https://bank.example/jwks",
"authorization_endpoint":"https://bank.example/authorize",
"token_endpoint":"https://bank.example/token",
"pushed_authorization_request_endpoint":"https://bank.example/par",
"introspection_endpoint":"https://bank.example/introspect",
"revocation_endpoint":"https://bank.example/revoke",
"registration_endpoint":"https://bank.example/register",
"code_challenge_methods_supported":["S256"]}"#;

pub(crate) fn entropy(number: u8) -> Entropy {
    Entropy::new([number; 32])
}

pub(crate) fn issuer() -> Issuer {
    Issuer::parse(ISSUER).unwrap()
}

/// The key of RFC 8037 appendix A, which signs for client and institution.
pub(crate) fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let jwk = vector("/rfc8037_a/private_jwk").to_string();
        PrivateKey::from_jwk(backend::ring(), jwk.as_bytes()).unwrap()
    })
}

/// A test vector of the RFCs.
pub(crate) fn vector(pointer: &str) -> serde_json::Value {
    let vectors = include_str!("../../crates/fdx-jose/tests/vectors/rfc.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    vectors.pointer(pointer).unwrap().clone()
}

pub(crate) fn jwks() -> Jwks {
    Jwks::new(vec![key().public().clone()])
}

pub(crate) fn config() -> ClientConfig {
    let public = key().public().clone();
    let assertions = AssertionKey::new(public.clone(), AssertionType::default());
    ClientConfig::new(
        issuer(),
        CLIENT_ID,
        RedirectUri::parse(REDIRECT_URI).unwrap(),
        HttpsUrl::parse("https://bank.example/fdx/v6").unwrap(),
        ClientAuthentication::PrivateKeyJwt(assertions),
        SenderConstraint::Dpop(ProofKey::new(public)),
        backend::ring(),
    )
}

pub(crate) fn metadata() -> ServerMetadata {
    static METADATA_READ: OnceLock<ServerMetadata> = OnceLock::new();
    let read = || {
        let draft = discover(&issuer(), WellKnown::OAuthAuthorizationServer, NOW).unwrap();
        let (_, sent) = draft.attach(Vec::new()).unwrap();
        match sent.receive(response(METADATA.as_bytes()), NOW).unwrap() {
            Step::Done(metadata) => metadata,
            Step::Again(_) => panic!("discovery needs no nonce"),
        }
    };
    METADATA_READ.get_or_init(read).clone()
}

/// A client without a DPoP nonce.
pub(crate) fn client() -> Client {
    Client::new(config(), metadata()).unwrap()
}

/// A client with the response mode `jwt`.
pub(crate) fn jarm_client() -> Client {
    let mut config = config();
    config.response_mode = ResponseMode::Jwt;
    Client::new(config, metadata()).unwrap()
}

pub(crate) fn consent_request() -> ConsentRequest {
    ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build()
        .unwrap()
}

pub(crate) fn sealing_keys() -> SealingKeys {
    SealingKeys::new(backend::ring(), SealingKey::new(1, [7; 32]))
}

/// A pending flow without an ID token: its `state`, and the sealed value.
pub(crate) fn sealed() -> &'static (String, String) {
    static SEALED: OnceLock<(String, String)> = OnceLock::new();
    SEALED.get_or_init(|| pushed_and_sealed(&client()))
}

/// A pending flow in the response mode `jwt`: its `state`, and the sealed value.
pub(crate) fn jarm_sealed() -> &'static (String, String) {
    static SEALED: OnceLock<(String, String)> = OnceLock::new();
    SEALED.get_or_init(|| pushed_and_sealed(&jarm_client()))
}

fn pushed_and_sealed(client: &Client) -> (String, String) {
    let request = AuthorizationRequest::new(consent_request()).offline_access();
    let draft = client.push(&request, entropy(1), NOW).unwrap();
    let signatures = draft.sign(key()).unwrap();
    let (request, sent) = draft.attach(signatures).unwrap();
    let form = String::from_utf8(request.into_http().into_body()).unwrap();
    let state = Query::parse(&form, 16_384).unwrap().one("state").unwrap().unwrap().to_owned();
    let answer = "201\ncontent-type: application/json\n\n{\"request_uri\":\"u\",\"expires_in\":60}";
    let Ok(Step::Done(pushed)) = sent.receive(response(answer.as_bytes()), NOW) else {
        panic!("a correct response is accepted");
    };
    let (_, pending) = pushed.redirect(NOW).unwrap();
    (state, pending.seal(&sealing_keys(), SESSION, entropy(2)).unwrap())
}

/// The institution's keys, fetched.
pub(crate) fn server_keys(client: &Client) -> ServerKeys {
    let keys = http::Response::builder().header("content-type", "application/jwk-set+json");
    let keys = keys.body(jwks().to_json().into_bytes()).unwrap();
    answered(client.fetch_keys(NOW).unwrap(), &keys).unwrap()
}

/// The callback of a customer who granted the request.
pub(crate) fn honest_callback() -> String {
    let (state, _) = sealed();
    format!("{REDIRECT_URI}?code=c&state={state}&iss={ISSUER}")
}

pub(crate) fn accepted(client: &Client) -> Accepted {
    let pending = client.open(&sealed().1, &sealing_keys(), SESSION, NOW).unwrap();
    match client.callback(pending, &honest_callback(), NOW).unwrap() {
        Callback::Code(accepted) => accepted,
        Callback::Denied(_) => panic!("the customer granted the request"),
    }
}

pub(crate) const STORED: &str = r#"{"version":2,"issuer":"https://bank.example","client_id":"app","access_token":"at-0123456789abcdef","token_type":"DPoP","bound_to":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","expires_at":1767610800,"refresh_token":"rt-0123456789abcdef","scope":"fdx:accountbasic:read","subject":"customer","consent_id":"c-1"}"#;

/// A restored grant.
pub(crate) fn stored(client: &Client) -> StoredGrant {
    client.restore(STORED).unwrap()
}

/// A token with the claims in `bytes`, signed by the institution. `None` if they are not JSON.
pub(crate) fn signed(typ: &str, bytes: &[u8]) -> Option<String> {
    let claims: RawJson = json::from_slice(bytes, &Limits::default()).ok()?;
    let input = statement(key().public(), Some(typ), &claims).ok()?;
    let signature = key().sign(&input).unwrap();
    Some(input.attach(&signature).unwrap())
}

/// A token: bytes that begin like claims are signed by the institution, all others are the token.
pub(crate) fn token(typ: &str, bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"{") {
        signed(typ, bytes)
    } else {
        str::from_utf8(bytes).ok().map(str::to_owned)
    }
}
