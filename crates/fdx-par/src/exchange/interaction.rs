use http::header::HeaderName;

use crate::Notice;

pub(crate) const INTERACTION_ID: HeaderName = HeaderName::from_static("x-fapi-interaction-id");

/// The answer repeats the interaction id that was sent, or that is worth a notice, never an error:
/// some servers send none, or one of their own.
pub(crate) fn compare(sent: &str, echoed: Option<&str>) -> Option<Notice> {
    match echoed {
        Some(echoed) if echoed.eq_ignore_ascii_case(sent) => None,
        Some(_) => Some(Notice::InteractionIdOther),
        None => Some(Notice::InteractionIdMissing),
    }
}
