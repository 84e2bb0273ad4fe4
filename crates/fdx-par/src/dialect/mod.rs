//! What one provider does otherwise than FAPI 2.0, as one value: each difference a named member
//! with its source.
//!
//! The default is FAPI 2.0 Security Profile Final and FDX v6 by the book, [`FDX`], which has no
//! member. A client of a provider that differs takes that provider's dialect into its
//! [`ClientConfig`](crate::ClientConfig::dialect); [`Client::new`](crate::Client::new) then says at
//! once what the dialect needs and the configuration lacks. Nothing else makes a client lenient.
//!
//! What is not FAPI at all is in [`not_fapi`].
//!
//! ```
//! use fdx_par::dialect::{self, MASTERCARD};
//!
//! assert_eq!(dialect::by_name("mastercard"), Some(MASTERCARD));
//! for line in MASTERCARD.members() {
//!     println!("{:<30} {:<40} {}", line.member.name(), line.member.clause(), line.source);
//! }
//! assert!(dialect::FDX.members().is_empty());
//! ```

pub(crate) mod autional;
mod fdx;
mod mastercard;
mod member;
mod need;
mod uae;
mod wso2;

pub use autional::AUTIONAL;
pub use fdx::FDX;
pub use mastercard::{MASTERCARD, MASTERCARD_MOCK};
pub use member::Member;
pub use need::Need;
pub use uae::UAE;
pub use wso2::WSO2;

use core::time::Duration;

use fdx_rar::Scopes;

use crate::not_fapi;

/// One provider's differences from FAPI 2.0, and what a client needs to have for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dialect {
    name: &'static str,
    provider: &'static str,
    needs: &'static [Need],
    members: &'static [Line],
    notes: &'static [&'static str],
    refresh_token_lifetime: Option<Duration>,
}

/// One member of a dialect, and where it was learnt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// The difference.
    pub member: Member,
    /// Who says so: a document, a program's source, a thread.
    pub source: &'static str,
}

/// Every dialect of this crate, those that are not FAPI among them.
pub const ALL: &[Dialect] = &[
    FDX,
    MASTERCARD,
    MASTERCARD_MOCK,
    UAE,
    AUTIONAL,
    WSO2,
    not_fapi::MX,
    not_fapi::AUTIONAL_CLIENT_SECRET,
];

/// The dialect of this name; [`ALL`] lists those there are.
#[must_use]
pub fn by_name(name: &str) -> Option<Dialect> {
    ALL.iter().find(|dialect| dialect.name == name).copied()
}

impl Dialect {
    /// A provider without differences. `name` is for configurations and command lines.
    #[must_use]
    pub const fn new(name: &'static str, provider: &'static str) -> Self {
        Self { name, provider, needs: &[], members: &[], notes: &[], refresh_token_lifetime: None }
    }

    /// With these differences, each with its source.
    #[must_use]
    pub const fn with_members(self, members: &'static [Line]) -> Self {
        Self { members, ..self }
    }

    /// With what the client has to have.
    #[must_use]
    pub const fn with_needs(self, needs: &'static [Need]) -> Self {
        Self { needs, ..self }
    }

    /// With what is worth knowing and neither side can notice.
    #[must_use]
    pub const fn with_notes(self, notes: &'static [&'static str]) -> Self {
        Self { notes, ..self }
    }

    /// With how long a refresh token is good, where the provider documents it.
    #[must_use]
    pub const fn with_refresh_token_lifetime(self, lifetime: Duration) -> Self {
        Self { refresh_token_lifetime: Some(lifetime), ..self }
    }

    /// The name, such as `mastercard`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whose it is.
    #[must_use]
    pub const fn provider(&self) -> &'static str {
        self.provider
    }

    /// The differences.
    #[must_use]
    pub const fn members(&self) -> &'static [Line] {
        self.members
    }

    /// What a client has to have.
    #[must_use]
    pub const fn needs(&self) -> &'static [Need] {
        self.needs
    }

    /// What is worth knowing, and changes nothing that a client sends or takes.
    #[must_use]
    pub const fn notes(&self) -> &'static [&'static str] {
        self.notes
    }

    /// How long a refresh token is good after it was issued.
    #[must_use]
    pub const fn refresh_token_lifetime(&self) -> Option<Duration> {
        self.refresh_token_lifetime
    }

    /// Whether it has this very member.
    pub(crate) fn has(&self, member: Member) -> bool {
        self.members.iter().any(|line| line.member == member)
    }

    /// The first member that `pick` makes something of.
    pub(crate) fn find<T>(&self, pick: impl FnMut(Member) -> Option<T>) -> Option<T> {
        self.members.iter().map(|line| line.member).find_map(pick)
    }
}

/// What the members come to, each in one place.
impl Dialect {
    pub(crate) fn authorization_url_parameters(&self) -> &'static [(&'static str, &'static str)] {
        let parameters = self.find(|member| match member {
            Member::AuthorizationUrlParameters(parameters) => Some(parameters),
            _ => None,
        });
        parameters.unwrap_or_default()
    }

    pub(crate) fn id_token_typ(&self) -> Option<&'static str> {
        self.find(|member| match member {
            Member::IdTokenTyp(typ) => Some(typ),
            _ => None,
        })
    }

    /// The scopes as the provider spells them.
    pub(crate) fn spelled(&self, scopes: &Scopes) -> String {
        let spelled = |scope| {
            let pair = self.spellings().iter().find(|(standard, _)| *standard == scope);
            pair.map_or(scope, |(_, theirs)| *theirs)
        };
        scopes.iter().map(spelled).collect::<Vec<_>>().join(" ")
    }

    /// A scope as FDX spells it.
    pub(crate) fn standard<'a>(&self, scope: &'a str) -> &'a str {
        let pair = self.spellings().iter().find(|(_, theirs)| *theirs == scope);
        pair.map_or(scope, |(standard, _)| *standard)
    }

    fn spellings(&self) -> &'static [(&'static str, &'static str)] {
        let spellings = self.find(|member| match member {
            Member::ScopeSpelling(spellings) => Some(spellings),
            _ => None,
        });
        spellings.unwrap_or_default()
    }
}

impl Default for Dialect {
    /// [`FDX`]: FAPI 2.0 without any difference.
    fn default() -> Self {
        FDX
    }
}

pub(crate) const fn line(member: Member, source: &'static str) -> Line {
    Line { member, source }
}
