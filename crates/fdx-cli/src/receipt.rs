use fdx_rar::{ConsentReceipt, DataCluster, Expiration, ReceiptWarning};

use crate::json::hex;
use crate::table::printable;

/// The receipt for a person to read. Its JSON is what is kept.
pub(crate) fn text(receipt: &ConsentReceipt) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("  {name:<12} {value}"));
        }
    };
    let id = receipt.consent_id().map_or("not reported".to_owned(), |id| printable(id.as_str()));
    line("consent", id);
    line("institution", receipt.issuer().to_string());
    line("client", receipt.client_id().to_owned());
    line("issued", receipt.issued_at().to_rfc3339());
    line("expires", expires(receipt.expiration()));
    for resource in receipt.granted().unwrap_or_default() {
        let clusters = resource.data_clusters().iter().map(DataCluster::to_string);
        let clusters: Vec<_> = clusters.map(|cluster| printable(&cluster)).collect();
        let (kind, id) = (resource.resource_type().as_str(), resource.resource_id());
        let (kind, id) = (printable(kind), printable(id));
        line("granted", format!("{kind} {id}: {}", clusters.join(", ")));
    }
    line("scopes", receipt.granted_scopes().to_string());
    if let Some(url) = receipt.revocation_endpoint() {
        line("revoke", format!("PUT {url}"));
    }
    line("pushed", format!("SHA-256 {}", hex(&receipt.evidence().pushed_request_sha256)));
    // One key may be what the client is known by and what the tokens are bound to.
    let mut keys = receipt.evidence().key_thumbprints.clone();
    keys.dedup();
    line("keys", keys.join(", "));
    line("interaction", receipt.evidence().interaction_ids.join(", "));
    for warning in receipt.warnings() {
        line("warning", about(warning));
    }
    line("digest", format!("SHA-256 {}, over its RFC 8785 form", hex(&receipt.digest())));
    lines.join("\n")
}

fn about(warning: &ReceiptWarning) -> String {
    let about = match warning {
        ReceiptWarning::NoConsentId => "the institution tells no consent id",
        ReceiptWarning::NotFapi => "a client secret, or a request that was not pushed",
        ReceiptWarning::NotSenderConstrained => "whoever holds the tokens can use them",
        _ => "unknown here",
    };
    format!("{}: {about}", printable(warning.as_str()))
}

fn expires(expiration: Expiration) -> String {
    match expiration {
        Expiration::Stated(time) => format!("{time} (the institution says so)"),
        Expiration::Derived(time) => format!("{time} (computed from durationPeriod)"),
        Expiration::NotReported => "not reported".to_owned(),
    }
}
