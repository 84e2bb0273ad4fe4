use fdx_rar::AuthorizationDetails;

/// RFC 9396 authorization details.
///
/// # Panics
/// If an accepted value is not read back as it was written.
pub fn authorization_details(bytes: &[u8]) {
    let Ok(read) = AuthorizationDetails::parse(bytes) else { return };
    let written = read.to_json();
    let again = AuthorizationDetails::parse(&written).unwrap();
    assert_eq!(again, read);
    assert_eq!(again.to_json(), written);
    if let Some(request) = read.consent_request() {
        assert!(request.pairs().next().is_some(), "a request for no cluster");
    }
}
