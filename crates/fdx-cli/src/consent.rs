//! How a consent is shown: as JSON, as a table, and as a receipt.

use std::collections::BTreeSet;

use fdx_rar::{
    ConsentReceipt, ConsentRequest, DataCluster, Expiration, GrantSource, GrantedResource,
    ReceiptWarning, RequestedCluster, ResourceType, Withheld,
};
use serde::Serialize;

use crate::print::{Table, entry, hex, printable};

/// Scopes that have their own settings.
const SETTINGS: [&str; 2] = ["offline_access", "openid"];

/// A resource type and one of its data clusters. A deprecated cluster has its newer name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pair<'a> {
    pub(crate) resource_type: &'a ResourceType,
    pub(crate) data_cluster: &'a DataCluster,
}

/// One consent for `--json`: the request and the grant.
#[derive(Serialize)]
pub(crate) struct Consent<'a> {
    consent_id: Option<&'a str>,
    requested: Vec<Pair<'a>>,
    /// Pairs that at least one resource has. Null if not reported.
    granted: Option<Vec<Pair<'a>>>,
    /// Pairs that no resource has. Null if not reported.
    withheld: Option<Vec<Pair<'a>>>,
    granted_resources: Option<&'a [GrantedResource]>,
    /// Pairs that one granted resource does not have.
    withheld_from_resources: Vec<&'a Withheld>,
    granted_scopes: String,
    receipt: &'a ConsentReceipt,
    receipt_sha256: String,
}

impl<'a> Consent<'a> {
    pub(crate) fn new(receipt: &'a ConsentReceipt) -> Self {
        let requested = requested(receipt);
        let granted: BTreeSet<_> = triples(receipt).map(|(pair, _)| pair).collect();
        let granted = granted.into_iter().filter(|pair| requested.contains(pair)).collect();
        let (everywhere, somewhere): (Vec<_>, Vec<_>) =
            withheld(receipt).iter().partition(|it| it.resource_id().is_none());
        let everywhere = everywhere.into_iter().map(Pair::withheld).collect();
        let reported = receipt.granted().is_some();
        Self {
            consent_id: receipt.consent_id().map(|id| id.as_str()),
            requested,
            granted: reported.then_some(granted),
            withheld: reported.then_some(everywhere),
            granted_resources: receipt.granted(),
            withheld_from_resources: somewhere,
            granted_scopes: receipt.granted_scopes().to_string(),
            receipt,
            receipt_sha256: hex(&receipt.digest()),
        }
    }
}

impl<'a> Pair<'a> {
    fn new((resource_type, data_cluster): (&'a ResourceType, &'a DataCluster)) -> Self {
        Self { resource_type, data_cluster: data_cluster.current() }
    }

    fn withheld(withheld: &'a Withheld) -> Self {
        Self::new((withheld.resource_type(), withheld.data_cluster()))
    }
}

/// The requested pairs, each once, in the order of the request.
fn requested(receipt: &ConsentReceipt) -> Vec<Pair<'_>> {
    let mut seen = BTreeSet::new();
    let pairs = receipt.requested().into_iter().flat_map(ConsentRequest::pairs);
    pairs.map(Pair::new).filter(|pair| seen.insert(*pair)).collect()
}

/// Each granted pair with the identifier of a resource that has it.
fn triples(receipt: &ConsentReceipt) -> impl Iterator<Item = (Pair<'_>, &str)> {
    receipt.granted().unwrap_or_default().iter().flat_map(|resource| {
        let clusters = resource.data_clusters().iter();
        let pairs = clusters.map(|cluster| Pair::new((resource.resource_type(), cluster)));
        pairs.map(|pair| (pair, resource.resource_id()))
    })
}

fn withheld(receipt: &ConsentReceipt) -> &[Withheld] {
    receipt.withheld().unwrap_or_default()
}

/// Compares the request with the grant: data clusters, or scopes if only scopes were requested.
pub(crate) fn comparison(receipt: &ConsentReceipt) -> Table {
    if receipt.requested().is_some() {
        return coverage(receipt);
    }
    let requested = receipt.requested_scopes().cloned().unwrap_or_default();
    let scopes = receipt.granted_scopes();
    let mut table = Table::new(&["scope", "granted"]);
    for scope in requested.iter() {
        let granted = if scopes.contains(scope) { "granted" } else { "withheld" };
        table.row([printable(scope).as_str(), granted]);
    }
    let not_requested = |scope: &&str| !requested.contains(scope) && !SETTINGS.contains(scope);
    for scope in scopes.iter().filter(not_requested) {
        table.row([printable(scope).as_str(), "granted (not requested)"]);
    }
    table
}

/// A row for each pair that was requested or granted.
pub(crate) fn coverage(receipt: &ConsentReceipt) -> Table {
    let mut table = Table::new(&["resource", "data cluster", "granted on", "withheld"]);
    let requested = requested(receipt);
    for pair in &requested {
        let is_unclear = receipt.unclear().iter().any(|it| is_of(*pair, it));
        let (on, withheld) = match receipt.granted() {
            None => ("not reported".to_owned(), String::new()),
            Some(_) if is_unclear => ("unclear".to_owned(), String::new()),
            Some(_) => (resources(*pair, receipt), withheld_of(*pair, receipt)),
        };
        table.row([pair.resource_type.to_string(), pair.data_cluster.to_string(), on, withheld]);
    }
    for (pair, id) in triples(receipt).filter(|(pair, _)| !requested.contains(pair)) {
        table.row([
            pair.resource_type.to_string(),
            pair.data_cluster.to_string(),
            format!("{} (not requested)", printable(id)),
            String::new(),
        ]);
    }
    table
}

fn is_of(pair: Pair<'_>, requested: &RequestedCluster) -> bool {
    pair == Pair::new((&requested.resource_type, &requested.data_cluster))
}

fn resources(pair: Pair<'_>, receipt: &ConsentReceipt) -> String {
    let of_pair = triples(receipt).filter(|(granted, _)| *granted == pair);
    let ids: Vec<_> = of_pair.map(|(_, id)| named(id)).collect();
    if ids.is_empty() { "-".to_owned() } else { ids.join(", ") }
}

fn withheld_of(pair: Pair<'_>, receipt: &ConsentReceipt) -> String {
    let of_pair = withheld(receipt).iter().filter(|it| Pair::withheld(it) == pair);
    let of_pair: Vec<_> = of_pair.collect();
    if of_pair.iter().any(|it| it.resource_id().is_none()) {
        return "withheld".to_owned();
    }
    let ids: Vec<_> = of_pair.iter().filter_map(|it| it.resource_id()).map(named).collect();
    if ids.is_empty() { String::new() } else { format!("withheld on {}", ids.join(", ")) }
}

/// A resource's identifier, if the source has one.
fn named(resource_id: &str) -> String {
    if resource_id.is_empty() { "(no identifier)".to_owned() } else { printable(resource_id) }
}

/// The receipt as text. The JSON form is what is stored.
pub(crate) fn receipt_text(receipt: &ConsentReceipt) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(entry(name, &value));
        }
    };
    let id = receipt.consent_id().map_or("not reported".to_owned(), |id| printable(id.as_str()));
    line("consent", id);
    line("institution", receipt.issuer().to_string());
    line("client", receipt.client_id().to_owned());
    line("issued", receipt.issued_at().to_rfc3339());
    let sources = |sources: &[GrantSource]| {
        sources.iter().map(|it| printable(it.as_str())).collect::<Vec<_>>().join(", ")
    };
    line("expires", expires(receipt.expiration(), &sources(receipt.expiration_sources())));
    for resource in receipt.granted().unwrap_or_default() {
        let clusters = resource.data_clusters().iter().map(DataCluster::to_string);
        let clusters: Vec<_> = clusters.map(|cluster| printable(&cluster)).collect();
        let (kind, id) = (resource.resource_type().as_str(), resource.resource_id());
        let (kind, id) = (printable(kind), named(id));
        line("granted", format!("{kind} {id}: {}", clusters.join(", ")));
    }
    line("sources", sources(receipt.granted_sources()));
    line("scopes", receipt.granted_scopes().to_string());
    if let Some(url) = receipt.revocation_endpoint() {
        line("revoke", format!("PUT {url}"));
    }
    line("pushed", format!("SHA-256: {}", hex(&receipt.evidence().pushed_request_sha256)));
    // One key may both authenticate the client and bind the tokens.
    let mut keys = receipt.evidence().key_thumbprints.clone();
    keys.dedup();
    line("keys", keys.join(", "));
    line("interaction", receipt.evidence().interaction_ids.join(", "));
    for warning in receipt.warnings() {
        line("warning", about(warning));
    }
    line("digest", format!("SHA-256 over its RFC 8785 form: {}", hex(&receipt.digest())));
    lines.join("\n")
}

fn about(warning: &ReceiptWarning) -> String {
    let about = match warning {
        ReceiptWarning::NoConsentId => "the institution reports no consent id",
        ReceiptWarning::NotFapi => "a client secret, or a request that was not pushed",
        ReceiptWarning::NotSenderConstrained => "a thief can use the tokens without a key",
        _ => "an unknown warning",
    };
    format!("{}: {about}", printable(warning.as_str()))
}

/// When the consent expires, how this is known, and the sources if there are any.
fn expires(expiration: Expiration, sources: &str) -> String {
    let (end, basis) = match expiration {
        Expiration::Stated(time) => (time.to_string(), "reported by the institution"),
        Expiration::Derived(time) => (time.to_string(), "computed from durationPeriod"),
        Expiration::NoEnd => ("never".to_owned(), "reported by the institution"),
        Expiration::NotUnderstood => {
            ("not understood".to_owned(), "reported by the institution in another form")
        }
        _ => return "not reported".to_owned(),
    };
    match sources {
        "" => format!("{end} ({basis})"),
        _ => format!("{end} ({basis}: {sources})"),
    }
}
