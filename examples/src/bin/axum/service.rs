use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use fdx_examples::entropy;
use fdx_par::{Callback, FlowId, NextStep};
use fdx_transport_hyper::system_now as now;
use fdx_wire::{Label, base64url};
use http::header::{CACHE_CONTROL, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use crate::app::{App, Claim, Failure};

/// The cookie of the browser session. A flow opens only in the session that began it.
const SESSION: &str = "__Host-session";

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/connect", post(connect))
        .route("/callback", get(callback))
        .route("/granted/{flow_id}", get(granted))
        .with_state(app)
}

/// Begins the browser session to which flows are bound, unless there is one. A real service uses
/// the session of the logged-in customer.
async fn front(headers: HeaderMap) -> Result<Response, Failure> {
    let response = page(StatusCode::OK, "click to connect your accounts");
    if cookie(&headers, SESSION).is_some() {
        return Ok(response);
    }
    let session = base64url::encode(&entropy()?.derive(Label::new("browser session"), 0));
    Ok(set_cookie(response, SESSION, &session, Duration::from_secs(12 * 60 * 60)))
}

/// Pushes the request when the customer clicks, because its `request_uri` is short-lived. Another
/// site cannot trigger this: browsers do not send a `Lax` cookie with a cross-site `POST`.
async fn connect(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    let Some(session) = cookie(&headers, SESSION) else {
        return Ok(see_other("/"));
    };
    let (url, pending) = app.push().await?;
    let sealed = app.seal(&pending, &session)?;
    let (name, age) = (flow_cookie(pending.flow_id()), pending.callback_by().since(now()));
    Ok(set_cookie(see_other(url.as_str()), &name, &sealed, age))
}

/// Receives the callback, which is untrusted input.
async fn callback(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    // The configured origin. The Host header is untrusted input.
    let received = format!("{}{uri}", app.origin);
    let waiting = FlowId::claimed_by(&received).and_then(|flow_id| {
        let sealed = cookie(&headers, &flow_cookie(&flow_id))?;
        Some((flow_id, cookie(&headers, SESSION)?, sealed))
    });
    let Some((flow_id, session, sealed)) = waiting else {
        return Ok(page(StatusCode::BAD_REQUEST, "this browser waits for no such callback"));
    };
    let accepted = match app.accept(&session, &sealed, &received) {
        Ok(Callback::Code(accepted)) => accepted,
        Ok(Callback::Denied(refusal)) => {
            let response = page(StatusCode::OK, &format!("nothing is shared: {refusal}"));
            return Ok(clear_cookie(response, &flow_id));
        }
        // An untrusted callback must not end the customer's flow.
        Err(error) if error.next_step() == NextStep::KeepWaiting => {
            return Ok(page(StatusCode::BAD_REQUEST, &format!("{error}; the flow continues")));
        }
        Err(error) => {
            let response = page(StatusCode::BAD_REQUEST, &error.to_string());
            return Ok(clear_cookie(response, &flow_id));
        }
    };
    // A cookie can be sent twice. One atomic set-if-absent, after the checks of state and iss and
    // before the code is sent, lets only one node continue, once.
    if app.claim(accepted.flow_id()) == Claim::TakenBefore {
        let response = page(StatusCode::CONFLICT, "already finished: the code is not sent again");
        return Ok(clear_cookie(response, &flow_id));
    }
    // In its own task: closing the tab cancels this handler, and the code can be used only once.
    let finishing = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.finish(accepted, session).await }
    });
    let response = match finishing.await? {
        // The redirect removes the code from the browser's URL.
        Ok(()) => see_other(&format!("/granted/{flow_id}")),
        Err(failure) => failure.into_response(),
    };
    Ok(clear_cookie(response, &flow_id))
}

/// Shows what was granted, only to the browser session of the flow.
async fn granted(
    State(app): State<Arc<App>>,
    Path(flow_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let session = cookie(&headers, SESSION);
    match session.and_then(|session| app.granted_lines(&flow_id, &session)) {
        Some(lines) => page(StatusCode::OK, &lines.join("\n")),
        None => page(StatusCode::NOT_FOUND, "unknown flow"),
    }
}

/// A real service logs the error, and shows less of it.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        page(StatusCode::BAD_GATEWAY, &self.0.to_string())
    }
}

fn page(status: StatusCode, text: &str) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    (status, headers, text.to_owned()).into_response()
}

/// FAPI 2.0 Security Profile 5.3.2.2-11: the browser follows a 303 with `GET`, for every method.
fn see_other(location: &str) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (LOCATION, location)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Returns the name of a flow's cookie: one for each flow, so that two tabs do not overwrite each
/// other's.
fn flow_cookie(flow_id: &FlowId) -> String {
    format!("__Host-fdx-{flow_id}")
}

/// Returns the value of a cookie in the request.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = sent.flat_map(|sent| sent.split("; ")).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// Sets a cookie. `Lax`, because the institution's redirect is a navigation from another site, and
/// the browser must send the cookie with it.
fn set_cookie(mut response: Response, name: &str, value: &str, max_age: Duration) -> Response {
    let seconds = max_age.as_secs();
    let text = format!("{name}={value}; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}");
    // Names and values are base64url and dashes.
    if let Ok(text) = HeaderValue::from_str(&text) {
        response.headers_mut().append(SET_COOKIE, text);
    }
    response
}

/// Removes the flow's cookie.
fn clear_cookie(response: Response, flow_id: &FlowId) -> Response {
    set_cookie(response, &flow_cookie(flow_id), "", Duration::ZERO)
}
