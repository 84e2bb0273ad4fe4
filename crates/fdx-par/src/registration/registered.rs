use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::{Issuer, Secret, UnixTime};

use crate::client::owner::Owner;
use crate::error::notice::Notice;
use crate::registration::metadata::ClientMetadata;

/// A registration, as the server answered: persist it at once
/// ([`Registered::to_json`]), for each answer may bring another access token, and the one before is
/// good for nothing then.
///
/// Nothing is said yet about whether the server registered what was asked:
/// [`Registrar::client_config`](crate::Registrar::client_config) tells.
#[derive(Clone)]
#[must_use = "persist it at once: it holds the one token that manages the registration"]
pub struct Registered {
    pub(super) issuer: Issuer,
    pub(super) client_id: String,
    pub(super) issued_at: Option<UnixTime>,
    /// As the server registered it, without what is secret.
    pub(super) metadata: ClientMetadata,
    pub(super) access: Option<RegistrationAccess>,
    pub(super) notices: Vec<Notice>,
}

/// What manages a registration (RFC 7592 section 3): a URL, and a token that is good there alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistrationAccess {
    /// As it was received: where it leads is looked at before the token is sent there.
    pub(super) registration_client_uri: String,
    pub(super) registration_access_token: Secret,
}

impl Registered {
    /// The `client_id`.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// `client_id_issued_at`.
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    pub(super) fn owner(&self) -> Owner<'_> {
        Owner::of_registration(self.issuer.as_str())
    }

    /// A member of the client metadata as the server registered it, such as FDX's `status`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&RawJson> {
        self.metadata.raw(name)
    }

    /// What manages it, where the server gave that.
    #[must_use]
    pub fn access(&self) -> Option<&RegistrationAccess> {
        self.access.as_ref()
    }

    /// Harmless deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

impl RegistrationAccess {
    /// `registration_client_uri`, as it was received.
    #[must_use]
    pub fn registration_client_uri(&self) -> &str {
        &self.registration_client_uri
    }

    /// `registration_access_token`.
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
