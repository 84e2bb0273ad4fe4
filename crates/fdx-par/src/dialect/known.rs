use crate::dialect::autional::AUTIONAL;
use crate::dialect::definition::{Dialect, Evidence};
use crate::dialect::keycloak::KEYCLOAK;
use crate::dialect::mastercard::{MASTERCARD, MASTERCARD_MOCK};
use crate::dialect::not_fapi::autional::AUTIONAL_CLIENT_SECRET;
use crate::dialect::not_fapi::mx::MX;
use crate::dialect::spring::SPRING_AUTHORIZATION_SERVER;
use crate::dialect::uae::dialect::UAE;
use crate::dialect::wso2::WSO2;

/// FDX v6 over FAPI 2.0 Security Profile Final, without any deviation.
///
/// The response to a push is 201, its `request_uri` is valid for 60 to 90 seconds and one use, the
/// details have the type `fdx_v1.0`, and the customer may grant less than was requested.
pub const FDX: Dialect =
    Dialect::new("fdx", "FDX v6 over FAPI 2.0, by the book").with_evidence(Evidence::Standards);

/// Every dialect of this crate, including those that are not FAPI.
pub const ALL: &[Dialect] = &[
    FDX,
    MASTERCARD,
    MASTERCARD_MOCK,
    UAE,
    AUTIONAL,
    KEYCLOAK,
    SPRING_AUTHORIZATION_SERVER,
    WSO2,
    MX,
    AUTIONAL_CLIENT_SECRET,
];

/// Returns the dialect with this name; [`ALL`] lists them.
#[must_use]
pub fn by_name(name: &str) -> Option<Dialect> {
    ALL.iter().find(|dialect| dialect.name == name).copied()
}

impl Default for Dialect {
    /// Returns [`FDX`]: FAPI 2.0 without any deviation.
    fn default() -> Self {
        FDX
    }
}
