use core::time::Duration;

use fdx_jose::{IdTokenError, Jwe};
use fdx_rar::{ConsentId, GrantedDetails, Scopes};
use fdx_wire::members::{Informative, Member, NotUnderstood, Object, Value};
use fdx_wire::{Secret, UnixTime};
use http::StatusCode;

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::client::config::ClientConfig;
use crate::client::encrypted::EncryptedIdToken;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::error::said::Said;
use crate::error::server::{Broken, ServerFault, ServerRule};
use crate::exchange::answer::Answer;
use crate::tokens::tokens::{AccessToken, Tokens};

impl Client {
    /// The ID token, if it is encrypted and not decrypted yet. It must be encrypted if encryption
    /// was registered, and must not be encrypted if not.
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
        encrypted.map_err(Error::from)
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
    pub(crate) fn fault(&self, broken: impl Into<Broken>) -> Error {
        let said = Said::clone(&self.said);
        Error::Server(ServerFault::of(broken, said, NextStep::AskTheInstitution))
    }
}

pub(crate) const LIMIT: usize = 256 * 1024;

fdx_wire::members! {
    /// The members of a token response (RFC 6749 section 5.1), with those of FDX and OpenID Connect.
    /// The code is spent and the old refresh token may be, so a member that only describes the tokens
    /// never costs them.
    pub(crate) mod members = "token response" {
        Protective ACCESS_TOKEN = "access_token", "a token", "RFC 6749 appendix A.12";
        Protective TOKEN_TYPE =
            "token_type", "the type that was requested", "FAPI 2.0 Security Profile 5.3.3.1-1";
        Informative EXPIRES_IN = "expires_in", "a number of seconds", "RFC 6749 section 5.1";
        Informative REFRESH_TOKEN = "refresh_token", "a token", "RFC 6749 section 5.1";
        Informative ID_TOKEN = "id_token", "a JWT", "OpenID Connect Core 3.1.3.3";
        Informative SCOPE = "scope", "scopes", "RFC 6749 section 3.3";
        Informative AUTHORIZATION_DETAILS =
            "authorization_details", "an array of details", "RFC 9396 section 7";
        Protective GRANT_ID = "grant_id", "a consent id", "Grant Management for OAuth 2.0";
        Protective FDX_CONSENT_ID = "fdxConsentId", "a consent id", "FDX Consent API";
    }
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
    /// As granted (RFC 9396 section 7), by the first response of the flow and by the last renewal.
    pub(crate) authorization_details: Vec<GrantedDetails>,
    /// The granted scopes, if a response has a `scope` that is understood.
    pub(crate) reported_scopes: Option<Scopes>,
    pub(crate) notices: Vec<Notice>,
    /// Boxed, because it is needed for errors only.
    pub(crate) said: Box<Said>,
}

/// Reads the response to a request of `client` for tokens that are `bound`, with the scopes
/// `requested`.
pub(crate) fn read(
    answer: &Answer<'_>,
    client: &Client,
    bound: Bound,
    requested: &Scopes,
) -> Result<Issued, Error> {
    let (ClientConfig { issuer, client_id, .. }, profile) = (client.config(), client.profile());
    let body = answer.object(StatusCode::OK, MEMBERS, &members::ACCESS_TOKEN)?;
    // RFC 6749 7.1, 5.1: token_type has no case.
    let is_bound = |text: &String| text.eq_ignore_ascii_case(bound.by.token_type());
    body.protective(&members::TOKEN_TYPE, |value| value.to_text().filter(is_bound))
        .map_err(|fault| answer.member_fault(ServerRule::TokenType, fault))?;
    let usable = |token: &Secret| can_stand_in_a_header(token.expose());
    let access_token = body
        .protective(&members::ACCESS_TOKEN, |value| value.read().filter(usable))
        .map_err(|fault| answer.member_fault(ServerRule::AccessTokenText, fault))?;
    let mut not_understood = Vec::new();
    let mut secret = |member| body.informative(member, &mut not_understood, Value::read::<Secret>);
    let refresh_token = secret(&members::REFRESH_TOKEN);
    let id_token = secret(&members::ID_TOKEN);
    let lifetime = body.informative(&members::EXPIRES_IN, &mut not_understood, Value::to_seconds);
    let mut notices = Vec::new();
    // An invalid token must not replace a valid earlier one.
    let empty =
        body.received(&members::REFRESH_TOKEN).is_some_and(|value| value.as_str() == "\"\"");
    let visible = refresh_token.as_ref().is_none_or(|token: &Secret| is_visible(token.expose()));
    if empty || !visible {
        notices.push(Notice::RefreshTokenText);
    }
    let refresh_token = refresh_token.filter(|_| visible);
    let access_token = AccessToken {
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        token: access_token,
        bound,
        expires_at: lifetime.map(|seconds| answer.drafted_at + Duration::from_secs(seconds)),
    };
    // RFC 6749 5.1: a response without a scope grants the requested one.
    let reported = body.received(&members::SCOPE).filter(|value| !value.is_null());
    let tokens = reported.and_then(scope_tokens);
    let scopes = match (&tokens, reported) {
        (Some(tokens), _) => {
            Scopes::of_valid(tokens.iter().map(|token| profile.standard_scope(token)))
        }
        (None, None) => requested.clone(),
        (None, Some(_)) => Scopes::new(),
    };
    // RFC 6749 3.3: what is no scope token may stand for any scope. The other tokens are granted, and
    // the scope as a whole withholds nothing.
    let is_token = |token: &String| token.is_empty() || Scopes::new().insert(token).is_ok();
    let is_understood = tokens.is_some_and(|tokens| tokens.iter().all(is_token));
    if let Some(value) = reported.filter(|_| !is_understood) {
        NotUnderstood::note(&mut not_understood, members::SCOPE.row().name, value);
    }
    let reported_scopes = is_understood.then(|| scopes.clone());
    if reported_scopes.is_some() && !requested.iter().all(|scope| scopes.contains(scope)) {
        notices.push(Notice::ScopeDropped);
    }
    let authorization_details =
        granted_details(&body, &members::AUTHORIZATION_DETAILS, &mut not_understood);
    let consent_ids = [&members::GRANT_ID, &members::FDX_CONSENT_ID].map(|member| {
        let reported = body.protective_as_received(member).map(reported_consent_id);
        if reported == Some(ReportedConsentId::Empty) {
            notices.push(Notice::ConsentIdEmpty);
        }
        reported.and_then(ReportedConsentId::into_text)
    });
    notices.extend(not_understood.iter().map(Notice::of));
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
        id_token,
        opened: None,
        id_token_access_token: None,
        reported_before: Vec::new(),
        consent_ids,
        authorization_details: authorization_details.into_iter().collect(),
        reported_scopes,
        notices,
        received_at: answer.now,
        said: Box::new(answer.said()),
    })
}

impl Issued {
    /// The response to a refresh of `before`, whose content was never verified. The content of
    /// `before` is still checked later: a refresh must not remove a conflict.
    pub(crate) fn renewing(mut self, before: Self) -> Self {
        self.reported_before = before.reported_before;
        for id in before.consent_ids.into_iter().flatten() {
            // Keep each id once, and an invalid one as empty text, so that the stored text is
            // bounded.
            let id = ConsentId::parse(&id).map_or_else(|_| String::new(), |_| id);
            if !self.reported_before.contains(&id) {
                self.reported_before.push(id);
            }
        }
        // The first details may have the consent id. Those of earlier renewals are dropped, so that
        // the stored text is bounded.
        self.authorization_details.splice(0..0, before.authorization_details.into_iter().take(1));
        let unread = Notice::NotUnderstood(members::AUTHORIZATION_DETAILS.row().name);
        if before.notices.contains(&unread) && !self.notices.contains(&unread) {
            self.notices.push(unread);
        }
        // RFC 6749 6: without a scope, a refresh keeps it.
        self.reported_scopes = self.reported_scopes.or(before.reported_scopes);
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

    /// Whether `authorization_details` of a response is no array. This is stored with its notice.
    pub(crate) fn has_unread_details(&self) -> bool {
        self.notices.contains(&Notice::NotUnderstood(members::AUTHORIZATION_DETAILS.row().name))
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
pub(crate) fn is_visible(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Reads granted details. An empty array is not absent: it grants nothing.
pub(crate) fn granted_details(
    object: &Object<'_>,
    member: &Member<Informative>,
    not_understood: &mut Vec<NotUnderstood>,
) -> Option<GrantedDetails> {
    let value = object.received(member).filter(|value| !value.is_null())?;
    let details = value.to_raw().and_then(|json| GrantedDetails::of_json(json).ok());
    match &details {
        Some(details) => not_understood.extend_from_slice(details.not_understood()),
        None => NotUnderstood::note(not_understood, member.row().name, value),
    }
    details
}

/// The tokens of a scope: separated by spaces, or the elements of an array, which some servers send.
fn scope_tokens(value: Value<'_>) -> Option<Vec<String>> {
    match value.to_elements() {
        Some(elements) => elements.into_iter().map(Value::to_text).collect(),
        None => Some(value.to_text()?.split(' ').map(str::to_owned).collect()),
    }
}

/// A consent id as a message reports it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ReportedConsentId {
    /// `null`.
    Absent,
    /// `""`, which some servers write for an absent id.
    Empty,
    /// A text or a whole number, which [`agree`] checks.
    Text(String),
    /// Another value, which [`agree`] rejects.
    Other,
}

pub(crate) fn reported_consent_id(value: Value<'_>) -> ReportedConsentId {
    match value.to_identifier() {
        _ if value.is_null() => ReportedConsentId::Absent,
        Some(text) if text.is_empty() => ReportedConsentId::Empty,
        Some(text) => ReportedConsentId::Text(text.into_owned()),
        None => ReportedConsentId::Other,
    }
}

impl ReportedConsentId {
    /// The text to check, if an id is reported. No consent id is empty.
    pub(crate) fn into_text(self) -> Option<String> {
        match self {
            Self::Absent | Self::Empty => None,
            Self::Text(text) => Some(text),
            Self::Other => Some(String::new()),
        }
    }
}
