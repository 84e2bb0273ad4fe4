use crate::message::judge;
use crate::scene::{self, NOW, entropy, key};

/// A stored grant, or stored tokens that are not verified.
///
/// # Panics
/// If a restored grant is written differently from how it is read.
pub fn stored_grant(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let client = scene::client();
    if let Ok(tokens) = client.restore_unverified(text) {
        assert!(client.restore(text).is_err(), "unverified tokens became a grant");
        let written = tokens.to_json();
        let again = client.restore_unverified(written.expose()).unwrap();
        assert_eq!(again.to_json().expose(), written.expose());
    }
    let grant = match client.restore(text) {
        Ok(grant) => grant,
        Err(error) => return judge(&error),
    };
    let written = grant.to_json();
    let again = client.restore(written.expose()).unwrap();
    assert_eq!(again.to_json().expose(), written.expose());
    assert_eq!(again.consent_id(), grant.consent_id());
    match client.refresh(&grant, entropy(6), NOW) {
        Ok(draft) => {
            let signatures = draft.sign(key()).unwrap();
            let (request, _) = draft.attach(signatures).unwrap();
            assert_eq!(request.url().as_str(), "https://bank.example/token");
        }
        Err(error) => judge(&error),
    }
}
