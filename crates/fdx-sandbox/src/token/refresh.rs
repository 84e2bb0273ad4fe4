use std::time::Duration;

use fdx_rar::Scopes;
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::Response;

use super::issue::Issue;
use super::{Bound, Kind, Token};
use crate::client::RegisteredClient;
use crate::config::{InstitutionConfig, RefreshPolicy};
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::value;

/// FAPI 2.0 Security Profile 5.3.2.1-9: how long the old token serves a lost answer.
const RETRY: Duration = Duration::from_secs(60);

impl Institution {
    /// The refresh token grant (RFC 6749 section 6). The new access token is bound by what this
    /// request proves, which may be another key or certificate than before.
    pub(super) fn refresh(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        form: &Query<'_>,
        bound: Bound,
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let (text, token) = self.find_refresh_token(form, client, now)?;
        let scopes = self.narrowed(form, &token)?;
        let refresh_token = match self.refresh_policy() {
            RefreshPolicy::Keep => None,
            RefreshPolicy::Repeat => Some(text),
            RefreshPolicy::Rotate => {
                let replaced = match self.forgives_lost_answers() {
                    true => Kind::Replaced { until: now + RETRY },
                    false => Kind::Revoked,
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
    ) -> Result<(String, Token), Broken> {
        let text = value(form, "refresh_token").unwrap_or_default();
        let token = self.tokens.get(text).filter(|token| {
            // check: RefreshTokenClient
            let issued_to_client = token.grant.client_id == client.client_id;
            issued_to_client && !matches!(token.kind, Kind::Access(_))
        });
        let token = self.verdicts.require_some(
            Reason::InvalidGrant,
            "RFC 6749 6",
            "the refresh token was issued to this client",
            token.cloned(),
        )?;
        if matches!(token.kind, Kind::Replaced { until } if until < now) {
            // RFC 9700 4.14.2: one of the two who hold it has stolen it.
            if let Some(consent_id) = &token.grant.consent_id {
                self.revoke_tokens(consent_id);
            }
        }
        self.verdicts.require(
            Reason::InvalidGrant,
            "RFC 9700 4.14.2",
            "the refresh token is not revoked, expired or replaced more than 60 seconds ago",
            token.is_alive(now),
        )?;
        let consent = token.grant.consent_id.as_ref().and_then(|id| self.consents.get(id));
        self.verdicts.require(
            Reason::InvalidGrant,
            "FDX Security Model v5",
            "the consent behind the refresh token is active",
            consent.is_some_and(|consent| consent.is_active(now)),
        )?;
        Ok((text.to_owned(), token))
    }

    /// The scopes of the new access token: those that are asked for, or all that were granted.
    fn narrowed(&mut self, form: &Query<'_>, token: &Token) -> Result<Vec<String>, Broken> {
        let granted = &token.grant.scopes;
        let Some(asked) = value(form, "scope") else {
            return Ok(granted.clone());
        };
        let asked = Scopes::parse(asked).ok().map(|asked| {
            let asked: Vec<_> = asked.iter().map(str::to_owned).collect();
            asked
        });
        self.verdicts.require_some(
            Reason::InvalidScope,
            "RFC 6749 6",
            "scope, if any, holds nothing that was not granted",
            asked.filter(|asked| asked.iter().all(|scope| granted.contains(scope))),
        )
    }
}
