use fdx_wire::{Issuer, UnixTime};

use crate::{Algorithm, Tolerance};

/// What a signed introspection response must say to be believed.
#[derive(Clone, Copy, Debug)]
pub struct SignedIntrospectionExpectation<'a> {
    /// The issuer that was asked.
    pub issuer: &'a Issuer,
    /// The client's own id: it is the one that asked.
    pub client_id: &'a str,
    /// The registered `introspection_signed_response_alg`; none allows all three algorithms.
    pub algorithm: Option<Algorithm>,
    /// Now.
    pub now: UnixTime,
    /// How far the two clocks may be apart.
    pub tolerance: Tolerance,
}
