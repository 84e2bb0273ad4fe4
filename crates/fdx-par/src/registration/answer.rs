//! The client information response (RFC 7591 section 3.2.1, RFC 7592 section 3).

use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::{Secret, UnixTime};
use http::StatusCode;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Registrar;
use super::metadata::ClientMetadata;
use super::registered::{Registered, RegistrationAccess};
use super::{comparison, refusal};
use crate::exchange::answer::Answer;
use crate::exchange::interaction::{self, INTERACTION_ID};
use crate::token::can_stand_in_a_header;
use crate::{Error, Notice, ServerRule};

const MEMBERS: usize = 10_000;
const MAX_CLIENT_ID: usize = 512;
const MAX_URI: usize = 2048;

/// Reads an answer with this status. `before` is the registration that was read or updated.
pub(super) fn read(
    registrar: &Registrar,
    before: Option<Registered>,
    interaction_id: &str,
    answer: &Answer<'_>,
    status: StatusCode,
) -> Result<Registered, Error> {
    if answer.status != status {
        return Err(refusal::of(answer, status));
    }
    let document: Document = answer.success(status, MEMBERS)?;
    let client_id = document.client_id.filter(|id| is_client_id(id));
    let client_id = client_id.ok_or_else(|| answer.fault(ServerRule::ClientId))?;
    if before.as_ref().is_some_and(|before| before.client_id != client_id) {
        return Err(answer.fault(ServerRule::ClientIdOther));
    }
    let mut notices: Vec<_> =
        interaction::compare(interaction_id, answer.text(&INTERACTION_ID)).into_iter().collect();
    if document.client_secret {
        notices.push(Notice::ClientSecretDropped);
    }
    let (issued_at, access) = match before {
        Some(before) => (before.issued_at, before.access),
        None => (None, None),
    };
    let told = (document.registration_client_uri, document.registration_access_token);
    let access = renewed(registrar, access, told, &mut notices);
    notices.extend(comparison::compare(registrar.asked(), &document.metadata).notices());
    Ok(Registered {
        issuer: registrar.config().issuer.clone(),
        client_id,
        issued_at: document.client_id_issued_at.or(issued_at),
        metadata: document.metadata,
        access,
        notices,
    })
}

/// What manages the registration from now on. What can't be used never takes the place of what
/// could.
fn renewed(
    registrar: &Registrar,
    before: Option<RegistrationAccess>,
    (uri, token): (Option<String>, Option<Secret>),
    notices: &mut Vec<Notice>,
) -> Option<RegistrationAccess> {
    let uri = uri.filter(|uri| (1..=MAX_URI).contains(&uri.len()));
    let token = token.filter(|token| can_stand_in_a_header(token.expose()));
    let Some(before) = before else {
        let access = uri.zip(token).map(|(uri, token)| RegistrationAccess {
            registration_client_uri: uri,
            registration_access_token: token,
        });
        if access.is_none() {
            notices.push(Notice::RegistrationUnmanaged);
        }
        return access;
    };
    let (home, elsewhere): (Vec<_>, Vec<_>) =
        uri.into_iter().partition(|uri| registrar.is_at_home(uri));
    if !elsewhere.is_empty() {
        notices.push(Notice::RegistrationUriElsewhere);
    }
    Some(RegistrationAccess {
        registration_client_uri: home.into_iter().next().unwrap_or(before.registration_client_uri),
        registration_access_token: token.unwrap_or(before.registration_access_token),
    })
}

/// RFC 6749 appendix A.1.
pub(super) fn is_client_id(text: &str) -> bool {
    (1..=MAX_CLIENT_ID).contains(&text.len()) && text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}

/// The members, told apart while they are read: a secret is copied nowhere else.
#[derive(Default)]
struct Document {
    client_id: Option<String>,
    client_id_issued_at: Option<UnixTime>,
    registration_client_uri: Option<String>,
    registration_access_token: Option<Secret>,
    client_secret: bool,
    metadata: ClientMetadata,
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

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(Secret::new(text)))
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
