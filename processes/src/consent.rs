//! A consent at the institution, and a trace of its requests.

use std::collections::VecDeque;

use crate::bank::{Bank, Class, WINDOW};
use crate::world::BEGIN;

/// A consent at the institution, and what happened to its requests.
pub(crate) struct Consent {
    pub(crate) bank: Bank,
    /// The newest token that a process has stored.
    pub(crate) stored: u32,
    /// The process that sent the last request, if no answer of it was stored.
    pub(crate) unanswered: Option<u64>,
    /// Accidents since an answer was stored.
    pub(crate) accidents: u32,
    /// When an answer was stored last.
    pub(crate) answered_at: u64,
    /// Why the grant ended.
    pub(crate) ended: Option<End>,
    /// The last events.
    pub(crate) events: VecDeque<String>,
}

/// Why the institution ended a grant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// A void token was used, although the recipient could have known a newer one.
    BecauseOfUs,
    /// The only token that was known was repeated after the window: no recipient can exclude it.
    WindowClosed,
}

/// How many events of each consent are kept for a trace.
const EVENTS: usize = 40;

impl Consent {
    pub(crate) fn new(class: Class) -> Self {
        Self {
            bank: Bank::new(class),
            stored: 0,
            unanswered: None,
            accidents: 0,
            answered_at: 0,
            ended: None,
            events: VecDeque::new(),
        }
    }

    /// Adds to the trace.
    pub(crate) fn event(&mut self, now: u64, event: String) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(format!("{} s: {event}", now - BEGIN));
    }

    /// The institution has refused a token. `before` is its state before that.
    pub(crate) fn refused(&mut self, before: &Bank, token: u32, now: u64) {
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
