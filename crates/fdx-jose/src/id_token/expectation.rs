use core::fmt;

use fdx_wire::{Issuer, Secret, UnixTime};

use crate::{Algorithm, Tolerance};

/// What an ID token must say to be believed.
#[derive(Clone, Copy)]
pub struct IdTokenExpectation<'a> {
    /// The issuer that the request was sent to.
    pub issuer: &'a Issuer,
    /// The client's own id.
    pub client_id: &'a str,
    /// A `typ` that is taken beside `JWT` and none at all, for servers that write another.
    pub other_typ: Option<&'a str>,
    /// The registered `id_token_signed_response_alg`; none allows all three algorithms.
    pub algorithm: Option<Algorithm>,
    /// The `nonce` of the authorization request. Without one the token must not have any.
    pub nonce: Option<&'a str>,
    /// The access token that came with it, for `at_hash`.
    pub access_token: Option<&'a Secret>,
    /// The `max_age` that was asked for, in seconds.
    pub max_age: Option<u64>,
    /// The `acr_values` that were asked for, separated by spaces, if one of them is required.
    pub acr_values: Option<&'a str>,
    /// Now.
    pub now: UnixTime,
    /// How far the two clocks may be apart.
    pub tolerance: Tolerance,
}

impl fmt::Debug for IdTokenExpectation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenExpectation")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("algorithm", &self.algorithm)
            .field("now", &self.now)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}
