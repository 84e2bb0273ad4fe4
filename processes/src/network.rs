//! The requests between the processes and the institution, and the accidents on their way.

use crate::child::Answer;
use crate::protocol::{ToChild, token_of, token_text};
use crate::world::{BEGIN, World};

/// A request on its way.
pub(crate) struct Flight {
    /// The place of the process that waits, if it lives, and its number of the request.
    pub(crate) sender: Option<usize>,
    pub(crate) number: u64,
    pub(crate) consent: u32,
    pub(crate) token: u32,
    /// When the institution processes it. `None`: never.
    pub(crate) processed_at: Option<u64>,
    pub(crate) answer: Option<Answer>,
    /// When the answer arrives. `None`: never.
    pub(crate) arrives_at: Option<u64>,
    /// When the sender closes the connection.
    pub(crate) ends_at: u64,
}

/// The chances of accidents, in percent.
const LOST_REQUEST: u64 = 3;
const LOST_RESPONSE: u64 = 6;
const SLOW: u64 = 5;

impl World {
    /// Decides what becomes of a request.
    pub(crate) fn sent(
        &mut self,
        (incarnation, sender): (u64, Option<usize>),
        number: u64,
        consent_number: u32,
        token: u32,
        ends_at: u64,
    ) {
        let (random, now) = (&mut self.random, self.now);
        let Some(consent) = self.consents.get_mut(consent_number as usize) else { return };
        match consent.unanswered.replace(incarnation) {
            Some(earlier) if earlier == incarnation => self.counts.own_retries += 1,
            Some(_) => self.counts.takeovers += 1,
            None => {}
        }
        consent
            .event(now, format!("process {incarnation} sends t{token} until {}", ends_at - BEGIN));
        // Several accidents in a row would close the window: no recipient can exclude that.
        let spared = !self.accidents || consent.accidents > 0;
        let lost_request = !spared && random.percent(LOST_REQUEST);
        let lost_response = !spared && random.percent(LOST_RESPONSE);
        let mut processed_at = now + 1 + random.below(2);
        if !spared && random.percent(SLOW) {
            processed_at = now + 1 + random.below(ends_at.saturating_sub(now));
        }
        let arrives_at = processed_at + random.below(3);
        let processed_at = (!lost_request && processed_at < ends_at).then_some(processed_at);
        let arrives_at = Some(arrives_at).filter(|at| {
            processed_at.is_some() && !lost_response && *at < ends_at && sender.is_some()
        });
        if processed_at.is_none() {
            self.counts.lost_requests += 1;
            consent.event(now, "the request is lost".to_owned());
        } else if arrives_at.is_none() {
            self.counts.lost_responses += 1;
            consent.event(now, "the response will be lost".to_owned());
        }
        consent.accidents += u32::from(arrives_at.is_none());
        self.flights.push(Flight {
            sender,
            number,
            consent: consent_number,
            token,
            processed_at,
            answer: None,
            arrives_at,
            ends_at,
        });
    }

    /// The institution processes the requests that have arrived.
    pub(crate) fn process(&mut self) {
        for flight in &mut self.flights {
            let arrived = flight.processed_at.is_some_and(|at| at <= self.now);
            if !arrived || flight.answer.is_some() {
                continue;
            }
            let Some(consent) = self.consents.get_mut(flight.consent as usize) else { continue };
            let before = consent.bank.clone();
            let issued = consent.bank.refresh(flight.token, self.now);
            let repeated = before.current != flight.token;
            match issued {
                Some(token) => {
                    self.counts.refreshes += 1;
                    self.counts.repeated_tokens += u64::from(repeated);
                    consent
                        .event(self.now, format!("the bank issues t{token} for t{}", flight.token));
                }
                None => consent.refused(&before, flight.token, self.now),
            }
            flight.answer =
                Some(issued.map_or(Answer::Refused, |token| {
                    Answer::Token(token_text(flight.consent, token))
                }));
        }
    }

    /// Answers arrive, and connections end.
    pub(crate) fn deliver(&mut self, messages: &mut [Vec<ToChild>]) {
        let (now, nodes) = (self.now, &mut self.nodes);
        self.flights.retain(|flight| {
            let Some(place) = flight.sender else {
                // A request of a dead process is still processed.
                return flight.processed_at.is_some() && flight.answer.is_none();
            };
            let answer = match &flight.answer {
                Some(answer) if flight.arrives_at.is_some_and(|at| at <= now) => answer.clone(),
                _ if flight.ends_at <= now => Answer::None,
                _ => return true,
            };
            let (Some(node), Some(messages)) = (nodes.get_mut(place), messages.get_mut(place))
            else {
                return false;
            };
            if let Answer::Token(text) = &answer
                && let Some(token) = token_of(text)
            {
                node.storing.push(token);
            }
            messages.push(ToChild::Answer(flight.number, answer));
            false
        });
    }
}
