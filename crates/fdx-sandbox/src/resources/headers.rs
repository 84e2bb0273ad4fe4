//! What calls of the FDX API say beside their token.

use core::net::IpAddr;

use fdx_wire::UnixTime;

use super::is_uuid;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::Received;

/// FDX API, Identifier.
const MAX_ID: usize = 256;

impl Institution {
    pub(super) fn check_headers(&mut self, received: &Received<'_>) -> Result<(), Broken> {
        self.verdicts.require(
            Reason::InvalidRequest,
            "FDX API 6, headers",
            "x-fapi-interaction-id is a UUID",
            received.header("x-fapi-interaction-id").is_some_and(is_uuid),
        )?;
        self.verdicts.require(
            Reason::InvalidRequest,
            "FDX API 6, headers",
            "FDX-API-Actor-Type, if any, is USER or BATCH",
            holds(received, "fdx-api-actor-type", |actor| matches!(actor, "USER" | "BATCH")),
        )?;
        let is_id = |id: &str| (1..=MAX_ID).contains(&id.len());
        self.verdicts.require(
            Reason::InvalidRequest,
            "FDX API 6, headers",
            "the ids of provider and recipient, if any, are of 1 to 256 characters",
            holds(received, "fdx-api-data-provider-id", is_id)
                && holds(received, "fdx-api-data-recipient-id", is_id),
        )?;
        self.verdicts.require(
            Reason::InvalidRequest,
            "FAPI 1.0 Baseline 6.2.2",
            "x-fapi-auth-date, if any, is an HTTP date in its fixed form",
            holds(received, "x-fapi-auth-date", |date| {
                let time = UnixTime::parse_http_date(date);
                time.is_ok_and(|time| time.to_http_date() == date)
            }),
        )?;
        self.verdicts.require(
            Reason::InvalidRequest,
            "FAPI 1.0 Baseline 6.2.2",
            "x-fapi-customer-ip-address, if any, is an address of IPv4 or IPv6",
            holds(received, "x-fapi-customer-ip-address", |ip| ip.parse::<IpAddr>().is_ok()),
        )
    }
}

/// Whether a header is missing, or there once with a value that is right.
fn holds(received: &Received<'_>, name: &str, right: impl Fn(&str) -> bool) -> bool {
    !received.request.headers().contains_key(name) || received.header(name).is_some_and(right)
}
