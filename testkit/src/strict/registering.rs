//! A client that registers, and how it goes wrong.

use fdx_par::ClientCertificate;
use fdx_sandbox::{RegistrationPolicy, Sandbox};
use fdx_wire::Secret;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::Stage;
use crate::{Setup, World, entropy, set};

pub(super) const INITIAL: &str = "initial-access-token";
pub(super) const ID: &str = "x-fapi-interaction-id";

/// What a client sends that does everything right.
fn metadata(setup: Setup) -> Value {
    let jwks = setup.config().public_jwks().to_json();
    json!({
        "client_name": "Budget",
        "redirect_uris": ["https://app.example/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid fdx:accountbasic:read",
        "token_endpoint_auth_method": "private_key_jwt",
        "dpop_bound_access_tokens": true,
        "id_token_signed_response_alg": setup.algorithm.name(),
        "authorization_details_types": ["fdx_v1.0"],
        "jwks": serde_json::from_str::<Value>(&jwks).unwrap(),
    })
}

/// Registers at an institution that lets clients do so, with the request changed.
pub(super) fn register(stage: &mut Stage, change: impl FnOnce(&mut Request<Vec<u8>>)) {
    let mut bank = Setup::default().institution_config();
    bank.registration =
        RegistrationPolicy::InitialAccessTokens(vec![Secret::new(INITIAL.to_owned())]);
    let bank = Sandbox::new(bank, entropy(201));
    stage.world = World::of(Setup::default().algorithm, bank, Setup::default().config());
    let token = format!("Bearer {INITIAL}");
    let request =
        request("POST", "https://bank.example/register", &token, &metadata(Setup::default()));
    send(stage, request, change);
}

/// The same with members of the metadata set, or removed where they are null.
pub(super) fn described(stage: &mut Stage, patch: &Value) {
    register(stage, |request| patched(request, patch));
}

/// Registers as it should be done, then updates with the request changed.
pub(super) fn update(stage: &mut Stage, change: impl FnOnce(&mut Request<Vec<u8>>)) {
    manage(stage, "PUT", change);
}

pub(super) fn updated(stage: &mut Stage, patch: &Value) {
    update(stage, |request| patched(request, patch));
}

/// Registers as it should be done, then manages with the request changed.
pub(super) fn manage(stage: &mut Stage, method: &str, change: impl FnOnce(&mut Request<Vec<u8>>)) {
    register(stage, |_| ());
    let (uri, token) = (
        stage.answered("registration_client_uri"),
        format!("Bearer {}", stage.answered("registration_access_token")),
    );
    let mut metadata = metadata(Setup::default());
    metadata["client_id"] = stage.answered("client_id").into();
    let request = request(method, &uri, &token, &metadata);
    send(stage, request, change);
}

/// Sends the last request again, by another method.
pub(super) fn again(stage: &mut Stage, method: &str) {
    let mut request = stage.world.sent.last().unwrap().http.clone();
    *request.method_mut() = method.parse().unwrap();
    send(stage, request, |_| ());
}

fn request(method: &str, uri: &str, token: &str, metadata: &Value) -> Request<Vec<u8>> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", "application/json")
        .header(AUTHORIZATION, token)
        .header(ID, "5a3b1c2d-0000-4000-8000-0123456789ab");
    request.body(metadata.to_string().into_bytes()).unwrap()
}

fn send(
    stage: &mut Stage,
    mut request: Request<Vec<u8>>,
    change: impl FnOnce(&mut Request<Vec<u8>>),
) {
    change(&mut request);
    let _ = stage.world.carry(request, ClientCertificate::Withhold);
}

fn patched(request: &mut Request<Vec<u8>>, patch: &Value) {
    let mut metadata: Value = serde_json::from_slice(request.body()).unwrap();
    set(&mut metadata, patch);
    *request.body_mut() = metadata.to_string().into_bytes();
}

pub(super) fn token(request: &mut Request<Vec<u8>>, value: &str) {
    let _ = request.headers_mut().insert(AUTHORIZATION, value.parse().unwrap());
}
