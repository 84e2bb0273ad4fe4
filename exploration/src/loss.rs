//! Losses: states that must not exist, and two that no recipient can exclude.

use crate::bank::Class;
use crate::connection::Connection;
use crate::process::{Last, Phase, Process};
use crate::scene::SKEW;
use crate::world::{Setup, World};

/// Why a state must not exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    /// The institution ended the grant, because an invalid token was used.
    GrantEnded,
    /// The same, with the only token that was known, after the institution's window for replays had
    /// closed: no recipient can exclude it.
    WindowClosed,
    /// The same, after a process was paused between its last check and its write, to the network or to
    /// the store, for longer than its deadline: no recipient can exclude it either.
    LateWrite,
    /// No token in the store is valid.
    NoValidToken,
    /// New tokens were stored for a consent that was revoked.
    StoredAfterRevocation,
}

impl Loss {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GrantEnded => "an invalid token was used, and the grant was revoked",
            Self::WindowClosed => {
                "the only known token was void: the window had closed, or there is none"
            }
            Self::LateWrite => "a process wrote after its deadline",
            Self::NoValidToken => "no token in the store is valid",
            Self::StoredAfterRevocation => "tokens were stored after the revocation",
        }
    }
}

impl World {
    /// Whether the store has a token that the institution accepts now, or a process is about to store
    /// one. Where replaced tokens are never accepted again, the others can't wait for a process that
    /// pauses: only the store counts.
    pub(crate) fn knows_a_valid_token(&self, setup: &Setup) -> bool {
        // Nothing is sent in the last seconds of the window, by the clock of either process.
        let accepts =
            |token: u32| self.bank.clone().refresh(token, self.now + 4 + 2 * SKEW).is_some();
        let waits = self.bank.class != Class::Strict;
        let about = |node: &Option<Process>| match node.as_ref().map(|process| process.phase) {
            Some(Phase::Store(Last::Token(token))) => waits && accepts(token),
            _ => false,
        };
        let arrives = |connection: &Connection| {
            waits && connection.node.is_some() && connection.response.flatten().is_some_and(accepts)
        };
        self.tokens(setup).iter().filter_map(|stored| stored.token).any(accepts)
            || self.nodes.iter().any(about)
            || self.connections.iter().any(arrives)
    }

    /// Why this state must not exist.
    pub(crate) fn loss(&self, setup: &Setup) -> Option<Loss> {
        let consent = self.consent(setup);
        if self.stored_after_revocation {
            return Some(Loss::StoredAfterRevocation);
        }
        if consent.text("state") == Some("revoked") {
            return None;
        }
        if self.bank.ended {
            // What a paused process knows helps the others only where a replaced token is accepted
            // again, and as long as no other process dies.
            let helpless = self.crashed || self.bank.class == Class::Strict;
            let late = self.late_write || (self.paused && helpless);
            return Some(match (late, self.window_closed) {
                (true, _) => Loss::LateWrite,
                (_, true) => Loss::WindowClosed,
                _ => Loss::GrantEnded,
            });
        }
        let quiet = self.connections.is_empty() && self.nodes.iter().all(|node| node.is_none());
        let over = match consent.text("state") {
            Some("dead") => true,
            Some("suspect") => quiet && self.tokens(setup).iter().all(|stored| stored.refused),
            _ => false,
        };
        over.then_some(Loss::NoValidToken)
    }
}
