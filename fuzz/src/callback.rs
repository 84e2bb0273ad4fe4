use fdx_par::{Callback, CallbackVerification, FlowId, Pending};

use crate::message::judge;
use crate::scene::{
    self, CLIENT_ID, ISSUER, NOW, SESSION, honest_callback, jarm_sealed, sealed, sealing_keys,
    server_keys, signed,
};

/// The URL at which the browser arrives; `$state` stands for the flow's own.
///
/// # Panics
/// Where a URL without the state is taken, or a wrong one spoils the flow for the right one.
pub fn callback(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (state, sealed) = sealed();
    let url = text.replace("$state", state);
    let _ = FlowId::claimed_by(&url);

    let client = scene::client();
    let pending = client.open(sealed, &sealing_keys(), SESSION, NOW).unwrap();
    match client.callback(pending, &url, NOW) {
        Ok(Callback::Code(accepted)) => {
            assert!(url.contains("code"));
            assert_eq!(Some(accepted.flow_id()), FlowId::claimed_by(&url).as_ref());
        }
        Ok(Callback::Denied(refusal)) => assert!(refusal.to_string().len() <= 2048),
        Err(refused) => {
            judge(&refused.error);
            let pending: Pending = *refused.unspent;
            let honest = client.callback(pending, &honest_callback(), NOW);
            assert!(matches!(honest, Ok(Callback::Code(_))), "the flow was spoilt");
        }
    }
    signed_callback(text);
}

/// The same in the response mode `jwt`; `$response` stands for what an honest institution signs.
fn signed_callback(text: &str) {
    let (state, sealed) = jarm_sealed();
    let claims = serde_json::json!({
        "iss": ISSUER, "aud": CLIENT_ID, "exp": NOW.as_seconds() + 300, "code": "c", "state": state,
    });
    let honest = signed("JWT", claims.to_string().as_bytes()).unwrap();
    let url = text.replace("$response", &honest);
    let client = scene::jarm_client();
    let pending = client.open(sealed, &sealing_keys(), SESSION, NOW).unwrap();
    match client.signed_callback(pending, &url, NOW) {
        Ok(signed) => match client.verify_callback(signed, Some(&server_keys(&client)), NOW) {
            Ok(CallbackVerification::Done(callback)) => {
                assert!(matches!(callback, Callback::Code(_)), "nothing else was signed");
                assert!(url.contains(&honest));
            }
            Ok(CallbackVerification::FetchKeys(_)) => {}
            Err(refused) => judge(&refused.error),
        },
        Err(refused) => judge(&refused.error),
    }
}
