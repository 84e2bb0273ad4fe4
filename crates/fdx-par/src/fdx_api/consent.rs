use fdx_rar::{ConsentGrant, ConsentId, Party, PartyType};
use fdx_wire::json::Limits;
use fdx_wire::{Entropy, HttpsUrl, UnixTime};
use http::{Method, StatusCode};

use crate::client::client::Client;
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::error::said::Said;
use crate::error::server::Broken;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::fdx_api::error::not_a_success;
use crate::tokens::tokens::AccessToken;

/// The current consent grant, as the institution returned it.
#[derive(Clone, Debug)]
pub struct ConsentRead {
    pub(crate) consent_id: ConsentId,
    pub(crate) grant: ConsentGrant,
    pub(crate) interaction_id: String,
    pub(crate) notices: Vec<Notice>,
    pub(crate) said: Said,
}

/// The largest response, in bytes. It has room for ten thousand accounts with every data cluster.
const LIMIT: usize = 8 * 1024 * 1024;
const MEMBERS: usize = 500_000;

impl Client {
    /// Drafts the read of a consent of this client by its id, for example from a receipt.
    /// `access_token` is one of the consent's own, or the client's
    /// [own](Client::client_credentials): the institution decides which it accepts.
    ///
    /// # Errors
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's token, [`StoredStateFault::OtherKey`](crate::StoredStateFault::OtherKey),
    /// [`CallFault::UrlTooLong`].
    pub fn read_consent_by_id(
        &self,
        consent_id: &ConsentId,
        access_token: &AccessToken,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<ConsentRead>, Error> {
        let (consent_id, access_token) = (consent_id.clone(), access_token.clone());
        let request = ReadConsent { client: self.clone(), consent_id, access_token };
        Ok(Draft::new(request, entropy, now)?)
    }

    /// Returns `/consents/{consentId}` below the base of the consent API, with the id as one path segment.
    pub(crate) fn consent_url(&self, id: &ConsentId) -> Result<HttpsUrl, Error> {
        let url = self.config().consents()?.join_segment(id.as_str());
        url.map_err(|_| CallFault::UrlTooLong.into())
    }

    /// Returns `/consents/{consentId}/revocation` below the base of the consent API.
    pub(crate) fn revocation_url(&self, id: &ConsentId) -> Result<HttpsUrl, Error> {
        let url = self.consent_url(id)?.join_segment("revocation");
        url.map_err(|_| CallFault::UrlTooLong.into())
    }
}

pub struct ReadConsent {
    client: Client,
    consent_id: ConsentId,
    access_token: AccessToken,
}

impl Exchange for ConsentRead {
    type Request = ReadConsent;
    type Kept = InteractionId;
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &ReadConsent, mint: &Mint<'_>) -> Result<(Outgoing, InteractionId), Error> {
        let url = request.client.consent_url(&request.consent_id)?;
        request.client.authorized(Method::GET, url, Body::Empty, &request.access_token, mint, LIMIT)
    }

    fn read(
        request: ReadConsent,
        interaction_id: InteractionId,
        answer: &Answer<'_>,
    ) -> Result<Self, Error> {
        if answer.status != StatusCode::OK {
            return Err(not_a_success(answer));
        }
        answer.check_json(StatusCode::OK)?;
        let limits = Limits { members: MEMBERS, ..Limits::bytes(answer.limit) };
        let grant = ConsentGrant::read(answer.json(), &limits);
        let grant = grant.map_err(|error| answer.read_fault(error))?;
        let mut notices: Vec<_> = interaction_id.compare(answer).into_iter().collect();
        // The grant is about the requested consent. FDX requires no member: the URL names the
        // consent of a grant without `id`.
        // check: ConsentRead
        if grant.id().is_some_and(|id| *id != request.consent_id) {
            return Err(answer.broken(Broken::other_grant()));
        }
        if grant.id().is_none() {
            notices.push(Notice::ConsentIdMissing);
        }
        if grant.names_clusters_by_scope() {
            notices.push(Notice::ClustersNamedByScope);
        }
        notices.extend(grant.not_understood().iter().map(Notice::of));
        if grant.status().is_none() {
            notices.push(Notice::ConsentStatusMissing);
        }
        if request
            .client
            .config()
            .registered_entity_id
            .as_deref()
            .is_some_and(|us| names_others(&grant, us))
        {
            notices.push(Notice::RecipientOther);
        }
        Ok(Self {
            consent_id: request.consent_id,
            grant,
            interaction_id: interaction_id.into_string(),
            notices,
            said: answer.said(),
        })
    }
}

/// Whether the grant names its recipients, and `us` is not among them.
fn names_others(grant: &ConsentGrant, us: &str) -> bool {
    let parties = grant.parties().iter();
    let recipients = parties.filter(|party| party.party_type() == Some(&PartyType::DataRecipient));
    let mut ids = recipients.filter_map(Party::registered_entity_id).peekable();
    ids.peek().is_some() && ids.all(|id| id != us)
}

impl ConsentRead {
    /// The grant.
    #[must_use]
    pub fn grant(&self) -> &ConsentGrant {
        &self.grant
    }

    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The `x-fapi-interaction-id` that was sent.
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }
}
