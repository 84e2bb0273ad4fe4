//! The FDX Consent API: reads and revokes a consent.

use fdx_rar::{ConsentRevocationList, ConsentRevocationRequest};
use fdx_wire::json::{self, Limits};
use fdx_wire::percent_encode;

use http::{Method, Response, StatusCode};

use crate::answer;
use crate::institution::consent::{Access, Consent};
use crate::institution::received::Received;

use crate::institution::rule::Rule;
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;

const MAX_REQUEST: usize = 16 * 1024;

impl Institution {
    /// `GET /consents/{consentId}`.
    pub(crate) fn read_consent(
        &mut self,
        access: &Access,
        segment: &str,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let consent = self.find_consent(access, segment)?;
        let document = consent.document(self.config().issuer.as_str(), received.now);
        Ok(answer::json(StatusCode::OK, &document))
    }

    /// `/consents/{consentId}/revocation`: `GET` lists, `PUT` revokes.
    pub(crate) fn revocation_of(
        &mut self,
        access: &Access,
        segment: &str,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let consent = self.find_consent(access, segment)?;
        if received.request.method() == Method::GET {
            let revocations = consent.revocation().cloned().into_iter().collect();
            let list = ConsentRevocationList::new(revocations);
            return Ok(answer::json(StatusCode::OK, &list));
        }
        let request = self.read_revocation_request(received)?;
        self.verdicts.require(Rule::ConsentActive, consent.is_active(received.now))?;
        if let Some(consent) = self.consents.get_mut(&consent.id) {
            consent.revoke(request, received.now);
        }
        // FDX Security Model v5: the consent's tokens end with it.
        self.revoke_tokens(&consent.id);
        Ok(answer::empty(StatusCode::NO_CONTENT))
    }

    fn find_consent(&mut self, access: &Access, segment: &str) -> Result<Consent, Violation> {
        // check: ConsentOfToken
        let named = |consent: &&Consent| segment == percent_encode(&consent.id);
        match access {
            Access::Customer(consent) => self
                .verdicts
                .require_some(Rule::ConsentOfToken, Some(consent.as_ref()).filter(named).cloned()),
            Access::Client(client_id) => {
                let mut consents = self.consents.values();
                let consent =
                    consents.find(|consent| named(consent) && consent.is_for(client_id)).cloned();
                self.verdicts.require_some(Rule::ConsentOfClient, consent)
            }
        }
    }

    fn read_revocation_request(
        &mut self,
        received: &Received<'_>,
    ) -> Result<ConsentRevocationRequest, Violation> {
        let is_json = received.has_content_type("application/json");
        let body = received.request.body();
        let request = json::object_from_slice(body, &Limits::bytes(MAX_REQUEST)).ok();
        self.verdicts.require_some(Rule::ConsentRevocationBody, request.filter(|_| is_json))
    }
}
