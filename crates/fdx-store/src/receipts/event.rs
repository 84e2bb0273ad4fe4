use fdx_rar::{ConsentReceipt, ConsentStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::form;
use super::narrowing::Narrowing;
use super::revocation::Revocation;
use crate::RecordId;

/// What happened to a consent.
///
/// No event has a member for a token, or for personal data. The only such data are the ids and texts
/// of a [`ConsentReceipt`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// The institution reports another status or expiration.
    Changed(InstitutionChange),
    /// The key of the consent's tokens is destroyed.
    Erased {},
    /// The consent's time is over.
    Expired {},
    /// The customer granted the consent.
    Granted {
        /// What was requested and granted.
        #[serde(with = "form::receipt")]
        receipt: Box<ConsentReceipt>,
    },
    /// The institution reports less than before.
    Narrowed {
        /// What is granted now.
        #[serde(with = "form::receipt")]
        receipt: Box<ConsentReceipt>,
        /// What is gone.
        difference: Narrowing,
    },
    /// The customer granted the consent again, in a new flow and therefore as a new record. Both
    /// records have this event.
    Renewed {
        /// The new grant.
        #[serde(with = "form::receipt")]
        receipt: Box<ConsentReceipt>,
        /// The other record.
        link: Renewal,
    },
    /// The consent was ended before its time, or the institution refused its tokens for so long that
    /// it counts as ended.
    Revoked(Revocation),
}

/// The other record of a renewal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Renewal {
    /// The earlier record, which this one renews.
    Renews(#[serde(with = "form::record_id")] RecordId),
    /// The later record, which renews this one.
    RenewedBy(#[serde(with = "form::record_id")] RecordId),
}

/// What the institution reports in place of what it reported before. At least one is present.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InstitutionChange {
    /// The new status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ConsentStatus>,
    /// The new expiration, in the institution's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Timestamp>,
}

/// The longest text of an institution or a caller. Names of FDX are read up to this length.
const MAX_BYTES: usize = 256;

impl Event {
    /// The name in the database and in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Changed(_) => "changed",
            Self::Erased {} => "erased",
            Self::Expired {} => "expired",
            Self::Granted { .. } => "granted",
            Self::Narrowed { .. } => "narrowed",
            Self::Renewed { .. } => "renewed",
            Self::Revoked(_) => "revoked",
        }
    }

    /// The receipt, if the event has one.
    #[must_use]
    pub fn receipt(&self) -> Option<&ConsentReceipt> {
        match self {
            Self::Granted { receipt }
            | Self::Narrowed { receipt, .. }
            | Self::Renewed { receipt, .. } => Some(receipt),
            Self::Changed(_) | Self::Erased {} | Self::Expired {} | Self::Revoked(_) => None,
        }
    }

    /// The customer granted the consent.
    #[must_use]
    pub fn granted(receipt: ConsentReceipt) -> Self {
        Self::Granted { receipt: Box::new(receipt) }
    }

    /// The institution reports less than `earlier`.
    #[must_use]
    pub fn narrowed(earlier: &ConsentReceipt, receipt: ConsentReceipt) -> Self {
        let difference = Narrowing::between(earlier, &receipt);
        Self::Narrowed { receipt: Box::new(receipt), difference }
    }

    /// The customer granted the consent again.
    #[must_use]
    pub fn renewed(receipt: ConsentReceipt, link: Renewal) -> Self {
        Self::Renewed { receipt: Box::new(receipt), link }
    }

    /// Shortens the texts of others that have no bound of their own.
    pub(super) fn bound(&mut self) {
        match self {
            Self::Changed(change) => change.bound(),
            Self::Revoked(revocation) => revocation.bound(),
            _ => {}
        }
    }

    /// Whether each text is within its bound, and a change changes something.
    pub(super) fn is_valid(&self) -> bool {
        match self {
            Self::Changed(change) => change.is_valid(),
            Self::Revoked(revocation) => revocation.is_bounded(),
            _ => true,
        }
    }
}

impl InstitutionChange {
    fn bound(&mut self) {
        let Self { status, expiration } = self;
        *status = status.take().and_then(|it| bounded(it.as_str()).map(ConsentStatus::parse));
        *expiration = expiration.take().and_then(|it| bounded(it.as_str()).map(Timestamp::parse));
    }

    fn is_valid(&self) -> bool {
        (self.status.is_some() || self.expiration.is_some())
            && self.status.as_ref().is_none_or(|it| is_bounded(it.as_str()))
            && self.expiration.as_ref().is_none_or(|it| is_bounded(it.as_str()))
    }
}

/// The first [`MAX_BYTES`] bytes, without a part of a character. `None` for an empty text.
pub(super) fn bounded(text: &str) -> Option<&str> {
    let ends = (1..=text.len().min(MAX_BYTES)).rev();
    ends.filter_map(|end| text.get(..end)).next()
}

pub(super) fn is_bounded(text: &str) -> bool {
    bounded(text) == Some(text)
}
