use fdx_wire::{Issuer, UnixTime};

use crate::{Algorithm, Tolerance};

/// What a JARM response must say to be believed.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationResponseExpectation<'a> {
    /// The issuer that the request was sent to.
    pub issuer: &'a Issuer,
    /// The client's own id.
    pub client_id: &'a str,
    /// The registered `authorization_signed_response_alg`; none allows all three algorithms.
    pub algorithm: Option<Algorithm>,
    /// Now.
    pub now: UnixTime,
    /// How far the two clocks may be apart.
    pub tolerance: Tolerance,
}
