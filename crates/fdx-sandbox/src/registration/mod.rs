//! Dynamic registration (RFC 7591) and its management (RFC 7592).

mod jwks;
mod management;
mod metadata;
mod policy;
mod request;
mod signing;

use fdx_wire::{Label, Secret, UnixTime};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

pub use policy::RegistrationPolicy;

use crate::answer;
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::Received;
use metadata::Asked;
pub(crate) use metadata::known_scopes;

const CLIENT_ID: Label = Label::new("client id");
const ACCESS: Label = Label::new("registration token");

/// What is kept of a client that registered itself.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    /// The latest access token, the only one that is good.
    access_token: Secret,
    issued: UnixTime,
    /// As the client sent it.
    metadata: Map<String, Value>,
}

impl Institution {
    /// Whether `token` is a client's own, with the scope that registers clients.
    fn admits_client_token(&self, token: &str, now: UnixTime) -> bool {
        let config = self.config();
        let RegistrationPolicy::ClientTokens(scope) = &config.registration else { return false };
        let token = self.tokens.get(token).filter(|token| token.is_alive(now));
        token.is_some_and(|token| token.grant.consent_id.is_none() && token.scopes.contains(scope))
    }

    /// RFC 7591 section 3: takes a client in.
    pub(crate) fn register_client(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let credentials = bearer(received);
        let admitted = config.registration.admits(credentials)
            || credentials.is_some_and(|token| self.admits_client_token(token, received.now));
        self.verdicts.require(
            Reason::InvalidToken,
            "RFC 7591 3",
            "the initial access token is one that was given out",
            admitted,
        )?;
        let metadata = self.registration_request(received)?;
        let client_id = self.randomness.text(CLIENT_ID);
        let asked = Asked { config: &config, metadata: &metadata };
        let client = asked.client(&mut self.verdicts, &client_id)?;
        // The configuration is changed: nobody else may hold it.
        drop(config);
        self.register(client);
        let access_token = Secret::new(self.randomness.text(ACCESS));
        let registration = Registration { access_token, issued: received.now, metadata };
        let response = self.client_information(StatusCode::CREATED, &client_id, &registration);
        self.registrations.insert(client_id, registration);
        Ok(response)
    }

    /// RFC 7591 section 3.2.1, RFC 7592 section 3.
    fn client_information(
        &self,
        status: StatusCode,
        client_id: &str,
        registration: &Registration,
    ) -> Response<Vec<u8>> {
        let config = self.config();
        let mut document = registration.metadata.clone();
        let told = [
            ("client_id", json!(client_id)),
            ("client_id_issued_at", json!(registration.issued.as_seconds())),
            ("registration_client_uri", json!(client_uri(&config, client_id))),
            ("registration_access_token", json!(registration.access_token.expose())),
            ("status", json!("Approved")),
        ];
        document.extend(told.map(|(name, value)| (name.to_owned(), value)));
        answer::json(status, &document)
    }
}

fn client_uri(config: &InstitutionConfig, client_id: &str) -> String {
    let origin = config.issuer.url().origin();
    format!("{}{}/{client_id}", origin.as_str(), config.paths().register)
}

/// The token in the header (RFC 6750 section 2.1).
fn bearer<'a>(received: &Received<'a>) -> Option<&'a str> {
    let (scheme, token) = received.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}
