//! The institution: one grant, whose refresh tokens are numbered.

use fdx_par::dialect::{RefreshTokens, Replay, Rotation};
use std::time::Duration;

/// How long a replaced token is accepted again, where there is such a window.
pub(crate) const WINDOW: u64 = 60;

/// What the institution does with refresh tokens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Class {
    /// The same token for ever.
    NoRotation,
    /// A replaced token gives the same successor again, for a minute.
    SameSuccessor,
    /// A replaced token gives another successor, for a minute. The earlier successor is then invalid.
    NewSuccessor,
    /// As `NewSuccessor`, until the successor is used.
    UntilUsed,
    /// The use of a replaced token ends the grant (RFC 9700 section 4.14.2).
    Strict,
}

impl Class {
    pub(crate) const ALL: [Self; 5] =
        [Self::NoRotation, Self::SameSuccessor, Self::NewSuccessor, Self::UntilUsed, Self::Strict];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NoRotation => "no rotation",
            Self::SameSuccessor => "same successor, 60 s",
            Self::NewSuccessor => "new successor, 60 s",
            Self::UntilUsed => "new successor, until used",
            Self::Strict => "new successor, no replay",
        }
    }

    /// What a dialect says about such an institution.
    pub(crate) fn tokens(self) -> RefreshTokens {
        let within = Replay::Within(Duration::from_secs(WINDOW));
        let (rotation, replay) = match self {
            Self::NoRotation => (Rotation::None, Replay::Unspecified),
            Self::SameSuccessor => (Rotation::SameSuccessor, within),
            Self::NewSuccessor => (Rotation::NewSuccessor, within),
            Self::UntilUsed => (Rotation::NewSuccessor, Replay::Unspecified),
            Self::Strict => (Rotation::NewSuccessor, Replay::Refused),
        };
        RefreshTokens::new(rotation, replay, "the model")
    }
}

/// The grant at the institution.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Bank {
    pub(crate) class: Class,
    /// The valid token.
    pub(crate) current: u32,
    /// The replaced token that may be repeated, and when it was used first.
    pub(crate) replaced: Option<(u32, u64)>,
    /// Whether an invalid token was used: the grant is revoked.
    pub(crate) ended: bool,
}

impl Bank {
    pub(crate) fn new(class: Class) -> Self {
        Self { class, current: 0, replaced: None, ended: false }
    }

    /// Answers a refresh with the next token, or refuses it.
    pub(crate) fn refresh(&mut self, token: u32, now: u64) -> Option<u32> {
        if self.ended {
            return None;
        }
        if self.class == Class::NoRotation {
            return Some(token);
        }
        if token == self.current {
            self.replaced = Some((token, now));
            return Some(self.issue());
        }
        let repeated = self.replaced.filter(|(replaced, _)| *replaced == token);
        match (repeated, self.class) {
            (Some((_, since)), Class::SameSuccessor) if now <= since + WINDOW => Some(self.current),
            (Some((_, since)), Class::NewSuccessor) if now <= since + WINDOW => Some(self.issue()),
            (Some(_), Class::UntilUsed) => Some(self.issue()),
            _ => {
                self.ended = true;
                None
            }
        }
    }

    fn issue(&mut self) -> u32 {
        self.current += 1;
        self.current
    }
}
