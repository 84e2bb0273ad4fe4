//! Registered claims (RFC 7519 section 4.1), each kept as JSON text until its own rule reads it, so
//! that a wrong type breaks that rule and no other.

use fdx_wire::json::RawJson;
use fdx_wire::{Issuer, Secret, UnixTime};
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;

/// A claim's type was wrong.
pub(crate) struct Malformed;

/// For `deserialize_with`: a claim that is there is kept, `null` too.
pub(crate) fn kept<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

pub(crate) fn text(claim: Option<&RawJson>) -> Result<Option<String>, Malformed> {
    claim.map(RawJson::read).transpose().map_err(|_| Malformed)
}

/// A text that is wiped.
pub(crate) fn secret(claim: Option<&RawJson>) -> Result<Option<Secret>, Malformed> {
    claim.map(RawJson::read).transpose().map_err(|_| Malformed)
}

/// NumericDate (RFC 7519 section 2), in whole seconds and before the year 9999.
pub(crate) fn time(claim: Option<&RawJson>) -> Result<Option<UnixTime>, Malformed> {
    let Some(claim) = claim else { return Ok(None) };
    let seconds: u64 = claim.read().map_err(|_| Malformed)?;
    let time = UnixTime::from_seconds(seconds);
    if time.as_seconds() == seconds { Ok(Some(time)) } else { Err(Malformed) }
}

/// `aud`: a text, or an array of texts.
pub(crate) fn audience(claim: Option<&RawJson>) -> Result<Vec<String>, Malformed> {
    let claim = claim.ok_or(Malformed)?;
    let audience = if claim.as_str().starts_with('[') {
        claim.read()
    } else {
        claim.read().map(|one| vec![one])
    };
    audience.map_err(|_| Malformed)
}

/// Whether `aud` is this party and nobody else, as a text or as an array of one.
pub(crate) fn is_audience(claim: Option<&RawJson>, party: &str) -> bool {
    audience(claim).is_ok_and(|audience| audience == [party])
}

/// Whether `iss` is there, and exactly this.
pub(crate) fn is_issuer(claim: Option<&RawJson>, issuer: &Issuer) -> bool {
    matches!(text(claim), Ok(Some(iss)) if iss == issuer.as_str())
}

/// Compares in constant time.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
