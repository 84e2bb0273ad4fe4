use fdx_wire::{Issuer, UnixTime};
use http::StatusCode;

use super::{Ask, LIMIT, WellKnown, well_known_url};
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{Draft, Exchange};
use crate::{Error, NextStep};

/// A metadata document as it came, checked in nothing but status, content type and size: for
/// [`Readiness::of`](crate::Readiness::of), which says all that is wrong with it. No client can be
/// made of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MetadataDocument {
    bytes: Vec<u8>,
}

/// Drafts the request for an issuer's metadata, to look at it.
///
/// # Errors
/// [`CallerFault::UrlTooLong`](crate::CallerFault::UrlTooLong).
pub fn discover_document(
    issuer: &Issuer,
    well_known: WellKnown,
    now: UnixTime,
) -> Result<Draft<MetadataDocument>, Error> {
    Draft::public(Ask { issuer: issuer.clone(), well_known }, now)
}

impl MetadataDocument {
    /// The bytes, of 256 KiB at most.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Exchange for MetadataDocument {
    type Ask = Ask;

    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, _: &Mint<'_>) -> Result<Outgoing, Error> {
        Ok(Outgoing::get(well_known_url(&ask.issuer, ask.well_known)?, LIMIT))
    }

    fn read(_: Ask, _: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        answer.check_json(StatusCode::OK)?;
        Ok(Self { bytes: answer.body.to_vec() })
    }
}
