use fdx_rar::ConsentReceipt;

/// A consent receipt that was kept.
///
/// # Panics
/// Where one that was taken does not read back equal, or its canonical form is not one.
pub fn consent_receipt(bytes: &[u8]) {
    let Ok(read) = ConsentReceipt::from_json(bytes) else { return };
    let canonical = read.canonical_json();
    let again = ConsentReceipt::from_json(&canonical).unwrap();
    assert_eq!(again, read);
    assert_eq!(again.canonical_json(), canonical);
    assert_eq!(again.digest(), read.digest());
}
