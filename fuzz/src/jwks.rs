use fdx_jose::Jwks;

/// A JWK Set.
///
/// # Panics
/// If an accepted set is not read back as it was written, or has too many keys.
pub fn jwks(bytes: &[u8]) {
    let Ok(read) = Jwks::parse(bytes) else { return };
    assert!(read.keys().len() + read.skipped() <= 100);
    let again = Jwks::parse(read.to_json().as_bytes()).unwrap();
    assert_eq!(again.keys(), read.keys());
    assert_eq!(again.skipped(), 0);
}
