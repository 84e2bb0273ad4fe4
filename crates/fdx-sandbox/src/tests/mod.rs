//! The institution from outside: requests built by hand, one rule broken at a time.

mod authentication;
mod bench;
mod consent_id;
mod customer;
mod decision;
mod flow;
mod pushing;
mod resources;
mod robustness;
mod tokens;

use bench::{Attempt, Bench};
