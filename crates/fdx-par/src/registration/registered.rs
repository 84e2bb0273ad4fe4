use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::{Issuer, Secret, UnixTime};

use crate::client::owner::Owner;
use crate::error::notice::Notice;
use crate::registration::metadata::ClientMetadata;

/// A registration as the server returned it. Persist it at once ([`Registered::to_json`]): each
/// response may have a new access token, which invalidates the earlier one.
///
/// The server may have registered other values than requested:
/// [`Registrar::client_config`](crate::Registrar::client_config) checks them.
#[derive(Clone)]
#[must_use = "persist it at once: it holds the one token that manages the registration"]
pub struct Registered {
    pub(super) issuer: Issuer,
    pub(super) client_id: String,
    pub(super) issued_at: Option<UnixTime>,
    /// The registered client metadata, without secrets.
    pub(super) metadata: ClientMetadata,
    pub(super) access: Option<RegistrationAccess>,
    pub(super) notices: Vec<Notice>,
}

/// The URL that manages a registration and its access token, which is valid only there
/// (RFC 7592 section 3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistrationAccess {
    /// As received. Its origin is checked before the token is sent there.
    pub(super) registration_client_uri: String,
    pub(super) registration_access_token: Secret,
}

impl Registered {
    /// Returns the `client_id`.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns `client_id_issued_at`.
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    pub(super) fn owner(&self) -> Owner<'_> {
        Owner::of_registration(self.issuer.as_str())
    }

    /// Returns a member of the registered client metadata, such as FDX's `status`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&RawJson> {
        self.metadata.raw(name)
    }

    /// Returns the URL and token that manage the registration, if the server returned them.
    #[must_use]
    pub fn access(&self) -> Option<&RegistrationAccess> {
        self.access.as_ref()
    }

    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

impl RegistrationAccess {
    /// Returns `registration_client_uri`, as received.
    #[must_use]
    pub fn registration_client_uri(&self) -> &str {
        &self.registration_client_uri
    }

    /// Returns `registration_access_token`.
    #[must_use]
    pub fn registration_access_token(&self) -> &Secret {
        &self.registration_access_token
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("access", &self.access)
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}
