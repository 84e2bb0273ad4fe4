use fdx_par::Verification;

use crate::message::{answered, judge, response};
use crate::scene::{self, NOW, entropy};

/// A response of the token endpoint.
///
/// # Panics
/// If accepted tokens can't be stored and restored.
pub fn token_response(bytes: &[u8]) {
    let client = scene::client();
    let draft = client.exchange(scene::accepted(&client), entropy(3), NOW).unwrap();
    let Some(exchanged) = answered(draft, &response(bytes)) else { return };
    let stored = exchanged.to_json();
    assert!(client.restore(stored.expose()).is_err(), "unverified tokens became a grant");
    let restored = client.restore_unverified(stored.expose()).unwrap();
    assert_eq!(restored.to_json().expose(), stored.expose());
    match client.verify(exchanged, None, NOW) {
        Ok(Verification::Done(verified)) => {
            assert!(verified.id_token().is_none(), "no ID token was requested");
            let reported = verified.consent_id().cloned();
            assert_eq!(verified.without_grant().stored().consent_id(), reported.as_ref());
        }
        Ok(Verification::Decrypt(_) | Verification::FetchKeys(_)) => {
            panic!("no ID token was requested")
        }
        Err(refused) => judge(&refused.into()),
    }
}
