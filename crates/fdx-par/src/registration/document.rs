use fdx_wire::members::{Found, MemberFault, NotUnderstood, Object, Value};
use fdx_wire::{Secret, UnixTime};

use crate::registration::metadata::ClientMetadata;

fdx_wire::members! {
    /// The members of a client information response (RFC 7591 section 3.2.1) that are not client
    /// metadata. The registered metadata is compared with the requested one, member by member.
    pub(crate) mod members = "client information response" {
        Required CLIENT_ID =
            "client_id", "1 to 512 printable ASCII characters", "RFC 7591 section 3.2.1";
        Informative CLIENT_ID_ISSUED_AT =
            "client_id_issued_at", "a number of seconds", "RFC 7591 section 3.2.1";
        Informative CLIENT_SECRET = "client_secret", "a text", "RFC 7591 section 3.2.1";
        Informative CLIENT_SECRET_EXPIRES_AT =
            "client_secret_expires_at", "a number of seconds", "RFC 7591 section 3.2.1";
        Informative REGISTRATION_CLIENT_URI =
            "registration_client_uri", "a URL", "RFC 7592 section 3";
        Informative REGISTRATION_ACCESS_TOKEN =
            "registration_access_token", "a token", "RFC 7592 section 3";
        Informative STATUS = "status", "a text", "FDX API, Recipient Registration";
    }
}

/// A client information response.
pub(crate) struct Document {
    pub(super) client_id: String,
    pub(super) client_id_issued_at: Option<UnixTime>,
    pub(super) registration_client_uri: Option<String>,
    pub(super) registration_access_token: Option<Secret>,
    /// Whether the response has a secret. FAPI 2.0 Security Profile 5.3.2.1-6 allows no client
    /// authentication with one.
    pub(super) client_secret: bool,
    /// Whether the registration has no status, or is approved.
    pub(super) is_approved: bool,
    pub(super) metadata: ClientMetadata,
    pub(super) not_understood: Vec<NotUnderstood>,
}

const MAX_CLIENT_ID: usize = 512;

impl Document {
    pub(super) fn of(object: &Object<'_>) -> Result<Self, MemberFault> {
        let mut notes = Vec::new();
        let id = |value: Value<'_>| value.to_text().filter(|id| is_client_id(id));
        let client_id = object.required(&members::CLIENT_ID, id)?;
        let issued_at =
            object.informative(&members::CLIENT_ID_ISSUED_AT, &mut notes, Value::to_seconds);
        let uri = object.informative(&members::REGISTRATION_CLIENT_URI, &mut notes, Value::to_text);
        let access_token =
            object.informative(&members::REGISTRATION_ACCESS_TOKEN, &mut notes, Value::read);
        let status = object.informative(&members::STATUS, &mut notes, Value::to_text);
        // The secret is not copied.
        let secret = object.received(&members::CLIENT_SECRET);
        let mut metadata = ClientMetadata::default();
        // A status is kept with the metadata, for callers to read.
        let own = |name: &str| {
            name != members::STATUS.row().name && members::ROWS.iter().any(|row| row.name == name)
        };
        for (name, value) in object.iter().filter(|(name, _)| !own(name)) {
            if let Some(raw) = value.to_raw() {
                metadata.insert(name.to_owned(), raw);
            }
        }
        Ok(Self {
            client_id,
            client_id_issued_at: issued_at.map(UnixTime::from_seconds),
            registration_client_uri: uri,
            registration_access_token: access_token,
            client_secret: secret.is_some_and(|it| it.kind() == Found::String && !it.is_empty()),
            is_approved: status.is_none_or(|status| status.eq_ignore_ascii_case("approved")),
            metadata,
            not_understood: notes,
        })
    }
}

/// Whether a text is a client id (RFC 6749 appendix A.1).
pub(crate) fn is_client_id(text: &str) -> bool {
    (1..=MAX_CLIENT_ID).contains(&text.len()) && text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}
