use core::fmt;
use core::time::Duration;

use crate::dialect::member::Member;
use crate::dialect::refresh_tokens::RefreshTokens;
use crate::discovery::discover::WellKnown;
use crate::error::deviation::Deviation;

/// A provider's deviations from FAPI 2.0, and what they need of a client's configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dialect {
    pub(crate) name: &'static str,
    provider: &'static str,
    needs: &'static [Need],
    members: &'static [Line],
    options: &'static [Line],
    /// Whether the options count.
    has_options: bool,
    notes: &'static [&'static str],
    refresh_token_lifetime: Option<Duration>,
    refresh_tokens: RefreshTokens,
    evidence: Evidence,
    well_known: WellKnown,
}

/// How a dialect is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Evidence {
    /// From the provider's documents.
    Documents,
    /// From complete consents with the provider's own program.
    Run {
        /// The program, with its version.
        program: &'static str,
        /// The day or the month of the run, such as `2026-11-29`.
        date: &'static str,
    },
    /// From the standards alone.
    Standards,
}

/// One member of a dialect with its source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// The deviation with its details.
    pub member: Member,
    /// The source: a document, a program's source code, a thread.
    pub source: &'static str,
}

impl Dialect {
    /// Creates a dialect without members. `name` is for configurations and command lines.
    #[must_use]
    pub const fn new(name: &'static str, provider: &'static str) -> Self {
        Self {
            name,
            provider,
            needs: &[],
            members: &[],
            options: &[],
            has_options: false,
            notes: &[],
            refresh_token_lifetime: None,
            refresh_tokens: RefreshTokens::FAPI,
            evidence: Evidence::Documents,
            well_known: WellKnown::OAuthAuthorizationServer,
        }
    }

    /// Sets the members, each with its source.
    #[must_use]
    pub const fn with_members(self, members: &'static [Line]) -> Self {
        Self { members, ..self }
    }

    /// Sets members that are off unless [`Dialect::with_options`] switches them on: deviations on
    /// which the sources disagree.
    #[must_use]
    pub const fn with_optional_members(self, options: &'static [Line]) -> Self {
        Self { options, ..self }
    }

    /// The same dialect with its optional members.
    #[must_use]
    pub const fn with_options(self) -> Self {
        Self { has_options: true, ..self }
    }

    /// Sets what the client needs.
    #[must_use]
    pub const fn with_needs(self, needs: &'static [Need]) -> Self {
        Self { needs, ..self }
    }

    /// Sets notes: facts that change nothing a client sends or accepts.
    #[must_use]
    pub const fn with_notes(self, notes: &'static [&'static str]) -> Self {
        Self { notes, ..self }
    }

    /// Sets how long a refresh token is valid, if the provider documents it.
    #[must_use]
    pub const fn with_refresh_token_lifetime(self, lifetime: Duration) -> Self {
        Self { refresh_token_lifetime: Some(lifetime), ..self }
    }

    /// Sets what the provider does with refresh tokens.
    #[must_use]
    pub const fn with_refresh_tokens(self, refresh_tokens: RefreshTokens) -> Self {
        Self { refresh_tokens, ..self }
    }

    /// Sets how the dialect is known. Default: from documents.
    #[must_use]
    pub const fn with_evidence(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    /// Sets the path at which the provider publishes complete metadata. Default: that of RFC 8414.
    #[must_use]
    pub const fn with_well_known(self, well_known: WellKnown) -> Self {
        Self { well_known, ..self }
    }

    /// The name, such as `mastercard`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The provider's name for people.
    #[must_use]
    pub const fn provider(&self) -> &'static str {
        self.provider
    }

    /// The members that are off by default.
    #[must_use]
    pub const fn options(&self) -> &'static [Line] {
        self.options
    }

    /// The members that count: those of the dialect, and its optional ones if they are on.
    pub(crate) fn counting(&self) -> impl Iterator<Item = &'static Line> {
        let options = if self.has_options { self.options } else { &[] };
        self.members.iter().chain(options)
    }

    /// The deviations with their details, without optional members.
    #[must_use]
    pub const fn members(&self) -> &'static [Line] {
        self.members
    }

    /// What the client's configuration needs.
    #[must_use]
    pub const fn needs(&self) -> &'static [Need] {
        self.needs
    }

    /// Facts that change nothing a client sends or accepts.
    #[must_use]
    pub const fn notes(&self) -> &'static [&'static str] {
        self.notes
    }

    /// How long a refresh token is valid after it was issued.
    #[must_use]
    pub const fn refresh_token_lifetime(&self) -> Option<Duration> {
        self.refresh_token_lifetime
    }

    /// What the provider does with refresh tokens.
    #[must_use]
    pub const fn refresh_tokens(&self) -> RefreshTokens {
        self.refresh_tokens
    }

    /// How the dialect is known.
    #[must_use]
    pub const fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// The path at which the provider publishes complete metadata.
    #[must_use]
    pub const fn well_known(&self) -> WellKnown {
        self.well_known
    }

    /// Whether one of the members has this deviation.
    #[must_use]
    pub fn allows(&self, deviation: Deviation) -> bool {
        self.counting().any(|line| line.member.deviation() == deviation)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documents => f.write_str("from documents"),
            Self::Run { program, date } => write!(f, "from a run with {program}, {date}"),
            Self::Standards => f.write_str("from the standards"),
        }
    }
}

pub(crate) const fn line(member: Member, source: &'static str) -> Line {
    Line { member, source }
}

/// Something that a provider requires of a client. [`Client::new`](crate::Client::new) checks it, and
/// [`Registrar::new`](crate::Registrar::new) checks what a registration needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Need {
    /// Tokens that are bound to a client certificate.
    Certificate,
    /// A client secret, which is not FAPI.
    ClientSecret,
    /// Registration with `jwks_uri`, because the server refuses inline keys.
    JwksUri,
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// PS256 for every JWT that the client signs, except DPoP proofs.
    Ps256,
    /// Signed request objects.
    RequestObject,
    /// Tokens that are bound to nothing, which is not FAPI.
    UnboundTokens,
}
