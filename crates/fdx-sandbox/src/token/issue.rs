use std::time::Duration;

use fdx_wire::{Label, UnixTime};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{Bound, Grant, Kind, Token};
use crate::answer;
use crate::client::RegisteredClient;
use crate::config::{ConsentIdCarrier, InstitutionConfig};
use crate::id_token;
use crate::institution::Institution;

pub(super) const ACCESS: Label = Label::new("access token");
const REFRESH: Label = Label::new("refresh token");
/// FDX Security Model v5: at most 900 seconds.
pub(super) const LIFETIME: Duration = Duration::from_secs(300);

/// What a request that passed every check is answered with.
pub(super) struct Issue<'a> {
    pub(super) grant: &'a Grant,
    pub(super) scopes: Vec<String>,
    pub(super) bound: Bound,
    pub(super) nonce: Option<&'a str>,
    pub(super) refresh_token: Option<String>,
}

impl Institution {
    pub(super) fn issue_refresh_token(&mut self, grant: &Grant, now: UnixTime) -> String {
        let text = self.randomness.text(REFRESH);
        let token = Token {
            kind: Kind::Refresh,
            grant: grant.clone(),
            scopes: grant.scopes.clone(),
            issued: now,
            expires: now + self.config().provider.manners().refresh_token_lifetime,
        };
        self.tokens.insert(text.clone(), token);
        text
    }

    pub(super) fn issue(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        issue: Issue<'_>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let Issue { grant, scopes, bound, nonce, refresh_token } = issue;
        let mut answer = Map::new();
        answer.insert("token_type".to_owned(), json!(bound.token_type()));
        answer.insert("expires_in".to_owned(), json!(LIFETIME.as_secs()));
        answer.insert("scope".to_owned(), json!(scopes.join(" ")));
        let consent = grant.consent_id.as_ref().and_then(|id| self.consents.get(id));
        let details = consent.map_or(Value::Null, |consent| consent.authorization_details());
        if !details.is_null() {
            answer.insert("authorization_details".to_owned(), details);
        }
        answer.extend(refresh_token.map(|text| ("refresh_token".to_owned(), json!(text))));
        let access_token = self.randomness.text(ACCESS);
        if scopes.iter().any(|scope| scope == "openid") {
            let id_token = id_token::issue(config, client, grant, nonce, &access_token, now);
            answer.extend(id_token.map(|id_token| ("id_token".to_owned(), json!(id_token))));
        }
        let carrier = match config.consent_id_carrier {
            ConsentIdCarrier::GrantId => Some("grant_id"),
            ConsentIdCarrier::FdxConsentId => Some("fdxConsentId"),
            _ => None,
        };
        answer.extend(carrier.map(|name| (name.to_owned(), json!(grant.consent_id))));
        answer.insert("access_token".to_owned(), json!(access_token));
        let token = Token {
            kind: Kind::Access(bound),
            grant: grant.clone(),
            scopes,
            issued: now,
            expires: now + LIFETIME,
        };
        self.tokens.insert(access_token, token);
        answer::json(StatusCode::OK, &answer)
    }
}
