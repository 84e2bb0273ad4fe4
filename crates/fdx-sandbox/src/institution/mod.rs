//! The strict institution. It refuses every request that violates FAPI 2.0 or FDX v6.
//!
//! `config`, `client` and `customer_data` are plain configuration. `records` and `consent` are what
//! it keeps, in `state`. The routes answer requests; `router` selects them.

pub(crate) mod client;
mod client_authentication;
pub(crate) mod config;
pub(crate) mod consent;
pub(crate) mod customer_data;
pub(crate) mod described_client;
mod detail_members;
pub(crate) mod dpop;
pub(crate) mod expiry;
pub(crate) mod form;
pub(crate) mod memory;
pub(crate) mod numeric_date;
pub(crate) mod place;
pub(crate) mod randomness;
pub(crate) mod received;
pub(crate) mod records;
pub(crate) mod requested;
mod router;
mod routes;
pub(crate) mod rule;
pub(crate) mod signing;
pub(crate) mod state;
mod target;
pub(crate) mod verdict;
