use fdx_pkce::CodeVerifier;
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::Response;

use super::issue::Issue;
use super::{Bound, Grant};
use crate::authorize::{Code, Spent};
use crate::client::RegisteredClient;
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::provider::RefreshTokens;
use crate::received::value;

impl Institution {
    /// The authorization code grant (RFC 6749 section 4.1.3).
    pub(super) fn exchange_code(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        form: &Query<'_>,
        bound: Bound,
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Broken> {
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
        let offline = config.provider.manners().refresh_token == RefreshTokens::Always
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
    ) -> Result<(String, Code), Broken> {
        let text = value(form, "code").unwrap_or_default();
        let code = self
            .codes
            .get(text)
            .filter(|code| {
                // check: CodeClient
                code.pushed.client_id == client.client_id
            })
            .cloned();
        let code = self.verdicts.require_some(
            Reason::InvalidGrant,
            "RFC 6749 4.1.3",
            "the code was issued to this client",
            code,
        )?;
        if code.spent == Spent::Yes {
            // RFC 6749 4.1.2: what was issued from it should be revoked.
            self.revoke_tokens(&code.consent_id);
        }
        self.verdicts.require(
            Reason::InvalidGrant,
            "FAPI 2.0 SP 5.3.2.2-9",
            "the code was not used before",
            // check: CodeUse
            code.spent == Spent::No,
        )?;
        self.verdicts.require(
            Reason::InvalidGrant,
            "FAPI 2.0 SP 5.3.2.1-11",
            "the code is at most 60 seconds old",
            // check: CodeExpiry
            now <= code.expires,
        )?;
        Ok((text.to_owned(), code))
    }

    fn check_code(&mut self, form: &Query<'_>, code: &Code, bound: Bound) -> Result<(), Broken> {
        let parameters = &code.pushed.parameters;
        self.verdicts.require(
            Reason::InvalidGrant,
            "RFC 6749 4.1.3",
            "redirect_uri is the pushed one",
            // check: TokenRedirectUri
            value(form, "redirect_uri") == Some(parameters.redirect_uri.as_str()),
        )?;
        let verifier = value(form, "code_verifier").map(CodeVerifier::parse);
        self.verdicts.require(
            Reason::InvalidGrant,
            "RFC 7636 4.6",
            "code_verifier is the one behind code_challenge",
            // check: Pkce
            matches!(verifier, Some(Ok(verifier)) if parameters.code_challenge.verify(&verifier)),
        )?;
        self.verdicts.require(
            Reason::InvalidGrant,
            "RFC 9449 10",
            "the proof's key is the one that the code is bound to",
            // check: DpopJkt
            code.pushed.dpop_jkt.is_none_or(|key| bound == Bound::Key(key)),
        )
    }
}
