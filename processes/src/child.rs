//! One process: a keeper and its procedures on the shared file. It has no clock and no connection:
//! the parent sends the time, carries the requests, and returns the responses.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, Write};

use fdx_store::RecordKey;
use fdx_store::keeper::{Keeper, KeeperLimits, KeeperStep};
use fdx_store::procedure::{Access, Awaiting, KeptUp, Step, Waiting};
use fdx_store_sqlite::SqliteStore;
use fdx_wire::{Entropy, UnixTime};
use http::{Response, StatusCode, header};

use fdx_processes::Recipient;

use crate::protocol::{Start, ToChild, ToParent, record_id};

/// Runs until the parent writes `stop`, or closes the pipe.
pub(crate) fn run(start: &Start) -> Result<(), Box<dyn Error>> {
    let mut child = Child::new(start)?;
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let mut calls = Vec::new();
        loop {
            let Some(line) = lines.next() else { return Ok(()) };
            match ToChild::parse(&line?).ok_or("an unknown line from the parent")? {
                ToChild::Answer(flight, answer) => drop(child.answers.insert(flight, answer)),
                ToChild::Call(consent) => calls.push(consent),
                ToChild::Stop => child.keeper.stop(),
                ToChild::Go(now) => {
                    child.now = UnixTime::from_seconds(now);
                    break;
                }
            }
        }
        if !child.advance(calls)? {
            return Ok(());
        }
    }
}

struct Child {
    start: Start,
    recipient: Recipient,
    store: SqliteStore,
    keeper: Keeper,
    now: UnixTime,
    tasks: Vec<Task>,
    /// Answers that arrived, by the number of the request. `Answer::None`: no response.
    answers: HashMap<u64, Answer>,
    /// How many requests were sent.
    flights: u64,
    /// How often entropy was drawn.
    drawn: u64,
    /// When the keeper looks again.
    wakes_at: UnixTime,
}

/// The institution's answer to a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// A new refresh token.
    Token(String),
    /// `invalid_grant`.
    Refused,
    /// The connection ended.
    None,
}

/// A procedure that waits.
enum Task {
    Due(RecordKey, Blocked<KeptUp>),
    Call(Blocked<Access>),
}

/// What a procedure waits for.
enum Blocked<T> {
    Response(u64, Awaiting<T>),
    Time(Waiting<T>),
    Done(T),
}

impl Child {
    fn new(start: &Start) -> Result<Self, Box<dyn Error>> {
        let recipient = Recipient::new(start.policy()?)?;
        let mut limits = KeeperLimits::new();
        (limits.procedures, limits.per_institution, limits.batch) = (8, 8, 8);
        let mut child = Self {
            store: SqliteStore::open_existing(&start.file)?,
            keeper: Keeper::new(limits, &Entropy::new([0; 32])),
            recipient,
            now: UnixTime::from_seconds(0),
            tasks: Vec::new(),
            answers: HashMap::new(),
            flights: 0,
            drawn: 0,
            wakes_at: UnixTime::from_seconds(0),
            start: start.clone(),
        };
        child.keeper = Keeper::new(limits, &child.draw());
        Ok(child)
    }

    /// Runs the procedures until all wait. Returns whether the process continues.
    fn advance(&mut self, calls: Vec<u32>) -> Result<bool, Box<dyn Error>> {
        for task in std::mem::take(&mut self.tasks) {
            let task = match task {
                Task::Due(key, blocked) => Task::Due(key, self.resume(blocked)),
                Task::Call(blocked) => Task::Call(self.resume(blocked)),
            };
            self.add(task);
        }
        for consent in calls {
            let (id, key, entropy) =
                (record_id(consent)?, self.recipient.certificate(), self.draw());
            let step = self.recipient.consents().access_token(&id, &[key], None, entropy, self.now);
            let blocked = self.run(step);
            self.add(Task::Call(blocked));
        }
        loop {
            match self.keeper.next(self.now) {
                KeeperStep::Read(operation) => {
                    let read = self.store.run(operation);
                    self.keeper.read(read, self.now);
                }
                KeeperStep::Run(due) => {
                    let entropy = self.draw();
                    let step = self.recipient.consents().keep_up(&due, entropy, self.now);
                    let blocked = self.run(step);
                    self.add(Task::Due(due.key, blocked));
                }
                KeeperStep::Wait { until } => {
                    self.wakes_at = until;
                    break;
                }
                KeeperStep::Stopped if self.tasks.is_empty() => return Ok(false),
                KeeperStep::Stopped => {
                    self.wakes_at = self.now + core::time::Duration::from_secs(1);
                    break;
                }
            }
        }
        let times = self.tasks.iter().filter_map(|task| match task {
            Task::Due(_, Blocked::Time(waiting)) => Some(waiting.until()),
            Task::Call(Blocked::Time(waiting)) => Some(waiting.until()),
            _ => None,
        });
        let until = times.fold(self.wakes_at, UnixTime::min);
        Self::say(&ToParent::Wait(until.as_seconds()))?;
        Ok(true)
    }

    /// Keeps a procedure that waits. Reports one that is done.
    fn add(&mut self, task: Task) {
        let outcome = match &task {
            Task::Due(key, Blocked::Done(kept)) => {
                self.keeper.finished(key, kept.is_success());
                match kept {
                    KeptUp::Refreshed(access) => outcome(access),
                    KeptUp::Store(_) => "the store failed",
                    _ => "another thing was due",
                }
            }
            Task::Call(Blocked::Done(access)) => outcome(access),
            Task::Due(..) | Task::Call(_) => return self.tasks.push(task),
        };
        // A parent that has ended closes the other pipe as well, which ends this process.
        let _ = Self::say(&ToParent::Outcome(outcome.to_owned()));
    }

    fn resume<T>(&mut self, blocked: Blocked<T>) -> Blocked<T> {
        match blocked {
            Blocked::Response(flight, awaiting) => match self.answers.remove(&flight) {
                None => Blocked::Response(flight, awaiting),
                Some(answer) => {
                    let step = match response(&answer, self.start.expires_in) {
                        Some(response) => awaiting.received(response, self.now),
                        None => awaiting.no_response("the connection ended", self.now),
                    };
                    self.run(step)
                }
            },
            Blocked::Time(waiting) if waiting.until() <= self.now => {
                let step = waiting.resumed(self.now);
                self.run(step)
            }
            other => other,
        }
    }

    /// Takes steps until one has to wait.
    fn run<T>(&mut self, mut step: Step<T>) -> Blocked<T> {
        loop {
            step = match step {
                Step::Store(storing) => {
                    let result = self.store.perform(storing.action());
                    storing.answered(result, self.now)
                }
                Step::Send(sending) => {
                    let deadline = sending.deadline().unwrap_or(UnixTime::from_seconds(u64::MAX));
                    match sending.start(self.now) {
                        Ok((request, awaiting)) => {
                            self.flights += 1;
                            let body =
                                String::from_utf8_lossy(request.into_http().body()).into_owned();
                            let send = ToParent::Send {
                                flight: self.flights,
                                deadline: deadline.as_seconds(),
                                token: requested(&body).to_owned(),
                            };
                            match Self::say(&send) {
                                Ok(()) => return Blocked::Response(self.flights, awaiting),
                                Err(error) => awaiting.not_sent(&error.to_string(), self.now),
                            }
                        }
                        Err(late) => late,
                    }
                }
                Step::Sign(signing) => signing.signed(Vec::new(), self.now),
                Step::Wait(waiting) => return Blocked::Time(waiting),
                Step::Done(output) => return Blocked::Done(output),
            };
        }
    }

    fn say(message: &ToParent) -> std::io::Result<()> {
        let mut output = std::io::stdout().lock();
        writeln!(output, "{message}")?;
        output.flush()
    }

    /// Entropy that no other draw of any process of this run has.
    fn draw(&mut self) -> Entropy {
        self.drawn += 1;
        let mut bytes = [0; 32];
        let words = [self.start.seed, self.start.incarnation, self.drawn];
        for (place, byte) in bytes.iter_mut().zip(words.iter().flat_map(|it| it.to_be_bytes())) {
            *place = byte;
        }
        Entropy::new(bytes)
    }
}

fn outcome(access: &Access) -> &'static str {
    match access {
        Access::Token(_) => "a token",
        Access::Later { .. } => "later",
        Access::Suspect { .. } => "refused: suspect",
        Access::Ended { .. } => "the consent has ended",
        Access::Paused { .. } => "the institution is paused",
        Access::Store(_) => "the store failed",
        _ => "another outcome",
    }
}

/// The refresh token of a request.
fn requested(body: &str) -> &str {
    let mut pairs = body.split('&');
    pairs.find_map(|pair| pair.strip_prefix("refresh_token=")).unwrap_or("-")
}

/// The response to a refresh.
fn response(answer: &Answer, expires_in: u64) -> Option<Response<Vec<u8>>> {
    let (status, body) = match answer {
        Answer::Token(token) => (
            StatusCode::OK,
            format!(
                r#"{{"access_token":"a{token}","token_type":"Bearer","expires_in":{expires_in},"refresh_token":"{token}"}}"#
            ),
        ),
        Answer::Refused => (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#.to_owned()),
        Answer::None => return None,
    };
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Some(response)
}
