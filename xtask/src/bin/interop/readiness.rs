//! Compares the server's metadata with FAPI 2.0 and with every client of the matrix.

use fdx_par::{Readiness, WellKnown, discovery::discover_document, readiness::Severity};
use fdx_transport_hyper::system_now;

use crate::combination::Combination;
use crate::failure::Failure;
use crate::flow::check;
use crate::lab::Lab;
use crate::recipient::Recipient;

/// Checks that the metadata prevents no client, and lists the members with advice.
pub(crate) fn of_metadata(lab: &Lab) -> Result<String, Failure> {
    let mut advice = Vec::new();
    for combination in Combination::all() {
        let recipient = Recipient::new(lab, combination)?;
        let config = recipient.client.config();
        let well_known = WellKnown::OpenidConfiguration;
        let document =
            recipient.run(discover_document(&config.issuer, well_known, system_now())?)?;
        let readiness = Readiness::of(document.as_bytes(), Some(&config.issuer), Some(config));
        check(readiness.worst() <= Severity::Advice, "a row has a fault")?;
        let rows = readiness.findings().iter();
        let named = rows.filter(|row| row.severity == Severity::Advice).map(|row| row.member);
        advice = named.collect();
    }
    Ok(format!("no fault; advice on {}", advice.join(", ")))
}
