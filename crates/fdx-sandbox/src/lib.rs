//! A strict FAPI 2.0 and FDX v6 institution as a value, and a server for it on loopback.

mod answer;
mod authorize;
#[cfg(feature = "server")]
pub mod certificates;
mod client_authentication;
mod config;
pub mod customer;
mod data;
mod dpop;
mod error;
mod id_token;
mod institution;
mod introspection;
mod memory;
mod metadata;
mod nonces;
mod par;
mod randomness;
mod received;
mod replay;
mod resources;
#[cfg(feature = "server")]
pub mod server;
mod token;
mod verdict;

pub use config::{Binding, ConsentIdCarrier, InstitutionConfig, NoncePolicy, RegisteredClient};
pub use data::{Account, Customer, Transaction};
pub use institution::Institution;
pub use verdict::{Outcome, Verdict};
