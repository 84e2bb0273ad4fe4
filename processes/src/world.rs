//! The parent: the clock of all processes, their calls and their end.
//!
//! The processes run at the same time, and share the file. The clock stands still while one of them
//! runs, and moves on to the next event when all wait. So no process is ever paused beyond its
//! deadline, which is a loss that no recipient can exclude.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use crate::bank::WINDOW;
use crate::child::Answer;
use crate::consent::Consent;
use crate::network::Flight;
use crate::node::Node;
use crate::protocol::{SKEW, Start, ToChild, ToParent, token_of};
use crate::random::Random;

/// When the clock begins.
pub(crate) const BEGIN: u64 = 1_767_607_200;

/// The chance of a kill after each step of the clock, in percent.
const KILL: u64 = 25;

/// The longest time between a wake-up and the SIGKILL, in microseconds: several commits.
const LATEST_KILL: u64 = 15_000;

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

/// The world.
pub(crate) struct World {
    start: Start,
    pub(crate) random: Random,
    pub(crate) now: u64,
    pub(crate) consents: Vec<Consent>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) flights: Vec<Flight>,
    pub(crate) counts: Counts,
    /// Whether accidents still happen.
    pub(crate) accidents: bool,
    next_call: u64,
}

impl World {
    pub(crate) fn new(start: Start, consents: u32, processes: u8) -> Result<Self, Box<dyn Error>> {
        let mut world = Self {
            random: Random::new(start.seed),
            now: BEGIN,
            consents: (0..consents).map(|_| Consent::new(start.class)).collect(),
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

    /// Waits until the processes have ended, after `stop`.
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
            // Only retries are sent after `stop`. They stay unanswered.
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

    /// Handles a message of a process.
    fn said(&mut self, place: usize, message: ToParent, alive: bool) {
        let Some(node) = self.nodes.get_mut(place) else { return };
        let (incarnation, ahead) = (node.incarnation, node.ahead);
        match message {
            ToParent::Outcome(outcome) => *self.counts.outcomes.entry(outcome).or_default() += 1,
            ToParent::Wait(until) => {
                node.waits_until = Some(until.saturating_sub(ahead));
                // A process that waits has stored what it received.
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

    /// Kills a process at any moment of its work, and starts a new one in its place.
    fn kill(&mut self, woken: &[usize]) -> Result<(), Box<dyn Error>> {
        let count = self.nodes.len();
        let first = usize::try_from(self.random.below(count as u64))?;
        // Usually a process that works: the others wait for a time or a response.
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
        // A killed process may not have stored what it received.
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
