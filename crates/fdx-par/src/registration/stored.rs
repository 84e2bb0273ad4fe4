use std::collections::BTreeMap;

use fdx_wire::json::{Limits, ObjectWriter, RawJson};
use fdx_wire::{Secret, UnixTime, json};
use serde::Deserialize;

use crate::client::owner::Owner;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::registration::document::is_client_id;
use crate::registration::metadata::ClientMetadata;
use crate::registration::registered::{Registered, RegistrationAccess};
use crate::registration::registrar::{LIMIT, Registrar};
use crate::tokens::issued::can_stand_in_a_header;

const VERSION: u64 = 1;

#[derive(Deserialize)]
struct Body {
    version: u64,
    issuer: String,
    client_id: String,
    client_id_issued_at: Option<UnixTime>,
    registration_client_uri: Option<String>,
    registration_access_token: Option<Secret>,
    metadata: BTreeMap<String, RawJson>,
}

impl Registered {
    /// Returns the text form, version 1. It is as secret as the token in it.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        let mut object = ObjectWriter::with_capacity(4096);
        object
            .number("version", VERSION)
            .text("issuer", self.issuer.as_str())
            .text("client_id", &self.client_id);
        if let Some(time) = self.issued_at {
            object.number("client_id_issued_at", time.as_seconds());
        }
        if let Some(access) = &self.access {
            object
                .text("registration_client_uri", &access.registration_client_uri)
                .text("registration_access_token", access.registration_access_token.expose());
        }
        object.object("metadata", |metadata| self.metadata.write(metadata)).to_json()
    }
}

impl Registrar {
    /// Restores a registration from the text of [`Registered::to_json`].
    ///
    /// # Errors
    /// [`StoredStateFault::StoredRegistration`] for another text or version,
    /// [`StoredStateFault::OtherClient`] for a registration with another issuer.
    pub fn restore(&self, stored: &str) -> Result<Registered, Error> {
        // The text is little longer than the response that it came from.
        let limits = Limits::bytes(2 * LIMIT);
        let body: Body = json::object_from_slice(stored.as_bytes(), &limits)
            .map_err(|_| StoredStateFault::StoredRegistration)?;
        self.check_owner(Owner::of_registration(&body.issuer))?;
        let token = body.registration_access_token;
        let access = match (body.registration_client_uri, token) {
            (Some(uri), Some(token)) if can_stand_in_a_header(token.expose()) => {
                Some(RegistrationAccess {
                    registration_client_uri: uri,
                    registration_access_token: token,
                })
            }
            (None, None) => None,
            _ => return Err(StoredStateFault::StoredRegistration.into()),
        };
        if body.version != VERSION || !is_client_id(&body.client_id) {
            return Err(StoredStateFault::StoredRegistration.into());
        }
        let mut metadata = ClientMetadata::default();
        for (name, value) in body.metadata {
            metadata.insert(name, value);
        }
        Ok(Registered {
            issuer: self.config().issuer.clone(),
            client_id: body.client_id,
            issued_at: body.client_id_issued_at,
            metadata,
            access,
            notices: Vec::new(),
        })
    }
}
