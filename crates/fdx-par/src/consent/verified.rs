use core::fmt;

use fdx_jose::{IdToken, IdTokenError, IdTokenExpectation, JwtExpectation};
use fdx_rar::{ConsentId, GrantSource, GrantedAccess, GrantedDetails, Requested};
use fdx_wire::UnixTime;
use fdx_wire::json::RawJson;
use fdx_wire::members::Value;
use serde::Deserialize;

use crate::client::client::Client;
use crate::client::encrypted::{Encrypted, EncryptedIdToken};
use crate::client::verification::{Checked, ID_TOKEN, Unverified};
use crate::consent::code_exchange::{Exchanged, IdTokenFrom};
use crate::consent::granted_details::DetailsReader;
use crate::consent::pending::pending::{Flow, FlowId};
use crate::dialect::detail_text::DetailText;
use crate::discovery::keys::ServerKeys;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::error::refused::Refused;
use crate::error::server::{Broken, ServerFault, ServerRule};
use crate::tokens::introspection::Introspection;
use crate::tokens::issued::{ReportedConsentId, agree, reported_consent_id};
use crate::tokens::tokens::Tokens;

/// Tokens whose ID token was checked if one was requested, and the consent id if the server
/// reported it.
#[must_use = "read the consent next"]
pub struct Verified {
    pub(crate) tokens: Tokens,
    pub(crate) id_token: Option<IdToken>,
    pub(crate) consent_id: Option<ConsentId>,
    pub(crate) details: Option<GrantedDetails>,
    /// What the token response and introspection report.
    pub(crate) access: GrantedAccess,
    pub(crate) reader: DetailsReader,
    pub(crate) flow: Box<Flow>,
    pub(crate) notices: Vec<Notice>,
    /// When the token response arrived.
    pub(crate) received_at: UnixTime,
    /// The access token and the refresh token, once they were introspected.
    introspected: [bool; 2],
}

#[derive(Deserialize)]
struct ConsentClaim {
    #[serde(rename = "fdxConsentId")]
    fdx_consent_id: Option<RawJson>,
}

impl Unverified for Exchanged {
    type Decrypt = Encrypted<Self>;
    type Verified = Verified;
}

impl Checked for Exchanged {
    const PURPOSE: &'static str = ID_TOKEN;

    type Ciphertext = EncryptedIdToken;
    type Findings = Findings;

    fn ciphertext(&self, client: &Client) -> Result<Option<EncryptedIdToken>, Error> {
        client.check_owner(self.flow.owner())?;
        match &self.flow.nonce {
            Some(_) => client.encrypted_id_token(&self.issued),
            // An ID token that was not requested is ignored.
            None => Ok(None),
        }
    }

    fn decrypt(self, ciphertext: EncryptedIdToken, client: &Client) -> Encrypted<Self> {
        Encrypted::new(ciphertext, client.config().backend, self)
    }

    fn check(
        &self,
        client: &Client,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Findings, Error> {
        client.check_exchanged(self, keys, now)
    }

    fn verified(self, findings: Findings) -> Verified {
        Verified {
            tokens: self.issued.tokens,
            id_token: findings.id_token,
            consent_id: findings.consent_id,
            details: findings.details,
            access: findings.access,
            reader: findings.reader,
            flow: self.flow,
            notices: findings.notices,
            received_at: self.issued.received_at,
            introspected: [false; 2],
        }
    }
}

impl Client {
    fn check_exchanged(
        &self,
        exchanged: &Exchanged,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Findings, Error> {
        let mut notices = exchanged.issued.notices.clone();
        let id_token = match (&exchanged.flow.nonce, exchanged.issued.signed_id_token()) {
            (Some(_), None) if self.profile().openid_without_id_token => None,
            (Some(_), None) => return Err(exchanged.issued.fault(ServerRule::IdTokenMissing)),
            (None, Some(_)) => {
                notices.push(Notice::IdTokenNotRequested);
                None
            }
            (None, None) => None,
            (Some(_), Some(id_token)) => {
                Some(self.check_id_token(id_token.expose(), exchanged, keys, now)?)
            }
        };
        let offline = exchanged.flow.scopes.contains("offline_access");
        if offline && exchanged.issued.tokens.refresh_token.is_none() {
            notices.push(Notice::RefreshTokenMissing);
        }
        let claimed = id_token.as_ref().and_then(claimed_consent_id);
        let mut consent_id = None;
        for reported in exchanged.issued.reported_consent_ids().chain(&claimed) {
            agree(&mut consent_id, reported).map_err(|rule| exchanged.issued.fault(rule))?;
        }
        let reader = DetailsReader::of(self.profile());
        let details = &exchanged.issued.authorization_details;
        if let Some(place) = self.profile().consent_id_in_details {
            let reported = details.first();
            check_generated_id(place.id, &exchanged.flow.requested, reported, &mut consent_id)
                .map_err(|broken| exchanged.issued.fault(broken))?;
        }
        for details in details {
            let checked = reader.check(details, &mut consent_id);
            checked.map_err(|broken| exchanged.issued.fault(broken))?;
            push_new(&mut notices, reader.notices(&exchanged.flow.requested, details));
        }
        let (details, access) = (details.first().cloned(), self.granted_access(exchanged));
        Ok(Findings { id_token, consent_id, details, access, reader, notices })
    }

    /// What the token response reports about the granted access.
    fn granted_access(&self, exchanged: &Exchanged) -> GrantedAccess {
        let reader = DetailsReader::of(self.profile());
        let details = exchanged.issued.authorization_details.iter();
        let access = details.fold(GrantedAccess::new(), |access, details| {
            reader.add(access, &GrantSource::TokenResponse, details)
        });
        let access = match exchanged.issued.has_unread_details() {
            true => reader.add_unread(access, GrantSource::TokenResponse),
            false => access,
        };
        match &exchanged.issued.reported_scopes {
            Some(granted) => access.scopes(&exchanged.flow.scopes, granted),
            None => access,
        }
    }

    fn check_id_token(
        &self,
        id_token: &str,
        exchanged: &Exchanged,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<IdToken, Error> {
        let (config, flow) = (self.config(), &exchanged.flow);
        // The token's times count when it arrived: stored tokens may be verified later.
        let received_at = exchanged.issued.received_at.min(now);
        let since_exchange = received_at.since(exchanged.exchanged_at);
        let jwt = JwtExpectation::new(&config.issuer, &config.client_id, received_at)
            .with_algorithm(config.id_token_signed_response_alg)
            .with_tolerance(config.tolerance);
        let nonce = flow.nonce.as_ref().map(|nonce| nonce.expose());
        let expectation = IdTokenExpectation::new(jwt)
            .with_other_typ(self.profile().id_token_typ)
            .with_access_token(exchanged.issued.hashed_access_token())
            // The login's age counts at the code exchange, also for the ID token of a refresh.
            .with_max_age(flow.max_age.map(|age| age.saturating_add(since_exchange.as_secs())))
            .with_acr_values(flow.acr_values.as_deref());
        match exchanged.id_token_from {
            IdTokenFrom::Exchange => {
                let (expectation, jwks) = (expectation.with_nonce(nonce), self.jwks(keys));
                IdToken::verify(id_token, &expectation, config.backend, &jwks)
            }
            IdTokenFrom::Refresh => self.refreshed_id_token(id_token, &expectation, nonce, keys),
        }
        .map_err(|error| Error::id_token(error, &exchanged.issued.said))
    }

    /// Verifies the ID token of a refresh, which should have no nonce. If it has one, it is the
    /// nonce of the authorization request (OpenID Connect Core 12.2).
    pub(crate) fn refreshed_id_token(
        &self,
        id_token: &str,
        expected: &IdTokenExpectation<'_>,
        nonce: Option<&str>,
        keys: Option<&ServerKeys>,
    ) -> Result<IdToken, IdTokenError> {
        let (jwks, backend) = (self.jwks(keys), self.config().backend);
        let verify = |nonce| IdToken::verify(id_token, &expected.with_nonce(nonce), backend, &jwks);
        match verify(None) {
            Err(IdTokenError::NonceUnexpected) if nonce.is_some() => verify(nonce),
            verified => verified,
        }
    }
}

/// What the checks of [`Exchanged`] tokens find.
pub struct Findings {
    id_token: Option<IdToken>,
    consent_id: Option<ConsentId>,
    details: Option<GrantedDetails>,
    access: GrantedAccess,
    reader: DetailsReader,
    notices: Vec<Notice>,
}

/// Appends each notice that the list lacks: several sources may have the same.
pub(crate) fn push_new(notices: &mut Vec<Notice>, others: impl IntoIterator<Item = Notice>) {
    for notice in others {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
}

/// Checks that the token response repeats the consent id that the client generated, and no other.
fn check_generated_id(
    place: DetailText,
    requested: &Requested,
    reported: Option<&GrantedDetails>,
    consent_id: &mut Option<ConsentId>,
) -> Result<(), Broken> {
    let requested = requested.authorization_details();
    let Some(requested) = requested.and_then(|details| place.find(details.others())) else {
        return Ok(());
    };
    let reported = reported.into_iter().flat_map(|details| place.all(details));
    let mut reported =
        reported.filter_map(|value| reported_consent_id(value).into_text()).peekable();
    reported.peek().ok_or(ServerRule::AuthorizationDetailsMissing)?;
    if reported.any(|id| id != requested) {
        let member = place.fault("the consent id of the request");
        return Err(Broken::member(ServerRule::ConsentIdOther, member));
    }
    Ok(agree(consent_id, &requested)?)
}

/// `fdxConsentId` of an ID token.
pub(crate) fn claimed_consent_id(id_token: &IdToken) -> Option<String> {
    let claim = id_token.claims::<ConsentClaim>().ok()?.fdx_consent_id?;
    let reported = Value::of_raw(&claim).map_or(ReportedConsentId::Other, reported_consent_id);
    reported.into_text()
}

impl Verified {
    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Returns the ID token, if `openid` was requested.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// Returns the consent id. If it is `None`, [introspection](Client::introspect) may return it.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.consent_id.as_ref()
    }

    /// `authorization_details` of the token response, as granted (RFC 9396 section 7).
    #[must_use]
    pub fn authorization_details(&self) -> Option<&GrantedDetails> {
        self.details.as_ref()
    }

    /// Returns the id of the flow that issued these tokens.
    #[must_use]
    pub fn flow_id(&self) -> &FlowId {
        &self.flow.id
    }

    /// Returns the requested access.
    #[must_use]
    pub fn requested(&self) -> &Requested {
        &self.flow.requested
    }

    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("flow_id", &self.flow.id)
            .field("tokens", &self.tokens)
            .field("consent_id", &self.consent_id)
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

impl Verified {
    /// Adds the consent id and the granted access that introspection reported.
    ///
    /// The first introspection of a token may call it inactive: RFC 7662 section 2.2 requires this
    /// answer where the client is not allowed to introspect the token. It reports nothing, with
    /// [`Notice::IntrospectionInactive`]. A later one means that the token is inactive.
    ///
    /// # Errors
    /// [`Refused`] with the tokens:
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) if another flow's
    /// token was introspected, [`ServerRule::Introspection`] if the token is no longer active,
    /// [`ServerRule::ConsentIdConflict`] if another consent id is reported,
    /// [`ServerRule::ConsentInactive`] for a consent in its details that is not active,
    /// [`ServerRule::BodyMember`] for an `id` or a `status` in them that can't be understood.
    pub fn introspected(mut self, response: &Introspection) -> Result<Self, Refused<Self>> {
        let access_token = &self.tokens.access_token.token;
        let refresh_token = self.tokens.refresh_token.as_ref();
        if response.token != *access_token && refresh_token != Some(&response.token) {
            return Err(Refused::new(StoredStateFault::OtherClient, self));
        }
        let [of_access_token, of_refresh_token] = &mut self.introspected;
        let introspected = match response.token == *access_token {
            true => of_access_token,
            false => of_refresh_token,
        };
        let is_first = !core::mem::replace(introspected, true);
        let agreed = match response.active {
            true => self.agree_with(response),
            false if is_first => {
                self.notices.push(Notice::IntrospectionInactive);
                Ok(())
            }
            false => Err(ServerRule::Introspection.into()),
        };
        match agreed {
            Ok(()) => {
                self.notices.extend(response.not_understood().iter().map(Notice::of));
                Ok(self)
            }
            Err(broken) => {
                let (said, next_step) = (response.said.clone(), NextStep::AskTheInstitution);
                Err(Refused::new(Error::Server(ServerFault::of(broken, said, next_step)), self))
            }
        }
    }

    /// Checks the consent ids and the status that introspection reports, and adds its details.
    fn agree_with(&mut self, response: &Introspection) -> Result<(), Broken> {
        let mut consent_id = self.consent_id.clone();
        if let Some(id) = &response.consent_id {
            agree(&mut consent_id, id.as_str())?;
        }
        if let Some(details) = &response.details {
            let reader = self.reader;
            reader.check(details, &mut consent_id)?;
            push_new(&mut self.notices, reader.notices(&self.flow.requested, details));
            let access = core::mem::take(&mut self.access);
            self.access = reader.add(access, &GrantSource::Introspection, details);
        }
        if response.has_unread_details() {
            let access = core::mem::take(&mut self.access);
            self.access = self.reader.add_unread(access, GrantSource::Introspection);
        }
        self.consent_id = consent_id;
        Ok(())
    }

    /// Continues after an introspection that the server refused, or for which it has no endpoint,
    /// with [`Notice::IntrospectionRefused`]. A consent id from another source is kept. Without one,
    /// continue with [`without_grant`](Self::without_grant).
    ///
    /// # Errors
    /// [`Refused`] with the tokens and `error`, if the error is any other one. A response that
    /// violates a rule is not ignored.
    pub fn not_introspected(mut self, error: Error) -> Result<Self, Refused<Self>> {
        match error {
            Error::Refusal(_) | Error::Metadata(_) => {
                self.notices.push(Notice::IntrospectionRefused);
                Ok(self)
            }
            error => Err(Refused::new(error, self)),
        }
    }
}
