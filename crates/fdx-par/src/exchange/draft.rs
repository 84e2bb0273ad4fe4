use core::fmt;

use fdx_jose::{Role, Signature, Signer, SigningInput};
use fdx_wire::{Entropy, Secret, UnixTime};
use http::HeaderMap;
use http::header::HeaderName;

use super::mint::Mint;
use super::outgoing::{Body, Outgoing, sensitive};
use super::{Output, Request, Sent};
use crate::{CallerFault, Error, Refused};

const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DPOP: HeaderName = HeaderName::from_static("dpop");

/// An interaction whose request is written but for its signatures. Nothing was sent.
///
/// Dropping it is the whole of rolling back.
#[must_use = "nothing is sent until the draft is signed, attached and carried out"]
pub struct Draft<T: Output> {
    pub(super) ask: T::Ask,
    pub(super) outgoing: Box<Outgoing>,
    pub(super) entropy: Entropy,
    /// Counts what was minted, so that no value is minted twice.
    pub(super) attempt: u32,
    /// Whether the one retry for a nonce was spent.
    pub(super) retried: Retried,
    pub(super) drafted_at: UnixTime,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Retried {
    No,
    Yes,
}

impl<T: Output> Draft<T> {
    pub(crate) fn new(
        ask: T::Ask,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Self, Refused<T::Ask>> {
        Self::mint(ask, entropy, 0, now)
    }

    /// For an interaction that makes nothing which must not be guessed.
    pub(crate) fn public(ask: T::Ask, now: UnixTime) -> Result<Self, Error> {
        Ok(Self::mint(ask, Entropy::new([0; 32]), 0, now)?)
    }

    pub(super) fn mint(
        ask: T::Ask,
        entropy: Entropy,
        attempt: u32,
        now: UnixTime,
    ) -> Result<Self, Refused<T::Ask>> {
        match T::write(&ask, &Mint { entropy: &entropy, attempt, now }) {
            Ok(outgoing) => Ok(Self {
                ask,
                outgoing: Box::new(outgoing),
                entropy,
                attempt,
                retried: Retried::No,
                drafted_at: now,
            }),
            Err(error) => Err(Refused::new(error, ask)),
        }
    }

    /// What wants signing: none, one or two inputs, each by the key that it names. They are
    /// independent of each other, so it is always one round.
    #[must_use]
    pub fn signing_inputs(&self) -> &[SigningInput] {
        &self.outgoing.inputs
    }

    /// Signs them with keys that are at hand. The draft is only borrowed: a signer that fails can
    /// be asked again.
    ///
    /// # Errors
    /// [`Error::Signing`], where no key of the signer is meant or the key fails.
    pub fn sign<S: Signer + ?Sized>(&self, signer: &S) -> Result<Vec<Signature>, Error> {
        let sign = |input| signer.sign(input).map_err(Error::from);
        self.signing_inputs().iter().map(sign).collect()
    }

    /// The same interaction, minted afresh for a later moment: where a signer took so long that
    /// what was to be signed has grown old. The signatures of the old draft fit no more.
    ///
    /// # Errors
    /// [`Error::Caller`], which a draft that could be made once does not meet again.
    pub fn renew(self, now: UnixTime) -> Result<Self, Error> {
        let Self { ask, entropy, attempt, retried, .. } = self;
        let renewed = Self::mint(ask, entropy, attempt + 1, now)?;
        Ok(Self { retried, ..renewed })
    }

    /// Puts the signatures, in the order of [`Draft::signing_inputs`], where they belong, and
    /// gives up the request.
    ///
    /// # Errors
    /// [`Refused`] with the draft, where a signature is missing or has another size than its
    /// algorithm makes.
    pub fn attach(self, signatures: Vec<Signature>) -> Result<(Request, Sent<T>), Refused<Self>> {
        let tokens = match self.compact(&signatures) {
            Ok(tokens) => tokens,
            Err(error) => return Err(Refused::new(error, self)),
        };
        let Ok(uri) = self.outgoing.url.as_str().parse() else {
            return Err(Refused::new(CallerFault::UrlTooLong, self));
        };
        let Outgoing { method, url, certificate, thumbprint, headers, body, limit, inputs, nonces } =
            *self.outgoing;

        let mut http = http::Request::new(Vec::new());
        *http.method_mut() = method;
        *http.headers_mut() = headers;
        *http.uri_mut() = uri;
        let mut body = body;
        for (input, token) in inputs.iter().zip(&tokens) {
            place(input.role(), token.expose(), http.headers_mut(), &mut body);
        }
        *http.body_mut() = match body {
            Body::Empty => Vec::new(),
            Body::Form(form) => form.as_str().as_bytes().to_vec(),
            Body::Json(object) => object.to_json().expose().as_bytes().to_vec(),
            Body::Bytes(mut bytes) => core::mem::take(&mut *bytes),
        };
        let request = Request { http, url, certificate, thumbprint, max_response_bytes: limit };
        let sent = Sent {
            ask: self.ask,
            entropy: self.entropy,
            attempt: self.attempt,
            retried: self.retried,
            drafted_at: self.drafted_at,
            limit,
            nonces,
        };
        Ok((request, sent))
    }

    fn compact(&self, signatures: &[Signature]) -> Result<Vec<Secret>, Error> {
        if signatures.len() != self.signing_inputs().len() {
            return Err(CallerFault::SignatureCount.into());
        }
        let attach =
            |(input, signature): (&SigningInput, _)| input.attach(signature).map(Secret::new);
        let tokens = self.signing_inputs().iter().zip(signatures).map(attach);
        tokens.collect::<Result<_, _>>().map_err(Error::from)
    }
}

fn place(role: Role, token: &str, headers: &mut HeaderMap, body: &mut Body) {
    match role {
        Role::ClientAssertion => client_assertion(body, token),
        Role::RequestObject => body.parameter("request", token),
        Role::DpopProof => {
            // A compact JWS is ASCII.
            if let Ok(value) = sensitive(&[token]) {
                headers.insert(DPOP, value);
            }
        }
        _ => {}
    }
}

/// RFC 7523 section 2.2.
fn client_assertion(body: &mut Body, token: &str) {
    body.parameter("client_assertion_type", CLIENT_ASSERTION_TYPE);
    body.parameter("client_assertion", token);
}

impl<T: Output> fmt::Debug for Draft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("method", &self.outgoing.method)
            .field("url", &self.outgoing.url.without_query())
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
