use fdx_rar::ConsentReceipt;

/// A stored consent receipt.
///
/// # Panics
/// If an accepted receipt is not read back as it was written, or its canonical form is not
/// canonical.
pub fn consent_receipt(bytes: &[u8]) {
    let Ok(read) = ConsentReceipt::from_json(bytes) else { return };
    let canonical = read.canonical_json();
    let again = ConsentReceipt::from_json(&canonical).unwrap();
    assert_eq!(again, read);
    assert_eq!(again.canonical_json(), canonical);
    assert_eq!(again.digest(), read.digest());
}
