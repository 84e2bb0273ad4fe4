//! Dialects and deviations that are not FAPI 2.0.

pub(crate) mod autional;
pub(crate) mod departure;
pub(crate) mod documented;
pub(crate) mod mx;
