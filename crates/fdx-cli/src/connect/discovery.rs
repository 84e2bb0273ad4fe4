//! Hints for a discovery that failed, in `connect` and in `doctor`.

use fdx_par::{WellKnown, discovery::discover_document};
use fdx_transport_hyper::system_now;
use fdx_wire::json::Limits;
use fdx_wire::{Issuer, json};
use serde::Deserialize;

use crate::error::Failure;
use crate::flow::Driver;
use crate::print::printable;

/// Adds what helps after a failed discovery: the other path, if it has metadata, or both issuers.
pub(crate) async fn hint(
    failure: Failure,
    driver: &Driver,
    issuer: &Issuer,
    tried: WellKnown,
) -> Failure {
    if failure.has_code("rfc8414.issuer.mismatch") {
        let document = fetch(driver, issuer, tried).await;
        let other = document.and_then(|document| other_issuer(issuer, &document));
        return match other {
            Some(other) => failure.but(&other),
            None => failure,
        };
    }
    let other = match tried {
        WellKnown::OAuthAuthorizationServer => WellKnown::OpenidConfiguration,
        WellKnown::OpenidConfiguration | WellKnown::OpenidConfigurationBeforePath => {
            WellKnown::OAuthAuthorizationServer
        }
    };
    let setting = crate::dialect::name(other);
    if failure.has_code("rfc9110.error") && fetch(driver, issuer, other).await.is_some() {
        return failure
            .but(&format!("the institution publishes {setting}: set discovery = \"{setting}\""));
    }
    failure
}

/// Describes both issuers if the document has another one than `expected`.
pub(crate) fn other_issuer(expected: &Issuer, document: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
    }
    let document: Document = json::object_from_slice(document, &Limits::bytes(MAX_BYTES)).ok()?;
    let (actual, expected) = (document.issuer, expected.as_str());
    if actual == expected {
        return None;
    }
    let shown = printable(&actual);
    let both = format!("the metadata has issuer \"{shown}\", and \"{expected}\" was requested");
    Some(match actual.trim_end_matches('/') == expected.trim_end_matches('/') {
        true => format!("{both}: they differ in the final slash; write \"{shown}\""),
        false => format!("{both}; write issuer exactly as in the metadata, if it is the right one"),
    })
}

const MAX_BYTES: usize = 256 * 1024;

async fn fetch(driver: &Driver, issuer: &Issuer, well_known: WellKnown) -> Option<Vec<u8>> {
    let draft = discover_document(issuer, well_known, system_now());
    let document = driver.try_run("fetching the metadata", draft).await.ok()?.ok()?;
    Some(document.as_bytes().to_vec())
}
