use fdx_rar::{DataCluster, Scopes};
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::{Response, StatusCode};
use serde_json::json;

use super::issue::{ACCESS, LIFETIME};
use super::{Bound, Grant, Kind, Token};
use crate::answer;
use crate::client::RegisteredClient;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::value;

impl Institution {
    /// The client credentials grant (RFC 6749 section 4.4): a token of the client's own, behind
    /// which no customer stands. FDX's Consent API takes it.
    pub(super) fn client_credentials(
        &mut self,
        client: &RegisteredClient,
        form: &Query<'_>,
        bound: Bound,
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Broken> {
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

    /// What the client may have without any customer.
    fn own_scopes(
        &mut self,
        client: &RegisteredClient,
        form: &Query<'_>,
    ) -> Result<Vec<String>, Broken> {
        let Some(asked) = value(form, "scope") else {
            return Ok(Vec::new());
        };
        let asked = Scopes::parse(asked).ok().map(|asked| {
            let asked: Vec<_> = asked.iter().map(str::to_owned).collect();
            asked
        });
        let of_a_customer = |scope: &String| {
            matches!(scope.as_str(), "openid" | "offline_access")
                || DataCluster::from_scope(scope).is_some()
        };
        let own = |scope: &String| client.scopes.contains(scope) && !of_a_customer(scope);
        self.verdicts.require_some(
            Reason::InvalidScope,
            "RFC 6749 4.4.2",
            "scope, if any, is registered and needs no customer",
            asked.filter(|asked| asked.iter().all(own)),
        )
    }
}
