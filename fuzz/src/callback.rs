use fdx_par::{Callback, Error, FlowId, NextStep, Pending, Verification};
use fdx_wire::form::Query;

use crate::message::judge;
use crate::scene::{
    self, CLIENT_ID, ISSUER, NOW, REDIRECT_URI, SESSION, honest_callback, jarm_sealed, sealed,
    sealing_keys, server_keys, signed,
};

/// The URL of a callback. `$state` is replaced by the flow's `state`.
///
/// # Panics
/// If an accepted URL does not contain the state and the issuer once and a code or an error, if a
/// code is read as an error or an error as a code, or if a rejected URL ends the flow.
pub fn callback(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (state, sealed) = sealed();
    let url = text.replace("$state", state);
    let _ = FlowId::claimed_by(&url);

    let client = scene::client();
    let pending = client.open(sealed, &sealing_keys(), SESSION, NOW).unwrap();
    match client.callback(pending, &url, NOW) {
        Ok(Callback::Code(accepted)) => {
            let said = said(&url, state);
            let printable = |code: &str| code.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
            assert!(said.code.is_some_and(|code| !code.is_empty() && printable(&code)));
            assert!(said.error.is_none_or(|error| error.is_empty()));
            assert_eq!(Some(accepted.flow_id()), FlowId::claimed_by(&url).as_ref());
        }
        Ok(Callback::Denied(refusal)) => {
            let said = said(&url, state);
            assert!(said.code.is_none_or(|code| code.is_empty()));
            let error = said.error.expect("the callback has an error");
            assert!(!error.is_empty(), "an empty error is no decision");
            assert!(!error.eq_ignore_ascii_case("access_denied") || refusal.is("access_denied"));
            let passing = ["temporarily_unavailable", "server_error"].contains(&error.as_str());
            let respected = refusal.next_step == NextStep::RespectTheCustomer;
            assert!(respected || !refusal.is("access_denied"));
            // Other spellings of a denial, such as user_cancelled.
            let code = error.to_ascii_lowercase();
            let denies = ["cancel", "declin", "denied", "deny", "reject"];
            assert!(!respected || denies.iter().any(|word| code.contains(word)));
            assert!(!passing || refusal.next_step == NextStep::StartOver);
            judge(&Error::Refusal(Box::new(refusal)));
        }
        Err(refused) => {
            judge(&refused.error);
            let pending: Pending = *refused.unspent;
            let honest = client.callback(pending, &honest_callback(), NOW);
            assert!(matches!(honest, Ok(Callback::Code(_))), "a rejected callback ended the flow");
        }
    }
    signed_callback(text);
}

/// The parameters of an accepted callback.
struct Said {
    code: Option<String>,
    error: Option<String>,
}

fn said(url: &str, state: &str) -> Said {
    let (place, query) = url.split_once('?').expect("a query");
    // RFC 6454 section 4: an origin is the same in capitals, and with its usual port.
    assert!(place.ends_with("/callback"));
    assert_eq!(place.to_ascii_lowercase().replace(":443/", "/"), REDIRECT_URI);
    // Tracking parameters need not be readable.
    let query = Query::parse_each(query, usize::MAX).expect("a query");
    let one = |name| query.one(name).expect("a parameter occurs once").map(str::to_owned);
    assert_eq!(one("state").as_deref(), Some(state));
    assert_eq!(one("iss").as_deref(), Some(ISSUER));
    Said { code: one("code"), error: one("error") }
}

/// The same in the response mode `jwt`. `$response` is replaced by a response that the institution
/// signed.
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
        Ok(signed) => match client.verify(signed, Some(&server_keys(&client)), NOW) {
            Ok(Verification::Done(callback)) => {
                assert!(matches!(callback, Callback::Code(_)), "no other response was signed");
                assert!(url.contains(&honest));
            }
            Ok(Verification::FetchKeys(_)) => {}
            Err(refused) => judge(&refused.error),
        },
        Err(refused) => judge(&refused.error),
    }
}
