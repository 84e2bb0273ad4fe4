use std::time::Duration;

use fdx_wire::{Label, UnixTime};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{Bound, Kind, Token};
use crate::answer;
use crate::authorize::Code;
use crate::client::RegisteredClient;
use crate::config::{ConsentIdCarrier, InstitutionConfig};
use crate::id_token;
use crate::institution::Institution;

const ACCESS: Label = Label::new("access token");
const REFRESH: Label = Label::new("refresh token");
/// FDX Security Model v5: at most 900 seconds.
const LIFETIME: Duration = Duration::from_secs(300);
/// As long as a consent can last.
const REFRESH_LIFETIME: Duration = Duration::from_secs(365 * 86_400);

impl Institution {
    /// The answer to a code that passed every check.
    pub(super) fn issue(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        code: &Code,
        text: String,
        bound: Bound,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let scope = code.scopes.join(" ");
        let token = Token {
            kind: Kind::Access,
            client_id: client.client_id.clone(),
            consent_id: code.consent_id.clone(),
            scope: scope.clone(),
            bound,
            issued: now,
            expires: now + LIFETIME,
            code: text,
        };
        let access_token = self.randomness.text(ACCESS);
        self.tokens.insert(access_token.clone(), token.clone());

        let mut answer = Map::new();
        let token_type = match bound {
            Bound::Key(_) => "DPoP",
            Bound::Certificate(_) => "Bearer",
        };
        answer.insert("token_type".to_owned(), json!(token_type));
        answer.insert("expires_in".to_owned(), json!(LIFETIME.as_secs()));
        answer.insert("scope".to_owned(), json!(scope));
        answer.insert(
            "authorization_details".to_owned(),
            self.consents
                .get(&code.consent_id)
                .map_or(Value::Null, |consent| consent.authorization_details()),
        );
        if code.scopes.iter().any(|scope| scope == "offline_access") {
            let refresh_token = self.randomness.text(REFRESH);
            answer.insert("refresh_token".to_owned(), json!(refresh_token));
            let kind = Kind::Refresh;
            let expires = now + REFRESH_LIFETIME;
            let token = Token { kind, expires, ..token };
            self.tokens.insert(refresh_token, token);
        }
        if code.scopes.iter().any(|scope| scope == "openid") {
            let id_token = id_token::issue(config, client, code, &access_token, now);
            answer.extend(id_token.map(|id_token| ("id_token".to_owned(), json!(id_token))));
        }
        let carrier = match config.consent_id_carrier {
            ConsentIdCarrier::GrantId => Some("grant_id"),
            ConsentIdCarrier::FdxConsentId => Some("fdxConsentId"),
            _ => None,
        };
        answer.extend(carrier.map(|name| (name.to_owned(), json!(code.consent_id))));
        answer.insert("access_token".to_owned(), json!(access_token));
        answer::json(StatusCode::OK, &answer)
    }
}
