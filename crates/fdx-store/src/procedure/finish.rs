use core::time::Duration;

use fdx_jose::{AuthorizationResponseError, JwtError, SealError};
use fdx_par::{
    Accepted, Callback, Draft, Exchanged, FlowId, NextStep, Pending, Refusal, ResponseMode,
    SignedCallback,
};
use fdx_wire::members::Excerpt;
use fdx_wire::{Entropy, UnixTime};

use super::consents::{Consents, seal};
use super::draws::Draws;
use super::finished::Finished;
use super::grant::Granting;
use super::late::until_stored;
use super::step::{Outcome, Step, store};
use super::verify::{FIRST_PAUSE, NotVerified, Until, until_sent, verify};
use crate::consents::insert::{Inserted, NewConsent, insert_consent_of_flow};
use crate::flows::claim::{Claim, ClaimId, Claimed, claim_flow, end_flow};
use crate::flows::flow::{NewFlow, StoredFlow, read_flow};
use crate::flows::outcome::FlowOutcome;
use crate::record::id::{RecordId, RecordKey};
use crate::record::state::ConsentState;
use crate::seal::{Column, ConsentKey, WrappedKey};
use crate::sql::operation::StoreError;

/// FAPI 2.0 Security Profile 5.3.2.1-11: a code lives at most 60 seconds.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

const CLAIMER_STOPPED: &str = "the process that handled the callback stopped before it stored \
                               tokens, and may have sent the code";

impl Consents {
    /// Finishes a flow: checks the callback, claims the flow, exchanges the code, stores the tokens,
    /// verifies them, reads the grant, and stores it with its receipt.
    ///
    /// `customer` is the customer of the session in which the callback arrived. It may be another
    /// browser than that which began the flow. `callback_url` is the URL as it was received. A
    /// repetition returns the outcome, whatever happened to the first process: see [`Finished`].
    pub fn finish(
        &self,
        customer: &str,
        callback_url: &str,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Finished> {
        let Some(flow) = FlowId::claimed_by(callback_url) else {
            return Step::Done(Finished::UnknownFlow);
        };
        let finishing = Finishing::new(self, &flow, customer, entropy);
        let url = callback_url.to_owned();
        store(read_flow(finishing.key.clone()), now, move |found, now| match found {
            Ok(Some(flow)) => finishing.found(flow, &url, now),
            Ok(None) => Step::Done(Finished::UnknownFlow),
            Err(error) => Step::Done(Finished::Store(error)),
        })
    }

    /// Finishes a flow whose pending state the caller opened, for example from a sealed cookie. The
    /// store keeps its claim and its outcome. `renews` is the record that the new consent renews: one of
    /// the same customer at this institution. Another one is ignored.
    ///
    /// The cookie is gone after the first callback: [`Consents::finish`] serves a reload.
    pub fn finish_opened(
        &self,
        customer: &str,
        pending: Pending,
        callback_url: &str,
        renews: Option<RecordId>,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Finished> {
        let mut finishing = Finishing::new(self, pending.flow_id(), customer, entropy);
        let opened = match finishing.open_new(&pending, renews) {
            Ok(opened) => opened,
            Err(error) => return Step::Done(Finished::Locked(error)),
        };
        finishing.callback(pending, opened, callback_url, now)
    }
}

/// The end of one flow, with what all its steps need.
struct Finishing {
    consents: Consents,
    key: RecordKey,
    customer: String,
    claim: ClaimId,
    draws: Draws,
}

/// The key of the coming consent, and what is stored with the claim and the tokens.
struct Opened {
    key: ConsentKey,
    wrapped_key: WrappedKey,
    renews: Option<RecordId>,
    /// The flow, if it is not stored yet.
    new: Option<NewFlow>,
}

impl Finishing {
    fn new(consents: &Consents, flow: &FlowId, customer: &str, entropy: Entropy) -> Self {
        let (consents, key) = (consents.clone(), consents.record(&flow.into()));
        let mut draws = Draws::new(entropy);
        let claim = ClaimId::new(&draws.next());
        Self { consents, key, customer: customer.to_owned(), claim, draws }
    }

    fn found(self, flow: StoredFlow, url: &str, now: UnixTime) -> Step<Finished> {
        if let Some(refused) = self.not_ours(&flow) {
            return Step::Done(refused);
        }
        if flow.claim.is_some() {
            return self.claimed_before(flow, now);
        }
        let opened = match self.open(&flow) {
            Ok(opened) => opened,
            Err(error) => return Step::Done(Finished::Locked(error)),
        };
        let Some((pending, opened)) = opened else {
            // Its key was erased.
            return Step::Done(Finished::UnknownFlow);
        };
        match self.consents.client().restore_pending(pending.expose()) {
            Ok(pending) => self.callback(pending, opened, url, now),
            Err(error) => Step::Done(Finished::Rejected(Box::new(error))),
        }
    }

    fn not_ours(&self, flow: &StoredFlow) -> Option<Finished> {
        if flow.customer != self.customer {
            return Some(Finished::OtherCustomer);
        }
        let issuer = self.consents.client().config().issuer.as_str();
        (flow.institution != issuer).then_some(Finished::UnknownFlow)
    }

    /// Opens the pending state of a stored flow.
    fn open(&self, flow: &StoredFlow) -> Result<Option<(fdx_wire::Secret, Opened)>, SealError> {
        let (Some(sealed), Some(wrapped_key)) = (&flow.sealed, &flow.wrapped_key) else {
            return Ok(None);
        };
        let (tenant, id) = (self.key.tenant.as_str(), self.key.id.as_str());
        let key = self.consents.key_ring().unwrap(tenant, id, wrapped_key)?;
        let pending = key.open(Column::Pending, 0, sealed)?;
        let (wrapped_key, renews) = (wrapped_key.clone(), flow.renews.clone());
        Ok(Some((pending, Opened { key, wrapped_key, renews, new: None })))
    }

    /// Creates the key of the coming consent, for a flow that is stored with its claim.
    fn open_new(
        &mut self,
        pending: &Pending,
        renews: Option<RecordId>,
    ) -> Result<Opened, SealError> {
        let (tenant, id) = (self.key.tenant.as_str(), self.key.id.as_str());
        let ring = self.consents.key_ring();
        let (key, wrapped_key) = ring.create(tenant, id, &self.draws.next())?;
        let (customer, renewed, wrapped) = (&self.customer, renews.clone(), wrapped_key.clone());
        let new = self.consents.new_flow(pending, customer, renewed, wrapped, None);
        Ok(Opened { key, wrapped_key, renews, new: Some(new) })
    }

    /// Checks the callback. Until it passes, the flow is unchanged.
    fn callback(
        self,
        pending: Pending,
        opened: Opened,
        url: &str,
        now: UnixTime,
    ) -> Step<Finished> {
        let client = self.consents.client();
        if pending.response_mode() == ResponseMode::Query {
            return match client.callback(pending, url, now) {
                Ok(callback) => self.decided(callback, opened, now),
                Err(refused) => Step::Done(Finished::Rejected(Box::new(refused.error))),
            };
        }
        let signed: SignedCallback = match client.signed_callback(pending, url, now) {
            Ok(signed) => signed,
            Err(refused) => return Step::Done(Finished::Rejected(Box::new(refused.error))),
        };
        let consents = self.consents.clone();
        let forged = AuthorizationResponseError::from(JwtError::UnknownKey).into();
        verify(&consents, signed, forged, now, move |verified, now| match verified {
            Ok(callback) => self.decided(callback, opened, now),
            Err(NotVerified::Rejected(error)) => Step::Done(Finished::Rejected(error)),
            Err(NotVerified::NoKeys(error)) => {
                Step::Done(Finished::Unreachable { reason: error.to_string() })
            }
            Err(NotVerified::Unreachable(reason)) => Step::Done(Finished::Unreachable { reason }),
        })
    }

    /// Claims the flow after a callback that passed.
    fn decided(mut self, callback: Callback, opened: Opened, now: UnixTime) -> Step<Finished> {
        let accepted: Accepted = match callback {
            Callback::Code(accepted) => accepted,
            Callback::Denied(refusal) => {
                let outcome = outcome_of(&refusal);
                let claim = self.claim(opened.new, Some(outcome.clone()));
                return self.claimed(claim, now, |_, _, _| Step::Done(outcome.into()));
            }
        };
        // Drafted before the claim: a configuration that does not fit leaves the code unspent.
        let draft = self.consents.client().exchange(accepted, self.draws.next(), now);
        let draft = match draft {
            Ok(draft) => draft,
            Err(refused) => return Step::Done(Finished::Rejected(Box::new(refused.error))),
        };
        let Opened { key, wrapped_key, renews, new } = opened;
        let claim = self.claim(new, None);
        self.claimed(claim, now, move |this, at, now| {
            this.exchange(draft, at, Kept { key, wrapped_key, renews }, now)
        })
    }

    fn claim(&self, new: Option<NewFlow>, outcome: Option<FlowOutcome>) -> Claim {
        Claim { key: self.key.clone(), id: self.claim.clone(), new, outcome }
    }

    fn claimed(
        self,
        claim: Claim,
        now: UnixTime,
        then: impl FnOnce(Self, UnixTime, UnixTime) -> Step<Finished> + Send + 'static,
    ) -> Step<Finished> {
        store(claim_flow(claim, now), now, move |claimed, now| match claimed {
            Ok(Claimed::Claimed { at }) => then(self, at, now),
            Ok(Claimed::Taken(flow)) => match self.not_ours(&flow) {
                Some(refused) => Step::Done(refused),
                None => self.claimed_before(*flow, now),
            },
            Ok(Claimed::NotFound) => Step::Done(Finished::UnknownFlow),
            Err(error) => Step::Done(Finished::Store(error)),
        })
    }

    /// Returns what is known about a flow that was claimed before.
    fn claimed_before(mut self, flow: StoredFlow, now: UnixTime) -> Step<Finished> {
        let (consents, record) = (self.consents.clone(), self.key.id.clone());
        let until = flow.claim.map_or(now, |(_, at)| self.ended_by(at));
        // The claimer's process has ended if it put the completion off.
        let runs = now <= until && flow.put_off.is_none();
        match (flow.outcome, flow.consent) {
            (Some(FlowOutcome::Granted), Some(_)) => {
                Granting::report(&consents, &record, Vec::new(), now)
            }
            (Some(outcome), _) => Step::Done(outcome.into()),
            (None, _) if runs => Step::Done(Finished::InProgress { until }),
            (None, Some(ConsentState::PendingVerification)) => {
                consents.resume(&record, self.draws.next(), now)
            }
            (None, Some(_)) => Granting::report(&consents, &record, Vec::new(), now),
            (None, None) => {
                let reason = CLAIMER_STOPPED.to_owned();
                Step::Done(Finished::StartOver { reason, error: None })
            }
        }
    }

    /// When the exchange of a code that was claimed at this time has ended, by every clock.
    fn ended_by(&self, claimed_at: UnixTime) -> UnixTime {
        let policy = self.consents.policy();
        claimed_at + CODE_LIFETIME + policy.deadline + policy.clock_skew
    }

    /// Sends the code. The flow is claimed: no other process does.
    fn exchange(
        self,
        draft: Draft<Exchanged>,
        claimed_at: UnixTime,
        kept: Kept,
        now: UnixTime,
    ) -> Step<Finished> {
        let sent_by = claimed_at + CODE_LIFETIME;
        let until = Until { sent_by, answered_by: sent_by + self.consents.policy().deadline };
        until_sent(draft, until, FIRST_PAUSE, now, move |outcome, now| {
            let (reason, error) = match outcome {
                Outcome::Done(exchanged) => {
                    return self.exchanged(exchanged, claimed_at, kept, now);
                }
                Outcome::Failed(error) => (error.to_string(), Some(Box::new(error))),
                Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => (reason, None),
            };
            let outcome = FlowOutcome::Failed { reason: reason.clone() };
            self.end(outcome, Finished::StartOver { reason, error }, now)
        })
    }

    /// Stores that there are no tokens.
    fn end(self, outcome: FlowOutcome, finished: Finished, now: UnixTime) -> Step<Finished> {
        let end = end_flow(self.key, self.claim, outcome);
        // If the store fails, a later `finish` knows that the claim has no tokens.
        store(end, now, move |_, _| Step::Done(finished))
    }

    /// Stores the tokens before anything else looks at them.
    fn exchanged(
        mut self,
        exchanged: Exchanged,
        claimed_at: UnixTime,
        kept: Kept,
        now: UnixTime,
    ) -> Step<Finished> {
        let sealed = match seal(&kept.key, 0, &self.draws.next(), &exchanged.to_json()) {
            Ok(sealed) => sealed,
            Err(error) => {
                let outcome = FlowOutcome::Failed { reason: error.to_string() };
                return self.end(outcome, Finished::Locked(error), now);
            }
        };
        let client = self.consents.client().config();
        let tokens = fdx_par::UnverifiedTokens::from(exchanged);
        let consent = NewConsent {
            key: self.key.clone(),
            customer: self.customer.clone(),
            institution: client.issuer.as_str().to_owned(),
            client_id: client.client_id.clone(),
            dialect: Some(client.dialect.name().to_owned()),
            consent_id: None,
            subject: None,
            state: ConsentState::PendingVerification,
            reason: None,
            wrapped_key: kept.wrapped_key,
            sealed,
            verified: false,
            access_expires_at: tokens.access_token_expires_at(),
            refresh_expires_at: tokens.refresh_token_expires_at(),
            consent_expires_at: None,
            // If this process stops, another one completes the consent.
            due_at: Some(self.ended_by(claimed_at)),
            renews: kept.renews.map(|id| id.as_str().to_owned()),
        };
        let granting = Granting::new(&self.consents, self.key, kept.key, 0, self.draws);
        let insert = move |now| insert_consent_of_flow(consent.clone(), now);
        until_stored(insert, now, move |inserted, now| match inserted {
            Ok(Inserted::New) => granting.verify(tokens, now),
            // Ids of flows are unpredictable, and the flow was claimed once.
            Ok(Inserted::Exists) => Step::Done(Finished::Store(StoreError::UnexpectedRows)),
            Err(error) => Step::Done(Finished::Store(error)),
        })
    }
}

/// The key of the coming consent, and the record that it renews.
struct Kept {
    key: ConsentKey,
    wrapped_key: WrappedKey,
    renews: Option<RecordId>,
}

/// What to store of an error in the callback.
fn outcome_of(refusal: &Refusal) -> FlowOutcome {
    let text = |text: &Option<Excerpt>| text.as_ref().map(|text| text.as_str().to_owned());
    let (error, description) = (text(&refusal.said.error), text(&refusal.said.error_description));
    match refusal.next_step {
        NextStep::RespectTheCustomer => FlowOutcome::Denied { error, description },
        _ => FlowOutcome::Refused { error, description },
    }
}
