//! FDX v6 over FAPI 2.0: the strict institution.

use crate::institution::client::Binding;
use crate::institution::config::{Manners, Paths};
use crate::provider::definition::{Clients, Mapped, Provider};

impl Provider {
    /// FDX v6 over FAPI 2.0, without differences.
    pub const FDX: &'static Self = &Self {
        name: "fdx",
        paths: Paths::FDX,
        manners: Manners::FDX,
        clients: Clients { binding: Binding::Dpop, signing: None },
        policies: |_| {},
        map_request: Mapped::unchanged,
        map_response: |_| {},
    };
}
