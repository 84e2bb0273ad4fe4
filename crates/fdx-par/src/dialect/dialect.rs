use core::time::Duration;

use fdx_wire::Issuer;

use crate::dialect::member::Member;
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::{PerEndpoint, on_origin};
use crate::discovery::metadata::ServerMetadata;
use crate::error::caller::CallerFault;
use crate::error::deviation::Deviation;
use crate::error::error::Error;

impl Dialect {
    /// The endpoints of a provider that publishes no metadata, on the origin of its `issuer`.
    ///
    /// # Errors
    /// [`CallerFault::MetadataPublished`] where the dialect documents none:
    /// [discover](crate::discover) them. [`CallerFault::UrlTooLong`].
    pub fn documented_metadata(&self, issuer: &Issuer) -> Result<ServerMetadata, Error> {
        let endpoints =
            Profile::of(self).documented_endpoints.ok_or(CallerFault::MetadataPublished)?;
        let authorization_endpoint = on_origin(issuer, endpoints.authorization)?;
        let endpoints = PerEndpoint::try_from_fn(|endpoint| {
            endpoints.path(endpoint).map(|path| on_origin(issuer, path)).transpose()
        })?;
        Ok(ServerMetadata::of_documented(issuer.clone(), authorization_endpoint, endpoints))
    }
}

/// One provider's differences from FAPI 2.0, and what a client needs to have for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dialect {
    pub(crate) name: &'static str,
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

    /// Whether one of the members has this deviation.
    #[must_use]
    pub fn allows(&self, deviation: Deviation) -> bool {
        self.members.iter().any(|line| line.member.deviation() == deviation)
    }
}

pub(crate) const fn line(member: Member, source: &'static str) -> Line {
    Line { member, source }
}

/// What a provider wants a client to have. A configuration without it does not make a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Need {
    /// A client certificate that the tokens are bound to.
    Certificate,
    /// A client secret, which is not FAPI.
    ClientSecret,
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// All that the client signs as JWT, it signs with PS256.
    Ps256,
    /// Signed request objects.
    RequestObject,
    /// Tokens that are bound to nothing, which is not FAPI.
    UnboundTokens,
}
