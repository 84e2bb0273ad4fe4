//! Requests that the server must refuse. Without them the successes would prove little.

use core::time::Duration;

use fdx_jose::{AssertionKey, AssertionType, ProofClaims, ProofKey, Signer};
use fdx_par::{
    Callback, ClientAuthentication, Endpoint, NextStep, RequestObjects, SenderConstraint,
};
use fdx_transport_hyper::system_now;
use fdx_wire::form::{Form, Query};
use fdx_wire::{Entropy, HttpsUrl, Issuer, Label, base64url};
use http::header::{HeaderName, HeaderValue};

use crate::combination::{Authentication, Binding, Combination, Request};
use crate::failure::Failure;
use crate::flow::{check, refused};
use crate::identities::Generation;
use crate::lab::{Decision, Lab};
use crate::recipient::Recipient;

const DPOP: HeaderName = HeaderName::from_static("dpop");
const JTI: Label = Label::new("wrong jti");
const MTLS: Combination = Combination { binding: Binding::Mtls, ..Combination::BASE };

/// The customer denies the request.
pub(crate) fn consent(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    is_denied(lab, Recipient::new(lab, combination)?)
}

/// The customer denies the request of `recipient`, and nothing is sent after it.
pub(crate) fn is_denied(lab: &Lab, mut recipient: Recipient<'_>) -> Result<String, Failure> {
    let (url, pending) = recipient.begin()?;
    let returned = lab.visit(&url, Decision::Refuse)?;
    match recipient.callback(pending, &returned)? {
        Callback::Denied(refusal) => {
            check(refusal.is("access_denied"), "the reason is not access_denied")?;
            check(refusal.next_step == NextStep::RespectTheCustomer, "the next step is wrong")?;
            Ok(refusal.to_string())
        }
        Callback::Code(_) => Err(Failure::new("a code came")),
    }
}

/// The same push twice: the first is taken, the second repeats the assertion's `jti`.
pub(crate) fn replayed_assertion(lab: &Lab) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, MTLS)?;
    let request = recipient.written_push()?;
    recipient.is_taken(request.clone())?;
    recipient.is_refused(request, "invalid_client")
}

/// An assertion whose audience is the token endpoint instead of the issuer.
pub(crate) fn token_endpoint_as_audience(lab: &Lab) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, MTLS)?;
    let mut request = recipient.written_push()?;
    let audience = recipient.client.target(Endpoint::Token)?.url;
    let key = lab.key(MTLS.algorithm)?;
    let input = AssertionKey::new(key.public().clone(), AssertionType::default()).client_assertion(
        &recipient.client.config().client_id,
        &Issuer::parse(audience.as_str())?,
        &jti()?,
        system_now(),
        Duration::from_secs(60),
    );
    let assertion = input.attach(&key.sign(&input)?)?;
    replace(&mut request, "client_assertion", &assertion)?;
    recipient.is_refused(request, "invalid_client")
}

/// A certificate that the client did not register: self-signed where an authority's is wanted,
/// and an authority's where one self-signed certificate is.
pub(crate) fn other_certificate(
    lab: &Lab,
    authentication: Authentication,
) -> Result<String, Failure> {
    let other = match authentication {
        Authentication::SelfSignedTlsClientAuth => Authentication::TlsClientAuth,
        _ => Authentication::SelfSignedTlsClientAuth,
    };
    let combination = Combination { authentication, ..MTLS };
    Recipient::new(lab, combination)?.begin()?;
    let other = lab.identities.of(other, Generation::First);
    let id = combination.to_string();
    let mut recipient = Recipient::with(lab, combination, &id, Generation::First, |config| {
        config.authentication = match authentication {
            Authentication::SelfSignedTlsClientAuth => {
                ClientAuthentication::SelfSignedTlsClientAuth(other.thumbprint)
            }
            _ => ClientAuthentication::TlsClientAuth(other.thumbprint),
        };
        config.sender_constraint = SenderConstraint::Mtls(other.thumbprint);
    })?;
    recipient.transport = &other.transport;
    refused(recipient.run(recipient.push()?), "invalid_client")
}

/// A client that registered `require_signed_request_object` pushes its parameters as a form.
pub(crate) fn unsigned_request(lab: &Lab) -> Result<String, Failure> {
    let combination = Combination { request: Request::Jar, ..Combination::BASE };
    let id = combination.to_string();
    let recipient = Recipient::with(lab, combination, &id, Generation::First, |config| {
        config.request_objects = RequestObjects::Unsigned;
    })?;
    refused(recipient.run(recipient.push()?), "invalid_request")
}

/// A request object to which a byte was done after it was signed.
pub(crate) fn altered_request_object(lab: &Lab) -> Result<String, Failure> {
    let combination = Combination { request: Request::Jar, ..MTLS };
    let recipient = Recipient::new(lab, combination)?;
    let request = recipient.written_push()?;
    recipient.is_taken(request)?;
    let mut request = recipient.written_push()?;
    let other = parameter(&recipient.written_push()?, "request")?;
    let ours = parameter(&request, "request")?;
    let signed = ours.rsplit_once('.').map(|(signed, _)| signed);
    let signature = other.rsplit_once('.').map(|(_, signature)| signature);
    let (Some(signed), Some(signature)) = (signed, signature) else {
        return Err(Failure::new("the request object is no JWS"));
    };
    replace(&mut request, "request", &format!("{signed}.{signature}"))?;
    recipient.is_refused(request, "invalid_request_object")
}

/// A proof for the token endpoint at the endpoint for pushes.
pub(crate) fn proof_for_another_url(lab: &Lab) -> Result<String, Failure> {
    wrong_proof(lab, "invalid_dpop_proof", |recipient| {
        Ok((recipient.client.target(Endpoint::Token)?.url, None))
    })
}

/// A proof with a nonce that the server never gave.
pub(crate) fn proof_with_made_up_nonce(lab: &Lab) -> Result<String, Failure> {
    wrong_proof(lab, "use_dpop_nonce", |recipient| {
        let target = recipient.client.target(Endpoint::PushedAuthorizationRequest)?;
        Ok((target.url, Some("made-up")))
    })
}

/// One proof for two requests, the second fresh in all else.
pub(crate) fn replayed_proof(lab: &Lab) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, Combination::BASE)?;
    recipient.begin()?; // learns a nonce
    let first = recipient.written_push()?;
    recipient.is_taken(first.clone())?;
    let mut second = recipient.written_push()?;
    let proof = first.headers().get(DPOP).cloned();
    second.headers_mut().insert(DPOP, proof.ok_or_else(|| Failure::new("there is no proof"))?);
    recipient.is_refused(second, "replay detected")
}

fn wrong_proof(
    lab: &Lab,
    error: &str,
    wrong: impl FnOnce(&Recipient<'_>) -> Result<(HttpsUrl, Option<&'static str>), Failure>,
) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, Combination::BASE)?;
    recipient.begin()?; // learns a nonce
    recipient.is_taken(recipient.written_push()?)?;
    let mut request = recipient.written_push()?;
    let (htu, nonce) = wrong(&recipient)?;
    let key = lab.key(Combination::BASE.algorithm)?;
    let jti = jti()?;
    let claims = ProofClaims::new("POST", &htu, &jti, system_now()).with_nonce(nonce);
    let input = ProofKey::new(key.public().clone()).proof(&claims);
    let proof = input.attach(&key.sign(&input)?)?;
    request.headers_mut().insert(DPOP, HeaderValue::from_str(&proof)?);
    recipient.is_refused(request, error)
}

impl Recipient<'_> {
    /// A whole push, signed and not sent.
    fn written_push(&self) -> Result<http::Request<Vec<u8>>, Failure> {
        let draft = self.push()?;
        let signatures = draft.sign(&self.lab.keys)?;
        let (request, _) = draft.attach(signatures)?;
        Ok(request.into_http())
    }

    fn is_taken(&self, request: http::Request<Vec<u8>>) -> Result<(), Failure> {
        let response = self.send(request)?;
        check(response.status() == http::StatusCode::CREATED, "what is right was not taken")
    }

    /// That the body of a refusal holds these words.
    fn is_refused(&self, request: http::Request<Vec<u8>>, words: &str) -> Result<String, Failure> {
        let response = self.send(request)?;
        let body = String::from_utf8_lossy(response.body());
        let status = response.status();
        if status.is_client_error() && body.to_lowercase().contains(words) {
            Ok(format!("{}, {words}", status.as_u16()))
        } else {
            Err(Failure::new(format!("not refused with {words}: {status} {body}")))
        }
    }

    fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Failure> {
        Ok(self.lab.runtime.block_on(self.transport.send_plain(request, 64 * 1024))?)
    }
}

fn jti() -> Result<String, Failure> {
    Ok(base64url::encode(&Entropy::from_os()?.derive(JTI, 0)))
}

fn parameter(request: &http::Request<Vec<u8>>, name: &str) -> Result<String, Failure> {
    let body = String::from_utf8_lossy(request.body());
    let value = Query::parse(&body, body.len())?.one(name)?.map(str::to_owned);
    value.ok_or_else(|| Failure::new(format!("the request has no {name}")))
}

fn replace(request: &mut http::Request<Vec<u8>>, name: &str, value: &str) -> Result<(), Failure> {
    let body = String::from_utf8_lossy(request.body()).into_owned();
    let query = Query::parse(&body, body.len())?;
    let mut form = Form::new();
    for each in query.names() {
        let same = query.one(each)?.unwrap_or_default();
        form.pair(each, if each == name { value } else { same });
    }
    *request.body_mut() = form.as_str().as_bytes().to_vec();
    Ok(())
}
