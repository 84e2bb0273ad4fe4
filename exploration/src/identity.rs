//! When two states are the same.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::bank::WINDOW;
use crate::process::{Last, Phase};
use crate::world::{Setup, World};

/// How long ago a time may be that still matters.
const PAST: i64 = WINDOW.cast_signed() + 1;

impl World {
    /// The same for every state that differs only in absolute times, and in the names of attempts and
    /// tokens.
    pub(crate) fn key(&self, setup: &Setup) -> u128 {
        let consent = self.consent(setup);
        let time = |seconds: Option<i64>| {
            // A time that has passed long ago is like any other.
            seconds.map(|at| (at - self.now.cast_signed()).max(-PAST))
        };
        let token = |token: u32| i64::from(self.bank.current) - i64::from(token);
        let mut tokens: Vec<_> = self.tokens(setup);
        tokens.sort_unstable();
        let generation = consent.integer("generation").unwrap_or_default();
        let tokens: Vec<_> = tokens
            .into_iter()
            .map(|stored| {
                let generation = stored.generation - generation;
                (stored.current, generation, stored.token.map(token), stored.refused)
            })
            .collect();
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| {
                let run = node.as_ref()?;
                let deadline = |until: u64| until.cast_signed() - self.clock(at).cast_signed();
                let phase = match run.phase {
                    Phase::Store(Last::Token(it)) => (Last::Nothing, 0, token(it), 0),
                    Phase::Store(last) => (last, 1, 0, 0),
                    Phase::Send(it, until) => (Last::Nothing, 2, token(it), deadline(until)),
                    Phase::Write(it, until) => (Last::Nothing, 3, token(it), deadline(until)),
                    Phase::Await(it, until) => (Last::Nothing, 4, token(it), deadline(until)),
                    Phase::Wait(until) => (Last::Nothing, 5, 0, deadline(until)),
                };
                let attempt = run.attempt.as_ref().map(|(id, of)| {
                    (
                        consent.text("attempt") == Some(id),
                        generation - of,
                        consent.text("stored_by") == Some(id),
                    )
                });
                Some((phase, attempt, run.waits, run.commits))
            })
            .collect();
        let mut connections: Vec<_> = self
            .connections
            .iter()
            .map(|connection| {
                let response = connection.response.map(|response| response.map(token));
                let until = connection.until.saturating_sub(self.now);
                (connection.node, token(connection.token), until, response)
            })
            .collect();
        connections.sort_unstable();
        let row = (
            consent.text("state"),
            generation,
            consent.integer("verified"),
            consent.text("attempt").is_some(),
            time(consent.integer("deadline")),
            consent.integer("unanswered"),
            time(consent.integer("unanswered_since")),
            consent.integer("failures") > Some(0),
            time(consent.integer("not_before")).filter(|at| *at > 0),
        );
        let replaced =
            self.bank.replaced.map(|(it, at)| (token(it), (self.now - at).min(WINDOW + 1)));
        let lost = (self.window_closed, self.stored_after_revocation);
        let accidents = (self.budget, self.paused, self.crashed, self.late_write, lost);
        let state = (row, tokens, nodes, connections, (replaced, self.bank.ended), accidents);
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            state.hash(&mut hasher);
            u128::from(hasher.finish())
        };
        half(1) << 64 | half(2)
    }
}
