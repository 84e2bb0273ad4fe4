//! Providers as they really are: their differences from FAPI 2.0 and FDX, defects included.
//!
//! A provider is plain data around the strict institution: it maps the requests of its clients to
//! strict ones, and the strict responses to its own. What can't be mapped, because it is signed or
//! stored, is a manner in the configuration.

mod autional;
pub(crate) mod definition;
mod fdx;
mod list;
mod mastercard;
mod mx;
mod uae;
