//! Compares the store with the institution at the end, and prints the result.

use std::error::Error;
use std::time::Duration;

use fdx_processes::Recipient;
use fdx_store::seal::WrappedKey;
use fdx_store::{Action, Statement, Value};
use fdx_store_sqlite::SqliteStore;
use serde::Serialize;

use crate::consent::End;
use crate::protocol::{record_id, token_of};
use crate::world::{BEGIN, Counts, World};

/// How many traces are printed.
const TRACES: usize = 3;

/// What happened, and what is left.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    consents: usize,
    #[serde(flatten)]
    counts: Counts,
    simulated_seconds: u64,
    seconds: f64,
    revoked_because_of_us: usize,
    window_closed: usize,
    /// Consents that are not active, or whose stored token is not valid, or that nothing refreshes
    /// any more; without those whose grant has ended.
    lost: usize,
    problems: Vec<Problem>,
}

/// A consent with a problem, and what happened to it.
#[derive(Debug, Serialize)]
struct Problem {
    consent: usize,
    problem: String,
    events: Vec<String>,
}

impl Report {
    /// Compares the store with the institution. `left`: the consents that were not refreshed at the
    /// end.
    pub(crate) fn new(
        world: &World,
        recipient: &Recipient,
        store: &mut SqliteStore,
        left: &[u32],
        took: Duration,
    ) -> Result<Self, Box<dyn Error>> {
        let mut report = Self {
            consents: world.consents.len(),
            counts: world.counts.clone(),
            simulated_seconds: world.now - BEGIN,
            seconds: took.as_secs_f64(),
            revoked_because_of_us: 0,
            window_closed: 0,
            lost: 0,
            problems: Vec::new(),
        };
        for (number, consent) in (0..).zip(&world.consents) {
            let problem = match consent.ended {
                Some(End::BecauseOfUs) => {
                    report.revoked_because_of_us += 1;
                    Some("a void token was used, and the grant ended".to_owned())
                }
                Some(End::WindowClosed) => {
                    report.window_closed += 1;
                    Some("the window closed before the retry, and the grant ended".to_owned())
                }
                None => {
                    let stored = stored(recipient, store, number)?;
                    let problem = match stored {
                        Stored { state, .. } if state != "active" => Some(format!("it is {state}")),
                        Stored { token, .. } if token != Some(consent.bank.current) => {
                            Some(format!("{token:?} is stored, {} is valid", consent.bank.current))
                        }
                        _ if left.contains(&number) => Some("nothing refreshes it".to_owned()),
                        _ => None,
                    };
                    report.lost += usize::from(problem.is_some());
                    problem
                }
            };
            if let Some(problem) = problem {
                let (consent, events) = (number as usize, consent.events.iter().cloned().collect());
                report.problems.push(Problem { consent, problem, events });
            }
        }
        Ok(report)
    }

    /// Whether no consent was lost and no grant ended.
    pub(crate) fn is_success(&self) -> bool {
        self.problems.is_empty()
    }

    /// Prints a table, and a trace of the first problems.
    pub(crate) fn print(&self) {
        let Self { consents, counts, simulated_seconds, seconds, .. } = self;
        println!("{:<64} {:>8}", "", "count");
        let rows = [
            ("consents", *consents as u64),
            ("refreshes that the institution answered with new tokens", counts.refreshes),
            ("calls that needed an access token", counts.calls),
            ("kills (SIGKILL)", counts.kills),
            ("  while the process worked", counts.kills_while_running),
            ("  with a request under way, or a response to store", counts.kills_with_requests),
            ("takeovers: another process sent after an unanswered request", counts.takeovers),
            ("retries of an unanswered request by the same process", counts.own_retries),
            ("lost requests", counts.lost_requests),
            ("lost responses", counts.lost_responses),
            ("repeated tokens: the institution issued another successor", counts.repeated_tokens),
            ("simulated seconds", *simulated_seconds),
        ];
        for (what, count) in rows {
            println!("{what:<64} {count:>8}");
        }
        for (outcome, count) in &counts.outcomes {
            println!("{:<64} {count:>8}", format!("outcome of a procedure: {outcome}"));
        }
        println!("{:<64} {seconds:>8.1}", "seconds");
        let results = [
            ("consents lost", self.lost),
            ("grants ended because of us", self.revoked_because_of_us),
            ("grants ended because the window closed before the retry", self.window_closed),
        ];
        for (what, count) in results {
            println!("{what:<64} {count:>8}");
        }
        for Problem { consent, problem, events } in self.problems.iter().take(TRACES) {
            println!("\nconsent {consent}: {problem}");
            for event in events {
                println!("  {event}");
            }
        }
    }
}

/// The stored state and token of a consent.
struct Stored {
    state: String,
    /// The number of the refresh token.
    token: Option<u32>,
}

fn stored(
    recipient: &Recipient,
    store: &mut SqliteStore,
    consent: u32,
) -> Result<Stored, Box<dyn Error>> {
    let id = record_id(consent)?;
    let select = Statement::new(
        "SELECT c.state, t.generation, t.sealed, k.key_id, k.wrapped FROM fdx_consents c \
         JOIN fdx_tokens t ON t.tenant = c.tenant AND t.consent = c.id AND t.place = 'current' \
         JOIN fdx_keys k ON k.tenant = c.tenant AND k.consent = c.id \
         WHERE c.tenant = $1 AND c.id = $2",
    )
    .with(recipient.consents().tenant().as_str())
    .with(id.as_str());
    store.perform(&Action::Begin)?;
    let rows = store.perform(&Action::Run(vec![select]))?;
    store.perform(&Action::RollBack)?;
    let row = rows.into_iter().flat_map(|rows| rows.rows).next();
    Ok(match row.as_deref() {
        Some(
            [
                Value::Text(state),
                Value::Integer(generation),
                Value::Bytes(sealed),
                Value::Integer(key_id),
                Value::Bytes(wrapped),
            ],
        ) => {
            let wrapped = WrappedKey { key_id: u32::try_from(*key_id)?, bytes: wrapped.clone() };
            let token = recipient.refresh_token(&id, &wrapped, *generation, sealed);
            let token = token.as_deref().and_then(token_of).map(|(_, token)| token);
            Stored { state: state.clone(), token }
        }
        _ => Stored { state: "absent".to_owned(), token: None },
    })
}
