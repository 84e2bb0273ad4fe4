use core::cell::OnceCell;
use core::fmt;

use fdx_jose::{Role, Signature, Signer, SigningInput};
use fdx_wire::{Secret, UnixTime};
use http::HeaderMap;
use http::header::HeaderName;

use crate::error::caller::CallerFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::refused::Refused;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::nonces::{NonceMemory, NonceSlot};
use crate::exchange::outgoing::{Body, Outgoing, sensitive};
use crate::exchange::request::Request;

const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DPOP: HeaderName = HeaderName::from_static("dpop");

/// An interaction whose request is written but for its signatures. Nothing was sent.
///
/// Dropping it is the whole of rolling back.
#[must_use = "nothing is sent until the draft is signed, attached and carried out"]
pub struct Draft<T: Output> {
    pub(super) request: T::Request,
    pub(super) kept: T::Kept,
    pub(super) outgoing: Box<Outgoing>,
    pub(super) entropy: T::Entropy,
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
        request: T::Request,
        entropy: T::Entropy,
        now: UnixTime,
    ) -> Result<Self, Refused<T::Request>> {
        Self::mint(request, entropy, 0, now)
    }

    pub(super) fn mint(
        request: T::Request,
        entropy: T::Entropy,
        attempt: u32,
        now: UnixTime,
    ) -> Result<Self, Refused<T::Request>> {
        match T::write(&request, &Mint { entropy: &entropy, attempt, now }) {
            Ok((outgoing, kept)) => Ok(Self {
                request,
                kept,
                outgoing: Box::new(outgoing),
                entropy,
                attempt,
                retried: Retried::No,
                drafted_at: now,
            }),
            Err(error) => Err(Refused::new(error, request)),
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
        let Self { request, entropy, attempt, retried, .. } = self;
        let renewed = Self::mint(request, entropy, attempt + 1, now)?;
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
            request: self.request,
            kept: self.kept,
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

/// What an exchange ends in. Sealed: the exchanges of this crate are all there are.
pub trait Output: Exchange {}

impl<T: Exchange> Output for T {}

/// One interaction: its request, how the request is written, and how the response is read.
pub trait Exchange: Sized + Send + Sync + 'static {
    /// The request, kept until the response is read: a retry writes it again.
    type Request: Send + Sync + 'static;

    /// The part of one written request that reading its response needs, such as minted values.
    type Kept: Send + Sync + 'static;

    /// [`Entropy`](fdx_wire::Entropy), or `NoEntropy` if the request has no unpredictable values.
    type Entropy: Send + Sync + 'static;

    /// The next step if no response arrives.
    const ON_NO_RESPONSE: NextStep;

    /// The next step for this request, if it depends on the request.
    fn on_no_response(_: &Self::Request) -> NextStep {
        Self::ON_NO_RESPONSE
    }

    /// Writes the request of one attempt.
    fn write(
        request: &Self::Request,
        mint: &Mint<'_, Self::Entropy>,
    ) -> Result<(Outgoing, Self::Kept), Error>;

    /// Reads the response to the attempt for which `kept` was returned.
    fn read(request: Self::Request, kept: Self::Kept, answer: &Answer<'_>) -> Result<Self, Error>;
}

/// An interaction whose request was handed out, waiting for the answer.
#[must_use = "a sent exchange waits for its answer"]
pub struct Sent<T: Output> {
    pub(super) request: T::Request,
    pub(super) kept: T::Kept,
    pub(super) entropy: T::Entropy,
    pub(super) attempt: u32,
    pub(super) retried: Retried,
    pub(super) drafted_at: UnixTime,
    pub(super) limit: usize,
    pub(super) nonces: Option<(NonceMemory, NonceSlot)>,
}

/// What an answer leads to.
#[derive(Debug)]
#[must_use = "an exchange may have to be carried out once more"]
pub enum Step<T: Output> {
    /// The server gave a DPoP nonce and wants the request again: everything in it was minted
    /// afresh. This happens once.
    Again(Draft<T>),
    /// The answer, read and checked.
    Done(T),
}

impl<T: Output> Sent<T> {
    /// Reads the answer. A DPoP nonce in it is learnt before its status is looked at
    /// (RFC 9449 section 8.2).
    ///
    /// # Errors
    /// [`Error::Server`] where the answer breaks a rule, [`Error::Refusal`] where it is a no.
    pub fn receive<B: AsRef<[u8]>>(
        self,
        response: http::Response<B>,
        now: UnixTime,
    ) -> Result<Step<T>, Error> {
        let answer = Answer {
            status: response.status(),
            headers: response.headers(),
            body: response.body().as_ref(),
            limit: self.limit,
            drafted_at: self.drafted_at,
            now,
            on_no_response: T::on_no_response(&self.request),
            error_body: OnceCell::new(),
        };
        if let Some((memory, slot)) = &self.nonces {
            let nonce = answer.dpop_nonce();
            if let Ok(Some(nonce)) = nonce {
                memory.learn(slot, nonce);
            }
            // An invalid nonce is an error only if the server requires one: a success with an
            // invalid header is still a success.
            if answer.requires_nonce(slot.realm) && nonce?.is_some() {
                // RFC 9449 8: the server may require a nonce once; a second time is a loop.
                if self.retried == Retried::Yes {
                    return Err(answer.fault(ServerRule::NonceAgain));
                }
                let fresh = Draft::mint(self.request, self.entropy, self.attempt + 1, now)?;
                return Ok(Step::Again(Draft { retried: Retried::Yes, ..fresh }));
            }
        }
        T::read(self.request, self.kept, &answer).map(Step::Done)
    }

    /// The next step if no response arrived. The server may or may not have acted.
    #[must_use]
    pub fn on_no_response(self) -> NextStep {
        T::on_no_response(&self.request)
    }
}

impl<T: Output> fmt::Debug for Sent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}
