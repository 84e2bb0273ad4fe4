//! Access to the FDX v6 resources: the access token, its binding, its consent, the headers.

use core::net::IpAddr;

use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::{Response, StatusCode};
use serde_json::Value;

use crate::answer;
use crate::institution::config::Presence;
use crate::institution::consent::{Access, Consent};
use crate::institution::dpop::With;
use crate::institution::form::MAX_QUERY;
use crate::institution::received::{Received, Side, is_uuid, satisfies};
use crate::institution::records::{Bound, Kind};
use crate::institution::rule::Rule;
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;

/// FDX API, Identifier.
const MAX_ID: usize = 256;

impl Institution {
    /// Answers a request below the FDX base URL.
    pub(crate) fn serve(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let access = self.authorize_access(received)?;
        let path = received.request.uri().path();
        let segments =
            path.strip_prefix(self.config().paths.fdx).unwrap_or_default().split('/').skip(1);
        let segments: Vec<_> = segments.collect();
        match segments.as_slice() {
            ["consents", id] => return self.read_consent(&access, id, received),
            ["consents", id, "revocation"] => return self.revocation_of(&access, id, received),
            _ => {}
        }
        let consent = self.require_customer(access)?;
        let document = match segments.as_slice() {
            ["customers", "current"] => self.customer_document(&consent),
            ["accounts"] => self.accounts_document(&consent),
            ["accounts", id] => self.account_document(&consent, id),
            ["accounts", id, "transactions"] => {
                self.transactions_document(&consent, id, received.now)
            }
            _ => return Ok(answer::empty(StatusCode::NOT_FOUND)),
        };
        document.map(|document: Value| answer::json(StatusCode::OK, &document))
    }

    /// Refuses a token without a consent: it gives no access to a customer's data.
    fn require_customer(&mut self, access: Access) -> Result<Consent, Violation> {
        let consent = match access {
            Access::Customer(consent) => Some(*consent),
            Access::Client(_) => None,
        };
        self.verdicts.require_some(Rule::TokenOfCustomer, consent)
    }

    /// Checks the access token, its binding, its consent and the headers of the request.
    fn authorize_access(&mut self, received: &Received<'_>) -> Result<Access, Violation> {
        let query = received.request.uri().query().unwrap_or_default();
        self.verdicts.require(
            Rule::TokenInQuery,
            // The names are decoded: `access%5Ftoken` counts, too.
            Query::parse(query, MAX_QUERY)
                .is_ok_and(|query| query.names().all(|name| name != "access_token")),
        )?;
        let credentials =
            self.verdicts.require_some(Rule::TokenPresent, received.header("authorization"))?;
        let (scheme, text) = credentials.split_once(' ').unwrap_or((credentials, ""));
        let token = self.tokens.get(text).filter(|token| token.is_alive(received.now));
        let found = token.and_then(|token| match token.kind {
            Kind::Access(bound) => Some((token.clone(), bound)),
            _ => None,
        });
        let (token, bound) = self.verdicts.require_some(Rule::TokenValid, found)?;
        self.check_sender(received, bound, scheme, text)?;
        let access = match &token.grant.consent_id {
            None => Access::Client(token.grant.client_id),
            Some(consent_id) => {
                let consent = self.consents.get(consent_id);
                let consent = self.verdicts.require_some(
                    Rule::TokenConsentActive,
                    consent.filter(|consent| consent.is_active(received.now)).cloned(),
                )?;
                Access::Customer(Box::new(consent.within(&token)))
            }
        };
        self.check_headers(received)?;
        Ok(access)
    }

    fn check_sender(
        &mut self,
        received: &Received<'_>,
        bound: Bound,
        scheme: &str,
        text: &str,
    ) -> Result<(), Violation> {
        match bound {
            Bound::Key(key) => {
                self.verdicts.require(Rule::KeyBoundScheme, scheme.eq_ignore_ascii_case("DPoP"))?;
                self.verdicts.require(Rule::KeyBoundAuthority, received.side == Side::Main)?;
                let proven = self.check_proof(received, With::AccessToken(text))?;
                self.verdicts.require(
                    Rule::KeyBoundKey,
                    // check: ProofKey
                    proven == key,
                )
            }
            Bound::Certificate(certificate) => {
                self.verdicts
                    .require(Rule::CertificateBoundScheme, scheme.eq_ignore_ascii_case("Bearer"))?;
                self.verdicts.require(
                    Rule::CertificateBoundCertificate,
                    // check: Certificate
                    received.peer.thumbprint == Some(certificate),
                )
            }
            Bound::Nothing => {
                self.verdicts.require(Rule::UnboundScheme, scheme.eq_ignore_ascii_case("Bearer"))
            }
        }
    }

    fn check_headers(&mut self, received: &Received<'_>) -> Result<(), Violation> {
        let absent = !received.request.headers().contains_key("x-fapi-interaction-id");
        if absent && self.config().interaction_id == Presence::Optional {
            self.verdicts.observe(Rule::InteractionId, false);
        } else {
            self.verdicts.require(
                Rule::InteractionId,
                received.header("x-fapi-interaction-id").is_some_and(is_uuid),
            )?;
        }
        self.verdicts.require(
            Rule::ActorType,
            satisfies(received, "fdx-api-actor-type", |actor| matches!(actor, "USER" | "BATCH")),
        )?;
        let is_id = |id: &str| (1..=MAX_ID).contains(&id.len());
        self.verdicts.require(
            Rule::PartyIds,
            satisfies(received, "fdx-api-data-provider-id", is_id)
                && satisfies(received, "fdx-api-data-recipient-id", is_id),
        )?;
        self.verdicts.require(
            Rule::AuthDate,
            satisfies(received, "x-fapi-auth-date", |date| {
                let time = UnixTime::parse_http_date(date);
                time.is_ok_and(|time| time.to_http_date() == date)
            }),
        )?;
        self.verdicts.require(
            Rule::CustomerIpAddress,
            satisfies(received, "x-fapi-customer-ip-address", |ip| ip.parse::<IpAddr>().is_ok()),
        )
    }
}
