use std::io;
use std::time::SystemTime;

use fdx_jose::{Algorithm, KeyError, backend};
use fdx_par::{AuthorizationRequest, Granted};
use fdx_rar::{ConsentDuration, ConsentRequest, ConsentRequestError, DataCluster, ResourceType};
use fdx_wire::{Entropy, UnixTime};

/// What the examples ask for: accounts and their transactions, and how to reach the customer.
///
/// # Errors
/// None in fact.
pub fn asked() -> Result<AuthorizationRequest, ConsentRequestError> {
    let consent = ConsentRequest::new(ConsentDuration::time_bound(90)?)
        .lookback_period(60)
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .resource(ResourceType::Customer, [DataCluster::CustomerContact])
        .build()?;
    Ok(AuthorizationRequest::new(consent).openid())
}

/// A key for ES256 that was made just now, as PKCS#8.
///
/// # Errors
/// Where there is no randomness.
pub fn fresh_key() -> Result<Vec<u8>, KeyError> {
    backend::ring().generate_pkcs8(Algorithm::Es256)
}

/// The system's clock: an argument of the core, which reads none.
#[must_use]
pub fn now() -> UnixTime {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(elapsed.as_secs())
}

/// 32 bytes from the operating system, for one exchange: an argument of the core, too.
///
/// # Errors
/// Where the system gives none.
pub fn entropy() -> Result<Entropy, io::Error> {
    Entropy::from_os()
}

/// Tells a step that is done.
pub fn step(name: &str, what: impl AsRef<str>) {
    println!("{name:<12} {}", what.as_ref());
}

/// Tells what was granted beside what was asked.
pub fn tell(granted: &Granted) {
    let mut name = "granted";
    for line in lines(granted) {
        step(name, line);
        name = "";
    }
}

/// The consent's id, what the customer shares, and what the customer does not.
#[must_use]
pub fn lines(granted: &Granted) -> Vec<String> {
    let id = granted.consent_id().map_or("without an id", |id| id.as_str());
    let mut lines = vec![format!("consent {id}")];
    lines.extend(granted.coverage().granted().iter().map(|cluster| {
        format!("+ {} of {} {}", cluster.data_cluster, cluster.resource_type, cluster.resource_id)
    }));
    lines.extend(granted.coverage().withheld().iter().map(|withheld| {
        let (cluster, kind) = (withheld.data_cluster(), withheld.resource_type());
        match withheld.resource_id() {
            Some(id) => format!("- {cluster} of {kind} {id}"),
            None => format!("- {cluster} of any {kind}"),
        }
    }));
    lines
}
