use core::cell::OnceCell;
use core::fmt;

use fdx_jose::{Signature, Signer, SigningInput};
use fdx_wire::{Secret, UnixTime};
use http::header::{HeaderName, HeaderValue};

use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::refusal::Asserted;
use crate::error::refused::Refused;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::nonces::{NonceMemory, NonceSlot};
use crate::exchange::outgoing::{Outgoing, sensitive};
use crate::exchange::request::Request;

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// An interaction whose request is complete except for its signatures. Nothing was sent: drop it to
/// roll back.
#[must_use = "nothing is sent until the draft is signed, attached and carried out"]
pub struct Draft<T: Output> {
    pub(super) request: T::Request,
    pub(super) kept: T::Kept,
    pub(super) outgoing: Box<Outgoing>,
    pub(super) entropy: T::Entropy,
    /// The number of the attempt: each derives other values from the entropy.
    pub(super) attempt: u32,
    /// Whether the one retry for a DPoP nonce has happened.
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

    /// The bytes to sign: up to three inputs, each for the key that it names. They are independent
    /// of each other, so one round of signing is always enough.
    #[must_use]
    pub fn signing_inputs(&self) -> &[SigningInput] {
        &self.outgoing.inputs
    }

    /// Signs the inputs with keys in memory. The draft is only borrowed, so that signing can be
    /// repeated after a failure.
    ///
    /// # Errors
    /// [`Error::Signing`] if the signer does not have the key, or the key fails.
    pub fn sign<S: Signer + ?Sized>(&self, signer: &S) -> Result<Vec<Signature>, Error> {
        let sign = |input| signer.sign(input).map_err(Error::from);
        self.signing_inputs().iter().map(sign).collect()
    }

    /// The same interaction with newly minted values for a later time: for use after a signer took
    /// too long. The signatures of the old draft no longer match.
    ///
    /// # Errors
    /// [`Error::Call`]. Does not happen to a draft that could be made once.
    pub fn renew(self, now: UnixTime) -> Result<Self, Error> {
        let Self { request, entropy, attempt, retried, .. } = self;
        let renewed = Self::mint(request, entropy, attempt + 1, now)?;
        Ok(Self { retried, ..renewed })
    }

    /// Attaches the signatures, in the order of [`Draft::signing_inputs`], and returns the request.
    ///
    /// # Errors
    /// [`Refused`] with the draft, if there is not one signature for each input, or one has another
    /// size than its algorithm's.
    pub fn attach(self, signatures: Vec<Signature>) -> Result<(Request, Sent<T>), Refused<Self>> {
        let signed = match self.compact(&signatures) {
            Ok(signed) => signed,
            Err(error) => return Err(Refused::new(error, self)),
        };
        let Ok(uri) = self.outgoing.url.as_str().parse() else {
            return Err(Refused::new(CallFault::UrlTooLong, self));
        };
        let Outgoing {
            method,
            url,
            certificate,
            thumbprint,
            flow_certificate,
            headers,
            body,
            limit,
            asserted,
            nonces,
            ..
        } = *self.outgoing;

        let body = body.into_bytes(&signed.parameters);
        let mut kept = self.kept;
        T::signed(&mut kept, &body);
        let mut http = http::Request::new(body);
        *http.method_mut() = method;
        *http.headers_mut() = headers;
        *http.uri_mut() = uri;
        if let Some(proof) = signed.proof {
            http.headers_mut().insert(DPOP, proof);
        }
        let request = Request {
            http,
            url,
            certificate,
            thumbprint,
            flow_certificate,
            max_response_bytes: limit,
        };
        let sent = Sent {
            request: self.request,
            kept,
            entropy: self.entropy,
            attempt: self.attempt,
            retried: self.retried,
            drafted_at: self.drafted_at,
            limit,
            asserted,
            nonces,
        };
        Ok((request, sent))
    }

    /// Attaches the signatures to their inputs. Takes one for each.
    fn compact(&self, signatures: &[Signature]) -> Result<Signed, Error> {
        let Outgoing { body, inputs, nonces, .. } = &*self.outgoing;
        if signatures.len() != inputs.len() {
            return Err(CallFault::SignatureCount.into());
        }
        let attach =
            |(input, signature): (&SigningInput, _)| input.attach(signature).map(Secret::new);
        let tokens = inputs.iter().zip(signatures).map(attach);
        let mut parameters = tokens.collect::<Result<Vec<_>, _>>()?;
        let proof = match (parameters.len().checked_sub(body.signed()), nonces) {
            (Some(0), None) => None,
            (Some(1), Some(_)) => parameters.pop(),
            _ => return Err(CallFault::SignatureCount.into()),
        };
        let proof = proof.map(|proof| sensitive(&[proof.expose()])).transpose();
        Ok(Signed { parameters, proof: proof.map_err(|_| CallFault::HeaderText)? })
    }
}

/// The signed tokens of a request: the parameters of its body in their order, and the DPoP proof.
struct Signed {
    parameters: Vec<Secret>,
    proof: Option<HeaderValue>,
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

/// The result of an exchange. Sealed: only this crate implements it.
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

    /// Records the request as it is sent, with its signatures.
    fn signed(_: &mut Self::Kept, _body: &[u8]) {}

    /// Reads the response to the attempt for which `kept` was returned.
    fn read(request: Self::Request, kept: Self::Kept, answer: &Answer<'_>) -> Result<Self, Error>;
}

/// An interaction whose request was returned, waiting for the response.
#[must_use = "a sent exchange waits for its answer"]
pub struct Sent<T: Output> {
    pub(super) request: T::Request,
    pub(super) kept: T::Kept,
    pub(super) entropy: T::Entropy,
    pub(super) attempt: u32,
    pub(super) retried: Retried,
    pub(super) drafted_at: UnixTime,
    pub(super) limit: usize,
    /// The client assertion of the request.
    pub(super) asserted: Option<Asserted>,
    pub(super) nonces: Option<(NonceMemory, NonceSlot)>,
}

/// The step after a response.
#[derive(Debug)]
#[must_use = "an exchange may have to be carried out once more"]
pub enum Step<T: Output> {
    /// The server requires a DPoP nonce: send the request again, with all values newly minted. This
    /// happens once.
    Again(Draft<T>),
    /// The response, read and checked.
    Done(T),
}

impl<T: Output> Sent<T> {
    /// Reads the response. Remembers its DPoP nonce whatever its status is (RFC 9449 section 8.2).
    ///
    /// # Errors
    /// [`Error::Server`] if the response violates a rule, [`Error::Refusal`] if the server refused.
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
            asserted: self.asserted,
            error_body: OnceCell::new(),
        };
        if let Some((memory, slot)) = &self.nonces {
            let nonce = answer.dpop_nonce();
            if let Ok(Some(nonce)) = nonce {
                memory.learn(slot, nonce);
            }
            if answer.demands_nonce() {
                // An invalid nonce is an error only here: a success with an invalid header is still
                // a success. RFC 9449 8 and 9: a demand without a nonce can't be met.
                if nonce?.is_none() {
                    return Err(answer.fault(ServerRule::NonceMissing));
                }
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

    /// The same interaction with newly minted values, for a request that did not reach the server,
    /// for example because no connection was established. An authorization code or a refresh token
    /// in it is unspent. If the server may have received the request, see
    /// [`on_no_response`](Self::on_no_response).
    ///
    /// # Errors
    /// [`Error::Call`]. Does not happen to a draft that could be made once.
    pub fn not_sent(self, now: UnixTime) -> Result<Draft<T>, Error> {
        let Self { request, entropy, attempt, retried, .. } = self;
        let draft = Draft::mint(request, entropy, attempt + 1, now)?;
        Ok(Draft { retried, ..draft })
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
