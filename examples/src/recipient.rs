use std::error::Error;
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
///
/// # Errors
/// Where nothing is known of it.
pub fn tell(granted: &Granted) -> Result<(), Box<dyn Error>> {
    let id = granted.consent_id().ok_or("the institution told no consent id")?;
    let coverage = granted.coverage();
    step("granted", format!("consent {id}"));
    for cluster in coverage.granted() {
        let (kind, id) = (&cluster.resource_type, &cluster.resource_id);
        step("", format!("+ {} of {kind} {id}", cluster.data_cluster));
    }
    for withheld in coverage.withheld() {
        let kind = withheld.resource_type();
        let which = withheld.resource_id().unwrap_or("any");
        step("", format!("- {} of {kind} {which}", withheld.data_cluster()));
    }
    Ok(())
}
