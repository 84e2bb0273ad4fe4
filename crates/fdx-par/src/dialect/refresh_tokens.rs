use core::time::Duration;

/// What a provider does with refresh tokens. It decides how a lost response is repeated.
///
/// Without a dialect: rotation as FAPI 2.0 allows it (Security Profile 5.3.2.1-9), where a replaced
/// token is accepted again for a time that is not specified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RefreshTokens {
    /// What the response to a refresh contains.
    pub rotation: Rotation,
    /// Whether a replaced token is accepted again.
    pub replay: Replay,
    /// The error codes of a refusal that end a grant.
    pub ends_grant: &'static [&'static str],
    /// The source: a document, a program's source code, a run.
    pub source: &'static str,
}

/// What the response to a refresh contains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Rotation {
    /// No other refresh token, ever.
    None,
    /// A new refresh token, which is the same each time the replaced one is used again.
    SameSuccessor,
    /// A new refresh token each time.
    NewSuccessor,
}

/// Whether a replaced refresh token is accepted again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Replay {
    /// Never. Its use ends the grant (RFC 9700 section 4.14.2).
    Refused,
    /// For this time after its first use.
    Within(Duration),
    /// For a time that the provider does not document.
    Unspecified,
}

impl RefreshTokens {
    /// FAPI 2.0: see [`RefreshTokens`].
    pub const FAPI: Self = Self {
        rotation: Rotation::NewSuccessor,
        replay: Replay::Unspecified,
        ends_grant: &["invalid_grant"],
        source: "FAPI 2.0 Security Profile 5.3.2.1-9",
    };

    /// A rotation that this source documents.
    #[must_use]
    pub const fn new(rotation: Rotation, replay: Replay, source: &'static str) -> Self {
        Self { rotation, replay, source, ..Self::FAPI }
    }

    /// Sets the error codes that end a grant.
    #[must_use]
    pub const fn with_ends_grant(self, codes: &'static [&'static str]) -> Self {
        Self { ends_grant: codes, ..self }
    }

    /// How long a replaced token is accepted again, if there is a documented end.
    #[must_use]
    pub const fn replay_window(&self) -> Option<Duration> {
        match (self.rotation, self.replay) {
            (Rotation::None, _) | (_, Replay::Unspecified) => None,
            (_, Replay::Refused) => Some(Duration::ZERO),
            (_, Replay::Within(window)) => Some(window),
        }
    }
}
