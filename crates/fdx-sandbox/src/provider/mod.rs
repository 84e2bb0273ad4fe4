//! Providers as they really are: what each does otherwise than FAPI 2.0, faults included.
//!
//! The strict institution stays what it is. A provider is a face in front of it: it turns what its
//! clients send into what FAPI 2.0 would have, and turns the answers back. What can't be turned,
//! because it is signed, the provider's vocabulary reads.

mod manners;
mod mastercard;
mod paths;
mod preset;
mod rewrite;

use http::{Request, Response};

pub(crate) use manners::Reuse;
pub use paths::Paths;

use crate::institution::Institution;

/// Whose manners the institution has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Provider {
    /// FDX v6 by the book, over FAPI 2.0.
    #[default]
    Fdx,
    /// Mastercard Developer Hub for FDX.
    Mastercard,
}

impl Provider {
    /// Every provider.
    pub const ALL: &[Self] = &[Self::Fdx, Self::Mastercard];

    /// The name, as configurations and command lines have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fdx => "fdx",
            Self::Mastercard => "mastercard",
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

impl Institution {
    /// What a client of the provider sent, as the strict institution would have it; or at once the
    /// provider's answer.
    pub(crate) fn arrive(&mut self, request: &Request<Vec<u8>>) -> Arrival {
        match self.config().provider {
            Provider::Fdx => Arrival::strict(request),
            Provider::Mastercard => mastercard::arrive(request),
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
        }
    }
}
