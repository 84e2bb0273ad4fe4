use std::io;
use std::time::SystemTime;

use fdx_jose::{Algorithm, KeyError, backend};
use fdx_par::{AuthorizationRequest, Granted};
use fdx_rar::{ConsentDuration, ConsentRequest, ConsentRequestError, DataCluster, ResourceType};
use fdx_wire::{Entropy, UnixTime};

/// Returns the examples' request: accounts with their transactions, and the customer's contact data.
///
/// # Errors
/// None with these constants.
pub fn consent_request() -> Result<AuthorizationRequest, ConsentRequestError> {
    let consent = ConsentRequest::new(ConsentDuration::time_bound(90)?)
        .lookback_period(60)
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .resource(ResourceType::Customer, [DataCluster::CustomerContact])
        .build()?;
    Ok(AuthorizationRequest::new(consent).openid())
}

/// Generates an ES256 key, as PKCS#8.
///
/// # Errors
/// If the random number generator fails.
pub fn fresh_key() -> Result<Vec<u8>, KeyError> {
    backend::ring().generate_pkcs8(Algorithm::Es256)
}

/// Returns the time of the system's clock. The protocol crates receive it as an argument.
#[must_use]
pub fn now() -> UnixTime {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(elapsed.as_secs())
}

/// Returns 32 random bytes of the operating system, for one exchange.
///
/// # Errors
/// If the operating system's random number generator fails.
pub fn entropy() -> Result<Entropy, io::Error> {
    Entropy::from_os()
}

/// Prints a completed step.
pub fn step(name: &str, text: impl AsRef<str>) {
    println!("{name:<12} {}", text.as_ref());
}

/// Prints what was granted and what was withheld.
pub fn print_granted(granted: &Granted) {
    let mut name = "granted";
    for line in granted_lines(granted) {
        step(name, line);
        name = "";
    }
}

/// Returns the consent's id, the granted data clusters (`+`) and the withheld ones (`-`).
#[must_use]
pub fn granted_lines(granted: &Granted) -> Vec<String> {
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
