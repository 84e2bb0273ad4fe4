use std::time::Duration;

use fdx_par::AuthorizationRequest;
use fdx_wire::form::Query;

use crate::message::{answered, judge, response};
use crate::scene::{self, NOW, consent_request, entropy};

/// A response of the pushed authorization request endpoint.
///
/// # Panics
/// If the authorization URL has parameters other than `client_id` and `request_uri`, or if the
/// browser may be redirected after ten minutes.
pub fn par_response(bytes: &[u8]) {
    let request = AuthorizationRequest::new(consent_request()).openid();
    let draft = scene::client().push(&request, entropy(1), NOW).unwrap();
    let Some(pushed) = answered(draft, &response(bytes)) else { return };
    assert!(pushed.redirect_by() < NOW + Duration::from_secs(600));
    match pushed.redirect(NOW) {
        Ok((url, _)) => {
            let (endpoint, query) = url.as_str().split_once('?').unwrap();
            assert_eq!(endpoint, "https://bank.example/authorize");
            let query = Query::parse(query, 8192).unwrap();
            assert_eq!(query.names().collect::<Vec<_>>(), ["client_id", "request_uri"]);
        }
        Err(error) => judge(&error),
    }
}
