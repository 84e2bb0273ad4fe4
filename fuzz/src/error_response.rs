use fdx_par::{AuthorizationRequest, ResourceRequest};
use fdx_wire::HttpsUrl;

use crate::message::{answered, response};
use crate::scene::{self, NOW, consent_request, entropy};

/// An error response, of the authorization server (OAuth) and of the resource server (FDX).
///
/// # Panics
/// If an error response is read as a success.
pub fn error_response(bytes: &[u8]) {
    let client = scene::client();
    let answer = response(bytes);
    let request = AuthorizationRequest::new(consent_request());
    let pushed = answered(client.push(&request, entropy(1), NOW).unwrap(), &answer);
    assert!(pushed.is_none() || answer.status() == 201);

    let grant = scene::stored(&client);
    let url = HttpsUrl::parse("https://bank.example/fdx/v6/accounts").unwrap();
    let access_token = grant.tokens().access_token();
    let draft = client.call(access_token, ResourceRequest::get(url), entropy(4), NOW).unwrap();
    let called = answered(draft, &answer);
    assert!(called.is_none() || answer.status().is_success());
}
