//! What `--json` prints of a consent, `demo` and `connect` alike.

use std::collections::BTreeSet;

use fdx_par::Granted;
use fdx_rar::{
    ConsentReceipt, ConsentRequest, DataCluster, GrantedResource, ResourceType, Withheld,
};
use serde::Serialize;

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

/// One JSON document. Our own types always have a JSON form.
pub(crate) fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
