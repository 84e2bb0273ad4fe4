//! The token endpoint: an authorization code, a refresh token or client credentials for tokens that
//! only their client can use.

use std::time::Duration;

use fdx_pkce::CodeVerifier;
use fdx_rar::{DataCluster, Scopes};
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::{Response, StatusCode};
use serde_json::json;

use crate::answer;
use crate::institution::client::{Binding, RegisteredClient};
use crate::institution::config::{InstitutionConfig, RefreshPolicy, RefreshTokens};
use crate::institution::dpop::With;
use crate::institution::expiry::is_valid;
use crate::institution::form::value;
use crate::institution::received::Received;
use crate::institution::records::{Bound, Code, Grant, Kind, Spent, Token};
use crate::institution::routes::issue::{ACCESS, Issue, LIFETIME};
use crate::institution::rule::Rule;
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;

/// FAPI 2.0 Security Profile 5.3.2.1-9: the old refresh token stays valid for clients that did not
/// receive the response.
const RETRY: Duration = Duration::from_secs(60);

impl Institution {
    /// Answers a token request.
    pub(crate) fn issue_tokens(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let bound = self.sender(received, client)?;
        let grant_type = value(&form, "grant_type");
        self.verdicts.require(
            Rule::GrantType,
            matches!(
                grant_type,
                Some("authorization_code" | "client_credentials" | "refresh_token")
            ),
        )?;
        match grant_type {
            Some("client_credentials") => {
                self.client_credentials(client, &form, bound, received.now)
            }
            Some("refresh_token") => self.refresh(&config, client, &form, bound, received.now),
            _ => self.exchange_code(&config, client, &form, bound, received.now),
        }
    }

    /// What the tokens will be bound to: the key or certificate that this request proves.
    fn sender(
        &mut self,
        received: &Received<'_>,
        client: &RegisteredClient,
    ) -> Result<Bound, Violation> {
        match client.binding {
            Binding::Dpop => self.check_proof(received, With::Authorization).map(Bound::Key),
            Binding::MutualTls(certificate) => {
                self.verdicts.require(
                    Rule::TokenCertificateRegistered,
                    // check: Certificate
                    received.peer.thumbprint == Some(certificate),
                )?;
                Ok(Bound::Certificate(certificate))
            }
            Binding::Nothing => Ok(Bound::Nothing),
            Binding::AnyCertificate => self.verdicts.require_some(
                Rule::TokenCertificatePresent,
                received.peer.thumbprint.map(Bound::Certificate),
            ),
        }
    }

    /// The authorization code grant (RFC 6749 section 4.1.3).
    pub(crate) fn exchange_code(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        form: &Query<'_>,
        bound: Bound,
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let (text, code) = self.find_code(form, client, now)?;
        self.check_code(form, &code, bound)?;
        if let Some(code) = self.codes.get_mut(&text) {
            code.spent = Spent::Yes;
        }
        let parameters = &code.pushed.parameters;
        let grant = Grant {
            client_id: client.client_id.clone(),
            consent_id: Some(code.consent_id),
            scopes: code.scopes.clone(),
            auth_time: code.auth_time,
            acr: parameters.acr,
        };
        let offline = config.manners.refresh_token == RefreshTokens::Always
            || grant.scopes.iter().any(|scope| scope == "offline_access");
        let refresh_token = offline.then(|| self.issue_refresh_token(&grant, now));
        let nonce = parameters.nonce.as_deref();
        let issue = Issue { grant: &grant, scopes: code.scopes, bound, nonce, refresh_token };
        Ok(self.issue(config, client, issue, now))
    }

    fn find_code(
        &mut self,
        form: &Query<'_>,
        client: &RegisteredClient,
        now: UnixTime,
    ) -> Result<(String, Code), Violation> {
        let text = value(form, "code").unwrap_or_default();
        let code = self
            .codes
            .get(text)
            .filter(|code| {
                // check: CodeClient
                code.pushed.client_id == client.client_id
            })
            .cloned();
        let code = self.verdicts.require_some(Rule::CodeClient, code)?;
        if code.spent == Spent::Yes {
            // RFC 6749 4.1.2: what was issued from it should be revoked.
            self.revoke_tokens(&code.consent_id);
        }
        self.verdicts.require(
            Rule::CodeUsed,
            // check: CodeUse
            code.spent == Spent::No,
        )?;
        self.verdicts.require(
            Rule::CodeAge,
            // check: CodeExpiry
            is_valid(code.expires, now),
        )?;
        Ok((text.to_owned(), code))
    }

    fn check_code(&mut self, form: &Query<'_>, code: &Code, bound: Bound) -> Result<(), Violation> {
        let parameters = &code.pushed.parameters;
        self.verdicts.require(
            Rule::CodeRedirectUri,
            // check: TokenRedirectUri
            value(form, "redirect_uri") == Some(parameters.redirect_uri.as_str()),
        )?;
        let verifier = value(form, "code_verifier").map(CodeVerifier::parse);
        self.verdicts.require(
            Rule::CodeVerifier,
            // check: Pkce
            matches!(verifier, Some(Ok(verifier)) if parameters.code_challenge.verify(&verifier)),
        )?;
        self.verdicts.require(
            Rule::CodeKey,
            // check: DpopJkt
            code.pushed.dpop_jkt.is_none_or(|key| bound == Bound::Key(key)),
        )
    }

    /// The refresh token grant (RFC 6749 section 6). The new access token is bound to the key or
    /// certificate that this request proves, which can differ from the earlier one.
    pub(crate) fn refresh(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        form: &Query<'_>,
        bound: Bound,
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let (text, token) = self.find_refresh_token(form, client, now)?;
        let scopes = self.narrowed(form, &token)?;
        self.met.refresh_policy = true;
        let refresh_token = match config.refresh_policy {
            RefreshPolicy::Keep => None,
            RefreshPolicy::Repeat => Some(text),
            RefreshPolicy::Rotate | RefreshPolicy::RotateAtOnce => {
                let replaced = match config.refresh_policy {
                    RefreshPolicy::RotateAtOnce => Kind::Revoked,
                    _ => Kind::Replaced { until: now + RETRY },
                };
                if let Some(token) = self.tokens.get_mut(&text)
                    && token.kind == Kind::Refresh
                {
                    token.kind = replaced;
                }
                Some(self.issue_refresh_token(&token.grant, now))
            }
        };
        // OIDC Core 12.2: no nonce, and auth_time of the original authentication.
        let issue = Issue { grant: &token.grant, scopes, bound, nonce: None, refresh_token };
        Ok(self.issue(config, client, issue, now))
    }

    fn find_refresh_token(
        &mut self,
        form: &Query<'_>,
        client: &RegisteredClient,
        now: UnixTime,
    ) -> Result<(String, Token), Violation> {
        let text = value(form, "refresh_token").unwrap_or_default();
        let token = self.tokens.get(text).filter(|token| {
            // check: RefreshTokenClient
            let issued_to_client = token.grant.client_id == client.client_id;
            issued_to_client && !matches!(token.kind, Kind::Access(_))
        });
        let token = self.verdicts.require_some(Rule::RefreshTokenClient, token.cloned())?;
        if matches!(token.kind, Kind::Replaced { until } if !is_valid(until, now)) {
            // RFC 9700 4.14.2: the token has two holders, and one of them stole it.
            if let Some(consent_id) = &token.grant.consent_id {
                self.revoke_tokens(consent_id);
            }
        }
        self.verdicts.require(Rule::RefreshTokenValid, token.is_alive(now))?;
        let consent = token.grant.consent_id.as_ref().and_then(|id| self.consents.get(id));
        self.verdicts.require(
            Rule::RefreshTokenConsent,
            consent.is_some_and(|consent| consent.is_active(now)),
        )?;
        Ok((text.to_owned(), token))
    }

    /// The scopes of the new access token: the requested scopes, or all granted ones.
    fn narrowed(&mut self, form: &Query<'_>, token: &Token) -> Result<Vec<String>, Violation> {
        let granted = &token.grant.scopes;
        let Some(scope) = value(form, "scope") else {
            return Ok(granted.clone());
        };
        self.verdicts.require_some(
            Rule::RefreshScope,
            scopes(scope).filter(|scopes| scopes.iter().all(|scope| granted.contains(scope))),
        )
    }

    /// The client credentials grant (RFC 6749 section 4.4): a token without a consent, for FDX's
    /// Consent API.
    pub(crate) fn client_credentials(
        &mut self,
        client: &RegisteredClient,
        form: &Query<'_>,
        bound: Bound,
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let scopes = self.own_scopes(client, form)?;
        let access_token = self.randomness.text(ACCESS);
        let grant = Grant {
            client_id: client.client_id.clone(),
            consent_id: None,
            scopes: scopes.clone(),
            auth_time: now,
            acr: None,
        };
        // RFC 6749 4.4.3: no refresh token.
        let document = json!({
            "access_token": access_token,
            "token_type": bound.token_type(),
            "expires_in": LIFETIME.as_secs(),
            "scope": scopes.join(" "),
        });
        let kind = Kind::Access(bound);
        let token = Token { kind, grant, scopes, issued: now, expires: now + LIFETIME };
        self.tokens.insert(access_token, token);
        Ok(answer::json(StatusCode::OK, &document))
    }

    /// The requested scopes, none of which may need a customer.
    fn own_scopes(
        &mut self,
        client: &RegisteredClient,
        form: &Query<'_>,
    ) -> Result<Vec<String>, Violation> {
        let Some(scope) = value(form, "scope") else {
            return Ok(Vec::new());
        };
        let of_a_customer = |scope: &String| {
            matches!(scope.as_str(), "openid" | "offline_access")
                || DataCluster::from_scope(scope).is_some()
        };
        let own = |scope: &String| client.scopes.contains(scope) && !of_a_customer(scope);
        self.verdicts.require_some(
            Rule::ClientCredentialsScope,
            scopes(scope).filter(|scopes| scopes.iter().all(own)),
        )
    }
}

/// The scope tokens in `text`. `None` if it contains anything else.
fn scopes(text: &str) -> Option<Vec<String>> {
    Scopes::parse(text).ok().map(|scopes| scopes.iter().map(str::to_owned).collect())
}
