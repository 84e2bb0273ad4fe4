//! How a consent is shown: as JSON, as a table, and as a receipt.

use std::collections::BTreeSet;

use fdx_par::Granted;
use fdx_rar::{
    ConsentReceipt, ConsentRequest, Coverage, DataCluster, Expiration, GrantSource, GrantedCluster,
    GrantedResource, ReceiptWarning, RequestedCluster, ResourceType, Withheld,
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
    pub(crate) fn new(granted: &'a Granted, receipt: &'a ConsentReceipt) -> Self {
        let coverage = granted.coverage();
        let pairs = coverage.granted_pairs().into_iter().map(Pair::new).collect();
        let everywhere = |withheld: &&Withheld| withheld.resource_id().is_none();
        let nowhere = coverage.withheld().iter().filter(everywhere);
        let nowhere = nowhere.map(|it| Pair::new((it.resource_type(), it.data_cluster())));
        let reported = coverage.is_reported();
        Self {
            consent_id: granted.consent_id().map(|id| id.as_str()),
            requested: requested(granted),
            granted: reported.then_some(pairs),
            withheld: reported.then(|| nowhere.collect()),
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

/// The requested pairs, each once, in the order of the request.
pub(crate) fn requested(granted: &Granted) -> Vec<Pair<'_>> {
    let mut seen = BTreeSet::new();
    let pairs = granted.requested().consent().into_iter().flat_map(ConsentRequest::pairs);
    let pairs = pairs.map(Pair::new);
    pairs.filter(|pair| seen.insert(*pair)).collect()
}

/// Compares the request with the grant: data clusters, or scopes if only scopes were requested.
pub(crate) fn comparison(granted: &Granted) -> Table {
    if granted.requested().consent().is_some() {
        return coverage(granted);
    }
    let (requested, scopes) = (granted.requested().scopes(), granted.tokens().scopes());
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
pub(crate) fn coverage(granted: &Granted) -> Table {
    let mut table = Table::new(&["resource", "data cluster", "granted on", "withheld"]);
    for pair in requested(granted) {
        let (on, withheld) = match granted.coverage() {
            Coverage::NotReported => ("not reported".to_owned(), String::new()),
            coverage if coverage.unclear().iter().any(|it| is_of(pair, it)) => {
                ("unclear".to_owned(), String::new())
            }
            coverage => (resources(pair, coverage.granted()), withheld(pair, coverage.withheld())),
        };
        table.row([pair.resource_type.to_string(), pair.data_cluster.to_string(), on, withheld]);
    }
    for extra in granted.coverage().not_requested() {
        let GrantedCluster { resource_type, resource_id, data_cluster } = extra;
        table.row([
            resource_type.to_string(),
            data_cluster.to_string(),
            format!("{} (not requested)", printable(resource_id)),
            String::new(),
        ]);
    }
    table
}

fn is_of(pair: Pair<'_>, requested: &RequestedCluster) -> bool {
    requested.resource_type == *pair.resource_type && requested.data_cluster == *pair.data_cluster
}

fn resources(pair: Pair<'_>, granted: &[GrantedCluster]) -> String {
    let of_pair = granted.iter().filter(|triple| {
        triple.resource_type == *pair.resource_type && triple.data_cluster == *pair.data_cluster
    });
    let ids: Vec<_> = of_pair.map(|triple| named(&triple.resource_id)).collect();
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
