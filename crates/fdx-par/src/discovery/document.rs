use fdx_wire::{Issuer, UnixTime};
use http::StatusCode;

use crate::discovery::discover::{Discovery, LIMIT, WellKnown, well_known_url};
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::{Mint, NoEntropy};
use crate::exchange::outgoing::Outgoing;

/// A metadata document as received, of which only status, content type and size are checked.
///
/// [`Readiness::of`](crate::Readiness::of) reports its violations. No client can be created from
/// it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MetadataDocument {
    bytes: Vec<u8>,
}

/// Drafts the request for an issuer's metadata, without checks of its members.
///
/// # Errors
/// [`CallFault::UrlTooLong`](crate::CallFault::UrlTooLong).
pub fn discover_document(
    issuer: &Issuer,
    well_known: WellKnown,
    now: UnixTime,
) -> Result<Draft<MetadataDocument>, Error> {
    Ok(Draft::new(Discovery { issuer: issuer.clone(), well_known }, NoEntropy, now)?)
}

impl MetadataDocument {
    /// The bytes, at most 256 KiB.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Exchange for MetadataDocument {
    type Request = Discovery;
    type Kept = ();
    type Entropy = NoEntropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &Discovery, _: &Mint<'_, NoEntropy>) -> Result<(Outgoing, ()), Error> {
        let url = well_known_url(&request.issuer, request.well_known)?;
        Ok((Outgoing::get(url, LIMIT), ()))
    }

    fn read(_: Discovery, (): (), answer: &Answer<'_>) -> Result<Self, Error> {
        answer.check_json(StatusCode::OK)?;
        Ok(Self { bytes: answer.body.to_vec() })
    }
}
