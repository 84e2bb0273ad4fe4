use fdx_wire::Secret;
use fdx_wire::json::RawJson;
use serde::Deserialize;

use super::{AuthorizationResponseError, AuthorizationResponseExpectation};
use crate::claims::{is_audience, is_issuer, kept, secret, text, time};

#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(default, deserialize_with = "kept")]
    iss: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    aud: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    exp: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    nbf: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    state: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    code: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    error: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    error_description: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    error_uri: Option<RawJson>,
}

/// The one claim that is looked at before anything is verified.
#[derive(Deserialize)]
pub(super) struct State {
    #[serde(default, deserialize_with = "kept")]
    state: Option<RawJson>,
}

/// What the customer or the server decided.
#[derive(Clone, Eq, PartialEq)]
pub(super) enum Outcome {
    Code(Secret),
    Error { error: String, description: Option<String>, uri: Option<String> },
}

impl State {
    pub(super) fn text(&self) -> Option<Secret> {
        secret(self.state.as_ref()).ok().flatten()
    }
}

impl Claims {
    pub(super) fn issuer(
        &self,
        expected: &AuthorizationResponseExpectation<'_>,
    ) -> Result<(), AuthorizationResponseError> {
        let same = is_issuer(self.iss.as_ref(), expected.issuer);
        same.then_some(()).ok_or(AuthorizationResponseError::Issuer)
    }

    pub(super) fn audience(
        &self,
        expected: &AuthorizationResponseExpectation<'_>,
    ) -> Result<(), AuthorizationResponseError> {
        let ours = is_audience(self.aud.as_ref(), expected.client_id);
        ours.then_some(()).ok_or(AuthorizationResponseError::Audience)
    }

    pub(super) fn times(
        &self,
        expected: &AuthorizationResponseExpectation<'_>,
    ) -> Result<(), AuthorizationResponseError> {
        let tolerance = expected.tolerance.as_duration();
        let Ok(Some(exp)) = time(self.exp.as_ref()) else {
            return Err(AuthorizationResponseError::Expiry);
        };
        if exp <= expected.now - tolerance {
            return Err(AuthorizationResponseError::Expired);
        }
        match time(self.nbf.as_ref()) {
            Ok(None) => Ok(()),
            Ok(Some(nbf)) if nbf <= expected.now + tolerance => Ok(()),
            _ => Err(AuthorizationResponseError::NotBefore),
        }
    }

    pub(super) fn state(&self) -> Result<Option<Secret>, AuthorizationResponseError> {
        secret(self.state.as_ref()).map_err(|_| AuthorizationResponseError::State)
    }

    pub(super) fn outcome(&self) -> Result<Outcome, AuthorizationResponseError> {
        use AuthorizationResponseError as Fault;
        let code = secret(self.code.as_ref()).map_err(|_| Fault::Code)?;
        let error = text(self.error.as_ref()).map_err(|_| Fault::Error)?;
        let description =
            text(self.error_description.as_ref()).map_err(|_| Fault::ErrorDescription)?;
        let uri = text(self.error_uri.as_ref()).map_err(|_| Fault::ErrorUri)?;
        match (code, error) {
            (Some(_), Some(_)) => Err(Fault::BothCodeAndError),
            (None, None) => Err(Fault::Neither),
            (Some(code), None) if code.expose().is_empty() => Err(Fault::Code),
            (Some(code), None) => Ok(Outcome::Code(code)),
            (None, Some(error)) if error.is_empty() => Err(Fault::Error),
            (None, Some(error)) => Ok(Outcome::Error { error, description, uri }),
        }
    }
}
