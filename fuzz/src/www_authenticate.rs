use fdx_par::{ResourceRequest, Step};
use fdx_wire::HttpsUrl;
use http::Response;
use http::header::{HeaderValue, WWW_AUTHENTICATE};

use crate::message::judge;
use crate::scene::{self, NOW, entropy, key};

/// Challenges of a resource server, one header on each line.
///
/// # Panics
/// If a request is repeated although no nonce is required.
pub fn www_authenticate(bytes: &[u8]) {
    let mut answer = Response::builder().status(401).header("dpop-nonce", "n").body("").unwrap();
    for line in bytes.split(|byte| *byte == b'\n').take(50) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            answer.headers_mut().append(WWW_AUTHENTICATE, value);
        }
    }
    let client = scene::client();
    let grant = scene::stored(&client);
    let url = HttpsUrl::parse("https://bank.example/fdx/v6/accounts").unwrap();
    let access_token = grant.tokens().access_token();
    let draft = client.call(access_token, ResourceRequest::get(url), entropy(4), NOW).unwrap();
    let signatures = draft.sign(key()).unwrap();
    let (_, sent) = draft.attach(signatures).unwrap();
    match sent.receive(answer, NOW) {
        Ok(Step::Again(_)) => {
            let bare: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\\').collect();
            // Some servers write the code in capitals.
            let bare = String::from_utf8_lossy(&bare).to_ascii_lowercase();
            assert!(bare.contains("use_dpop_nonce"));
        }
        Ok(Step::Done(_)) => panic!("a 401 is no success"),
        Err(error) => judge(&error),
    }
}
