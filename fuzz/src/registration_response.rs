use fdx_par::{InitialAccess, Registrar, Registration};

use crate::message::{answered, judge, response};
use crate::scene::{NOW, REGISTRATION_ENDPOINT, config, entropy, metadata};

/// A response of the registration endpoint: read, stored, and received again as the response to a
/// read.
///
/// # Panics
/// If the stored registration differs, if a weaker registration becomes a configuration, or if the
/// registration access token is sent to another origin.
pub fn registration_response(bytes: &[u8]) {
    let answer = response(bytes);
    let registrar = Registrar::new(config(), &Registration::new("App"), metadata()).unwrap();
    let draft = registrar.register(InitialAccess::Open, entropy(1), NOW).unwrap();
    let Some(registered) = answered(draft, &answer) else { return };
    let stored = registered.to_json();
    assert_eq!(registrar.restore(stored.expose()).unwrap().to_json(), stored);
    match registrar.client_config(&registered) {
        Ok(config) => {
            assert!(registrar.weakened(&registered).is_empty());
            assert_eq!(config.client_id, registered.client_id());
        }
        Err(error) => judge(&error),
    }
    match registrar.read(&registered, entropy(2), NOW) {
        Ok(draft) => {
            let (request, _) = draft.attach(Vec::new()).unwrap();
            let home = fdx_wire::HttpsUrl::parse(REGISTRATION_ENDPOINT).unwrap();
            assert_eq!(request.url().origin(), home.origin());
        }
        Err(error) => judge(&error),
    }
    if let Ok(draft) = registrar.update(&registered, entropy(3), NOW)
        && let Some(updated) = answered(draft, &answer)
    {
        assert_eq!(updated.client_id(), registered.client_id());
    }
}
