//! The sandbox from outside: hand-written requests that violate one rule at a time.

mod authentication;
mod bench;
mod consent_api;
mod consent_id;
mod customer;
mod decision;
#[cfg(feature = "server")]
mod error_variants;
mod flow;
mod introspection;
mod jarm;
mod keys;
mod methods;
mod not_fapi;
mod pushing;
mod refresh;
mod request_object;
mod resources;
mod revocation;
mod robustness;
mod server_plan;
mod tokens;
mod without_fdx;

use bench::{Attempt, Bench};
