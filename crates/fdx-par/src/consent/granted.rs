use core::fmt;

use fdx_jose::{IdToken, Thumbprint};
use fdx_rar::{
    ConsentGrant, ConsentHint, ConsentId, ConsentReceipt, ConsentStatus, Coverage, DurationDays,
    Evidence, Expiration, GrantSource, GrantedAccess, GrantedDetails, ReceiptWarning, Requested,
};
use fdx_wire::{Entropy, UnixTime};

use crate::client::binding::BoundBy;
use crate::client::client::Client;
use crate::consent::pending::pending::FlowId;
use crate::consent::stored_grant::{Identity, StoredGrant};
use crate::consent::verified::{Verified, push_new};
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::error::refused::Refused;
use crate::error::server::{Broken, ServerFault, ServerRule};
use crate::exchange::draft::Draft;
use crate::fdx_api::consent::ConsentRead;
use crate::tokens::tokens::{AccessToken, Tokens};

/// The end of the flow: the verified tokens, the consent id, what all sources report about the
/// granted access, and its comparison with the request.
pub struct Granted {
    verified: Verified,
    coverage: Coverage,
    interaction_ids: Vec<String>,
}

impl Verified {
    /// Joins the tokens with the grant that was read.
    ///
    /// # Errors
    /// [`Refused`] with the tokens: [`ServerRule::ConsentIdOther`] for another consent's grant,
    /// [`ServerRule::ConsentInactive`] if its status is reported and not active.
    pub fn granted(self, read: ConsentRead) -> Result<Granted, Refused<Self>> {
        let broken = match read.grant.status() {
            _ if self.consent_id.as_ref() != Some(&read.consent_id) => {
                ServerRule::ConsentIdOther.into()
            }
            None | Some(ConsentStatus::Active) => return Ok(self.join(Some(read))),
            Some(status) => Broken::inactive_grant(status),
        };
        let fault = ServerFault::of(broken, read.said, NextStep::AskTheInstitution);
        Err(Refused::new(Error::Server(fault), self))
    }

    /// Continues without a grant, for an institution that reports no consent id. The token response,
    /// its scopes and introspection then are the sources of the coverage. Without any it is
    /// [`Coverage::NotReported`]: neither everything nor nothing.
    #[must_use]
    pub fn without_grant(self) -> Granted {
        self.join(None)
    }

    fn join(mut self, read: Option<ConsentRead>) -> Granted {
        let mut interaction_ids = Vec::new();
        if let Some(read) = read {
            let requested = self.flow.requested.consent();
            let differs = requested.is_some_and(|it| it.has_other_periods(&read.grant));
            push_new(&mut self.notices, differs.then_some(Notice::GrantedTermsOther));
            self.access = self.access.report(GrantSource::ConsentApi, read.grant);
            self.notices.extend(read.notices);
            interaction_ids.push(read.interaction_id);
        }
        if self.access.has_contradiction() {
            self.notices.push(Notice::GrantedSourcesDiffer);
        }
        self.notice_the_end();
        let coverage = self.flow.requested.compare(&self.access);
        Granted { verified: self, coverage, interaction_ids }
    }

    /// Compares the end of the consent with the request, and with the arrival of the tokens.
    fn notice_the_end(&mut self) {
        let (requested, received_at) = (self.flow.requested.consent(), self.received_at);
        let days = requested.and_then(|it| it.duration().days()).map(DurationDays::as_days);
        let (expiration, _) = self.access.expiration(days, received_at);
        let outlasts = requested.is_some_and(|it| it.is_outlasted_by(expiration, received_at));
        let ended = matches!(expiration, Expiration::Stated(end) | Expiration::Derived(end) if end <= received_at);
        push_new(&mut self.notices, outlasts.then_some(Notice::GrantedTermsOther));
        push_new(&mut self.notices, ended.then_some(Notice::GrantEnded));
    }
}

impl Granted {
    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        self.verified.tokens()
    }

    /// The ID token, if `openid` was requested.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdToken> {
        self.verified.id_token()
    }

    /// The consent id, if the institution reported it.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.verified.consent_id()
    }

    /// `authorization_details` of the token response, as granted (RFC 9396 section 7).
    #[must_use]
    pub fn authorization_details(&self) -> Option<&GrantedDetails> {
        self.verified.authorization_details()
    }

    /// The grant, if the consent was read.
    #[must_use]
    pub fn grant(&self) -> Option<&ConsentGrant> {
        self.verified.access.grant()
    }

    /// What all sources report about the granted access.
    #[must_use]
    pub fn access(&self) -> &GrantedAccess {
        &self.verified.access
    }

    /// The request that the customer decided on.
    #[must_use]
    pub fn requested(&self) -> &Requested {
        self.verified.requested()
    }

    /// The granted access compared with the request, and the sources.
    #[must_use]
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The id of the flow.
    #[must_use]
    pub fn flow_id(&self) -> &FlowId {
        self.verified.flow_id()
    }

    /// The tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        self.verified.notices()
    }
}

impl Client {
    /// Creates the consent receipt, for audit and for a later revocation.
    ///
    /// # Errors
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient),
    /// [`CallFault::UrlTooLong`](crate::CallFault::UrlTooLong).
    pub fn receipt(&self, granted: &Granted, now: UnixTime) -> Result<ConsentReceipt, Error> {
        let flow = &granted.verified.flow;
        self.check_owner(flow.owner())?;
        let bound_to = granted.verified.tokens.access_token.bound.to;
        let thumbprints = [self.config().authentication.thumbprint(), bound_to];
        let mut thumbprints: Vec<Thumbprint> = thumbprints.into_iter().flatten().collect();
        thumbprints.dedup();
        let mut evidence = Evidence::of_pushed_request(flow.pushed_sha256);
        evidence.key_thumbprints = thumbprints.iter().map(Thumbprint::to_string).collect();
        evidence.interaction_ids.clone_from(&granted.interaction_ids);
        let requested = Requested::clone(&flow.requested);
        let mut receipt =
            ConsentReceipt::builder(flow.issuer.clone(), &flow.client_id, requested, now, evidence)
                .granted_scopes(granted.verified.tokens.scopes().clone());
        if let Some(id) = &granted.verified.consent_id {
            receipt = receipt.consent_id(id.clone());
            // FDX's consent API has only FDX consents.
            if flow.requested.consent().is_some() {
                receipt = receipt.revocation_endpoint(self.revocation_url(id)?);
            }
        }
        if let Some(details) = &granted.verified.details {
            receipt = receipt.granted_authorization_details(details.clone());
        }
        for warning in self.warnings(granted) {
            receipt = receipt.warning(warning);
        }
        Ok(receipt.granted(&granted.verified.access).build())
    }

    fn warnings(&self, granted: &Granted) -> impl Iterator<Item = ReceiptWarning> {
        // The configuration may have changed since the flow began: warn in both cases.
        let not_fapi = granted.verified.flow.not_fapi || self.is_not_fapi();
        let id_token_missing =
            granted.verified.flow.nonce.is_some() && granted.verified.id_token.is_none();
        let unbound = granted.verified.tokens.access_token.bound.by == BoundBy::Nothing;
        let warnings = [
            (not_fapi || id_token_missing, ReceiptWarning::NotFapi),
            (unbound, ReceiptWarning::NotSenderConstrained),
            (granted.verified.consent_id.is_none(), ReceiptWarning::NoConsentId),
        ];
        warnings.into_iter().filter_map(|(holds, warning)| holds.then_some(warning))
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("flow_id", &self.verified.flow.id)
            .field("tokens", &self.verified.tokens)
            .field("consent_id", &self.verified.consent_id)
            .field("coverage", &self.coverage)
            .field("notices", &self.verified.notices)
            .finish_non_exhaustive()
    }
}

impl Granted {
    /// Returns the grant to persist.
    #[must_use]
    pub fn stored(&self) -> StoredGrant {
        self.verified.stored()
    }
}

impl Verified {
    /// What to keep of verified tokens until the grant is read. [`Granted::stored`] then replaces
    /// it, because introspection may report the consent id.
    #[must_use]
    pub fn stored(&self) -> StoredGrant {
        StoredGrant {
            issuer: self.flow.issuer.clone(),
            client_id: self.flow.client_id.clone(),
            tokens: self.tokens.clone(),
            identity: self.id_token.as_ref().map(Identity::of),
            consent_id: self.consent_id.clone(),
            nonce: self.flow.nonce.clone(),
        }
    }
}

impl Client {
    /// Drafts the read of the consent of these tokens.
    ///
    /// # Errors
    /// [`CallFault::ConsentIdUnknown`] if its id is not reported,
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's tokens.
    pub fn read_consent(
        &self,
        verified: &Verified,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<ConsentRead>, Error> {
        let consent_id = verified.consent_id().ok_or(CallFault::ConsentIdUnknown)?;
        self.read_consent_by_id(consent_id, verified.tokens().access_token(), entropy, now)
    }

    /// Drafts the read of `grant`'s consent after a notification about it. The notification is
    /// untrusted input and nothing else uses it. The institution's response has the current state.
    ///
    /// `access_token` authorizes the read. A revocation also ends the consent's own tokens: use one
    /// from [`Client::client_credentials`] then.
    ///
    /// # Errors
    /// [`CallFault::HintOther`] if the notification is about another consent, or if the grant has
    /// no consent id; the others as [`Client::read_consent_by_id`].
    pub fn read_hinted_consent(
        &self,
        grant: &StoredGrant,
        hint: &ConsentHint,
        access_token: &AccessToken,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<ConsentRead>, Error> {
        match grant.consent_id().filter(|id| *id == hint.consent_id()) {
            Some(id) => self.read_consent_by_id(id, access_token, entropy, now),
            None => Err(CallFault::HintOther.into()),
        }
    }
}
