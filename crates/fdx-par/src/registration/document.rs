use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::{Secret, UnixTime};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::registration::metadata::ClientMetadata;

/// A client information response. Its members are separated while they are read, so that no copy
/// of a secret is left anywhere else.
#[derive(Default)]
pub(crate) struct Document {
    pub(super) client_id: Option<String>,
    pub(super) client_id_issued_at: Option<UnixTime>,
    pub(super) registration_client_uri: Option<String>,
    pub(super) registration_access_token: Option<Secret>,
    pub(super) client_secret: bool,
    pub(super) metadata: ClientMetadata,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a client information response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "client_id" => document.client_id = map.next_value::<RawJson>()?.read().ok(),
                "client_id_issued_at" => {
                    let seconds: Option<u64> = map.next_value::<RawJson>()?.read().ok();
                    document.client_id_issued_at = seconds.map(UnixTime::from_seconds);
                }
                "registration_client_uri" => {
                    document.registration_client_uri = map.next_value::<RawJson>()?.read().ok();
                }
                "registration_access_token" => {
                    document.registration_access_token = secret(&mut map)?;
                }
                // FAPI 2.0 Security Profile 5.3.2.1-6: a client has no use for one.
                "client_secret" => {
                    document.client_secret = secret(&mut map)?.is_some();
                }
                "client_secret_expires_at" => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => document.metadata.insert(name, map.next_value()?),
            }
        }
        Ok(document)
    }
}

/// Reads a text as a secret; a value of another type is `None`.
fn secret<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Secret>, A::Error> {
    let json: RawJson = map.next_value()?;
    let secret = json.read().ok();
    // The JSON text contains the secret too, so it is wiped as one.
    drop(Secret::new(json.into_string()));
    Ok(secret)
}
