//! The parent: the clock, the network and the institution of all processes, and their end.
//!
//! The processes run at the same time, and share the file. The clock stands still while one of them
//! runs, and moves on to the next event when all wait. So no process is ever paused beyond its
//! deadline, which is a loss that no recipient can exclude.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::time::Duration;

use crate::bank::{Bank, WINDOW};
use crate::child::Answer;
use crate::node::Node;
use crate::protocol::{SKEW, Start, ToChild, ToParent, token_of, token_text};
use crate::random::Random;

/// When the clock begins.
pub(crate) const BEGIN: u64 = 1_767_607_200;

/// The chances of accidents, in percent.
const LOST_REQUEST: u64 = 3;
const LOST_RESPONSE: u64 = 6;
const SLOW: u64 = 5;
const KILL: u64 = 25;

/// The longest time between a wake-up and the SIGKILL, in microseconds: several commits.
const LATEST_KILL: u64 = 15_000;

/// How many events of each consent are kept for a trace.
const EVENTS: usize = 40;

/// What is counted.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub(crate) struct Counts {
    pub(crate) refreshes: u64,
    pub(crate) kills: u64,
    pub(crate) kills_while_running: u64,
    pub(crate) kills_with_requests: u64,
    pub(crate) takeovers: u64,
    pub(crate) own_retries: u64,
    pub(crate) lost_requests: u64,
    pub(crate) lost_responses: u64,
    pub(crate) repeated_tokens: u64,
    pub(crate) calls: u64,
    pub(crate) outcomes: BTreeMap<String, u64>,
}

/// A consent at the institution, and what happened to its requests.
pub(crate) struct Consent {
    pub(crate) bank: Bank,
    /// The newest token that a process has stored.
    stored: u32,
    /// The process that sent the last request, if no answer of it was stored.
    unanswered: Option<u64>,
    /// Accidents since an answer was stored.
    accidents: u32,
    /// When an answer was stored last.
    pub(crate) answered_at: u64,
    /// Why the grant ended.
    pub(crate) ended: Option<End>,
    pub(crate) events: VecDeque<String>,
}

/// Why the institution ended a grant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// A void token was used although the recipient could know better.
    BecauseOfUs,
    /// The only token that was known was repeated after the window: no recipient can exclude it.
    WindowClosed,
}

/// A request on its way.
struct Flight {
    /// The place of the process that waits, if it lives, and its number of the request.
    sender: Option<usize>,
    number: u64,
    consent: u32,
    token: u32,
    /// When the institution processes it. `None`: never.
    processed_at: Option<u64>,
    answer: Option<Answer>,
    /// When the answer arrives. `None`: never.
    arrives_at: Option<u64>,
    /// When the sender closes the connection.
    ends_at: u64,
}

/// The world.
pub(crate) struct World {
    start: Start,
    random: Random,
    pub(crate) now: u64,
    pub(crate) consents: Vec<Consent>,
    nodes: Vec<Node>,
    flights: Vec<Flight>,
    pub(crate) counts: Counts,
    /// Whether accidents still happen.
    accidents: bool,
    next_call: u64,
}

impl World {
    pub(crate) fn new(start: Start, consents: u32, processes: u8) -> Result<Self, Box<dyn Error>> {
        let consent = |_| Consent {
            bank: Bank::new(start.class),
            stored: 0,
            unanswered: None,
            accidents: 0,
            answered_at: 0,
            ended: None,
            events: VecDeque::new(),
        };
        let mut world = Self {
            random: Random::new(start.seed),
            now: BEGIN,
            consents: (0..consents).map(consent).collect(),
            nodes: Vec::new(),
            flights: Vec::new(),
            counts: Counts::default(),
            accidents: true,
            next_call: BEGIN + 1,
            start,
        };
        for place in 0..usize::from(processes) {
            let node = world.spawn(place)?;
            world.nodes.push(node);
        }
        Ok(world)
    }

    /// Runs until this many refreshes have succeeded, and then without accidents until each consent
    /// was refreshed once more. Returns the consents that were not.
    pub(crate) fn run(&mut self, refreshes: u64) -> Result<Vec<u32>, Box<dyn Error>> {
        let mut reported = 0;
        while self.counts.refreshes < refreshes {
            self.tick()?;
            if self.counts.refreshes / 500 > reported {
                reported = self.counts.refreshes / 500;
                eprintln!("{} of {refreshes} refreshes", self.counts.refreshes);
            }
        }
        self.accidents = false;
        let (calm, last) = (self.now, self.now + 3 * self.start.keep_alive + 10 * WINDOW);
        let waits = |consent: &Consent| consent.answered_at <= calm && consent.ended.is_none();
        while self.now < last && self.consents.iter().any(waits) {
            self.tick()?;
        }
        self.listen()?;
        for node in &mut self.nodes {
            node.wake(&[ToChild::Stop], self.now)?;
        }
        self.stop()?;
        let left = (0..).zip(&self.consents).filter(|pair| waits(pair.1));
        Ok(left.map(|(number, _)| number).collect())
    }

    fn spawn(&self, place: usize) -> Result<Node, Box<dyn Error>> {
        let incarnation = self.counts.kills * 256 + place as u64;
        Node::start(&Start { incarnation, ..self.start.clone() }, place as u64 % (SKEW + 1))
    }

    /// The processes run until all wait; then the clock moves on to the next event.
    fn tick(&mut self) -> Result<(), Box<dyn Error>> {
        self.listen()?;
        let times = self.nodes.iter().filter_map(|node| node.waits_until);
        let flights = self.flights.iter().flat_map(|flight| {
            let processed = flight.processed_at.filter(|_| flight.answer.is_none());
            let sender = flight.sender.map(|_| flight.arrives_at.unwrap_or(flight.ends_at));
            [processed, sender].into_iter().flatten()
        });
        let next = times.chain(flights).chain([self.next_call]).min().unwrap_or_default();
        self.now = next.max(self.now + 1);
        self.process();
        let mut messages: Vec<Vec<ToChild>> = self.nodes.iter().map(|_| Vec::new()).collect();
        self.deliver(&mut messages);
        self.call(&mut messages);
        let mut woken = Vec::new();
        for (place, (node, messages)) in self.nodes.iter_mut().zip(&messages).enumerate() {
            if !messages.is_empty() || node.waits_until.is_some_and(|until| until <= self.now) {
                node.wake(messages, self.now)?;
                woken.push(place);
            }
        }
        if self.accidents && self.random.percent(KILL) {
            self.kill(&woken)?;
        }
        Ok(())
    }

    /// Reads what the running processes write, until each waits.
    fn listen(&mut self) -> Result<(), Box<dyn Error>> {
        for place in 0..self.nodes.len() {
            while let Some(node) = self.nodes.get_mut(place)
                && node.waits_until.is_none()
            {
                match node.read()? {
                    None => return Err("a child ended that was not killed".into()),
                    Some(message) => self.said(place, message, true),
                }
            }
        }
        Ok(())
    }

    /// Waits until the processes have ended that were told to stop.
    fn stop(&mut self) -> Result<(), Box<dyn Error>> {
        // A procedure that waits for another process ends after its deadline.
        for _ in 0..400 {
            let mut running = Vec::new();
            for (place, node) in self.nodes.iter_mut().enumerate() {
                while node.waits_until.is_none() {
                    match node.read()? {
                        None => break,
                        Some(ToParent::Wait(until)) => node.waits_until = Some(until),
                        Some(ToParent::Send { flight, .. }) => running.push((place, flight)),
                        Some(ToParent::Outcome(_)) => {}
                    }
                }
            }
            self.now += 1;
            self.process();
            let mut messages: Vec<Vec<ToChild>> = self.nodes.iter().map(|_| Vec::new()).collect();
            self.deliver(&mut messages);
            // Nothing begins any more: what is sent now is a retry, and stays unanswered.
            for (place, flight) in running {
                if let Some(messages) = messages.get_mut(place) {
                    messages.push(ToChild::Answer(flight, Answer::None));
                }
            }
            let mut living = false;
            for (node, messages) in self.nodes.iter_mut().zip(&messages) {
                if node.waits_until.is_some() {
                    node.wake(messages, self.now)?;
                    living = true;
                }
            }
            if !living {
                break;
            }
        }
        self.nodes.iter_mut().try_for_each(Node::ended)
    }

    /// Takes a message of a process.
    fn said(&mut self, place: usize, message: ToParent, alive: bool) {
        let Some(node) = self.nodes.get_mut(place) else { return };
        let (incarnation, ahead) = (node.incarnation, node.ahead);
        match message {
            ToParent::Outcome(outcome) => *self.counts.outcomes.entry(outcome).or_default() += 1,
            ToParent::Wait(until) => {
                node.waits_until = Some(until.saturating_sub(ahead));
                // What it received, it has stored.
                for (consent, token) in std::mem::take(&mut node.storing) {
                    if let Some(consent) = self.consents.get_mut(consent as usize) {
                        consent.stored = consent.stored.max(token);
                        (consent.unanswered, consent.accidents) = (None, 0);
                        consent.answered_at = self.now;
                        consent
                            .event(self.now, format!("process {incarnation} has stored t{token}"));
                    }
                }
            }
            ToParent::Send { flight, deadline, token } => {
                let Some((number, token)) = token_of(&token) else { return };
                let ends_at = deadline.saturating_sub(ahead);
                let sender = alive.then_some(place);
                self.sent((incarnation, sender), flight, number, token, ends_at);
            }
        }
    }

    /// Decides what becomes of a request.
    fn sent(
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
    fn process(&mut self) {
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
    fn deliver(&mut self, messages: &mut [Vec<ToChild>]) {
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

    /// Calls need access tokens: of one consent, in several processes at once.
    fn call(&mut self, messages: &mut [Vec<ToChild>]) {
        if self.now < self.next_call {
            return;
        }
        self.next_call = self.now + 1 + self.random.below(2);
        let consent = self.random.below(self.consents.len() as u64);
        let Ok(consent) = u32::try_from(consent) else { return };
        for _ in 0..=self.random.below(3) {
            let place = self.random.below(messages.len() as u64);
            if let Some(messages) = usize::try_from(place).ok().and_then(|at| messages.get_mut(at))
            {
                messages.push(ToChild::Call(consent));
                self.counts.calls += 1;
            }
        }
    }

    /// Kills a process at any moment of its work, and starts another one in its place.
    fn kill(&mut self, woken: &[usize]) -> Result<(), Box<dyn Error>> {
        let count = self.nodes.len();
        let first = usize::try_from(self.random.below(count as u64))?;
        // Usually one that works: the others wait for a time or a response.
        let working = self.random.percent(75);
        let place = (first..first + count)
            .map(|place| place % count)
            .filter(|place| !working || woken.contains(place))
            .find(|place| !self.has_accident(*place));
        let Some(place) = place else { return Ok(()) };
        std::thread::sleep(Duration::from_micros(self.random.below(LATEST_KILL)));
        let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
        let incarnation = node.incarnation;
        for message in node.kill()? {
            self.said(place, message, false);
        }
        let mut touched = Vec::new();
        for flight in self.flights.iter_mut().filter(|flight| flight.sender == Some(place)) {
            flight.sender = None;
            touched.push(flight.consent);
            let loses = flight.processed_at.is_some() && flight.arrives_at.is_some();
            self.counts.lost_responses += u64::from(loses);
        }
        // What it received and may not have stored.
        if let Some(node) = self.nodes.get_mut(place) {
            self.counts.lost_responses += node.storing.len() as u64;
            touched.extend(node.storing.drain(..).map(|(consent, _)| consent));
        }
        self.counts.kills += 1;
        self.counts.kills_while_running += u64::from(woken.contains(&place));
        self.counts.kills_with_requests += u64::from(!touched.is_empty());
        for consent in touched {
            if let Some(consent) = self.consents.get_mut(consent as usize) {
                consent.accidents += 1;
                consent.event(self.now, format!("process {incarnation} is killed"));
            }
        }
        let node = self.spawn(place)?;
        if let Some(slot) = self.nodes.get_mut(place) {
            *slot = node;
        }
        Ok(())
    }

    /// Whether a consent with a request or response of this process has had an accident already.
    /// Several in a row would close the window: no recipient can exclude that.
    fn has_accident(&self, place: usize) -> bool {
        let flights = self.flights.iter().filter(|flight| flight.sender == Some(place));
        let storing = self.nodes.get(place).into_iter().flat_map(|node| &node.storing);
        let mut consents =
            flights.map(|flight| flight.consent).chain(storing.map(|(consent, _)| *consent));
        consents.any(|consent| {
            self.consents.get(consent as usize).is_some_and(|consent| consent.accidents > 0)
        })
    }
}

impl Consent {
    /// Adds to the trace.
    pub(crate) fn event(&mut self, now: u64, event: String) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(format!("{} s: {event}", now - BEGIN));
    }

    fn refused(&mut self, before: &Bank, token: u32, now: u64) {
        self.event(now, format!("the bank refuses t{token}"));
        if self.ended.is_some() {
            return;
        }
        let closed = before.replaced.is_some_and(|(replaced, since)| {
            replaced == token && now > since + WINDOW && self.stored <= token
        });
        self.ended = Some(if closed { End::WindowClosed } else { End::BecauseOfUs });
    }
}
