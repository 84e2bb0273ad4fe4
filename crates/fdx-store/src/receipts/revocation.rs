use fdx_par::fdx_api::RevocationOutcome;
use fdx_rar::{PartyType, RevocationReason};
use serde::{Deserialize, Serialize};

use super::event::{bounded, is_bounded};

/// Who ended a consent, and how each of its parts ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Revocation {
    /// Who ended it.
    pub by: RevokedBy,
    /// FDX's reason, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevocationReason>,
    /// FDX's initiator, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<PartyType>,
    /// The consent at the institution's consent API. `None` if it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_api: Option<PartOutcome>,
    /// The refresh token. `None` if it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<PartOutcome>,
    /// The access token. `None` if it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<PartOutcome>,
}

/// Who ended a consent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RevokedBy {
    /// The customer, through the recipient.
    Customer,
    /// The recipient.
    Recipient,
    /// The institution, or the customer there: a notification, a read of the consent, or refused
    /// tokens reported it.
    Institution,
}

/// How one part of a consent ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PartOutcome {
    /// There is no such part: no consent id or no such token.
    Absent,
    /// It had ended before: 409, 410, or the end was the reason of the revocation.
    AlreadyEnded,
    /// No response arrived, however often the request was sent.
    NoResponse,
    /// 404: the institution has no such consent of this client. It proves nothing.
    NotFound,
    /// The institution refused the request.
    Refused,
    /// The institution accepted the request, and has not confirmed it.
    Requested,
    /// The institution accepted the revocation.
    Revoked,
    /// The institution offers no such revocation.
    Unsupported,
}

impl Revocation {
    /// A revocation without reason, initiator and outcomes.
    #[must_use]
    pub const fn new(by: RevokedBy) -> Self {
        Self {
            by,
            reason: None,
            initiator: None,
            consent_api: None,
            refresh_token: None,
            access_token: None,
        }
    }

    /// Shortens names that this version does not know. An empty name counts as absent.
    pub(super) fn bound(&mut self) {
        let Self { reason, initiator, .. } = self;
        *reason = reason.take().and_then(|it| bounded(it.as_str()).map(RevocationReason::parse));
        *initiator = initiator.take().and_then(|it| bounded(it.as_str()).map(PartyType::parse));
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.reason.as_ref().is_none_or(|it| is_bounded(it.as_str()))
            && self.initiator.as_ref().is_none_or(|it| is_bounded(it.as_str()))
    }
}

impl From<RevocationOutcome> for PartOutcome {
    fn from(outcome: RevocationOutcome) -> Self {
        match outcome {
            RevocationOutcome::AlreadyEnded => Self::AlreadyEnded,
            RevocationOutcome::NotFound => Self::NotFound,
            RevocationOutcome::Revoked => Self::Revoked,
            // An outcome that this version does not know confirms nothing.
            _ => Self::Requested,
        }
    }
}
