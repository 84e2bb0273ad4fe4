use core::fmt;

use serde::{Serialize, Serializer};

/// A permission of a consent. Other names of the standard are kept unchanged.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Permission {
    /// Accounts, without their numbers.
    ReadAccountsBasic,
    /// Accounts, with their numbers.
    ReadAccountsDetail,
    /// Balances.
    ReadBalances,
    /// Transactions, without details.
    ReadTransactionsBasic,
    /// Transactions, with details.
    ReadTransactionsDetail,
    /// A name that this version does not know. Only [`Permission::parse`] creates one, so it never
    /// contains a known name.
    #[non_exhaustive]
    Other(Box<str>),
}

/// The state of a consent.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ConsentState {
    /// The customer has not decided.
    AwaitingAuthorization,
    /// In force.
    Authorized,
    /// The customer or the institution refused.
    Rejected,
    /// The institution has suspended it.
    Suspended,
    /// Past its expiration.
    Expired,
    /// A party revoked it.
    Revoked,
    /// A name that this version does not know. Only [`ConsentState::parse`] creates one, so it never
    /// contains a known name.
    #[non_exhaustive]
    Other(Box<str>),
}

impl Permission {
    pub(super) const KNOWN: [Self; 5] = [
        Self::ReadAccountsBasic,
        Self::ReadAccountsDetail,
        Self::ReadBalances,
        Self::ReadTransactionsBasic,
        Self::ReadTransactionsDetail,
    ];

    /// Reads a name: a known name in any case, any other name unchanged.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|it| it.as_str().eq_ignore_ascii_case(text));
        known.unwrap_or_else(|| Self::Other(text.into()))
    }

    /// The name in the spelling of the standard, or as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::ReadAccountsBasic => "ReadAccountsBasic",
            Self::ReadAccountsDetail => "ReadAccountsDetail",
            Self::ReadBalances => "ReadBalances",
            Self::ReadTransactionsBasic => "ReadTransactionsBasic",
            Self::ReadTransactionsDetail => "ReadTransactionsDetail",
            Self::Other(name) => name,
        }
    }
}

impl ConsentState {
    pub(super) const KNOWN: [Self; 6] = [
        Self::AwaitingAuthorization,
        Self::Authorized,
        Self::Rejected,
        Self::Suspended,
        Self::Expired,
        Self::Revoked,
    ];

    /// Reads a name: a known name in any case, any other name unchanged.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|it| it.as_str().eq_ignore_ascii_case(text));
        known.unwrap_or_else(|| Self::Other(text.into()))
    }

    /// The name in the spelling of the standard, or as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AwaitingAuthorization => "AwaitingAuthorization",
            Self::Authorized => "Authorized",
            Self::Rejected => "Rejected",
            Self::Suspended => "Suspended",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ConsentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
