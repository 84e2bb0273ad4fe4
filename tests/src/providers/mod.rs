//! A recipient that speaks a provider's dialect, and the provider with its manners.

mod mastercard;

use fdx_jose::{Algorithm, AssertionKey, AssertionType, RequestObjectKey};
use fdx_par::{AuthorizationRequest, ClientAuthentication, ClientConfig, Dialect, RequestObjects};

use crate::World;
use crate::setup::keys;

/// One provider, ready to be played.
pub struct Provided {
    /// The dialect that belongs to it.
    pub dialect: Dialect,
    /// Recipient and provider, registered with each other.
    pub world: fn(Dialect) -> World,
    /// What a customer of it is asked.
    pub request: fn() -> AuthorizationRequest,
}

/// Every provider that the sandbox can play.
pub const PROVIDED: &[Provided] = &[mastercard::PROVIDED];

/// The provider that `dialect` belongs to.
#[must_use]
pub fn provided(dialect: Dialect) -> Option<&'static Provided> {
    PROVIDED.iter().find(|provided| provided.dialect.name() == dialect.name())
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
