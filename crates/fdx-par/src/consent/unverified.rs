use fdx_rar::{GrantedDetails, Scopes};
use fdx_wire::json::{ObjectWriter, RawJson};
use fdx_wire::members::Row;
use fdx_wire::{Entropy, Secret, UnixTime, json};
use serde::Deserialize;

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::consent::code_exchange::{Exchanged, IdTokenFrom};
use crate::consent::pending::persisted::{FlowBody, write_flow};
use crate::consent::refresh::Refreshed;
use crate::consent::stored_grant;
use crate::consent::stored_grant::{LIMITS, StoredGrant};
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::issued as response;
use crate::tokens::issued::{Issued, members};
use crate::tokens::tokens::{Revocable, Tokens};

/// Tokens that were persisted before they were verified, restored by
/// [`Client::restore_unverified`].
///
/// Verify them: [`Client::verify`] takes the tokens of either variant. The times in the ID token
/// are compared with the time at which it arrived, so it can be verified after it has expired.
///
/// No call, introspection or consent read takes them, and they are no [`StoredGrant`]. This does
/// not compile:
///
/// ```compile_fail,E0308
/// use fdx_par::{Client, ResourceRequest, UnverifiedTokens};
/// # use fdx_wire::{Entropy, UnixTime};
///
/// fn call(client: &Client, tokens: &UnverifiedTokens, request: ResourceRequest) {
///     # let (entropy, now) = (Entropy::new([0; 32]), UnixTime::from_seconds(0));
///     let _ = client.call(tokens, request, entropy, now);
/// }
/// ```
///
/// Revoking them does:
///
/// ```
/// use fdx_par::{Client, TokenTypeHint, UnverifiedTokens};
/// # use fdx_wire::{Entropy, UnixTime};
///
/// fn revoke(client: &Client, tokens: &UnverifiedTokens) {
///     # let (entropy, now) = (Entropy::new([0; 32]), UnixTime::from_seconds(0));
///     let _ = client.revoke(tokens, TokenTypeHint::RefreshToken, entropy, now);
/// }
/// ```
#[derive(Debug)]
#[must_use = "verify the tokens, or revoke them"]
pub enum UnverifiedTokens {
    /// The tokens of a code exchange.
    Exchanged(Exchanged),
    /// The tokens of a refresh of a verified grant.
    Refreshed(Refreshed),
}

impl Revocable for UnverifiedTokens {
    fn revocable(&self) -> &Tokens {
        match self {
            Self::Exchanged(exchanged) => exchanged.revocable(),
            Self::Refreshed(refreshed) => refreshed.revocable(),
        }
    }
}

impl From<Exchanged> for UnverifiedTokens {
    fn from(exchanged: Exchanged) -> Self {
        Self::Exchanged(exchanged)
    }
}

impl From<Refreshed> for UnverifiedTokens {
    fn from(refreshed: Refreshed) -> Self {
        Self::Refreshed(refreshed)
    }
}

impl UnverifiedTokens {
    /// When the access token expires. `None` if the server did not report it.
    #[must_use]
    pub fn access_token_expires_at(&self) -> Option<UnixTime> {
        self.revocable().access_token().expires_at()
    }

    /// When the refresh token expires, as [`Tokens::refresh_token_expires_at`].
    #[must_use]
    pub fn refresh_token_expires_at(&self) -> Option<UnixTime> {
        self.revocable().refresh_token_expires_at()
    }

    /// The text form: that of the [exchange](Exchanged::to_json) or of the
    /// [refresh](Refreshed::to_json).
    #[must_use]
    pub fn to_json(&self) -> Secret {
        match self {
            Self::Exchanged(exchanged) => exchanged.to_json(),
            Self::Refreshed(refreshed) => refreshed.to_json(),
        }
    }
}

impl Exchanged {
    /// Returns the text form of the tokens and of the state that verification needs, version 1.
    /// Persist it before anything else: the code is spent. It is as secret as the tokens.
    ///
    /// [`Client::restore_unverified`] reads it. [`Client::restore`] refuses it, so that unverified
    /// tokens never become a [`StoredGrant`]. Notices are not part of the text.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        let grant = StoredGrant {
            issuer: self.flow.issuer.clone(),
            client_id: self.flow.client_id.clone(),
            tokens: self.issued.tokens.clone(),
            identity: None,
            consent_id: None,
            nonce: self.flow.nonce.clone(),
        };
        let mut object = write(&grant, &self.issued);
        object.object("exchange", |exchange| {
            exchange
                .object("flow", |flow| write_flow(flow, &self.flow))
                .number("exchanged_at", self.exchanged_at.as_seconds())
                .text("id_token_from", self.id_token_from.name())
        });
        object.to_json()
    }
}

impl Refreshed {
    /// Returns the text form of the renewed tokens and of the state that verification needs,
    /// version 1. Persist it at once in place of the earlier text: the old refresh token may be
    /// spent. It is as secret as the tokens.
    ///
    /// [`Client::restore_unverified`] reads it; [`Client::restore`] refuses it.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        write(&self.grant, &self.issued).to_json()
    }
}

impl Client {
    /// Restores tokens that were persisted before they were verified: the text is of
    /// [`Exchanged::to_json`] or [`Refreshed::to_json`].
    ///
    /// # Errors
    /// [`StoredStateFault::StoredVerified`] for the text of a verified grant, which
    /// [`Client::restore`] reads; [`StoredStateFault::StoredGrant`] for another text or version;
    /// [`StoredStateFault::OtherClient`] for another issuer, client or redirect_uri.
    pub fn restore_unverified(&self, stored: &str) -> Result<UnverifiedTokens, Error> {
        let body: Body = json::object_from_slice(stored.as_bytes(), &LIMITS).map_err(|_| {
            match stored_grant::is_verified(stored) {
                true => StoredStateFault::StoredVerified,
                false => StoredStateFault::StoredGrant,
            }
        })?;
        if body.unverified != VERSION {
            return Err(StoredStateFault::StoredGrant.into());
        }
        let grant = self.stored_body(body.grant)?;
        let issued = body.response.into_issued(grant.tokens.clone());
        let Some(ExchangeBody { flow, exchanged_at, id_token_from }) = body.exchange else {
            return Ok(Refreshed { issued: Box::new(issued), grant }.into());
        };
        self.check_owner(grant.owner().with_redirect_uri(&flow.redirect_uri))?;
        let flow = flow.into_flow(grant.issuer, grant.client_id, grant.nonce, self);
        let flow = flow.ok_or(StoredStateFault::StoredGrant)?;
        let exchanged = Exchanged { issued, flow: Box::new(flow), exchanged_at, id_token_from };
        Ok(exchanged.into())
    }

    /// Drafts a refresh of tokens that were never verified. Its tokens are not verified either:
    /// persist them, then verify them.
    ///
    /// Use it to keep the tokens alive while they can't be verified, for example while the
    /// institution's keys can't be fetched. The response may have an ID token, which replaces the
    /// earlier one. Without one (OpenID Connect Core 12.2) the earlier one stays the one to verify.
    ///
    /// Consent ids of the earlier response are checked as well: a refresh repairs no conflict.
    ///
    /// # Errors
    /// As [`Client::refresh`].
    pub fn refresh_unverified(
        &self,
        tokens: &UnverifiedTokens,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<UnverifiedTokens>, Error> {
        match tokens {
            UnverifiedTokens::Exchanged(exchanged) => self.check_owner(exchanged.flow.owner())?,
            UnverifiedTokens::Refreshed(refreshed) => self.check_owner(refreshed.grant.owner())?,
        }
        tokens.revocable().check_refreshable(now)?;
        Ok(Draft::new(
            UnverifiedRefresh { client: self.clone(), tokens: tokens.copied() },
            entropy,
            now,
        )?)
    }
}

pub struct UnverifiedRefresh {
    client: Client,
    tokens: UnverifiedTokens,
}

impl Exchange for UnverifiedTokens {
    type Request = UnverifiedRefresh;
    type Kept = Bound;
    type Entropy = Entropy;

    /// As for every refresh.
    const ON_NO_RESPONSE: NextStep = Refreshed::ON_NO_RESPONSE;

    fn write(request: &UnverifiedRefresh, mint: &Mint<'_>) -> Result<(Outgoing, Bound), Error> {
        request.client.write_refresh(request.tokens.revocable(), mint)
    }

    fn read(request: UnverifiedRefresh, bound: Bound, answer: &Answer<'_>) -> Result<Self, Error> {
        let UnverifiedRefresh { client, tokens } = request;
        let issued = response::read(answer, &client, bound, &tokens.revocable().scopes)?;
        Ok(match tokens {
            Self::Exchanged(exchanged) => exchanged.renewed(issued).into(),
            Self::Refreshed(refreshed) => refreshed.renewed(issued).into(),
        })
    }
}

impl UnverifiedTokens {
    /// Copies the tokens for the request of a refresh. The original is only borrowed: if no
    /// response arrives, the same refresh token may be used again.
    fn copied(&self) -> Self {
        match self {
            Self::Exchanged(exchanged) => Self::Exchanged(Exchanged {
                issued: exchanged.issued.clone(),
                flow: exchanged.flow.clone(),
                ..*exchanged
            }),
            Self::Refreshed(refreshed) => Self::Refreshed(Refreshed {
                issued: refreshed.issued.clone(),
                grant: refreshed.grant.clone(),
            }),
        }
    }
}

impl Exchanged {
    /// These tokens, renewed by a refresh whose response is `issued`.
    fn renewed(self, issued: Issued) -> Self {
        let id_token_from = match issued.id_token {
            Some(_) => IdTokenFrom::Refresh,
            None => self.id_token_from,
        };
        Self { issued: issued.renewing(self.issued), id_token_from, ..self }
    }
}

impl Refreshed {
    /// These tokens, renewed by one more refresh whose response is `issued`.
    fn renewed(self, issued: Issued) -> Self {
        let issued = issued.renewing(*self.issued);
        let grant = StoredGrant { tokens: issued.tokens.clone(), ..self.grant };
        Self { issued: Box::new(issued), grant }
    }
}

/// The text form. `unverified` is its version, and the member that a verified grant lacks.
#[derive(Deserialize)]
struct Body {
    unverified: u64,
    grant: stored_grant::Body,
    response: ResponseBody,
    /// Present for the tokens of a code exchange, absent for those of a refresh.
    exchange: Option<ExchangeBody>,
}

/// The members of a token response that verification needs.
#[derive(Deserialize)]
struct ResponseBody {
    id_token: Option<Secret>,
    received_at: UnixTime,
    id_token_access_token: Option<Secret>,
    grant_id: Option<String>,
    fdx_consent_id: Option<String>,
    #[serde(default)]
    reported_before: Vec<String>,
    authorization_details: Option<RawJson>,
    renewed_authorization_details: Option<RawJson>,
    reported_scopes: Option<Scopes>,
    /// The informative members whose values were not understood.
    #[serde(default)]
    not_understood: Vec<String>,
}

#[derive(Deserialize)]
struct ExchangeBody {
    flow: FlowBody,
    exchanged_at: UnixTime,
    id_token_from: IdTokenFrom,
}

const VERSION: u64 = 1;

/// Writes the grant and the response.
fn write(grant: &StoredGrant, issued: &Issued) -> ObjectWriter {
    let mut object = ObjectWriter::with_capacity(4096);
    object
        .number("unverified", VERSION)
        .object("grant", |object| grant.write(object))
        .object("response", |object| write_response(object, issued));
    object
}

fn write_response<'a>(object: &'a mut ObjectWriter, issued: &Issued) -> &'a mut ObjectWriter {
    if let Some(id_token) = &issued.id_token {
        object.text("id_token", id_token.expose());
    }
    object.number("received_at", issued.received_at.as_seconds());
    if let Some(access_token) = &issued.id_token_access_token {
        object.text("id_token_access_token", access_token.expose());
    }
    let [grant_id, fdx_consent_id] = &issued.consent_ids;
    for (name, id) in [("grant_id", grant_id), ("fdx_consent_id", fdx_consent_id)] {
        if let Some(id) = id {
            object.text(name, id);
        }
    }
    if !issued.reported_before.is_empty() {
        object.texts("reported_before", issued.reported_before.iter().map(String::as_str));
    }
    let names = ["authorization_details", "renewed_authorization_details"];
    for (name, details) in names.into_iter().zip(&issued.authorization_details) {
        object.json(name, details.as_json());
    }
    if let Some(scopes) = &issued.reported_scopes {
        object.text("reported_scopes", &scopes.to_string());
    }
    let not_understood = issued.notices.iter().filter_map(|notice| match notice {
        Notice::NotUnderstood(member) => Some(*member),
        _ => None,
    });
    if not_understood.clone().next().is_some() {
        object.texts("not_understood", not_understood);
    }
    object
}

impl ResponseBody {
    fn into_issued(self, tokens: Tokens) -> Issued {
        let listed = |row: &&Row| self.not_understood.iter().any(|name| name == row.name);
        let listed = members::ROWS.iter().filter(listed);
        let mut notices: Vec<_> = listed.map(|row| Notice::NotUnderstood(row.name)).collect();
        let details =
            self.authorization_details.into_iter().chain(self.renewed_authorization_details);
        let details: Vec<_> =
            details.filter_map(|json| GrantedDetails::of_json(json).ok()).collect();
        let of_details = details.iter().flat_map(GrantedDetails::not_understood);
        notices.extend(of_details.map(Notice::of));
        Issued {
            tokens,
            id_token: self.id_token,
            received_at: self.received_at,
            // An encrypted one is opened again.
            opened: None,
            id_token_access_token: self.id_token_access_token,
            reported_before: self.reported_before,
            consent_ids: [self.grant_id, self.fdx_consent_id],
            authorization_details: details,
            reported_scopes: self.reported_scopes,
            notices,
            said: Box::default(),
        }
    }
}
