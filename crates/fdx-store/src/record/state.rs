use core::fmt;

/// The state of a consent in the store.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ConsentState {
    /// The tokens are stored, and neither verified nor joined with the grant yet.
    PendingVerification,
    /// The tokens can be used and refreshed.
    Active,
    /// As [`Active`](Self::Active), and the institution reports less than it granted first.
    Narrowed,
    /// As [`Active`](Self::Active), and the consent ends soon: ask the customer again.
    RenewalDue,
    /// The institution refused a refresh. The tokens are kept and tried again.
    Suspect,
    /// The consent's time is over.
    Expired,
    /// The customer, the recipient or the institution ended the consent.
    Revoked,
    /// The institution refused all tokens, or a pending consent could not be completed, for so long that
    /// the consent counts as lost.
    Dead,
    /// The key of the tokens is destroyed.
    Erased,
}

impl ConsentState {
    /// Every state.
    pub const ALL: &[Self] = &[
        Self::PendingVerification,
        Self::Active,
        Self::Narrowed,
        Self::RenewalDue,
        Self::Suspect,
        Self::Expired,
        Self::Revoked,
        Self::Dead,
        Self::Erased,
    ];

    /// The name in the database and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingVerification => "pending_verification",
            Self::Active => "active",
            Self::Narrowed => "narrowed",
            Self::RenewalDue => "renewal_due",
            Self::Suspect => "suspect",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Dead => "dead",
            Self::Erased => "erased",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.name() == name)
    }

    /// Whether the tokens may be used and refreshed.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        match self {
            Self::Active | Self::Narrowed | Self::RenewalDue | Self::Suspect => true,
            Self::PendingVerification
            | Self::Expired
            | Self::Revoked
            | Self::Dead
            | Self::Erased => false,
        }
    }

    /// Whether the tokens may be refreshed: also before they are verified.
    #[must_use]
    pub const fn is_refreshable(self) -> bool {
        self.is_alive() || matches!(self, Self::PendingVerification)
    }

    /// Whether the consent is over.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked | Self::Dead | Self::Erased)
    }
}

impl fmt::Display for ConsentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
