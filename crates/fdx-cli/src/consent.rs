//! How a consent is shown: as JSON, as a table, and as a receipt.

use std::collections::BTreeSet;

use fdx_par::Granted;
use fdx_rar::{
    ConsentReceipt, ConsentRequest, Coverage, DataCluster, Expiration, GrantedCluster,
    GrantedResource, ReceiptWarning, ResourceType, Withheld,
};
use serde::Serialize;

use crate::print::{Table, hex, printable};

/// Scopes that are asked for beside the others.
const SETTINGS: [&str; 2] = ["offline_access", "openid"];

/// A resource type and a data cluster of it, the deprecated one under its newer name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pair<'a> {
    pub(crate) resource_type: &'a ResourceType,
    pub(crate) data_cluster: &'a DataCluster,
}

/// One consent: what was asked beside what was granted.
#[derive(Serialize)]
pub(crate) struct Consent<'a> {
    consent_id: Option<&'a str>,
    requested: Vec<Pair<'a>>,
    /// Pairs that at least one resource has; null where the institution does not tell.
    granted: Option<Vec<Pair<'a>>>,
    /// Pairs that no resource has; null where the institution does not tell.
    withheld: Option<Vec<Pair<'a>>>,
    granted_resources: Option<&'a [GrantedResource]>,
    /// Pairs that one granted resource lacks.
    withheld_from_resources: Vec<&'a Withheld>,
    granted_scopes: String,
    receipt: &'a ConsentReceipt,
    receipt_sha256: String,
}

impl<'a> Consent<'a> {
    pub(crate) fn new(granted: &'a Granted, receipt: &'a ConsentReceipt) -> Self {
        let coverage = granted.coverage();
        let pairs = coverage.granted_pairs().into_iter().map(Pair::new).collect();
        let everywhere = |withheld: &&Withheld| withheld.resource_id().is_none();
        let nowhere = coverage.withheld().iter().filter(everywhere);
        let nowhere = nowhere.map(|it| Pair::new((it.resource_type(), it.data_cluster())));
        let told = coverage.is_reported();
        Self {
            consent_id: granted.consent_id().map(|id| id.as_str()),
            requested: requested(granted),
            granted: told.then_some(pairs),
            withheld: told.then(|| nowhere.collect()),
            granted_resources: granted.grant().and_then(|grant| grant.resources()),
            withheld_from_resources: coverage
                .withheld()
                .iter()
                .filter(|it| !everywhere(it))
                .collect(),
            granted_scopes: granted.tokens().scopes().to_string(),
            receipt,
            receipt_sha256: hex(&receipt.digest()),
        }
    }
}

impl<'a> Pair<'a> {
    fn new((resource_type, data_cluster): (&'a ResourceType, &'a DataCluster)) -> Self {
        Self { resource_type, data_cluster: data_cluster.current() }
    }
}

/// The pairs that were asked for, each once, in the order of asking.
pub(crate) fn requested(granted: &Granted) -> Vec<Pair<'_>> {
    let mut seen = BTreeSet::new();
    let pairs = granted.asked().consent().into_iter().flat_map(ConsentRequest::pairs);
    let pairs = pairs.map(Pair::new);
    pairs.filter(|pair| seen.insert(*pair)).collect()
}

/// Asked beside granted: data clusters, or scopes where nothing else was asked for.
pub(crate) fn asked(granted: &Granted) -> Table {
    if granted.asked().consent().is_some() {
        return coverage(granted);
    }
    let (asked, scopes) = (granted.asked().scopes(), granted.tokens().scopes());
    let mut table = Table::new(&["scope", "granted"]);
    for scope in asked.iter() {
        let granted = if scopes.contains(scope) { "granted" } else { "withheld" };
        table.row([printable(scope).as_str(), granted]);
    }
    // These two are a setting each.
    let unasked = |scope: &&str| !asked.contains(scope) && !SETTINGS.contains(scope);
    for scope in scopes.iter().filter(unasked) {
        table.row([printable(scope).as_str(), "granted (not asked for)"]);
    }
    table
}

/// A row for each pair that was asked for, or was granted unasked.
pub(crate) fn coverage(granted: &Granted) -> Table {
    let mut table = Table::new(&["resource", "data cluster", "granted on", "withheld"]);
    for pair in requested(granted) {
        let (on, withheld) = match granted.coverage() {
            Coverage::NotReported => ("the institution does not tell".to_owned(), String::new()),
            told => (resources(pair, told.granted()), withheld(pair, told.withheld())),
        };
        table.row([pair.resource_type.to_string(), pair.data_cluster.to_string(), on, withheld]);
    }
    for extra in granted.coverage().not_requested() {
        let GrantedCluster { resource_type, resource_id, data_cluster } = extra;
        table.row([
            resource_type.to_string(),
            data_cluster.to_string(),
            format!("{} (not asked for)", printable(resource_id)),
            String::new(),
        ]);
    }
    table
}

fn resources(pair: Pair<'_>, granted: &[GrantedCluster]) -> String {
    let of_pair = granted.iter().filter(|triple| {
        triple.resource_type == *pair.resource_type && triple.data_cluster == *pair.data_cluster
    });
    let ids: Vec<_> = of_pair.map(|triple| printable(&triple.resource_id)).collect();
    if ids.is_empty() { "-".to_owned() } else { ids.join(", ") }
}

fn withheld(pair: Pair<'_>, withheld: &[Withheld]) -> String {
    let of_pair: Vec<_> = withheld
        .iter()
        .filter(|it| {
            it.resource_type() == pair.resource_type && it.data_cluster() == pair.data_cluster
        })
        .collect();
    if of_pair.iter().any(|it| it.resource_id().is_none()) {
        return "withheld".to_owned();
    }
    let ids: Vec<_> = of_pair.iter().filter_map(|it| it.resource_id()).map(printable).collect();
    if ids.is_empty() { String::new() } else { format!("withheld on {}", ids.join(", ")) }
}

/// The receipt as text. The JSON form is what is stored.
pub(crate) fn receipt_text(receipt: &ConsentReceipt) -> String {
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
