//! Token introspection (RFC 7662), as JSON and signed (RFC 9701).

use fdx_wire::UnixTime;
use http::header::ACCEPT;
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer;
use crate::client::RegisteredClient;
use crate::config::{ConsentIdCarrier, InstitutionConfig};
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::{Received, value};
use crate::signed;
use crate::token::{Bound, Kind, Token};

const SIGNED: &str = "application/token-introspection+jwt";

/// RFC 9701 section 5: nothing about the token stands outside `token_introspection`.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: UnixTime,
    token_introspection: Value,
}

impl Institution {
    /// `token_type_hint` is free to be wrong, and is not needed here (RFC 7662 section 2.1).
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
    ) -> Result<Response<Vec<u8>>, Broken> {
        let claims = Claims {
            iss: config.issuer.as_str(),
            aud: &client.client_id,
            iat: now,
            token_introspection,
        };
        let typ = Some("token-introspection+jwt");
        let algorithm = client.introspection_signed_response_alg;
        let token = self.verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 9701 6",
            "the client registered introspection_signed_response_alg, one that signs here",
            algorithm.and_then(|algorithm| signed::jwt(config, algorithm, typ, &claims)),
        )?;
        let mut response = answer::empty(StatusCode::OK);
        answer::set(&mut response, "content-type", SIGNED);
        *response.body_mut() = token.into_bytes();
        Ok(response)
    }
}

/// RFC 9701 section 4: the client asks for it by `Accept`.
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
        // RFC 7662 2.2: of a token without a customer the client is the subject.
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
    // A refresh token is bound to its client alone, and is of no type.
    if let Kind::Access(bound) = token.kind {
        let cnf = match bound {
            Bound::Key(key) => json!({ "jkt": key }),
            Bound::Certificate(hash) => json!({ "x5t#S256": hash }),
            Bound::Nobody => Value::Null,
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
