use fdx_wire::{Secret, base64, percent_encode};

use super::Departure;
use crate::Client;
use crate::client::ClientAuthentication;
use crate::dialect::Member;
use crate::exchange::outgoing::Outgoing;

/// A client secret (RFC 6749 section 2.3.1). The dialect says how it is sent.
#[derive(Clone, Debug)]
pub struct ClientSecret(Secret);

/// Tokens that are bound to nothing: whoever holds one can use it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unbound;

impl ClientSecret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl Client {
    /// Adds the client's secret, where it has one.
    pub(crate) fn show_secret(&self, outgoing: &mut Outgoing) {
        let ClientAuthentication::NotFapi(ClientSecret(secret)) = &self.config().authentication
        else {
            return;
        };
        if self.config().dialect.has(Member::NotFapi(Departure::ClientSecretPost)) {
            outgoing.body.parameter("client_secret", secret.expose());
        }
        if self.config().dialect.has(Member::NotFapi(Departure::ClientSecretBasic)) {
            let credentials = basic(&self.config().client_id, secret);
            // base64 can always stand in a header.
            let _ = outgoing.authorization(Some("Basic"), &credentials);
        }
    }
}

/// RFC 6749 2.3.1: both are form-encoded before they are joined.
fn basic(client_id: &str, secret: &Secret) -> Secret {
    let secret = Secret::new(percent_encode(secret.expose()));
    let pair = Secret::concat(&[&percent_encode(client_id), ":", secret.expose()]);
    // Text that is outgrown is not wiped.
    let mut credentials = String::with_capacity(pair.expose().len() * 2);
    base64::encode_into(pair.expose().as_bytes(), &mut credentials);
    Secret::new(credentials)
}
