use core::fmt;

use fdx_jose::{IdToken, Thumbprint};
use fdx_rar::{ConsentId, Scopes};
use fdx_wire::json::{self, Limits};
use fdx_wire::weakened::{self, Check};
use fdx_wire::{Issuer, Secret, UnixTime};
use serde::{Deserialize, Serialize};

use crate::client::{Bound, Client};
use crate::granted::Granted;
use crate::token::{AccessToken, BoundBy, Exchanged, Tokens};
use crate::verify::agree;
use crate::{CallerFault, Error};

/// What is kept of a grant, to use and to renew it: the tokens, who the customer is to the issuer,
/// and the consent id. It has a versioned text form, which is as secret as the tokens in it.
///
/// A first one comes from [`Exchanged::stored`] the moment the tokens are there, a fuller one from
/// [`Granted::stored`], and each refresh gives the next.
#[derive(Clone)]
pub struct StoredGrant {
    pub(crate) issuer: Issuer,
    pub(crate) client_id: String,
    pub(crate) tokens: Tokens,
    pub(crate) identity: Option<Identity>,
    pub(crate) consent_id: Option<ConsentId>,
    /// The `nonce` of the authorization request.
    pub(crate) nonce: Option<Secret>,
}

/// Who the customer is, as the first ID token said: every later one must say the same
/// (OpenID Connect Core 12.2).
#[derive(Clone, Eq, PartialEq)]
pub struct Identity {
    pub(crate) subject: String,
    pub(crate) auth_time: Option<UnixTime>,
}

impl StoredGrant {
    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The consent id, as far as it is known.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.consent_id.as_ref()
    }

    /// Who the customer is, where an ID token was verified.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Whether `openid` was asked for.
    pub(crate) fn asked_for_id_token(&self) -> bool {
        self.nonce.is_some() || self.identity.is_some()
    }

    /// The text form, version 1.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        let AccessToken { token, bound, expires_at, .. } = &self.tokens.access_token;
        let body = Body {
            version: VERSION,
            issuer: self.issuer.as_str().to_owned(),
            client_id: self.client_id.clone(),
            access_token: token.expose(),
            token_type: bound.by.token_type().to_owned(),
            bound_to: bound.to,
            expires_at: *expires_at,
            refresh_token: self.tokens.refresh_token.as_ref().map(Secret::expose),
            refresh_token_expires_at: self.tokens.refresh_token_expires_at,
            scope: self.tokens.scopes.to_string(),
            subject: self.identity.as_ref().map(|identity| identity.subject.clone()),
            auth_time: self.identity.as_ref().and_then(|identity| identity.auth_time),
            consent_id: self.consent_id.as_ref().map(|id| id.as_str().to_owned()),
            nonce: self.nonce.as_ref().map(Secret::expose),
        };
        // Texts and numbers always have a JSON form; the room spares copies that are not wiped.
        let mut bytes = Vec::with_capacity(64 * 1024);
        let _ = serde_json::to_writer(&mut bytes, &body);
        Secret::new(String::from_utf8(bytes).unwrap_or_default())
    }
}

impl Client {
    /// Reads what [`StoredGrant::to_json`] wrote.
    ///
    /// # Errors
    /// [`CallerFault::StoredGrant`] for another text or version, [`CallerFault::OtherClient`] for
    /// another issuer's or client's.
    pub fn restore(&self, stored: &str) -> Result<StoredGrant, Error> {
        let body: Body<Secret> = json::object_from_slice(stored.as_bytes(), &Limits::bytes(LIMIT))
            .map_err(|_| CallerFault::StoredGrant)?;
        let config = self.config();
        let ours = body.issuer == config.issuer.as_str() && body.client_id == config.client_id;
        if !ours && !weakened::off(Check::StoredIssuer) {
            return Err(CallerFault::OtherClient.into());
        }
        body.into_grant(&config.issuer).ok_or(CallerFault::StoredGrant.into())
    }
}

#[derive(Deserialize, Serialize)]
struct Body<Text> {
    version: u8,
    /// As text: only comparing tells whether it is the configured one.
    issuer: String,
    client_id: String,
    access_token: Text,
    token_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_to: Option<Thumbprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expires_at: Option<UnixTime>,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<Text>,
}

const VERSION: u8 = 1;

/// Room for all that may have been stored: the largest texts of a token response, an ID token and
/// the responses to later refreshes are kept side by side.
const LIMIT: usize = 4 * crate::token::LIMIT;

impl Body<Secret> {
    fn into_grant(self, issuer: &Issuer) -> Option<StoredGrant> {
        (self.version == VERSION).then_some(())?;
        let bound: &[BoundBy] = match self.bound_to {
            Some(_) => &[BoundBy::Dpop, BoundBy::Mtls],
            None => &[BoundBy::Nothing],
        };
        let by = *bound.iter().find(|by| by.token_type() == self.token_type)?;
        let mut consent_id = None;
        if let Some(told) = &self.consent_id {
            agree(&mut consent_id, told).ok()?;
        }
        let access_token = AccessToken {
            issuer: issuer.clone(),
            client_id: self.client_id.clone(),
            token: self.access_token,
            bound: Bound { by, to: self.bound_to },
            expires_at: self.expires_at,
        };
        let scopes = Scopes::parse(&self.scope).ok()?;
        let auth_time = self.auth_time;
        Some(StoredGrant {
            issuer: issuer.clone(),
            client_id: self.client_id,
            tokens: Tokens {
                access_token,
                refresh_token: self.refresh_token,
                refresh_token_expires_at: self.refresh_token_expires_at,
                scopes,
            },
            identity: self.subject.map(|subject| Identity { subject, auth_time }),
            consent_id,
            nonce: self.nonce,
        })
    }
}

impl Identity {
    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// `auth_time`: when the customer logged in.
    #[must_use]
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.auth_time
    }

    /// OpenID Connect Core 12.2: the same `sub`, and the same `auth_time` where both tell it.
    pub(crate) fn is_same_login(&self, again: &Self) -> bool {
        let times = self.auth_time.zip(again.auth_time);
        self.subject == again.subject && times.is_none_or(|(first, again)| first == again)
    }

    pub(crate) fn of(id_token: &IdToken) -> Self {
        Self { subject: id_token.subject().to_owned(), auth_time: id_token.auth_time() }
    }
}

impl Exchanged {
    /// What to persist at once: the tokens, before anything about them is verified.
    #[must_use]
    pub fn stored(&self) -> StoredGrant {
        StoredGrant {
            issuer: self.flow.issuer.clone(),
            client_id: self.flow.client_id.clone(),
            tokens: self.issued.tokens.clone(),
            identity: None,
            consent_id: None,
            nonce: self.flow.nonce.clone(),
        }
    }
}

impl Granted {
    /// What to keep of this grant.
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

impl fmt::Debug for StoredGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredGrant")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("tokens", &self.tokens)
            .field("consent_id", &self.consent_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
