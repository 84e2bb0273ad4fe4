use fdx_par::tokens::ClientToken;
use fdx_par::{AccessToken, ConsentRead, Draft, Error, NextStep};
use fdx_rar::{ConsentHint, ConsentId, Scopes};
use fdx_wire::{Entropy, UnixTime};

use super::consents::Consents;
use super::draws::Draws;
use super::refresh::Access;
use super::step::{Outcome, Step, exchange, store};
use crate::consents::{Reported, find_consent, report_consent};
use crate::receipts::Event;
use crate::record::id::{RecordId, RecordKey};
use crate::record::state::ConsentState;
use crate::sql::operation::StoreError;

/// The result of [`Consents::check`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Checked {
    /// The institution reports what is stored.
    Unchanged,
    /// The consent was narrowed, revoked or changed at the institution, or has expired there. The event
    /// has a receipt now.
    Recorded(Box<Event>),
    /// The consent had ended here before. Nothing was read.
    Ended {
        /// Its state.
        state: ConsentState,
    },
    /// The institution did not report the consent.
    NotRead {
        /// Why, with the institution's words.
        reason: String,
    },
    /// The institution reported no id of the consent when it was granted, so it can't be read.
    NoConsentId,
    /// The notification is about another consent. Nothing was read.
    OtherConsent,
    /// The store has no such consent.
    NotFound,
    /// The store failed.
    Store(StoreError),
}

impl Consents {
    /// Reads a consent at the institution's consent API, and records what has changed: it was narrowed
    /// or revoked there, its expiration or status is another one, or it has expired.
    ///
    /// The read is authorized by the consent's own access token, which is refreshed where needed. If
    /// there is none, or the institution refuses it with 401, the client requests one of its own: a
    /// consent that was revoked at the institution has no valid token.
    pub fn check(&self, id: &RecordId, entropy: Entropy, now: UnixTime) -> Step<Checked> {
        Checking::new(self, id, entropy).find(None, now)
    }

    /// Does the same as [`check`](Self::check) after a notification. The notification is not
    /// authenticated: it only causes the read.
    pub fn notified(
        &self,
        id: &RecordId,
        hint: &ConsentHint,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Checked> {
        Checking::new(self, id, entropy).find(Some(hint.clone()), now)
    }

    /// Records what has changed in a consent that the caller has read. The consent is the one that was
    /// read: [`Client::read_consent_by_id`](fdx_par::Client::read_consent_by_id) has compared the ids.
    pub fn reported(
        &self,
        id: &RecordId,
        read: &ConsentRead,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Checked> {
        Checking::new(self, id, entropy).report(read, now)
    }
}

/// One check, with what all its steps need.
struct Checking {
    consents: Consents,
    key: RecordKey,
    draws: Draws,
}

/// Whose access token authorizes the read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Whose {
    Consents,
    Clients,
}

impl Checking {
    fn new(consents: &Consents, id: &RecordId, entropy: Entropy) -> Self {
        let (consents, key) = (consents.clone(), consents.record(id));
        Self { consents, key, draws: Draws::new(entropy) }
    }

    fn find(self, hint: Option<ConsentHint>, now: UnixTime) -> Step<Checked> {
        store(find_consent(self.key.clone()), now, move |found, now| {
            let row = match found {
                Ok(Some(row)) => row,
                Ok(None) => return Step::Done(Checked::NotFound),
                Err(error) => return Step::Done(Checked::Store(error)),
            };
            if row.state.has_ended() {
                return Step::Done(Checked::Ended { state: row.state });
            }
            let id = row.consent_id.and_then(|id| id.parse::<ConsentId>().ok());
            match (id, hint) {
                (None, _) => Step::Done(Checked::NoConsentId),
                (Some(id), Some(hint)) if *hint.consent_id() != id => {
                    Step::Done(Checked::OtherConsent)
                }
                (Some(id), _) => self.with_own_token(id, now),
            }
        })
    }

    fn with_own_token(mut self, id: ConsentId, now: UnixTime) -> Step<Checked> {
        let entropy = self.draws.next();
        let access = self.consents.valid_token(&self.key.id, entropy, now);
        access.then(now, move |access, now| match access {
            Access::Token(token) => {
                self.read(id, token.access_token().clone(), Whose::Consents, now)
            }
            Access::NotFound => Step::Done(Checked::NotFound),
            Access::Store(error) => Step::Done(Checked::Store(error)),
            _ => self.with_clients_token(id, now),
        })
    }

    fn with_clients_token(mut self, id: ConsentId, now: UnixTime) -> Step<Checked> {
        let (client, entropy) = (self.consents.client(), self.draws.next());
        let draft: Draft<ClientToken> =
            match client.client_credentials(&Scopes::new(), entropy, now) {
                Ok(draft) => draft,
                Err(error) => return not_read(&error),
            };
        exchange(draft, None, now, move |outcome, now| match outcome {
            Outcome::Done(token) => {
                self.read(id, token.access_token().clone(), Whose::Clients, now)
            }
            Outcome::Failed(error) => not_read(&error),
            Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => {
                Step::Done(Checked::NotRead { reason })
            }
        })
    }

    fn read(
        mut self,
        id: ConsentId,
        token: AccessToken,
        whose: Whose,
        now: UnixTime,
    ) -> Step<Checked> {
        let (client, entropy) = (self.consents.client(), self.draws.next());
        let draft: Draft<ConsentRead> = match client.read_consent_by_id(&id, &token, entropy, now) {
            Ok(draft) => draft,
            Err(_) if whose == Whose::Consents => return self.with_clients_token(id, now),
            Err(error) => return not_read(&error),
        };
        exchange(draft, None, now, move |outcome, now| match outcome {
            Outcome::Done(read) => self.report(&read, now),
            Outcome::Failed(error)
                if whose == Whose::Consents && error.next_step() == NextStep::Refresh =>
            {
                self.with_clients_token(id, now)
            }
            Outcome::Failed(error) => not_read(&error),
            Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => {
                Step::Done(Checked::NotRead { reason })
            }
        })
    }

    fn report(mut self, read: &ConsentRead, now: UnixTime) -> Step<Checked> {
        let cause = self.draws.cause();
        let policy = *self.consents.policy();
        let report = report_consent(self.key, read.grant().clone(), cause, policy, now);
        store(report, now, |reported, _| {
            Step::Done(match reported {
                Ok(Reported::Unchanged) => Checked::Unchanged,
                Ok(Reported::Recorded(event)) => Checked::Recorded(event),
                Ok(Reported::Ended { state }) => Checked::Ended { state },
                Ok(Reported::NotFound) => Checked::NotFound,
                Err(error) => Checked::Store(error),
            })
        })
    }
}

fn not_read(error: &Error) -> Step<Checked> {
    Step::Done(Checked::NotRead { reason: error.to_string() })
}
