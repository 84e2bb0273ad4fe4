use core::fmt;

use fdx_jose::{IdToken, Thumbprint};
use fdx_rar::{ConsentId, Scopes};
use fdx_wire::json::{Limits, ObjectWriter};
use fdx_wire::{Issuer, Secret, UnixTime, json};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::client::binding::{Bound, BoundBy};
use crate::client::client::Client;
use crate::client::owner::Owner;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::tokens::issued::agree;
use crate::tokens::tokens::{AccessToken, Tokens};

/// A verified grant: its tokens, the customer's identity at the issuer, and the consent id. It has
/// a versioned text form, which is as secret as the tokens in it.
///
/// The first one comes from [`Granted::stored`](crate::Granted::stored), and each verified refresh
/// returns the next. A grant of another program can be [imported](StoredGrant::imported). Tokens that
/// are not verified are persisted in another form, which [`Client::restore`] refuses:
/// [`Exchanged::to_json`](crate::Exchanged::to_json) and
/// [`Refreshed::to_json`](crate::Refreshed::to_json).
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

/// The customer's identity from the first ID token. Every later ID token must have the same
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

    /// Returns the consent id, if it was reported.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.consent_id.as_ref()
    }

    /// Returns the customer's identity, if an ID token was verified.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Whether an ID token was requested.
    pub(crate) fn requested_id_token(&self) -> bool {
        self.nonce.is_some() || self.identity.is_some()
    }

    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner::new(self.issuer.as_str(), &self.client_id)
    }

    /// Returns the text form, version 2.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        let mut object = ObjectWriter::with_capacity(1024);
        object.number("version", VERSION);
        self.write(&mut object);
        object.to_json()
    }
}

impl Client {
    /// Restores a grant from the text of [`StoredGrant::to_json`].
    ///
    /// # Errors
    /// [`StoredStateFault::StoredUnverified`] for tokens that were persisted before they were
    /// verified: [`Client::restore_unverified`] reads those. [`StoredStateFault::StoredGrant`] for
    /// another text or version, [`StoredStateFault::OtherClient`] for another issuer or client.
    pub fn restore(&self, stored: &str) -> Result<StoredGrant, Error> {
        if is_unverified(stored) {
            return Err(StoredStateFault::StoredUnverified.into());
        }
        let body = read(stored).ok_or(StoredStateFault::StoredGrant)?;
        self.stored_body(body)
    }

    pub(crate) fn stored_body(&self, body: Body) -> Result<StoredGrant, Error> {
        // check: StoredIssuer
        self.check_owner(Owner::new(&body.issuer, &body.client_id))?;
        body.into_grant(&self.config().issuer).ok_or(StoredStateFault::StoredGrant.into())
    }
}

/// Whether a text is of a verified grant.
pub(crate) fn is_verified(stored: &str) -> bool {
    read(stored).is_some()
}

pub(crate) fn read(stored: &str) -> Option<Body> {
    let body = json::object_from_slice::<Body>(stored.as_bytes(), &Limits::bytes(LIMIT));
    body.ok().filter(|body| body.version == Some(VERSION))
}

#[derive(Deserialize)]
pub(crate) struct Body {
    /// Absent within the text of unverified tokens, which has a version of its own.
    version: Option<u64>,
    /// As text. It is compared with the configured issuer and never used as a URL.
    issuer: String,
    client_id: String,
    access_token: Secret,
    token_type: String,
    bound_to: Option<Thumbprint>,
    expires_at: Option<UnixTime>,
    refresh_token: Option<Secret>,
    refresh_token_expires_at: Option<UnixTime>,
    scope: String,
    subject: Option<String>,
    auth_time: Option<UnixTime>,
    consent_id: Option<String>,
    nonce: Option<Secret>,
}

/// Version 1 had no mark of verified tokens.
const VERSION: u64 = 2;

/// The largest text form: it has the largest texts of a token response, of an ID token and of the
/// responses to later refreshes together.
pub(crate) const LIMIT: usize = 4 * crate::tokens::issued::LIMIT;

impl StoredGrant {
    /// Writes all members except the version.
    pub(crate) fn write<'a>(&self, object: &'a mut ObjectWriter) -> &'a mut ObjectWriter {
        let Tokens { access_token, refresh_token, refresh_token_expires_at, scopes } = &self.tokens;
        let AccessToken { token, bound, expires_at, .. } = access_token;
        object
            .text("issuer", self.issuer.as_str())
            .text("client_id", &self.client_id)
            .text("access_token", token.expose())
            .text("token_type", bound.by.token_type());
        if let Some(thumbprint) = bound.to {
            object.text("bound_to", &thumbprint.to_string());
        }
        if let Some(time) = expires_at {
            object.number("expires_at", time.as_seconds());
        }
        if let Some(token) = refresh_token {
            object.text("refresh_token", token.expose());
        }
        if let Some(time) = refresh_token_expires_at {
            object.number("refresh_token_expires_at", time.as_seconds());
        }
        object.text("scope", &scopes.to_string());
        if let Some(Identity { subject, auth_time }) = &self.identity {
            object.text("subject", subject);
            if let Some(time) = auth_time {
                object.number("auth_time", time.as_seconds());
            }
        }
        if let Some(id) = &self.consent_id {
            object.text("consent_id", id.as_str());
        }
        if let Some(nonce) = &self.nonce {
            object.text("nonce", nonce.expose());
        }
        object
    }
}

impl Body {
    /// The grant, of whatever issuer the text names.
    pub(crate) fn into_own_grant(self) -> Option<StoredGrant> {
        let issuer = Issuer::parse_loopback(&self.issuer).ok()?;
        self.into_grant(&issuer)
    }

    fn into_grant(self, issuer: &Issuer) -> Option<StoredGrant> {
        let bound: &[BoundBy] = match self.bound_to {
            Some(_) => &[BoundBy::Dpop, BoundBy::Mtls],
            None => &[BoundBy::Nothing],
        };
        let by = *bound.iter().find(|by| by.token_type() == self.token_type)?;
        let mut consent_id = None;
        if let Some(id) = &self.consent_id {
            agree(&mut consent_id, id).ok()?;
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

    /// Whether the `sub` is equal, and the `auth_time` if both ID tokens have it (OpenID Connect
    /// Core 12.2).
    pub(crate) fn is_same_login(&self, again: &Self) -> bool {
        let times = self.auth_time.zip(again.auth_time);
        self.subject == again.subject && times.is_none_or(|(first, again)| first == again)
    }

    pub(crate) fn of(id_token: &IdToken) -> Self {
        Self { subject: id_token.subject().to_owned(), auth_time: id_token.auth_time() }
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

/// The version of a text, without anything else of it.
#[derive(Deserialize)]
struct Version {
    unverified: Option<IgnoredAny>,
}

/// Two responses of the largest size fit, and the request; details are nested one level deeper
/// than in the response.
pub(crate) const LIMITS: Limits =
    Limits { depth: 40, members: 20_000, ..Limits::bytes(6 * crate::tokens::issued::LIMIT) };

/// Whether a text is of unverified tokens.
pub(crate) fn is_unverified(stored: &str) -> bool {
    let version = json::object_from_slice::<Version>(stored.as_bytes(), &LIMITS);
    version.is_ok_and(|version| version.unverified.is_some())
}
