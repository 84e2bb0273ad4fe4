use http::StatusCode;
use serde_json::json;

use crate::message::{answered, response};
use crate::scene::{self, NOW, entropy};

/// A response with the list of a consent's revocations.
///
/// # Panics
/// If a list is read from a response other than a 200, or none from a 404, or if the list in the
/// format of the other FDX version is read differently.
pub fn revocations(bytes: &[u8]) {
    let client = scene::client();
    let grant = scene::stored(&client);
    let (id, token) = (grant.consent_id().unwrap(), grant.tokens().access_token());
    let ask = |number| client.list_revocations(id, token, entropy(number), NOW).unwrap();
    let answer = response(bytes);
    let Some(read) = answered(ask(6), &answer) else { return };
    let Some(list) = read.list() else {
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        return;
    };
    assert_eq!(answer.status(), StatusCode::OK);
    for shape in [json!(list), json!({ "revocations": list })] {
        let answer = response(format!("200\ncontent-type: application/json\n\n{shape}").as_bytes());
        let again = answered(ask(7), &answer).unwrap();
        assert_eq!(again.list(), Some(list));
    }
}
