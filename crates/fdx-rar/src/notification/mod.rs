use fdx_wire::json::{self, JsonError, Limits, RawJson};
use serde::Deserialize;

use crate::ConsentId;

/// The subject of an FDX event notification, as far as it concerns consents.
///
/// A notification is not authenticated: every party that knows the callback URL can send one, and FDX
/// defines no signature. Therefore only the id of a consent that *may* have changed is read. Type,
/// status, initiator and link are ignored; read the consent again to learn its state. An attacker can
/// only cause one such read for each message, so limit the rate of messages.
///
/// ```
/// use fdx_rar::Notification;
///
/// let body = br#"{"notificationId":"n-1","type":"CONSENT_REVOKED","category":"CONSENT",
///     "sentOn":"2026-01-05T10:00:00Z","publisher":{"name":"Bank","type":"DATA_PROVIDER"},
///     "notificationPayload":{"id":"c-7f3a","idType":"CONSENT",
///         "customFields":[{"name":"INITIATOR","value":"INDIVIDUAL"}]}}"#;
/// let Notification::Consent(hint) = Notification::read(body)? else {
///     return Ok(()); // another subject
/// };
/// assert_eq!(hint.consent_id().as_str(), "c-7f3a");
/// # Ok::<(), fdx_rar::NotificationError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Notification {
    /// A consent.
    Consent(ConsentHint),
    /// Another subject: an account, a customer, maintenance.
    Other,
}

/// A hint that a consent may have changed. It proves nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentHint(ConsentId);

/// The rule that a notification broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// About a consent, without a consent id.
    #[error("the notification is about a consent and has no consent id")]
    ConsentId,
    /// Not JSON of the expected shape.
    #[error("the notification is {0}")]
    Json(#[from] JsonError),
}

/// Ten times the largest published example.
const LIMITS: Limits = Limits { depth: 16, members: 500, ..Limits::bytes(16 * 1024) };

/// FDX Event Notifications, Notification. Members of unexpected JSON types are ignored, because
/// published examples and senders differ in nearly all of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(rename = "type")]
    kind: Option<RawJson>,
    notification_payload: Option<RawJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    id: Option<RawJson>,
    id_type: Option<RawJson>,
}

impl Notification {
    /// Reads the body that was posted to the callback.
    ///
    /// # Errors
    /// [`NotificationError`].
    pub fn read(body: &[u8]) -> Result<Self, NotificationError> {
        let body: Body = json::object_from_slice(body, &LIMITS)?;
        let payload = body.notification_payload.and_then(|raw| {
            json::object_from_slice::<Payload>(raw.as_str().as_bytes(), &LIMITS).ok()
        });
        let (id, id_type) = payload.map_or((None, None), |payload| (payload.id, payload.id_type));
        // The category is unreliable: an FDX example has SECURITY for a revoked consent.
        let about_a_consent = match name(id_type) {
            Some(id_type) => id_type.eq_ignore_ascii_case("CONSENT"),
            None => name(body.kind).is_some_and(|kind| starts_with_consent(&kind)),
        };
        if !about_a_consent {
            return Ok(Self::Other);
        }
        let consent_id = id.and_then(|raw| raw.read::<ConsentId>().ok());
        consent_id.map(|id| Self::Consent(ConsentHint(id))).ok_or(NotificationError::ConsentId)
    }
}

impl ConsentHint {
    /// The consent to read.
    #[must_use]
    pub fn consent_id(&self) -> &ConsentId {
        &self.0
    }
}

fn name(raw: Option<RawJson>) -> Option<alloc::string::String> {
    raw?.read().ok()
}

/// `CONSENT_REVOKED`, `CONSENT_UPDATED`, and additions of senders such as `CONSENT_EXPIRING`.
fn starts_with_consent(kind: &str) -> bool {
    let start = kind.get(.."CONSENT_".len());
    start.is_some_and(|start| start.eq_ignore_ascii_case("CONSENT_"))
}

#[cfg(test)]
mod tests;
