use fdx_jose::{Algorithm, EncryptionKey, KeyEncryption, RequestObjectKey};
use fdx_par::{
    ClientConfig, InitialAccess, Registered, Registrar, Registration, RequestObjects, ResponseMode,
    client::IdTokenEncryption, registration::TlsClientAuthName,
};
use fdx_rar::{DurationType, Scopes};
use fdx_sandbox::{RegistrationPolicy, Sandbox};
use fdx_testkit::{
    Answer, Authentication, CERTIFICATE, Setup, World, answer, entropy, keys, scopes,
};
use fdx_wire::json::RawJson;
use fdx_wire::{Secret, base64};
use serde_json::{Value, json};

pub(crate) const INITIAL: &str = "initial-access-token-0123456789";

/// Creates an institution without clients, and a recipient with an initial access token.
pub(crate) fn world(setup: Setup) -> World {
    let mut bank = setup.institution_config();
    bank.clients.clear();
    bank.registration =
        RegistrationPolicy::InitialAccessTokens(vec![Secret::new(INITIAL.to_owned())]);
    World::of(setup.algorithm, Sandbox::new(bank, entropy(200)), recipient(setup))
}

/// Returns the recipient's configuration, without a `client_id`.
pub(crate) fn recipient(setup: Setup) -> ClientConfig {
    let mut config = setup.config();
    config.client_id.clear();
    config.id_token_signed_response_alg = Some(setup.algorithm);
    config.introspection_signed_response_alg = Some(setup.algorithm);
    if setup.response_mode == ResponseMode::Jwt {
        config.authorization_signed_response_alg = Some(setup.algorithm);
    }
    config
}

/// Returns the recipient's description.
pub(crate) fn registration(setup: Setup) -> Registration {
    let registration = Registration::new("Budget")
        .scope(Scopes::parse(&scopes().join(" ")).unwrap())
        .contact("security@app.example")
        .description("Budgets")
        .duration_type(DurationType::TimeBound)
        .duration_period(365)
        .lookback_period(60);
    match setup.authentication {
        Authentication::PrivateKeyJwt => registration,
        Authentication::TlsClientAuth => {
            registration.tls_client_auth(TlsClientAuthName::SubjectDn("CN=app-1".to_owned()))
        }
        Authentication::SelfSignedTlsClientAuth => {
            let mut x5c = String::new();
            base64::encode_into(CERTIFICATE, &mut x5c);
            let jwk = keys(setup.algorithm).public().jwk().to_owned();
            let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
            jwk["x5c"] = json!([x5c]);
            registration.jwks(RawJson::of(&json!({ "keys": [jwk] })).unwrap()).unwrap()
        }
    }
}

/// The registrar of `config`, with the institution's metadata.
pub(crate) fn registrar(
    world: &mut World,
    config: ClientConfig,
    registration: &Registration,
) -> Registrar {
    let metadata = world.client().unwrap().metadata().clone();
    Registrar::new(config, registration, metadata).unwrap()
}

/// Returns the usual registrar.
pub(crate) fn usual(world: &mut World, setup: Setup) -> Registrar {
    registrar(world, recipient(setup), &registration(setup))
}

pub(crate) fn initial() -> InitialAccess {
    InitialAccess::Token(Secret::new(INITIAL.to_owned()))
}

/// Registers at an institution that accepts the registration.
pub(crate) fn registered(world: &mut World, registrar: &Registrar) -> Registered {
    let draft = registrar.register(initial(), world.draw(), world.now).unwrap();
    world.run(draft).unwrap()
}

/// Returns a registrar that requests every value that a server can weaken: signed requests and
/// responses, encrypted ID tokens.
pub(crate) fn everything() -> (World, Registrar) {
    let setup = Setup { response_mode: ResponseMode::Jwt, ..Setup::default() };
    let mut config = recipient(setup);
    let key = keys(setup.algorithm).public().clone();
    config.request_objects = RequestObjects::signed(RequestObjectKey::new(key));
    config.id_token_encryption = Some(IdTokenEncryption::new(encryption_key()));
    let mut world = world(setup);
    let registrar = registrar(&mut world, config, &registration(setup));
    (world, registrar)
}

/// RFC 7516 appendix A.1.
fn encryption_key() -> EncryptionKey {
    let vectors = include_str!("../../../fdx-jose/tests/vectors/rfc.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let jwk = &vectors["rfc7516_a1"]["private_jwk"];
    let jwk = json!({"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": "enc-1"});
    EncryptionKey::from_jwk(jwk.to_string().as_bytes(), KeyEncryption::RsaOaep).unwrap()
}

/// Creates an institution that registers the requested values and then applies `patch`; null
/// removes a member.
pub(crate) fn answered(
    world: &mut World,
    registrar: &Registrar,
    patch: &Value,
) -> Result<Registered, fdx_par::Error> {
    let body = echo(registrar, patch);
    answered_with(world, registrar, answer(201, "application/json", body.to_string()))
}

/// Returns the result of a registration there.
pub(crate) fn echo(registrar: &Registrar, patch: &Value) -> Value {
    let mut body: Value = serde_json::from_str(&registrar.client_metadata()).unwrap();
    let members = body.as_object_mut().unwrap();
    members.extend(
        json!({
            "client_id": "c-1",
            "client_id_issued_at": 1_767_607_200,
            "registration_client_uri": "https://bank.example/register/c-1",
            "registration_access_token": "registration-access-token-1",
        })
        .as_object()
        .unwrap()
        .clone(),
    );
    for (name, value) in patch.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    body
}

/// Returns the result of a registration with this response.
pub(crate) fn answered_with(
    world: &mut World,
    registrar: &Registrar,
    made_up: Answer,
) -> Result<Registered, fdx_par::Error> {
    world.tamper(move |_, _| made_up.clone());
    let draft = registrar.register(initial(), world.draw(), world.now).unwrap();
    let outcome = world.run(draft);
    world.tamper_no_more();
    outcome
}

/// The algorithm of the scene.
pub(crate) const ALGORITHM: Algorithm = Algorithm::EdDsa;
