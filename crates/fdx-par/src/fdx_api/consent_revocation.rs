use fdx_rar::{ConsentId, ConsentRevocationRequest};
use fdx_wire::{Entropy, UnixTime};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};

use super::error::not_a_success;
use crate::exchange::answer::Answer;
use crate::exchange::interaction::{self, INTERACTION_ID};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::exchange::{Draft, Exchange};
use crate::token::AccessToken;
use crate::{Client, Error, NextStep, Notice, Said};

/// How the revocation of a consent ended.
#[derive(Clone, Debug)]
pub struct ConsentRevoked {
    outcome: RevocationOutcome,
    said: Said,
    interaction_id: String,
    notices: Vec<Notice>,
}

/// What an institution makes of a revocation. None of them is a failure: after each, whoever asked
/// for it calls with that consent no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RevocationOutcome {
    /// 204: the institution took it. It may complete later: a token can live for a moment longer.
    Revoked,
    /// 409: the consent had ended before, by a revocation or by its time.
    AlreadyEnded,
    /// 404: the institution knows no such consent of this client's. Some say so of a consent that
    /// was revoked before; a wrong id or base URL looks the same, so that it proves nothing.
    NotFound,
}

const LIMIT: usize = 64 * 1024;

impl Client {
    /// Drafts the revocation of a consent (FDX Consent API, `PUT /consents/{consentId}/revocation`),
    /// by one of its own access tokens or by this client's
    /// [own](Client::client_credentials), as the institution has it.
    ///
    /// Where no answer comes, the same may be asked again: the second time it changes nothing
    /// (RFC 9110 section 9.2.2), and ends as [`RevocationOutcome::AlreadyEnded`] or
    /// [`RevocationOutcome::NotFound`]. The consent's own tokens end with it, so that by them the
    /// second answer may be a 401: a refusal, after which a refresh is refused with `invalid_grant`,
    /// whose next step is to [start over](NextStep::StartOver). [`Client::read_consent_by_id`] with
    /// the client's own token says for sure.
    ///
    /// # Errors
    /// [`CallerFault::OtherClient`](crate::CallerFault::OtherClient) for another institution's
    /// token, [`CallerFault::OtherKey`](crate::CallerFault::OtherKey),
    /// [`CallerFault::UrlTooLong`](crate::CallerFault::UrlTooLong).
    pub fn revoke_consent(
        &self,
        consent_id: &ConsentId,
        access_token: &AccessToken,
        request: &ConsentRevocationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<ConsentRevoked>, Error> {
        let ask = Ask {
            client: self.clone(),
            consent_id: consent_id.clone(),
            access_token: access_token.clone(),
            // Two names, which always have a JSON form.
            body: serde_json::to_vec(request).unwrap_or_default(),
        };
        Ok(Draft::new(ask, entropy, now)?)
    }
}

pub struct Ask {
    client: Client,
    consent_id: ConsentId,
    access_token: AccessToken,
    body: Vec<u8>,
}

impl Exchange for ConsentRevoked {
    type Ask = Ask;

    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let url = ask.client.revocation_url(&ask.consent_id)?;
        let body = Body::Bytes(ask.body.clone().into());
        let mut outgoing =
            ask.client.authorized(Method::PUT, url, body, &ask.access_token, mint, LIMIT)?;
        outgoing.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(outgoing)
    }

    fn read(_: Ask, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        answer.check_size()?;
        let mut notices = Vec::new();
        let outcome = match answer.status {
            StatusCode::NO_CONTENT => RevocationOutcome::Revoked,
            StatusCode::OK => {
                notices.push(Notice::RevocationStatus);
                RevocationOutcome::Revoked
            }
            StatusCode::CONFLICT => RevocationOutcome::AlreadyEnded,
            StatusCode::NOT_FOUND => RevocationOutcome::NotFound,
            _ => return Err(not_a_success(answer)),
        };
        let interaction_id = mint.interaction_id();
        notices.extend(interaction::compare(&interaction_id, answer.text(&INTERACTION_ID)));
        Ok(Self { outcome, said: super::error::said(answer), interaction_id, notices })
    }
}

impl ConsentRevoked {
    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> RevocationOutcome {
        self.outcome
    }

    /// What the institution said: its status and, where it said why not, its code and message.
    #[must_use]
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// The `x-fapi-interaction-id` that was sent.
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }

    /// What the server did otherwise than it should.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}
