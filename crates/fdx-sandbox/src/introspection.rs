//! Token introspection (RFC 7662), as JSON.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::answer;
use crate::config::{ConsentIdCarrier, InstitutionConfig};
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::{Received, value};
use crate::token::{Bound, Kind, Token};

impl Institution {
    pub(crate) fn introspect(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let text = self.verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 7662 2.1",
            "there is a token",
            value(&form, "token"),
        )?;
        // FDX: `active` says whether the consent is active. RFC 7662 2.2 and 4: about the tokens
        // of others nothing is said.
        let token = self.tokens.get(text).filter(|token| {
            token.client_id == client.client_id
                && token.kind != Kind::Revoked
                && token.expires > received.now
                && self
                    .consents
                    .get(&token.consent_id)
                    .is_some_and(|consent| consent.is_active(received.now))
        });
        let document = match token {
            Some(token) => describe(&config, token),
            None => json!({ "active": false }),
        };
        Ok(answer::json(StatusCode::OK, &document))
    }
}

fn describe(config: &InstitutionConfig, token: &Token) -> Value {
    let (token_type, cnf) = match token.bound {
        Bound::Key(key) => ("DPoP", json!({ "jkt": key.to_string() })),
        Bound::Certificate(hash) => ("Bearer", json!({ "x5t#S256": hash.to_string() })),
    };
    let mut document = json!({
        "active": true,
        "iss": config.issuer.as_str(),
        "sub": config.customer.customer_id,
        "aud": token.client_id,
        "client_id": token.client_id,
        "scope": token.scope,
        "token_type": token_type,
        "iat": token.issued,
        "exp": token.expires,
        "cnf": cnf,
    });
    if config.consent_id_carrier != ConsentIdCarrier::Nowhere
        && let Some(members) = document.as_object_mut()
    {
        members.insert("fdxConsentId".to_owned(), json!(token.consent_id));
    }
    document
}
