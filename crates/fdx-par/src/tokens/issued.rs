use core::time::Duration;

use fdx_jose::{IdTokenError, Jwe};
use fdx_rar::{AuthorizationDetails, ConsentId, Scopes};
use fdx_wire::json::RawJson;
use fdx_wire::{Secret, UnixTime};
use http::StatusCode;
use serde::Deserialize;

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::client::config::ClientConfig;
use crate::client::encrypted::EncryptedIdToken;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::error::said::Said;
use crate::error::server::{ServerFault, ServerRule};
use crate::exchange::answer::Answer;
use crate::tokens::tokens::{AccessToken, Tokens};

impl Client {
    /// The ID token, if it is encrypted and not decrypted yet. It must be encrypted if encryption was
    /// registered, and must not be otherwise.
    pub(crate) fn encrypted_id_token(
        &self,
        issued: &Issued,
    ) -> Result<Option<EncryptedIdToken>, Error> {
        let (Some(id_token), None) = (&issued.id_token, &issued.opened) else { return Ok(None) };
        let encrypted = match &self.config().id_token_encryption {
            None if Jwe::has_five_parts(id_token.expose()) => Err(IdTokenError::Encrypted),
            None => Ok(None),
            Some(_) if !Jwe::has_five_parts(id_token.expose()) => Err(IdTokenError::Unencrypted),
            Some(encryption) => Jwe::parse(id_token.expose())
                .and_then(|jwe| Ok(EncryptedIdToken { input: jwe.input(&encryption.keys)?, jwe }))
                .map(Some)
                .map_err(IdTokenError::from),
        };
        encrypted.map_err(Error::IdToken)
    }
}

impl Issued {
    /// The signed ID token: as it was received, or decrypted.
    pub(crate) fn signed_id_token(&self) -> Option<&Secret> {
        self.opened.as_ref().or(self.id_token.as_ref())
    }
}

/// Checks a reported consent id against the one that is known, if any.
pub(crate) fn agree(known: &mut Option<ConsentId>, reported: &str) -> Result<(), ServerRule> {
    let reported = ConsentId::parse(reported).map_err(|_| ServerRule::ConsentIdInvalid)?;
    match known {
        Some(known) if *known != reported => Err(ServerRule::ConsentIdConflict),
        _ => {
            *known = Some(reported);
            Ok(())
        }
    }
}

impl Issued {
    pub(crate) fn fault(&self, rule: ServerRule) -> Error {
        let fault = ServerFault::new(rule, self.said.clone(), NextStep::AskTheInstitution);
        Error::Server(Box::new(fault))
    }
}

pub(crate) const LIMIT: usize = 256 * 1024;

/// RFC 6749 section 5.1, with the members of FDX and OpenID Connect. The code is spent and the old
/// refresh token may be, so a member that only describes the tokens may have any type.
#[derive(Deserialize)]
struct Body {
    access_token: Option<Secret>,
    token_type: Option<String>,
    expires_in: Option<RawJson>,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
    scope: Option<RawJson>,
    authorization_details: Option<RawJson>,
    grant_id: Option<RawJson>,
    #[serde(rename = "fdxConsentId")]
    fdx_consent_id: Option<RawJson>,
}

const MEMBERS: usize = 10_000;
const MAX_ACCESS_TOKEN: usize = 16 * 1024;

/// The tokens of a token response, and the members that describe them.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) tokens: Tokens,
    /// As it was received.
    pub(crate) id_token: Option<Secret>,
    /// The signed ID token, if the received one was encrypted and is decrypted.
    pub(crate) opened: Option<Secret>,
    /// When the response with the ID token arrived. The token's times are compared with it, so that
    /// tokens can be verified later, after a restart.
    pub(crate) received_at: UnixTime,
    /// The access token of the ID token's response, if a refresh has replaced it: `at_hash` is
    /// computed over this one.
    pub(crate) id_token_access_token: Option<Secret>,
    /// Consent ids that earlier responses reported, and that were not verified.
    pub(crate) reported_before: Vec<String>,
    /// `grant_id` and `fdxConsentId`, in this order of precedence.
    pub(crate) consent_ids: [Option<String>; 2],
    /// As granted (RFC 9396 section 7).
    pub(crate) authorization_details: Option<ReportedDetails>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) said: Said,
}

/// `authorization_details` of a token response.
#[derive(Clone)]
pub(crate) struct ReportedDetails {
    /// As received, to be persisted.
    pub(crate) json: RawJson,
    pub(crate) read: Result<AuthorizationDetails, Unreadable>,
}

impl ReportedDetails {
    pub(crate) fn new(json: RawJson) -> Self {
        let read = AuthorizationDetails::parse(json.as_str()).map_err(|_| Unreadable);
        Self { json, read }
    }
}

/// A member that only describes the tokens can't be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unreadable;

/// Reads the response to a request of `client` for tokens that are `bound`, with the scopes
/// `requested`.
pub(crate) fn read(
    answer: &Answer<'_>,
    client: &Client,
    bound: Bound,
    requested: &Scopes,
) -> Result<Issued, Error> {
    let (ClientConfig { issuer, client_id, .. }, profile) = (client.config(), client.profile());
    let body: Body = answer.success(StatusCode::OK, MEMBERS)?;
    // RFC 6749 7.1, 5.1: token_type has no case.
    let token_type = body.token_type.unwrap_or_default();
    if !token_type.eq_ignore_ascii_case(bound.by.token_type()) {
        return Err(answer.fault(ServerRule::TokenType));
    }
    let access_token = body
        .access_token
        .filter(|token| can_stand_in_a_header(token.expose()))
        .ok_or_else(|| answer.fault(ServerRule::AccessTokenText))?;
    let mut notices = Vec::new();
    // Informative: a value that can't be read counts as absent.
    let lifetime = body.expires_in.and_then(|raw| {
        raw.read::<u64>().ok().or_else(|| {
            notices.push(Notice::ExpiresInUnreadable);
            None
        })
    });
    // An invalid token must not replace a valid earlier one.
    let refresh_token = body.refresh_token.filter(|token| {
        let good = is_visible(token.expose());
        if !good {
            notices.push(Notice::RefreshTokenText);
        }
        good
    });
    let access_token = AccessToken {
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        token: access_token,
        bound,
        expires_at: lifetime.map(|seconds| answer.drafted_at + Duration::from_secs(seconds)),
    };
    // RFC 6749 5.1: a response without a scope grants the requested one.
    let scopes = body.scope.map_or_else(
        || requested.clone(),
        |scope| {
            let scope = text(&scope);
            Scopes::of_valid(scope.split(' ').map(|token| profile.standard_scope(token)))
        },
    );
    Ok(Issued {
        tokens: Tokens {
            access_token,
            refresh_token_expires_at: profile
                .refresh_token_lifetime
                .filter(|_| refresh_token.is_some())
                .map(|lifetime| answer.drafted_at + lifetime),
            refresh_token,
            scopes,
        },
        id_token: body.id_token,
        opened: None,
        id_token_access_token: None,
        reported_before: Vec::new(),
        consent_ids: [body.grant_id, body.fdx_consent_id].map(|id| id.as_ref().map(text)),
        authorization_details: body
            .authorization_details
            .filter(|raw| raw.as_str() != "null")
            .map(ReportedDetails::new),
        notices,
        received_at: answer.now,
        said: answer.said(),
    })
}

impl Issued {
    /// The response to a refresh of `before`, whose content was never verified. What `before` says
    /// stays to be checked: a refresh must not make a conflict disappear.
    pub(crate) fn renewing(mut self, before: Self) -> Self {
        self.reported_before = before.reported_before;
        for id in before.consent_ids.into_iter().flatten() {
            // Each once, and no longer than needed to be rejected: the stored text stays bounded.
            let id = ConsentId::parse(&id).map_or_else(|_| String::new(), |_| id);
            if !self.reported_before.contains(&id) {
                self.reported_before.push(id);
            }
        }
        self.authorization_details = before.authorization_details.or(self.authorization_details);
        if self.id_token.is_none() {
            let access_token = before.tokens.access_token.token.clone();
            self.id_token_access_token = before.id_token_access_token.or(Some(access_token));
            self.id_token = before.id_token;
            self.received_at = before.received_at;
            self.opened = before.opened;
        }
        self.tokens = self.tokens.or_refresh_token_of(before.tokens);
        self
    }

    /// The access token that `at_hash` of the ID token is computed over.
    pub(crate) fn hashed_access_token(&self) -> &Secret {
        self.id_token_access_token.as_ref().unwrap_or(&self.tokens.access_token.token)
    }

    /// The consent ids that were reported outside the ID token.
    pub(crate) fn reported_consent_ids(&self) -> impl Iterator<Item = &String> {
        self.reported_before.iter().chain(self.consent_ids.iter().flatten())
    }
}

/// RFC 6750 2.1: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
pub(crate) fn can_stand_in_a_header(token: &str) -> bool {
    let bare = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !bare.is_empty() && token.len() <= MAX_ACCESS_TOKEN && bare.bytes().all(allowed)
}

/// RFC 6749 A.17: 1*VSCHAR
fn is_visible(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// The text of a string, and an empty text otherwise: it has no scope, and verification rejects it as
/// a consent id.
fn text(raw: &RawJson) -> String {
    raw.read().unwrap_or_default()
}
