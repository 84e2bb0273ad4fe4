//! Providers as they really are: what each does otherwise than FAPI 2.0, faults included.
//!
//! The strict institution stays what it is. A provider is a face in front of it: it turns what its
//! clients send into what FAPI 2.0 would have, and turns the answers back. What can't be turned,
//! because it is signed, the provider's vocabulary reads.

mod autional;
mod manners;
mod mastercard;
mod mx;
mod paths;
mod preset;
mod rewrite;
mod uae;

use fdx_wire::UnixTime;
use http::{Request, Response};

pub(crate) use manners::{IdTokens, RefreshTokens, Reuse};
pub use paths::Paths;

use crate::client::RegisteredClient;
use crate::error::Broken;
use crate::institution::Institution;
use crate::par::{Requested, Sent};
use crate::peer::Peer;

/// Whose manners the institution has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Provider {
    /// FDX v6 by the book, over FAPI 2.0.
    #[default]
    Fdx,
    /// Mastercard Developer Hub for FDX.
    Mastercard,
    /// UAE Open Finance API Hub.
    Uae,
    /// MX Data Access, which is not FAPI.
    Mx,
    /// Autional.
    Autional,
}

impl Provider {
    /// Every provider.
    pub const ALL: &[Self] = &[Self::Fdx, Self::Mastercard, Self::Uae, Self::Mx, Self::Autional];

    /// The name, as configurations and command lines have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fdx => "fdx",
            Self::Mastercard => "mastercard",
            Self::Uae => "uae",
            Self::Mx => "mx",
            Self::Autional => "autional",
        }
    }

    /// The provider of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|provider| provider.name() == name)
    }

    /// Where its endpoints are.
    #[must_use]
    pub const fn paths(self) -> &'static Paths {
        match self {
            Self::Fdx => &Paths::FDX,
            Self::Mastercard => &mastercard::PATHS,
            Self::Uae => &uae::PATHS,
            Self::Mx => &mx::PATHS,
            Self::Autional => &autional::PATHS,
        }
    }
}

/// What becomes of a request at the face.
pub(crate) enum Arrival {
    /// The strict institution answers it, in this form.
    Strict(Request<Vec<u8>>),
    /// The provider has answered it.
    Answered(Response<Vec<u8>>),
}

impl Arrival {
    /// As it came.
    fn strict(request: &Request<Vec<u8>>) -> Self {
        Self::Strict(request.clone())
    }
}

impl Provider {
    /// What is asked, where it is not asked in FDX's words.
    pub(crate) fn requested(
        self,
        client: &RegisteredClient,
        sent: &Sent,
    ) -> Option<Result<Requested, Broken>> {
        match self {
            Self::Fdx | Self::Mastercard => None,
            Self::Uae => Some(uae::requested(client, sent)),
            Self::Mx => Some(mx::requested(client, sent)),
            Self::Autional => Some(autional::requested(client, sent)),
        }
    }
}

impl Institution {
    /// What a client of the provider sent, as the strict institution would have it; or at once the
    /// provider's answer.
    pub(crate) fn arrive(
        &mut self,
        request: &Request<Vec<u8>>,
        peer: &Peer,
        now: UnixTime,
    ) -> Arrival {
        match self.config().provider {
            Provider::Fdx => Arrival::strict(request),
            Provider::Mastercard => mastercard::arrive(request),
            Provider::Uae => uae::arrive(self, request, peer, now),
            Provider::Mx => mx::arrive(self, request, now),
            Provider::Autional => autional::arrive(request),
        }
    }

    /// The strict institution's answer in the provider's manner.
    pub(crate) fn depart(
        &mut self,
        request: &Request<Vec<u8>>,
        response: Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        match self.config().provider {
            Provider::Fdx => response,
            Provider::Mastercard => mastercard::depart(request, response),
            Provider::Uae => uae::depart(&self.config(), request, response),
            Provider::Mx => mx::depart(request, response),
            Provider::Autional => autional::depart(request, response),
        }
    }
}
