use fdx_jose::SealError;
use fdx_par::error::Deviation;
use fdx_par::{AuthorizationRequest, AuthorizationUrl, Error, FlowId, Notice, Pending, not_fapi};
use fdx_wire::{Entropy, UnixTime};

use super::consents::Consents;
use super::draws::Draws;
use super::step::{Outcome, Step, exchange, store};
use crate::consents::find::find_consent;
use crate::flows::flow::{NewFlow, insert_flow};
use crate::record::id::RecordId;
use crate::seal::Column;
use crate::sql::operation::StoreError;

/// The result of [`Consents::begin`] and [`Consents::renew`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Started {
    /// The flow is stored: redirect the customer.
    Redirect(Redirect),
    /// The institution refused the request, or the request does not fit the client. Nothing is stored.
    Failed(Box<Error>),
    /// The institution did not respond. Begin again: what it may have stored expires soon.
    Unreachable {
        /// What failed.
        reason: String,
    },
    /// The store has no such consent to renew, or it is another institution's.
    NotFound,
    /// The pending state can't be sealed.
    Locked(SealError),
    /// The store failed.
    Store(StoreError),
}

/// Where to send the customer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Redirect {
    /// The URL, for a redirect with 303.
    pub url: AuthorizationUrl,
    /// The id of the flow, and later of the consent.
    pub flow: FlowId,
    /// When the institution stops accepting the URL.
    pub redirect_by: UnixTime,
    /// When the callback must have arrived.
    pub callback_by: UnixTime,
    /// The tolerated deviations of the institution.
    pub notices: Vec<Notice>,
}

impl Consents {
    /// Begins a flow: pushes the request, and stores the pending state before the customer is
    /// redirected. `customer` is the recipient's own reference to the customer; the callback counts
    /// only in a session of the same customer, in whatever browser.
    ///
    /// A recipient that keeps the pending state in a sealed cookie does not need it: see
    /// [`Consents::finish_opened`].
    pub fn begin(
        &self,
        customer: &str,
        request: &AuthorizationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Started> {
        let (consents, customer) = (self.clone(), customer.to_owned());
        Beginning { consents, customer, renews: None, draws: Draws::new(entropy) }
            .push(request, now)
    }

    /// Begins a flow that renews a consent: the customer decides again, and a new record replaces the
    /// old one. [`Consents::finish`] returns the old one, to be revoked after the new grant is stored.
    pub fn renew(
        &self,
        record: &RecordId,
        request: &AuthorizationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Started> {
        let (consents, renews) = (self.clone(), record.clone());
        let request = request.clone();
        store(find_consent(self.record(record)), now, move |found, now| match found {
            Ok(Some(row)) if row.institution == consents.client().config().issuer.as_str() => {
                let (customer, draws) = (row.customer, Draws::new(entropy));
                Beginning { consents, customer, renews: Some(renews), draws }.push(&request, now)
            }
            Ok(_) => Step::Done(Started::NotFound),
            Err(error) => Step::Done(Started::Store(error)),
        })
    }
}

/// The beginning of one flow, with what all its steps need.
struct Beginning {
    consents: Consents,
    customer: String,
    renews: Option<RecordId>,
    draws: Draws,
}

impl Beginning {
    fn push(mut self, request: &AuthorizationRequest, now: UnixTime) -> Step<Started> {
        let (client, entropy) = (self.consents.client().clone(), self.draws.next());
        if client.config().dialect.allows(Deviation::NotPushed) {
            return match not_fapi::authorize(&client, request, entropy, now) {
                Ok((url, pending)) => {
                    let redirect = Redirect::new(url, &pending, pending.callback_by(), Vec::new());
                    self.persist(redirect, &pending, now)
                }
                Err(error) => failed(error),
            };
        }
        let draft = match client.push(request, entropy, now) {
            Ok(draft) => draft,
            Err(error) => return failed(error),
        };
        exchange(draft, None, now, move |outcome, now| match outcome {
            Outcome::Done(pushed) => {
                let (redirect_by, notices) = (pushed.redirect_by(), pushed.notices().to_vec());
                match pushed.redirect(now) {
                    Ok((url, pending)) => {
                        let redirect = Redirect::new(url, &pending, redirect_by, notices);
                        self.persist(redirect, &pending, now)
                    }
                    Err(error) => failed(error),
                }
            }
            Outcome::Failed(error) => failed(error),
            Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => {
                Step::Done(Started::Unreachable { reason })
            }
        })
    }

    /// Stores the pending state, sealed with the key of the coming consent.
    fn persist(mut self, redirect: Redirect, pending: &Pending, now: UnixTime) -> Step<Started> {
        let flow = match self.flow(pending) {
            Ok(flow) => flow,
            Err(error) => return Step::Done(Started::Locked(error)),
        };
        store(insert_flow(flow), now, move |inserted, _| {
            Step::Done(match inserted {
                Ok(true) => Started::Redirect(redirect),
                // The id is unpredictable: another flow has it only in a damaged database.
                Ok(false) => Started::Store(StoreError::UnexpectedRows),
                Err(error) => Started::Store(error),
            })
        })
    }

    fn flow(&mut self, pending: &Pending) -> Result<NewFlow, SealError> {
        let (tenant, id) = (self.consents.tenant().as_str(), RecordId::from(pending.flow_id()));
        let ring = self.consents.key_ring();
        let (key, wrapped_key) = ring.create(tenant, id.as_str(), &self.draws.next())?;
        let sealed = key.seal(Column::Pending, 0, &self.draws.next(), &pending.to_json())?;
        let (customer, renews) = (&self.customer, self.renews.clone());
        Ok(self.consents.new_flow(pending, customer, renews, wrapped_key, Some(sealed)))
    }
}

impl Redirect {
    fn new(
        url: AuthorizationUrl,
        pending: &Pending,
        redirect_by: UnixTime,
        notices: Vec<Notice>,
    ) -> Self {
        let (flow, callback_by) = (pending.flow_id().clone(), pending.callback_by());
        Self { url, flow, redirect_by, callback_by, notices }
    }
}

fn failed(error: Error) -> Step<Started> {
    Step::Done(Started::Failed(Box::new(error)))
}
