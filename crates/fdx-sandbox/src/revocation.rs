//! Token revocation (RFC 7009).

use http::{Response, StatusCode};

use crate::answer;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::{Received, value};
use crate::token::Kind;

impl Institution {
    /// Ends a token, and with a refresh token all that came from it. `token_type_hint` is free to
    /// be wrong, and is not needed here.
    pub(crate) fn revoke(&mut self, received: &Received<'_>) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let text = self.verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 7009 2.1",
            "there is a token",
            value(&form, "token"),
        )?;
        // RFC 7009 2.2: a token that nobody knows is as good as revoked.
        let Some(token) = self.tokens.get_mut(text) else {
            return Ok(answer::empty(StatusCode::OK));
        };
        self.verdicts.require(
            Reason::InvalidRequest,
            "RFC 7009 2.1",
            "the token was issued to this client",
            token.grant.client_id == client.client_id,
        )?;
        match token.kind {
            Kind::Refresh | Kind::Replaced { .. } => {
                let consent_id = token.grant.consent_id.clone();
                if let Some(consent_id) = consent_id {
                    self.revoke_tokens(&consent_id);
                }
            }
            Kind::Access(_) | Kind::Revoked => token.kind = Kind::Revoked,
        }
        Ok(answer::empty(StatusCode::OK))
    }
}
