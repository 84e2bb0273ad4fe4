//! Dynamic registration (RFC 7591) and its management (RFC 7592).

use fdx_wire::json::Limits;
use fdx_wire::{Label, Secret};

use http::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer;
use crate::document;
use crate::institution::config::InstitutionConfig;
use crate::institution::received::{Received, is_uuid, satisfies};
use crate::institution::records::{Kind, Registration};
use crate::institution::routes::client_metadata::ClientMetadata;
use crate::institution::rule::{Reason, Rule};
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;

const LIMITS: Limits = Limits::bytes(64 * 1024);
const CLIENT_ID: Label = Label::new("client id");
const ACCESS: Label = Label::new("registration token");

impl Institution {
    /// RFC 7591 section 3: registers a client.
    pub(crate) fn register_client(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let config = self.config();
        let admitted = config.registration.admits(bearer(received));
        self.verdicts.require(Rule::InitialAccessToken, admitted)?;
        let metadata = self.registration_request(received)?;
        let client_id = self.randomness.text(CLIENT_ID);
        let requested = ClientMetadata { config: &config, metadata: &metadata };
        let client = requested.client(&mut self.verdicts, &client_id)?;
        // Registering changes the configuration, which needs the only reference.
        drop(config);
        self.register(client);
        let access_token = Secret::new(self.randomness.text(ACCESS));
        let registration = Registration { access_token, issued: received.now, metadata };
        let response = self.client_information(StatusCode::CREATED, &client_id, &registration);
        self.registrations.insert(client_id, registration);
        Ok(response)
    }

    /// Confirms that the client exists. The TLS connection shows its certificate; everything else
    /// about it is in a directory.
    pub(crate) fn register_by_certificate(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let body = document::read_object(received.request.body(), &LIMITS);
        if body.is_none_or(|members| !members.is_empty()) {
            return Err(Violation {
                reason: Reason::InvalidRequest,
                clause: "registration by certificate",
                rule: "the body is an empty object",
            });
        }
        self.registered_by_certificate = true;
        Ok(answer::empty(StatusCode::NO_CONTENT))
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
        let members = [
            ("client_id", json!(client_id)),
            ("client_id_issued_at", json!(registration.issued.as_seconds())),
            ("registration_client_uri", json!(client_uri(&config, client_id))),
            ("registration_access_token", json!(registration.access_token.expose())),
            ("status", json!("Approved")),
        ];
        document.extend(members.map(|(name, value)| (name.to_owned(), value)));
        answer::json(status, &document)
    }

    /// RFC 7592 section 2: reads, updates or deletes a client.
    pub(crate) fn manage_client(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let path = received.request.uri().path();
        let client_id = path.rsplit('/').next().unwrap_or_default().to_owned();
        let registration = self.registrations.get(&client_id);
        let known = registration.is_some_and(|registration| {
            bearer(received).is_some_and(|token| registration.access_token == *token)
        });
        // RFC 7592 2.1: the same error for an unknown client.
        self.verdicts.require(Rule::RegistrationAccessToken, known)?;
        match *received.request.method() {
            Method::DELETE => self.delete_client(received, &client_id),
            Method::PUT => self.update_client(received, &client_id),
            _ => {
                self.registration_call(received)?;
                Ok(self.current_registration(&client_id))
            }
        }
    }

    fn update_client(
        &mut self,
        received: &Received<'_>,
        client_id: &str,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let mut metadata = self.registration_request(received)?;
        let sent = metadata.remove("client_id");
        self.verdicts.require(Rule::UpdateClientId, sent.is_some_and(|sent| sent == client_id))?;
        let set_by_the_server = [
            "client_id_issued_at",
            "client_secret_expires_at",
            "registration_access_token",
            "registration_client_uri",
        ];
        self.verdicts.require(
            Rule::UpdateMembers,
            set_by_the_server.iter().all(|name| !metadata.contains_key(*name)),
        )?;
        metadata.remove("status");
        let config = self.config();
        let requested = ClientMetadata { config: &config, metadata: &metadata };
        let client = requested.client(&mut self.verdicts, client_id)?;
        // Registering changes the configuration, which needs the only reference.
        drop(config);
        self.register(client);
        if let Some(registration) = self.registrations.get_mut(client_id) {
            registration.metadata = metadata;
        }
        Ok(self.current_registration(client_id))
    }

    /// RFC 7592 section 2.3: deletes the client and revokes its tokens.
    fn delete_client(
        &mut self,
        received: &Received<'_>,
        client_id: &str,
    ) -> Result<Response<Vec<u8>>, Violation> {
        self.registration_call(received)?;
        self.registrations.remove(client_id);
        self.unregister(client_id);
        for token in self.tokens.values_mut().filter(|token| token.grant.client_id == client_id) {
            token.kind = Kind::Revoked;
        }
        Ok(answer::empty(StatusCode::NO_CONTENT))
    }

    /// Returns the registration with a new access token, which invalidates the earlier one.
    fn current_registration(&mut self, client_id: &str) -> Response<Vec<u8>> {
        let access_token = Secret::new(self.randomness.text(ACCESS));
        let registration = self.registrations.get_mut(client_id).map(|registration| {
            registration.access_token = access_token;
            registration.clone()
        });
        match registration {
            Some(registration) => self.client_information(StatusCode::OK, client_id, &registration),
            None => answer::empty(StatusCode::NOT_FOUND),
        }
    }

    /// Reads the client metadata in the body. A member that is `null` counts as absent
    /// (RFC 7592 section 2.2).
    fn registration_request(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Map<String, Value>, Violation> {
        self.registration_call(received)?;

        let document = document::read_object(received.request.body(), &LIMITS);
        let is_json = received.has_content_type("application/json");
        let mut metadata =
            self.verdicts.require_some(Rule::RegistrationBody, document.filter(|_| is_json))?;
        metadata.retain(|_, value| !value.is_null());
        Ok(metadata)
    }

    /// Checks the header that a call of registration or management can have.
    fn registration_call(&mut self, received: &Received<'_>) -> Result<(), Violation> {
        self.verdicts.require(
            Rule::RegistrationInteractionId,
            satisfies(received, "x-fapi-interaction-id", is_uuid),
        )
    }
}

fn client_uri(config: &InstitutionConfig, client_id: &str) -> String {
    let origin = config.issuer.url().origin();
    format!("{}{}/{client_id}", origin.as_str(), config.paths.register)
}

/// Returns the Bearer token (RFC 6750 section 2.1).
fn bearer<'a>(received: &Received<'a>) -> Option<&'a str> {
    let (scheme, token) = received.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}
