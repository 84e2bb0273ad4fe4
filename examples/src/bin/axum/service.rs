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
use http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use http::{HeaderMap, StatusCode, Uri};

use crate::app::{App, Claim, Failure};
use crate::cookies::{self, SESSION};

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/connect", post(connect))
        .route("/callback", get(callback))
        .route("/granted/{flow_id}", get(granted))
        .with_state(app)
}

/// Begins the browser session, which flows will be bound to, unless there is one. A real service
/// uses the session that its customer logged in with.
async fn front(headers: HeaderMap) -> Result<Response, Failure> {
    let answer = page(StatusCode::OK, "click to connect your accounts");
    if cookies::value(&headers, SESSION).is_some() {
        return Ok(answer);
    }
    let session = base64url::encode(&entropy()?.derive(Label::new("browser session"), 0));
    Ok(cookies::set(answer, SESSION, &session, Duration::from_secs(12 * 60 * 60)))
}

/// The customer clicked: only now is the request pushed, for its `request_uri` is short-lived. No
/// other site can do that to a customer: the session's cookie comes with no `POST` of theirs.
async fn connect(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    let Some(session) = cookies::value(&headers, SESSION) else {
        return Ok(see_other("/"));
    };
    let (url, pending) = app.push().await?;
    let sealed = app.seal(&pending, &session)?;
    let (name, age) = (cookies::name(pending.flow_id()), pending.callback_by().since(now()));
    Ok(cookies::set(see_other(url.as_str()), &name, &sealed, age))
}

/// The institution sent the customer back, or somebody says so.
async fn callback(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    // By the name that we know ourselves by: the Host header is the browser's word.
    let received = format!("{}{uri}", app.origin);
    let waiting = FlowId::claimed_by(&received).and_then(|flow_id| {
        let sealed = cookies::value(&headers, &cookies::name(&flow_id))?;
        Some((flow_id, cookies::value(&headers, SESSION)?, sealed))
    });
    let Some((flow_id, session, sealed)) = waiting else {
        return Ok(page(StatusCode::BAD_REQUEST, "this browser waits for no such callback"));
    };
    let accepted = match app.accept(&session, &sealed, &received) {
        Ok(Callback::Code(accepted)) => accepted,
        Ok(Callback::Denied(refusal)) => {
            let answer = page(StatusCode::OK, &format!("nothing is shared: {refusal}"));
            return Ok(cookies::clear(answer, &flow_id));
        }
        // Unspent: whoever sent this callback has not ended the flow of the customer.
        Err(error) if error.next_step() == NextStep::KeepWaiting => {
            return Ok(page(StatusCode::BAD_REQUEST, &format!("{error}; the flow goes on")));
        }
        Err(error) => {
            let answer = page(StatusCode::BAD_REQUEST, &error.to_string());
            return Ok(cookies::clear(answer, &flow_id));
        }
    };
    // A cookie can be sent twice. One atomic set-if-absent, after state and iss have passed and
    // before the code is sent, makes what follows happen once, on whichever node.
    if app.claim(accepted.flow_id()) == Claim::TakenBefore {
        let answer = page(StatusCode::CONFLICT, "finished before: the code is not sent again");
        return Ok(cookies::clear(answer, &flow_id));
    }
    // In a task of its own: a tab that is closed now ends this handler, and the code is spent.
    let finishing = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.finish(accepted, session).await }
    });
    let answer = match finishing.await? {
        // Away from the URL that has the code in it.
        Ok(()) => see_other(&format!("/granted/{flow_id}")),
        Err(failure) => failure.into_response(),
    };
    Ok(cookies::clear(answer, &flow_id))
}

/// What was granted, to whom it concerns.
async fn granted(
    State(app): State<Arc<App>>,
    Path(flow_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let session = cookies::value(&headers, SESSION);
    match session.and_then(|session| app.kept(&flow_id, &session)) {
        Some(lines) => page(StatusCode::OK, &lines.join("\n")),
        None => page(StatusCode::NOT_FOUND, "nothing is known of this flow"),
    }
}

/// A real service logs why, and says less.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        page(StatusCode::BAD_GATEWAY, &self.0.to_string())
    }
}

fn page(status: StatusCode, text: &str) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    (status, headers, text.to_owned()).into_response()
}

/// FAPI 2.0 Security Profile 5.3.2.2-11: a 303, which is followed by a `GET` whatever it answers.
fn see_other(location: &str) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (LOCATION, location)];
    (StatusCode::SEE_OTHER, headers).into_response()
}
