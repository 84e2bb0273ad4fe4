use core::time::Duration;

use fdx_wire::UnixTime;
use fdx_wire::json::RawJson;
use serde::Deserialize;

use super::{SignedIntrospectionError, SignedIntrospectionExpectation};
use crate::claims::{is_audience, is_issuer, kept, time};

/// A response is read when it was just asked for.
const MAX_AGE: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(default, deserialize_with = "kept")]
    iss: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    aud: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    iat: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    exp: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    nbf: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    token_introspection: Option<RawJson>,
}

impl Claims {
    pub(super) fn issuer(
        &self,
        expected: &SignedIntrospectionExpectation<'_>,
    ) -> Result<(), SignedIntrospectionError> {
        let same = is_issuer(self.iss.as_ref(), expected.issuer);
        same.then_some(()).ok_or(SignedIntrospectionError::Issuer)
    }

    pub(super) fn audience(
        &self,
        expected: &SignedIntrospectionExpectation<'_>,
    ) -> Result<(), SignedIntrospectionError> {
        // RFC 9701 5: aud MUST identify the party that receives the response.
        let ours = is_audience(self.aud.as_ref(), expected.client_id);
        ours.then_some(()).ok_or(SignedIntrospectionError::Audience)
    }

    /// Gives `iat`.
    pub(super) fn times(
        &self,
        expected: &SignedIntrospectionExpectation<'_>,
    ) -> Result<UnixTime, SignedIntrospectionError> {
        let latest = expected.now + expected.tolerance.as_duration();
        let earliest = expected.now - expected.tolerance.as_duration();
        let Ok(Some(iat)) = time(self.iat.as_ref()) else {
            return Err(SignedIntrospectionError::IssuedAt);
        };
        if iat > latest {
            return Err(SignedIntrospectionError::IssuedInTheFuture);
        }
        if earliest.since(iat) > MAX_AGE {
            return Err(SignedIntrospectionError::IssuedTooLongAgo);
        }
        match time(self.exp.as_ref()) {
            Ok(None) => {}
            Ok(Some(exp)) if exp > earliest => {}
            _ => return Err(SignedIntrospectionError::Expiry),
        }
        match time(self.nbf.as_ref()) {
            Ok(None) => Ok(iat),
            Ok(Some(nbf)) if nbf <= latest => Ok(iat),
            _ => Err(SignedIntrospectionError::NotBefore),
        }
    }

    pub(super) fn token_introspection(self) -> Result<RawJson, SignedIntrospectionError> {
        let object = self.token_introspection.filter(|json| json.as_str().starts_with('{'));
        object.ok_or(SignedIntrospectionError::TokenIntrospection)
    }
}
