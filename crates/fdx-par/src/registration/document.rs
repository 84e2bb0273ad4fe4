use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::{Secret, UnixTime};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::metadata::ClientMetadata;

/// A client information response, its members told apart while they are read: a secret is copied
/// nowhere else.
#[derive(Default)]
pub(super) struct Document {
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
                    document.registration_access_token = map.next_value::<Text>()?.0;
                }
                // FAPI 2.0 Security Profile 5.3.2.1-6: a client has no use for one.
                "client_secret" => {
                    document.client_secret = map.next_value::<Text>()?.0.is_some();
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

/// A text, kept as a secret; a value of another type is none.
struct Text(Option<Secret>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNot).map(Self)
    }
}

struct TextOrNot;

impl<'de> Visitor<'de> for TextOrNot {
    type Value = Option<Secret>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Secret::new(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(map).map(|_| None)
    }
}
