use crate::dialect::autional::AUTIONAL;
use crate::dialect::dialect::Dialect;
use crate::dialect::mastercard::{MASTERCARD, MASTERCARD_MOCK};
use crate::dialect::not_fapi::autional::AUTIONAL_CLIENT_SECRET;
use crate::dialect::not_fapi::mx::MX;
use crate::dialect::uae::dialect::UAE;
use crate::dialect::wso2::WSO2;

/// FDX v6 by the book: FAPI 2.0 Security Profile Final, and nothing else.
///
/// The push is answered with 201, its `request_uri` is good for 60 to 90 seconds and for one use,
/// the details are of type `fdx_v1.0`, and the customer may grant less than was asked.
pub const FDX: Dialect = Dialect::new("fdx", "FDX v6 over FAPI 2.0, by the book");

/// Every dialect of this crate, those that are not FAPI among them.
pub const ALL: &[Dialect] =
    &[FDX, MASTERCARD, MASTERCARD_MOCK, UAE, AUTIONAL, WSO2, MX, AUTIONAL_CLIENT_SECRET];

/// The dialect of this name; [`ALL`] lists those there are.
#[must_use]
pub fn by_name(name: &str) -> Option<Dialect> {
    ALL.iter().find(|dialect| dialect.name == name).copied()
}

impl Default for Dialect {
    /// [`FDX`]: FAPI 2.0 without any difference.
    fn default() -> Self {
        FDX
    }
}
