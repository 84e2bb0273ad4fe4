use fdx_wire::Secret;
use http::{Method, Response, StatusCode};

use super::metadata::Asked;
use super::{ACCESS, bearer};
use crate::answer;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::Received;
use crate::token::Kind;

impl Institution {
    /// RFC 7592 section 2: reads, updates or deletes a client.
    pub(crate) fn manage_client(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let path = received.request.uri().path();
        let client_id = path.rsplit('/').next().unwrap_or_default().to_owned();
        let registration = self.registrations.get(&client_id);
        let known = registration.is_some_and(|registration| {
            bearer(received).is_some_and(|token| registration.access_token == *token)
        });
        // RFC 7592 2.1: for a client that is not there, too.
        self.verdicts.require(
            Reason::InvalidToken,
            "RFC 7592 2",
            "the registration access token is the latest of this client",
            known,
        )?;
        match *received.request.method() {
            Method::DELETE => self.delete_client(received, &client_id),
            Method::PUT => self.update_client(received, &client_id),
            _ => {
                self.registration_call(received)?;
                Ok(self.tell_anew(&client_id))
            }
        }
    }

    fn update_client(
        &mut self,
        received: &Received<'_>,
        client_id: &str,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let mut metadata = self.registration_request(received)?;
        let sent = metadata.remove("client_id");
        self.verdicts.require(
            Reason::InvalidClientMetadata,
            "RFC 7592 2.2",
            "the update names the client_id that it is about",
            sent.is_some_and(|sent| sent == client_id),
        )?;
        let kept_out = [
            "client_id_issued_at",
            "client_secret_expires_at",
            "registration_access_token",
            "registration_client_uri",
        ];
        self.verdicts.require(
            Reason::InvalidClientMetadata,
            "RFC 7592 2.2",
            "the update repeats nothing that is the server's alone to say",
            kept_out.iter().all(|name| !metadata.contains_key(*name)),
        )?;
        metadata.remove("status");
        let config = self.config();
        let asked = Asked { config: &config, metadata: &metadata };
        let client = asked.client(&mut self.verdicts, client_id)?;
        // The configuration is changed: nobody else may hold it.
        drop(config);
        self.register(client);
        if let Some(registration) = self.registrations.get_mut(client_id) {
            registration.metadata = metadata;
        }
        Ok(self.tell_anew(client_id))
    }

    /// RFC 7592 section 2.3: the client, and all that was issued to it.
    fn delete_client(
        &mut self,
        received: &Received<'_>,
        client_id: &str,
    ) -> Result<Response<Vec<u8>>, Broken> {
        self.registration_call(received)?;
        self.registrations.remove(client_id);
        self.unregister(client_id);
        for token in self.tokens.values_mut().filter(|token| token.grant.client_id == client_id) {
            token.kind = Kind::Revoked;
        }
        Ok(answer::empty(StatusCode::NO_CONTENT))
    }

    /// What is registered, under another access token: the one before is good for nothing now.
    fn tell_anew(&mut self, client_id: &str) -> Response<Vec<u8>> {
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
}
