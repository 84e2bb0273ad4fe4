use fdx_rar::{ConsentId, ConsentRevocation, ConsentRevocationList, ConsentRevocationRequest};
use fdx_wire::json::{Limits, ObjectWriter};
use fdx_wire::{Entropy, UnixTime};
use http::{Method, StatusCode};

use crate::client::client::Client;
use crate::error::error::Error;
use crate::error::next_step::{NextStep, RefusedCall};
use crate::error::notice::Notice;
use crate::error::said::Said;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::fdx_api::error::not_a_success;
use crate::tokens::tokens::AccessToken;

/// The response to the revocation of a consent.
#[derive(Clone, Debug)]
pub struct ConsentRevoked {
    outcome: RevocationOutcome,
    said: Said,
    interaction_id: String,
    notices: Vec<Notice>,
}

/// The outcome of a revocation. None is a failure: after each, the consent must not be used again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RevocationOutcome {
    /// 204: the institution accepted it. It may complete later: a token can be valid for a moment
    /// longer.
    Revoked,
    /// 202: the institution accepted the request, and has not confirmed the revocation yet.
    Requested,
    /// 409 or 410: the consent had ended before, by a revocation or by its time.
    AlreadyEnded,
    /// 404: the institution has no such consent of this client. Some return it for a consent that
    /// was revoked before. A wrong id or base URL has the same effect, so it proves nothing.
    NotFound,
}

const LIMIT: usize = 64 * 1024;

impl Client {
    /// Drafts the revocation of a consent (FDX Consent API, `PUT
    /// /consents/{consentId}/revocation`). `access_token` is one of the consent's own, or the
    /// client's [own](Client::client_credentials): the institution decides which it accepts.
    ///
    /// If no response arrives, the revocation may be sent again (RFC 9110 section 9.2.2). It then
    /// ends as [`RevocationOutcome::AlreadyEnded`] or [`RevocationOutcome::NotFound`]. A revocation
    /// also ends the consent's own tokens, so that with them the second response may be a 401. A
    /// refresh is then refused with `invalid_grant`, whose next step is to
    /// [start over](NextStep::StartOver). To find out the consent's state, call
    /// [`Client::read_consent_by_id`] with the client's own token.
    ///
    /// # Errors
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's token, [`StoredStateFault::OtherKey`](crate::StoredStateFault::OtherKey),
    /// [`CallFault::UrlTooLong`](crate::CallFault::UrlTooLong).
    pub fn revoke_consent(
        &self,
        consent_id: &ConsentId,
        access_token: &AccessToken,
        revocation: &ConsentRevocationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<ConsentRevoked>, Error> {
        let request = RevokeConsent {
            client: self.clone(),
            consent_id: consent_id.clone(),
            access_token: access_token.clone(),
            revocation: revocation.clone(),
        };
        Ok(Draft::new(request, entropy, now)?)
    }
}

pub struct RevokeConsent {
    client: Client,
    consent_id: ConsentId,
    access_token: AccessToken,
    revocation: ConsentRevocationRequest,
}

impl Exchange for ConsentRevoked {
    type Request = RevokeConsent;
    type Kept = InteractionId;
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &RevokeConsent, mint: &Mint<'_>) -> Result<(Outgoing, InteractionId), Error> {
        let RevokeConsent { client, consent_id, access_token, revocation } = request;
        let url = client.revocation_url(consent_id)?;
        let mut body = ObjectWriter::with_capacity(64);
        if let Some(reason) = revocation.reason() {
            body.text("reason", reason.as_str());
        }
        if let Some(initiator) = revocation.initiator() {
            body.text("initiator", initiator.as_str());
        }
        client.authorized(Method::PUT, url, Body::Json(body), access_token, mint, LIMIT)
    }

    fn read(
        _: RevokeConsent,
        interaction_id: InteractionId,
        answer: &Answer<'_>,
    ) -> Result<Self, Error> {
        answer.check_size()?;
        let mut notices = Vec::new();
        let outcome = match answer.status {
            StatusCode::NO_CONTENT => RevocationOutcome::Revoked,
            StatusCode::OK => {
                notices.push(Notice::RevocationStatus);
                RevocationOutcome::Revoked
            }
            StatusCode::ACCEPTED => RevocationOutcome::Requested,
            StatusCode::CONFLICT | StatusCode::GONE => RevocationOutcome::AlreadyEnded,
            StatusCode::NOT_FOUND => RevocationOutcome::NotFound,
            _ => {
                let call = RefusedCall::ConsentRevocation;
                return Err(not_a_success(answer).of_call(call, answer.on_no_response));
            }
        };
        notices.extend(interaction_id.compare(answer));
        let interaction_id = interaction_id.into_string();
        Ok(Self { outcome, said: super::error::said(answer), interaction_id, notices })
    }
}

impl ConsentRevoked {
    /// Returns the outcome.
    #[must_use]
    pub fn outcome(&self) -> RevocationOutcome {
        self.outcome
    }

    /// Returns the institution's status and, if it returned an error, its code and message.
    #[must_use]
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// The `x-fapi-interaction-id` that was sent.
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }

    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

/// The current list of a consent's revocations.
#[derive(Clone, Debug)]
pub struct Revocations {
    list: Option<ConsentRevocationList>,
    interaction_id: String,
    notices: Vec<Notice>,
}

const LIST_LIMIT: usize = 256 * 1024;

impl Client {
    /// Drafts the read of a consent's revocations (FDX Consent API,
    /// `GET /consents/{consentId}/revocation`). The response is an object in FDX 6 and an array in
    /// FDX 5; both are read.
    ///
    /// # Errors
    /// As [`Client::revoke_consent`].
    pub fn list_revocations(
        &self,
        consent_id: &ConsentId,
        access_token: &AccessToken,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Revocations>, Error> {
        let (consent_id, access_token) = (consent_id.clone(), access_token.clone());
        let request = ListRevocations { client: self.clone(), consent_id, access_token };
        Ok(Draft::new(request, entropy, now)?)
    }
}

pub struct ListRevocations {
    client: Client,
    consent_id: ConsentId,
    access_token: AccessToken,
}

impl Exchange for Revocations {
    type Request = ListRevocations;
    type Kept = InteractionId;
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(
        request: &ListRevocations,
        mint: &Mint<'_>,
    ) -> Result<(Outgoing, InteractionId), Error> {
        let ListRevocations { client, consent_id, access_token } = request;
        let url = client.revocation_url(consent_id)?;
        client.authorized(Method::GET, url, Body::Empty, access_token, mint, LIST_LIMIT)
    }

    fn read(
        _: ListRevocations,
        interaction_id: InteractionId,
        answer: &Answer<'_>,
    ) -> Result<Self, Error> {
        answer.check_size()?;
        let list = match answer.status {
            StatusCode::OK => {
                answer.check_json(StatusCode::OK)?;
                let list = ConsentRevocationList::read(answer.json(), &Limits::bytes(answer.limit));
                Some(list.map_err(|error| answer.read_fault(error))?)
            }
            StatusCode::NOT_FOUND => None,
            _ => return Err(not_a_success(answer)),
        };
        let mut notices: Vec<_> = interaction_id.compare(answer).into_iter().collect();
        let not_understood = list.iter().flat_map(ConsentRevocationList::not_understood);
        notices.extend(not_understood.map(Notice::of));
        Ok(Self { list, interaction_id: interaction_id.into_string(), notices })
    }
}

impl Revocations {
    /// Returns the revocations in the response's order; `None` for a 404. Some institutions return
    /// 404 if there is no revocation, others if there is no such consent.
    #[must_use]
    pub fn list(&self) -> Option<&[ConsentRevocation]> {
        self.list.as_ref().map(ConsentRevocationList::revocations)
    }

    /// The `x-fapi-interaction-id` that was sent.
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }

    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}
