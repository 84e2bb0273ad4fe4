use core::time::Duration;

use fdx_wire::json::RawJson;
use fdx_wire::{Secret, UnixTime};
use serde::Deserialize;

use super::at_hash::at_hash;
use super::{IdTokenError, IdTokenExpectation};
use crate::Algorithm;
use crate::claims::{audience, is_issuer, kept, same, secret, text, time};

/// ID tokens are read when they are fresh from the token endpoint.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Each claim as JSON text, so that a wrong type breaks the claim's own rule.
#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(default, deserialize_with = "kept")]
    iss: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    aud: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    azp: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    exp: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    iat: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    nbf: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    nonce: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    auth_time: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    acr: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    sub: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    at_hash: Option<RawJson>,
}

impl Claims {
    pub(super) fn issuer(&self, expected: &IdTokenExpectation<'_>) -> Result<(), IdTokenError> {
        is_issuer(self.iss.as_ref(), expected.issuer).then_some(()).ok_or(IdTokenError::Issuer)
    }

    pub(super) fn audience(&self, expected: &IdTokenExpectation<'_>) -> Result<(), IdTokenError> {
        let audience = audience(self.aud.as_ref()).map_err(|_| IdTokenError::Audience)?;
        if !audience.iter().any(|aud| aud == expected.client_id) {
            return Err(IdTokenError::Audience);
        }
        // OpenID Connect Core 3.1.3.7: reject where aud contains audiences not trusted.
        if audience.iter().any(|aud| aud != expected.client_id) {
            return Err(IdTokenError::AudienceUntrusted);
        }
        match text(self.azp.as_ref()) {
            Ok(None) => Ok(()),
            Ok(Some(azp)) if azp == expected.client_id => Ok(()),
            _ => Err(IdTokenError::AuthorizedParty),
        }
    }

    /// Gives the expiry.
    pub(super) fn times(
        &self,
        expected: &IdTokenExpectation<'_>,
    ) -> Result<UnixTime, IdTokenError> {
        let latest = expected.now + expected.tolerance.as_duration();
        let earliest = expected.now - expected.tolerance.as_duration();
        let Ok(Some(exp)) = time(self.exp.as_ref()) else {
            return Err(IdTokenError::Expiry);
        };
        if exp <= earliest {
            return Err(IdTokenError::Expired);
        }
        let Ok(Some(iat)) = time(self.iat.as_ref()) else {
            return Err(IdTokenError::IssuedAt);
        };
        if iat > latest {
            return Err(IdTokenError::IssuedInTheFuture);
        }
        if earliest.since(iat) > MAX_AGE {
            return Err(IdTokenError::IssuedTooLongAgo);
        }
        match time(self.nbf.as_ref()) {
            Ok(None) => Ok(exp),
            Ok(Some(nbf)) if nbf <= latest => Ok(exp),
            _ => Err(IdTokenError::NotBefore),
        }
    }

    pub(super) fn nonce(&self, expected: &IdTokenExpectation<'_>) -> Result<(), IdTokenError> {
        match (expected.nonce, &self.nonce) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(IdTokenError::NonceUnexpected),
            (Some(sent), found) => match secret(found.as_ref()) {
                Ok(Some(found)) if same(sent, found.expose()) => Ok(()),
                _ => Err(IdTokenError::Nonce),
            },
        }
    }

    pub(super) fn auth_time(
        &self,
        expected: &IdTokenExpectation<'_>,
    ) -> Result<Option<UnixTime>, IdTokenError> {
        let tolerance = expected.tolerance.as_duration();
        let auth_time = time(self.auth_time.as_ref()).map_err(|_| IdTokenError::AuthTime)?;
        match (auth_time, expected.max_age) {
            (Some(at), _) if at > expected.now + tolerance => Err(IdTokenError::AuthTime),
            (Some(at), Some(max_age)) => {
                let age = expected.now.since(at);
                if age > Duration::from_secs(max_age).saturating_add(tolerance) {
                    return Err(IdTokenError::AuthTimeTooOld);
                }
                Ok(Some(at))
            }
            // OpenID Connect Core 2: when a max_age request is made, auth_time is REQUIRED.
            (None, Some(_)) => Err(IdTokenError::AuthTime),
            (auth_time, None) => Ok(auth_time),
        }
    }

    pub(super) fn acr(
        &self,
        expected: &IdTokenExpectation<'_>,
    ) -> Result<Option<String>, IdTokenError> {
        let acr = text(self.acr.as_ref()).map_err(|_| IdTokenError::Acr)?;
        let asked = expected.acr_values.unwrap_or_default();
        let mut values = asked.split(' ').filter(|value| !value.is_empty()).peekable();
        if values.peek().is_some() && !values.any(|value| acr.as_deref() == Some(value)) {
            return Err(IdTokenError::Acr);
        }
        Ok(acr)
    }

    pub(super) fn subject(&self) -> Result<String, IdTokenError> {
        // OpenID Connect Core 2: sub MUST NOT exceed 255 ASCII characters in length.
        match text(self.sub.as_ref()) {
            Ok(Some(sub)) if (1..=255).contains(&sub.len()) && sub.is_ascii() => Ok(sub),
            _ => Err(IdTokenError::Subject),
        }
    }

    pub(super) fn access_token(
        &self,
        algorithm: Algorithm,
        access_token: Option<&Secret>,
    ) -> Result<(), IdTokenError> {
        let (Some(found), Some(token)) = (&self.at_hash, access_token) else {
            return Ok(());
        };
        match text(Some(found)) {
            Ok(Some(found)) if same(&at_hash(algorithm, token), &found) => Ok(()),
            _ => Err(IdTokenError::AccessTokenHash),
        }
    }
}
