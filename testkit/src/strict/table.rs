mod assertion;
mod authorize;
mod certificate;
mod code;
mod consent_api;
mod form;
mod parameters;
mod proof;
mod proof_use;
mod refresh;
mod registration;
mod request_object;
mod resource;
mod tokens;

use fdx_par::ResponseMode;

use super::Check;
use crate::{Authentication, Binding, Requests, Setup};

/// The whole table, in the order in which a flow meets the rules.
#[must_use]
pub fn checks() -> Vec<Check> {
    [
        form::checks(),
        assertion::checks(),
        certificate::checks(),
        request_object::checks(),
        parameters::checks(),
        proof::checks(),
        proof_use::checks(),
        authorize::checks(),
        code::checks(),
        refresh::checks(),
        tokens::checks(),
        resource::checks(),
        consent_api::checks(),
        registration::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Assertion, DPoP and nonces; a plain push and a plain callback.
fn dpop() -> Setup {
    Setup::default()
}

/// The same, with tokens that are bound by certificate.
fn mtls() -> Setup {
    Setup { binding: Binding::Mtls, ..Setup::default() }
}

/// The same, with a signed push.
fn signed() -> Setup {
    Setup { requests: Requests::Signed, ..Setup::default() }
}

/// The same, with a signed callback.
fn jarm() -> Setup {
    Setup { response_mode: ResponseMode::Jwt, ..Setup::default() }
}

/// The same, of a client that authenticates by certificate.
fn by(authentication: Authentication) -> Setup {
    Setup { authentication, ..Setup::default() }
}
