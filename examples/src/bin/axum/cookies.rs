use std::time::Duration;

use axum::response::Response;
use fdx_par::FlowId;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// Names the browser session. A flow opens only in the one that began it.
pub(crate) const SESSION: &str = "__Host-session";

/// One cookie for each flow, so that two tabs do not overwrite each other's.
pub(crate) fn name(flow_id: &FlowId) -> String {
    format!("__Host-fdx-{flow_id}")
}

/// What the browser sent under this name.
pub(crate) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = sent.flat_map(|sent| sent.split("; ")).filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

/// Has the browser keep a cookie for that long. `Lax`: it comes along when the institution sends
/// the customer back, which is a navigation from another site.
pub(crate) fn set(answer: Response, name: &str, value: &str, for_: Duration) -> Response {
    let seconds = for_.as_secs();
    let text = format!("{name}={value}; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}");
    let mut answer = answer;
    // Names and values are base64url and dashes.
    if let Ok(text) = HeaderValue::from_str(&text) {
        answer.headers_mut().append(SET_COOKIE, text);
    }
    answer
}

/// Has the browser forget the flow.
pub(crate) fn clear(answer: Response, flow_id: &FlowId) -> Response {
    set(answer, &name(flow_id), "", Duration::ZERO)
}
