//! What parent and child write to each other: one line for each message.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use fdx_store::refresh::RefreshPolicy;
use fdx_store::{IdError, RecordId};

use crate::bank::Class;
use crate::child::Answer;

/// How far the clocks of two processes differ at most, in seconds.
pub(crate) const SKEW: u64 = 2;

/// The arguments of a child.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) file: PathBuf,
    pub(crate) class: Class,
    /// The lifetime of access tokens, in seconds.
    pub(crate) expires_in: u64,
    /// How often each consent is refreshed at least, in seconds.
    pub(crate) keep_alive: u64,
    pub(crate) seed: u64,
    /// The number of the child: no two children have the same.
    pub(crate) incarnation: u64,
}

impl Start {
    /// The first argument of a child.
    pub(crate) const CHILD: &str = "--child";

    /// Returns the arguments of the child.
    pub(crate) fn args(&self) -> Vec<String> {
        let class = Class::ALL.iter().position(|class| *class == self.class).unwrap_or_default();
        let mut args = vec![Self::CHILD.to_owned(), self.file.display().to_string()];
        let numbers = [class as u64, self.expires_in, self.keep_alive, self.seed, self.incarnation];
        args.extend(numbers.map(|number| number.to_string()));
        args
    }

    /// Reads the arguments after [`Start::CHILD`].
    pub(crate) fn parse(args: &[String]) -> Option<Self> {
        let [file, class, numbers @ ..] = args else { return None };
        let numbers = numbers.iter().map(|text| text.parse().ok()).collect::<Option<Vec<u64>>>()?;
        let [expires_in, keep_alive, seed, incarnation] = <[u64; 4]>::try_from(numbers).ok()?;
        let class = *Class::ALL.get(class.parse::<usize>().ok()?)?;
        Some(Self { file: file.into(), class, expires_in, keep_alive, seed, incarnation })
    }

    /// The usual policy: only the refreshes are more frequent.
    pub(crate) fn policy(&self) -> Result<RefreshPolicy, fdx_store::refresh::PolicyFault> {
        let mut policy = RefreshPolicy::new(self.class.tokens());
        policy.clock_skew = Duration::from_secs(SKEW);
        policy.keep_alive = Duration::from_secs(self.keep_alive);
        policy.check()?;
        Ok(policy)
    }
}

/// What a parent writes.
pub(crate) enum ToChild {
    /// The answer to a request.
    Answer(u64, Answer),
    /// A call needs an access token of this consent.
    Call(u32),
    /// Begin nothing new.
    Stop,
    /// The time now: go on.
    Go(u64),
}

/// What a child writes.
pub(crate) enum ToParent {
    /// A request: its number, the time by the child's clock at which its connection ends, the
    /// token.
    Send { flight: u64, deadline: u64, token: String },
    /// A procedure is over.
    Outcome(String),
    /// Nothing can be done before this time of the child's clock, or an answer.
    Wait(u64),
}

impl ToChild {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        Some(match words.as_slice() {
            ["token", flight, token] => {
                Self::Answer(flight.parse().ok()?, Answer::Token((*token).to_owned()))
            }
            ["refused", flight] => Self::Answer(flight.parse().ok()?, Answer::Refused),
            ["none", flight] => Self::Answer(flight.parse().ok()?, Answer::None),
            ["call", consent] => Self::Call(consent.parse().ok()?),
            ["stop"] => Self::Stop,
            ["go", now] => Self::Go(now.parse().ok()?),
            _ => return None,
        })
    }
}

impl ToParent {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        if let Some(outcome) = line.strip_prefix("outcome ") {
            return Some(Self::Outcome(outcome.to_owned()));
        }
        let words: Vec<&str> = line.split(' ').collect();
        Some(match words.as_slice() {
            ["send", flight, deadline, token] => Self::Send {
                flight: flight.parse().ok()?,
                deadline: deadline.parse().ok()?,
                token: (*token).to_owned(),
            },
            ["wait", until] => Self::Wait(until.parse().ok()?),
            _ => return None,
        })
    }
}

impl fmt::Display for ToChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(flight, Answer::Token(token)) => write!(f, "token {flight} {token}"),
            Self::Answer(flight, Answer::Refused) => write!(f, "refused {flight}"),
            Self::Answer(flight, Answer::None) => write!(f, "none {flight}"),
            Self::Call(consent) => write!(f, "call {consent}"),
            Self::Stop => write!(f, "stop"),
            Self::Go(now) => write!(f, "go {now}"),
        }
    }
}

impl fmt::Display for ToParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { flight, deadline, token } => write!(f, "send {flight} {deadline} {token}"),
            Self::Outcome(outcome) => write!(f, "outcome {outcome}"),
            Self::Wait(until) => write!(f, "wait {until}"),
        }
    }
}

/// The id of a consent.
pub(crate) fn record_id(consent: u32) -> Result<RecordId, IdError> {
    RecordId::new(format!("consent-{consent:05}"))
}

/// The text of a refresh token: its consent, and its number at the institution.
pub(crate) fn token_text(consent: u32, number: u32) -> String {
    format!("t{consent}.{number}")
}

/// Reads the text of a refresh token.
pub(crate) fn token_of(text: &str) -> Option<(u32, u32)> {
    let (consent, number) = text.strip_prefix('t')?.split_once('.')?;
    Some((consent.parse().ok()?, number.parse().ok()?))
}
