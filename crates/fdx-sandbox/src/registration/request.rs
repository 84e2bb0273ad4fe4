use fdx_wire::json::Limits;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::document;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::Received;
use crate::resources::is_uuid;

const LIMITS: Limits = Limits::bytes(64 * 1024);

impl Institution {
    /// The client metadata in the body. A member that is `null` counts as absent
    /// (RFC 7592 section 2.2).
    pub(super) fn registration_request(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Map<String, Value>, Broken> {
        self.registration_call(received)?;
        let content_type = received.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let document = match document::read(received.request.body(), &LIMITS) {
            Some(Value::Object(members)) => Some(members),
            _ => None,
        };
        let is_json = essence.eq_ignore_ascii_case("application/json");
        let mut metadata = self.verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 7591 3.1",
            "the body is a JSON object of at most 64 KiB, in which nothing is said twice",
            document.filter(|_| is_json),
        )?;
        metadata.retain(|_, value| !value.is_null());
        Ok(metadata)
    }

    /// What every call of registration and management brings.
    pub(super) fn registration_call(&mut self, received: &Received<'_>) -> Result<(), Broken> {
        self.verdicts.require(
            Reason::InvalidRequest,
            "FDX API 6, recipient registration",
            "x-fapi-interaction-id is a UUID",
            received.header("x-fapi-interaction-id").is_some_and(is_uuid),
        )
    }
}
