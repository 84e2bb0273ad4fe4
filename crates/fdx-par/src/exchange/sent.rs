use core::fmt;

use fdx_wire::{Entropy, UnixTime};

use super::answer::Answer;
use super::draft::Retried;
use super::mint::Mint;
use super::{Draft, NonceMemory, NonceSlot, Output};
use crate::{Error, NextStep, ServerRule};

/// An interaction whose request was handed out, waiting for the answer.
#[must_use = "a sent exchange waits for its answer"]
pub struct Sent<T: Output> {
    pub(super) ask: T::Ask,
    pub(super) entropy: Entropy,
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
            unheard: T::unheard(&self.ask),
        };
        if let Some((memory, slot)) = &self.nonces {
            let told = answer.dpop_nonce();
            if let Ok(Some(nonce)) = told {
                memory.learn(slot, nonce);
            }
            // A nonce that can't be read matters only where one is asked for: a success with a
            // broken header is still a success.
            if answer.asks_for_nonce(slot.realm) && told?.is_some() {
                // RFC 9449 8: one fresh nonce is an answer; a second is a loop.
                if self.retried == Retried::Yes {
                    return Err(answer.fault(ServerRule::NonceAgain));
                }
                let fresh = Draft::mint(self.ask, self.entropy, self.attempt + 1, now)?;
                return Ok(Step::Again(Draft { retried: Retried::Yes, ..fresh }));
            }
        }
        let mint = Mint { entropy: &self.entropy, attempt: self.attempt, now: self.drafted_at };
        T::read(self.ask, &mint, &answer).map(Step::Done)
    }

    /// No answer came, and none will: says what is safe. The server may or may not have acted.
    #[must_use]
    pub fn unheard(self) -> NextStep {
        T::unheard(&self.ask)
    }
}

impl<T: Output> fmt::Debug for Sent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}
