//! Client secrets (RFC 6749 section 2.3.1), which are not FAPI.

use fdx_wire::base64;
use fdx_wire::form::{Form, Query};

use crate::client::{ClientAuthentication, ClientSecret, RegisteredClient, SecretPlace};
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::received::{Received, value};
use crate::verdict::Verdicts;

/// The client that a request names, where that has a secret.
pub(super) fn claimed<'c>(
    config: &'c InstitutionConfig,
    form: &Query<'_>,
    received: &Received<'_>,
) -> Option<&'c RegisteredClient> {
    let named = value(form, "client_id").and_then(|client_id| config.client(client_id));
    let by_header = |client: &&RegisteredClient| {
        secret(client).is_some_and(|secret| {
            received.header("authorization") == Some(&basic(&client.client_id, secret))
        })
    };
    let client = named.or_else(|| config.clients.iter().find(by_header))?;
    secret(client).map(|_| client)
}

pub(super) fn check(
    verdicts: &mut Verdicts,
    client: &RegisteredClient,
    form: &Query<'_>,
    received: &Received<'_>,
) -> Result<(), Broken> {
    let shown = secret(client).is_some_and(|known| match known.place {
        SecretPlace::Basic => {
            received.header("authorization") == Some(&basic(&client.client_id, known))
                && form.one("client_secret") == Ok(None)
        }
        SecretPlace::Body => value(form, "client_secret").is_some_and(|sent| known.secret == *sent),
    });
    verdicts.require(
        Reason::InvalidClient,
        "RFC 6749 2.3.1",
        "the client's secret stands where it registered, once, and is right",
        shown,
    )
}

fn secret(client: &RegisteredClient) -> Option<&ClientSecret> {
    match &client.authentication {
        ClientAuthentication::ClientSecret(secret) => Some(secret),
        _ => None,
    }
}

/// RFC 6749 2.3.1: both are form-encoded before they are joined.
fn basic(client_id: &str, secret: &ClientSecret) -> String {
    let encoded = |text: &str| {
        let mut form = Form::new();
        form.pair("", text);
        form.as_str().trim_start_matches('=').to_owned()
    };
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.secret.expose()));
    let mut header = "Basic ".to_owned();
    base64::encode_into(pair.as_bytes(), &mut header);
    header
}
