//! Signed request objects (RFC 9101), as FAPI 2.0 Message Signing narrows them.

use std::collections::BTreeMap;
use std::time::Duration;

use fdx_jose::Jws;
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use fdx_wire::json::RawJson;
use serde::Deserialize;

use crate::institution::client::{RegisteredClient, RequestObjects};
use crate::institution::config::InstitutionConfig;
use crate::institution::dpop::AHEAD;
use crate::institution::expiry::is_valid;
use crate::institution::memory::Seen;
use crate::institution::numeric_date::NumericDate;
use crate::institution::received::Received;
use crate::institution::requested::{Sent, texts};
use crate::institution::rule::Rule;
use crate::institution::signing::is_signed_by_any;
use crate::institution::state::Institution;
use crate::institution::verdict::{Verdicts, Violation};

const LONGEST_LIFETIME: Duration = Duration::from_secs(3600);
/// The parameters next to a request object (RFC 9126 section 3).
const OUTSIDE: [&str; 4] = ["client_assertion", "client_assertion_type", "client_id", "request"];

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: RawJson,
    nbf: NumericDate,
    exp: NumericDate,
    iat: Option<NumericDate>,
    jti: Option<String>,
}

impl Institution {
    /// Reads the authorization parameters from the request object, or from the form without one.
    pub(crate) fn read_request(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        form: &Query<'_>,
        received: &Received<'_>,
    ) -> Result<Sent, Violation> {
        self.verdicts.require(Rule::PushRequestUri, form.one("request_uri") == Ok(None))?;
        let request = form.one("request").ok().flatten();
        let required = [config.request_objects, client.request_objects];
        self.verdicts.require(
            Rule::RequestObjectPresent,
            request.is_some() || !required.contains(&RequestObjects::Required),
        )?;
        match request {
            Some(request) => self.read_request_object(config, client, form, request, received.now),
            None => {
                let text = str::from_utf8(received.request.body()).unwrap_or_default();
                Ok(Sent::of_form(form, text))
            }
        }
    }

    fn read_request_object(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        form: &Query<'_>,
        request: &str,
        now: UnixTime,
    ) -> Result<Sent, Violation> {
        self.verdicts
            .require(Rule::RequestObjectAlone, form.names().all(|name| OUTSIDE.contains(&name)))?;
        let jws = self.verdicts.require_some(Rule::RequestObjectJws, Jws::parse(request).ok())?;
        check_signature(&mut self.verdicts, config, client, &jws)?;
        let all = self.verdicts.require_some(
            Rule::RequestObjectJson,
            jws.claims::<BTreeMap<String, RawJson>>().ok(),
        )?;
        check_names(&mut self.verdicts, &all)?;
        let claims =
            self.verdicts.require_some(Rule::RequestObjectClaims, jws.claims::<Claims>().ok())?;
        check_claims(&mut self.verdicts, config, client, &claims)?;
        check_times(&mut self.verdicts, &claims, now)?;
        self.check_use(client, &claims, now)?;
        let sent = self.verdicts.require_some(Rule::RequestObjectTypes, Sent::of_claims(&all))?;
        self.verdicts.require(
            Rule::RequestObjectClientId,
            sent.get("client_id") == Some(&client.client_id),
        )?;
        Ok(sent)
    }

    fn check_use(
        &mut self,
        client: &RegisteredClient,
        claims: &Claims,
        now: UnixTime,
    ) -> Result<(), Violation> {
        let fresh = claims.jti.as_deref().is_none_or(|jti| {
            (1..=256).contains(&jti.len())
                && self.request_objects.see(&client.client_id, jti, claims.exp.rounded_up(), now)
                    == Seen::Never
        });
        self.verdicts.require(Rule::RequestObjectUse, fresh)
    }
}

fn check_signature(
    verdicts: &mut Verdicts,
    config: &InstitutionConfig,
    client: &RegisteredClient,
    jws: &Jws,
) -> Result<(), Violation> {
    verdicts.require(
        Rule::RequestObjectType,
        jws.typ().is_none() || jws.is_typ("oauth-authz-req+jwt"),
    )?;
    verdicts.require(
        Rule::RequestObjectAlgorithm,
        client.request_object_signing_alg.is_none_or(|registered| registered == jws.algorithm()),
    )?;
    verdicts
        .require(Rule::RequestObjectSignature, is_signed_by_any(jws, config.backend, &client.jwks))
}

fn check_names(
    verdicts: &mut Verdicts,
    claims: &BTreeMap<String, RawJson>,
) -> Result<(), Violation> {
    verdicts.require(
        Rule::RequestObjectNested,
        !claims.contains_key("request") && !claims.contains_key("request_uri"),
    )?;
    verdicts.require(Rule::RequestObjectSubject, !claims.contains_key("sub"))
}

fn check_claims(
    verdicts: &mut Verdicts,
    config: &InstitutionConfig,
    client: &RegisteredClient,
    claims: &Claims,
) -> Result<(), Violation> {
    verdicts.require(Rule::RequestObjectIssuer, claims.iss == client.client_id)?;
    verdicts.require(
        Rule::RequestObjectAudience,
        // FAPI 2.0 MS 5.3.1-2: an array is allowed.
        texts(&claims.aud).is_some_and(|aud| aud.iter().any(|aud| aud == config.issuer.as_str())),
    )
}

fn check_times(verdicts: &mut Verdicts, claims: &Claims, now: UnixTime) -> Result<(), Violation> {
    let latest = now + AHEAD;
    verdicts.require(
        Rule::RequestObjectTimes,
        claims.nbf.rounded_up() <= latest
            && claims.iat.is_none_or(|iat| iat.rounded_up() <= latest),
    )?;
    // FAPI 2.0 MS 5.3.1-3 allows exactly 60 minutes: this is no expiry.
    verdicts.require(
        Rule::RequestObjectNotBefore,
        now.since(claims.nbf.rounded_down()) <= LONGEST_LIFETIME,
    )?;
    verdicts.require(
        Rule::RequestObjectExpiry,
        is_valid(claims.exp.rounded_down(), now)
            && claims.exp.rounded_down() > claims.nbf.rounded_up()
            && claims.exp.rounded_up().since(claims.nbf.rounded_down()) <= LONGEST_LIFETIME,
    )
}
