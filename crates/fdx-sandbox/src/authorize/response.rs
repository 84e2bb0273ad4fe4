//! The authorization response, in the clear or as one JWT (JARM).

use std::time::Duration;

use fdx_jose::Algorithm;
use fdx_wire::UnixTime;
use fdx_wire::form::Form;
use http::Response;
use serde_json::{Value, json};

use crate::answer;
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::par::{Pushed, ResponseMode};
use crate::signed;

/// JARM 2.1 recommends at most 10 minutes.
const LIFETIME: Duration = Duration::from_secs(600);

impl Institution {
    /// Sends the customer back, with a `code` or an `error`.
    pub(super) fn respond(
        &mut self,
        config: &InstitutionConfig,
        pushed: &Pushed,
        (name, text): (&str, String),
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let mut form = Form::new();
        match pushed.parameters.response_mode {
            ResponseMode::Query => {
                form.pair(name, &text);
                if let Some(state) = &pushed.parameters.state {
                    form.pair("state", state);
                }
                // RFC 9207 2: in every authorization response, errors included.
                form.pair("iss", config.issuer.as_str());
            }
            ResponseMode::Jwt(algorithm) => {
                let response = self.verdicts.require_some(
                    Reason::InvalidRequest,
                    "JARM 3",
                    "there still is a key for authorization_signed_response_alg",
                    sign(config, pushed, algorithm, (name, text), now),
                )?;
                form.pair("response", &response);
            }
        }
        let redirect_uri = &pushed.parameters.redirect_uri;
        let separator = if redirect_uri.query().is_some() { '&' } else { '?' };
        Ok(answer::see_other(&format!("{redirect_uri}{separator}{}", form.as_str())))
    }
}

/// JARM 2.1: `iss`, `aud` and `exp` beside the parameters.
fn sign(
    config: &InstitutionConfig,
    pushed: &Pushed,
    algorithm: Algorithm,
    (name, text): (&str, String),
    now: UnixTime,
) -> Option<String> {
    let mut claims = json!({
        "iss": config.issuer.as_str(),
        "aud": pushed.client_id,
        "exp": now + LIFETIME,
        name: text,
    });
    if let (Value::Object(members), Some(state)) = (&mut claims, &pushed.parameters.state) {
        members.insert("state".to_owned(), json!(state));
    }
    signed::jwt(config, algorithm, None, &claims)
}
