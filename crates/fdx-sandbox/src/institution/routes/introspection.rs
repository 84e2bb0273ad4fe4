//! Token introspection (RFC 7662), as JSON or signed (RFC 9701), and token revocation (RFC 7009).

use fdx_wire::UnixTime;
use http::header::ACCEPT;
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer;
use crate::institution::client::RegisteredClient;
use crate::institution::config::{ConsentIdCarrier, InstitutionConfig};
use crate::institution::form::value;
use crate::institution::received::Received;
use crate::institution::records::{Bound, Kind, Token};
use crate::institution::rule::Rule;
use crate::institution::signing;
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;

const SIGNED: &str = "application/token-introspection+jwt";

/// RFC 9701 section 5: the members about the token are in `token_introspection`.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: UnixTime,
    token_introspection: Value,
}

impl Institution {
    /// Answers an introspection request. `token_type_hint` can be wrong (RFC 7662 section 2.1) and is
    /// ignored.
    pub(crate) fn introspect(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let text = self.verdicts.require_some(Rule::IntrospectionToken, value(&form, "token"))?;
        // FDX: `active` states whether the consent is active. RFC 7662 2.2 and 4: tokens of other
        // clients are reported as inactive.
        let consented = |consent_id: &String| {
            let consent = self.consents.get(consent_id);
            consent.is_some_and(|consent| consent.is_active(received.now))
        };
        let token = self.tokens.get(text).filter(|token| {
            token.grant.client_id == client.client_id
                && token.is_alive(received.now)
                && token.grant.consent_id.as_ref().is_none_or(consented)
        });
        let document = match token {
            Some(token) => describe(&config, token),
            None => json!({ "active": false }),
        };
        if wants_signed(received) {
            return self.sign_introspection(&config, client, document, received.now);
        }
        Ok(answer::json(StatusCode::OK, &document))
    }

    fn sign_introspection(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        token_introspection: Value,
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let claims = Claims {
            iss: config.issuer.as_str(),
            aud: &client.client_id,
            iat: now,
            token_introspection,
        };
        let typ = Some("token-introspection+jwt");
        let algorithm = client.introspection_signed_response_alg;
        let token = self.verdicts.require_some(
            Rule::IntrospectionAlgorithm,
            algorithm.and_then(|algorithm| signing::jwt(config, algorithm, typ, &claims)),
        )?;
        let mut response = answer::empty(StatusCode::OK);
        answer::set(&mut response, "content-type", SIGNED);
        *response.body_mut() = token.into_bytes();
        Ok(response)
    }

    /// Revokes a token, and with a refresh token all tokens of its consent. `token_type_hint` is
    /// ignored.
    pub(crate) fn revoke(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let text = self.verdicts.require_some(Rule::RevocationToken, value(&form, "token"))?;
        // RFC 7009 2.2: an unknown token counts as revoked.
        let Some(token) = self.tokens.get_mut(text) else {
            return Ok(answer::empty(StatusCode::OK));
        };
        self.verdicts.require(Rule::RevocationClient, token.grant.client_id == client.client_id)?;
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

/// RFC 9701 section 4: the client requests a JWT by `Accept`.
fn wants_signed(received: &Received<'_>) -> bool {
    let accepted = received.request.headers().get_all(ACCEPT).into_iter();
    accepted
        .filter_map(|accepted| accepted.to_str().ok())
        .flat_map(|accepted| accepted.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|range| range.trim().eq_ignore_ascii_case(SIGNED))
}

fn describe(config: &InstitutionConfig, token: &Token) -> Value {
    let Token { grant, .. } = token;
    let mut document = json!({
        "active": true,
        "iss": config.issuer.as_str(),
        // RFC 7662 2.2: the client is the subject of a token without a customer.
        "sub": grant.consent_id.as_ref().map_or(&grant.client_id, |_| &config.customer.customer_id),
        "aud": grant.client_id,
        "client_id": grant.client_id,
        "scope": token.scopes.join(" "),
        "iat": token.issued,
        "exp": token.expires,
    });
    let Some(members) = document.as_object_mut() else {
        return document;
    };
    // A refresh token is bound only to its client, and has no token_type.
    if let Kind::Access(bound) = token.kind {
        let cnf = match bound {
            Bound::Key(key) => json!({ "jkt": key }),
            Bound::Certificate(hash) => json!({ "x5t#S256": hash }),
            Bound::Nothing => Value::Null,
        };
        members.insert("token_type".to_owned(), json!(bound.token_type()));
        members.insert("cnf".to_owned(), cnf);
    }
    if let Some(consent_id) = &grant.consent_id
        && config.consent_id_carrier != ConsentIdCarrier::Nowhere
    {
        members.insert("fdxConsentId".to_owned(), json!(consent_id));
    }
    document
}
