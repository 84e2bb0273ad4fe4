//! What must be refused, so that the successes above mean something.

use core::time::Duration;

use fdx_jose::{AssertionKey, AssertionType, Signer};
use fdx_transport_hyper::system_now;
use fdx_wire::form::{Form, Query};
use fdx_wire::{Entropy, Issuer};

use crate::failure::Failure;
use crate::flows::check;
use crate::lab::Lab;
use crate::recipient::{Binding, Recipient};

/// The same push twice: the first is taken, the second repeats the assertion's `jti`.
pub(crate) fn replayed_assertion(lab: &Lab) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, "ps256-mtls", Binding::Mtls)?;
    let request = push(&recipient)?;
    let first = recipient.send(request.clone())?;
    check(first.status() == http::StatusCode::CREATED, "the first push was not taken")?;
    refused(&recipient.send(request)?)
}

/// An assertion whose audience is the token endpoint instead of the issuer.
pub(crate) fn token_endpoint_as_audience(lab: &Lab) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, "ps256-mtls", Binding::Mtls)?;
    let mut request = push(&recipient)?;
    let audience = recipient.client.target(fdx_par::Endpoint::Token)?.url;
    let key = AssertionKey::new(recipient.key.public().clone(), AssertionType::default());
    let input = key.client_assertion(
        &recipient.client.config().client_id,
        &Issuer::parse(audience.as_str())?,
        &fdx_wire::base64url::encode(
            &Entropy::from_os()?.derive(fdx_wire::Label::new("assertion jti"), 0),
        ),
        system_now(),
        Duration::from_secs(60),
    );
    let assertion = input.attach(&recipient.key.sign(&input)?)?;
    let body = String::from_utf8_lossy(request.body()).into_owned();
    *request.body_mut() = with_assertion(&body, &assertion)?.as_str().as_bytes().to_vec();
    refused(&recipient.send(request)?)
}

/// A whole push, signed and not sent.
fn push(recipient: &Recipient) -> Result<http::Request<Vec<u8>>, Failure> {
    let draft = recipient.push()?;
    let signatures = draft.sign(&recipient.key)?;
    let (request, _) = draft.attach(signatures)?;
    Ok(request.into_http())
}

fn with_assertion(body: &str, assertion: &str) -> Result<Form, Failure> {
    let query = Query::parse(body, body.len())?;
    let mut form = Form::new();
    for name in query.names() {
        let value = query.one(name)?.unwrap_or_default();
        form.pair(name, if name == "client_assertion" { assertion } else { value });
    }
    Ok(form)
}

fn refused(response: &http::Response<Vec<u8>>) -> Result<String, Failure> {
    let body = String::from_utf8_lossy(response.body());
    check(body.contains("invalid_client"), "the server did not refuse with invalid_client")?;
    Ok(format!("{}, invalid_client", response.status().as_u16()))
}
