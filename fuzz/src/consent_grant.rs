use fdx_rar::{ConsentGrant, Coverage};
use fdx_wire::json::{self, Limits};

use crate::scene::consent_request;

/// A consent as the institution tells it.
///
/// # Panics
/// Where one that was read does not read back equal, or is called whole while something is missing.
pub fn consent_grant(bytes: &[u8]) {
    let Ok(read) = json::object_from_slice::<ConsentGrant>(bytes, &Limits::bytes(16 * 1024)) else {
        return;
    };
    let written = serde_json::to_vec(&read).unwrap();
    let again: ConsentGrant = json::object_from_slice(&written, &Limits::bytes(1 << 20)).unwrap();
    assert_eq!(again, read);
    let coverage = Coverage::compare(&consent_request(), &read);
    assert!(!coverage.is_whole() || coverage.withheld().is_empty());
    assert_eq!(coverage.is_told(), read.resources().is_some());
}
