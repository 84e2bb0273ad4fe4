//! A table of the institution's rules, and of wrong clients that violate each.
//!
//! A wrong client is a right one whose request is changed before it is sent. [`checks`] is the
//! table. [`allowed`] lists what looks wrong and is accepted. A rule of `fdx_sandbox::rules` without
//! a row here fails a test. To add a row, write clause and rule, as the institution has them, into
//! the nearest file of `table/`, with the error that the client receives and at least one
//! `Check::wrong` or `Check::play`. A rule that the institution observes and does not enforce is a
//! `Check::finding`.

mod allowed;
mod outgoing;
mod pen;
mod registering;
mod stage;
mod table;

use std::fmt;
use std::rc::Rc;

use fdx_sandbox::{Outcome, Verdict};

pub use allowed::{Allowed, allowed};
pub use pen::Pen;
pub use stage::{Stage, Step};
pub use table::checks;

use crate::{Outgoing, Setup};

/// A rule, and what a client does that breaks it.
#[derive(Debug)]
pub struct Check {
    /// The clause of the rule.
    pub clause: &'static str,
    /// The rule, as the verdict has it.
    pub rule: &'static str,
    /// The error that the client receives: that of OAuth, or else the FDX code. `None` for a rule
    /// that the institution observes and does not enforce.
    pub error: Option<&'static str>,
    /// How a client breaks it.
    pub wrongs: Vec<Wrong>,
}

/// One way of breaking a rule.
pub struct Wrong {
    /// What the client does.
    pub name: &'static str,
    setup: Setup,
    does: Does,
}

enum Does {
    /// Changes the request of one step, with which nothing else is wrong.
    Change(Step, Rc<dyn Fn(&mut Outgoing)>),
    /// Anything; the last request is the wrong one.
    Play(Box<dyn Fn(&mut Stage)>),
}

/// How the institution took a wrong request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// The clause that had to be named.
    pub clause: &'static str,
    /// The rule that had to be named.
    pub rule: &'static str,
    /// What the client did.
    pub wrong: &'static str,
    /// The expected error. `None` if a finding is expected.
    pub error: Option<&'static str>,
    /// Whether the client received the error, or the institution recorded the finding, for that
    /// rule.
    pub caught: Caught,
}

/// Whether the institution noticed that a request breaks a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Caught {
    /// It did, and refused the request or recorded a finding, whichever was expected.
    Yes,
    /// It took the request, and found nothing.
    No,
    /// It refused the request for another rule, or with another error: clause, rule, error.
    Otherwise(String, String, String),
}

/// Plays the whole table.
#[must_use]
pub fn rows() -> Vec<Row> {
    let checks = checks();
    let wrongs = checks.iter().flat_map(|check| check.wrongs.iter().map(move |w| (check, w)));
    wrongs.map(|(check, wrong)| wrong.row(check)).collect()
}

impl Check {
    fn new(clause: &'static str, rule: &'static str, error: &'static str) -> Self {
        Self { clause, rule, error: Some(error), wrongs: Vec::new() }
    }

    /// A rule that binds the client alone: a request that breaks it is answered.
    fn finding(clause: &'static str, rule: &'static str) -> Self {
        Self { clause, rule, error: None, wrongs: Vec::new() }
    }

    /// Adds a client that changes the request of `step`.
    fn wrong(
        self,
        name: &'static str,
        setup: Setup,
        step: Step,
        change: impl Fn(&mut Outgoing) + 'static,
    ) -> Self {
        self.with(name, setup, Does::Change(step, Rc::new(change)))
    }

    /// Adds a client that goes wrong over several requests, of which the last breaks the rule.
    fn play(self, name: &'static str, setup: Setup, play: impl Fn(&mut Stage) + 'static) -> Self {
        self.with(name, setup, Does::Play(Box::new(play)))
    }

    fn with(mut self, name: &'static str, setup: Setup, does: Does) -> Self {
        self.wrongs.push(Wrong { name, setup, does });
        self
    }
}

impl Wrong {
    /// Plays it, and says how the institution took it.
    #[must_use]
    pub fn row(&self, check: &Check) -> Row {
        let mut stage = Stage::new(self.setup);
        match &self.does {
            Does::Change(step, change) => {
                let change = Rc::clone(change);
                stage.wrong(*step, move |out| change(out));
            }
            Does::Play(play) => play(&mut stage),
        }
        let Check { clause, rule, error, .. } = *check;
        let verdicts = stage.world.bank.last_verdicts();
        let found = Verdict { clause, rule, outcome: Outcome::Finding };
        let caught = match verdicts {
            [.., Verdict { clause: c, rule: r, outcome: Outcome::Failed }] => {
                let code = stage.error_code();
                if (*c, *r) == (clause, rule) && Some(code.as_str()) == error {
                    Caught::Yes
                } else {
                    Caught::Otherwise((*c).to_owned(), (*r).to_owned(), code)
                }
            }
            _ if error.is_none() && verdicts.contains(&found) => Caught::Yes,
            _ => Caught::No,
        };
        Row { clause, rule, wrong: self.name, error, caught }
    }

    /// The step whose request is changed, and how the client is set up; none where more happens
    /// than that.
    #[must_use]
    pub fn step(&self) -> Option<(Setup, Step)> {
        match self.does {
            Does::Change(step, _) => Some((self.setup, step)),
            Does::Play(_) => None,
        }
    }
}

impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrong").field("name", &self.name).finish_non_exhaustive()
    }
}
