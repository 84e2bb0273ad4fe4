//! Issues tokens: the token response with its access, refresh and ID token.

use std::time::Duration;

use fdx_jose::Algorithm;
use fdx_wire::{Label, UnixTime, base64url};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use crate::answer;
use crate::institution::client::RegisteredClient;
use crate::institution::config::{ConsentIdCarrier, IdTokens, InstitutionConfig};
use crate::institution::records::{Bound, Grant, Kind, Token};
use crate::institution::signing;
use crate::institution::state::Institution;

pub(crate) const ACCESS: Label = Label::new("access token");
const REFRESH: Label = Label::new("refresh token");
/// FDX Security Model v5: at most 900 seconds.
pub(crate) const LIFETIME: Duration = Duration::from_secs(300);
const ID_TOKEN_LIFETIME: Duration = Duration::from_secs(300);

/// The contents of a token response.
pub(crate) struct Issue<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) scopes: Vec<String>,
    pub(crate) bound: Bound,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) refresh_token: Option<String>,
}

impl Institution {
    /// Issues a refresh token.
    pub(crate) fn issue_refresh_token(&mut self, grant: &Grant, now: UnixTime) -> String {
        let text = self.randomness.text(REFRESH);
        let token = Token {
            kind: Kind::Refresh,
            grant: grant.clone(),
            scopes: grant.scopes.clone(),
            issued: now,
            expires: now + self.config().manners.refresh_token_lifetime,
        };
        self.tokens.insert(text.clone(), token);
        text
    }

    /// Issues the access token and, with `openid`, the ID token.
    pub(crate) fn issue(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        issue: Issue<'_>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let Issue { grant, scopes, bound, nonce, refresh_token } = issue;
        let mut document = Map::new();
        document.insert("token_type".to_owned(), json!(bound.token_type()));
        document.insert("expires_in".to_owned(), json!(LIFETIME.as_secs()));
        document.insert("scope".to_owned(), json!(scopes.join(" ")));
        let consent = grant.consent_id.as_ref().and_then(|id| self.consents.get(id));
        let details = consent.map_or(Value::Null, |consent| consent.authorization_details());
        if !details.is_null() {
            document.insert("authorization_details".to_owned(), details);
        }
        document.extend(refresh_token.map(|text| ("refresh_token".to_owned(), json!(text))));
        let access_token = self.randomness.text(ACCESS);
        if scopes.iter().any(|scope| scope == "openid") {
            let id_token = id_token(config, client, grant, nonce, &access_token, now);
            document.extend(id_token.map(|id_token| ("id_token".to_owned(), json!(id_token))));
        }
        let carrier = match config.consent_id_carrier {
            ConsentIdCarrier::GrantId => Some("grant_id"),
            ConsentIdCarrier::FdxConsentId => Some("fdxConsentId"),
            _ => None,
        };
        document.extend(carrier.map(|name| (name.to_owned(), json!(grant.consent_id))));
        document.insert("access_token".to_owned(), json!(access_token));
        let token = Token {
            kind: Kind::Access(bound),
            grant: grant.clone(),
            scopes,
            issued: now,
            expires: now + LIFETIME,
        };
        self.tokens.insert(access_token, token);
        answer::json(StatusCode::OK, &document)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: UnixTime,
    iat: UnixTime,
    auth_time: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    at_hash: String,
    #[serde(rename = "fdxConsentId", skip_serializing_if = "Option::is_none")]
    fdx_consent_id: Option<&'a str>,
}

/// Returns the ID token for `access_token` (OpenID Connect Core section 2), signed with the client's
/// registered algorithm. `None` if the institution has no key for it.
fn id_token(
    config: &InstitutionConfig,
    client: &RegisteredClient,
    grant: &Grant,
    nonce: Option<&str>,
    access_token: &str,
    now: UnixTime,
) -> Option<String> {
    let IdTokens::WithOpenid(typ) = config.manners.id_token else { return None };
    let algorithm = client.id_token_signed_response_alg;
    let carried = config.consent_id_carrier == ConsentIdCarrier::IdToken;
    let claims = Claims {
        iss: config.issuer.as_str(),
        sub: &config.customer.customer_id,
        aud: &client.client_id,
        exp: now + ID_TOKEN_LIFETIME,
        iat: now,
        auth_time: grant.auth_time,
        nonce,
        acr: grant.acr,
        at_hash: at_hash(algorithm, access_token),
        fdx_consent_id: grant.consent_id.as_deref().filter(|_| carried),
    };
    signing::jwt(config, algorithm, typ, &claims)
}

/// OpenID Connect Core 3.1.3.6: half of the hash of the signature's algorithm. Computed here, not by
/// the client's code: the two must not share a defect.
fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    let (sha256, sha512);
    let hash: &[u8] = match algorithm {
        Algorithm::EdDsa => {
            sha512 = Sha512::digest(access_token);
            &sha512
        }
        _ => {
            sha256 = Sha256::digest(access_token);
            &sha256
        }
    };
    base64url::encode(hash.get(..hash.len() / 2).unwrap_or_default())
}
