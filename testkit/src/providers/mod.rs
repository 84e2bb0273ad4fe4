//! A recipient that speaks a provider's dialect, and the provider with its manners.

mod autional;
pub mod mastercard;
mod mx;
mod uae;

use fdx_jose::{Algorithm, AssertionKey, AssertionType, Jwks, RequestObjectKey, backend};
use fdx_par::{
    AuthorizationRequest, Client, ClientAuthentication, ClientConfig, Dialect, Error,
    RequestObjects,
};

use fdx_sandbox::{InstitutionConfig, Provider, RegisteredClient, Sandbox};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};

use crate::World;
use crate::setup::{bank_issuer, entropy, keys};

/// One provider, ready to be played.
pub struct Provided {
    /// The dialect that belongs to it.
    pub dialect: Dialect,
    /// Recipient and provider, registered with each other.
    pub world: fn(Dialect) -> World,
    /// The request that its customers see.
    pub request: fn() -> AuthorizationRequest,
    /// What comes before the first push: the client that goes on.
    pub registers: fn(&mut World, Client) -> Result<Client, Error>,
}

/// Where the recipient publishes its keys.
pub const JWKS_URI: &str = "https://app.example/jwks";

/// Every provider that the sandbox can play.
pub const PROVIDED: &[Provided] = &[
    mastercard::PROVIDED,
    mastercard::MOCK,
    uae::PROVIDED,
    mx::PROVIDED,
    autional::PROVIDED,
    autional::WITH_SECRET,
];

/// The provider that `dialect` belongs to.
#[must_use]
pub fn provided(dialect: Dialect) -> Option<&'static Provided> {
    PROVIDED.iter().find(|provided| provided.dialect.name() == dialect.name())
}

/// Nothing comes before the first push.
fn registered_before(_: &mut World, client: Client) -> Result<Client, Error> {
    Ok(client)
}

/// The provider with its one client, which `change` changes.
fn played(
    provider: &'static Provider,
    algorithm: Algorithm,
    change: impl FnOnce(&mut RegisteredClient),
) -> Sandbox {
    played_at(bank_issuer(), provider, algorithm, change)
}

fn played_at(
    issuer: Issuer,
    provider: &'static Provider,
    algorithm: Algorithm,
    change: impl FnOnce(&mut RegisteredClient),
) -> Sandbox {
    let jwks = Jwks::new(vec![keys(algorithm).public().clone()]);
    let redirect_uri = RedirectUri::parse("https://app.example/callback").unwrap();
    let mut client = provider.client("app-1", vec![redirect_uri], jwks);
    change(&mut client);
    let mtls = HttpsUrl::parse("https://mtls.bank.example").unwrap();
    let mut bank = InstitutionConfig::new(issuer, mtls, backend::ring(), vec![keys(algorithm)]);
    provider.configure(&mut bank);
    // The institution fetches nothing: it has the document that the client publishes.
    let published = Jwks::new(vec![keys(algorithm).public().clone()]).to_json();
    bank.published_jwks.insert(JWKS_URI.to_owned(), published);
    bank.clients = vec![client];
    Sandbox::of(provider, bank, entropy(200))
}

/// `private_key_jwt` and request objects, both under PS256.
fn signs_ps256(config: &mut ClientConfig) {
    let key = keys(Algorithm::Ps256).public().clone();
    config.authentication = ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
        key.clone(),
        AssertionType::default(),
    ));
    config.request_objects = RequestObjects::signed(RequestObjectKey::new(key));
}
