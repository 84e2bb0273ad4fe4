//! The list of providers.

use crate::provider::definition::Provider;

impl Provider {
    /// Every provider.
    pub const ALL: &[&'static Self] =
        &[Self::FDX, Self::MASTERCARD, Self::UAE, Self::MX, Self::AUTIONAL];

    /// Returns the provider with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|provider| provider.name == name)
    }
}
