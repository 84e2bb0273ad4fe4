//! The FDX v6 resources, which serve only what was granted.

mod access;
mod accounts;
mod consent_api;
mod consents;
mod customers;
mod headers;
mod transactions;

use http::{Response, StatusCode};
use serde_json::Value;

use access::Access;
pub(crate) use access::is_uuid;
pub(crate) use consents::Consent;

use crate::answer;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::Received;

impl Institution {
    /// Answers a request below the FDX base URL.
    pub(crate) fn serve(&mut self, received: &Received<'_>) -> Result<Response<Vec<u8>>, Broken> {
        let access = self.authorize_access(received)?;
        let path = received.request.uri().path();
        let segments =
            path.strip_prefix(self.config().paths().fdx).unwrap_or_default().split('/').skip(1);
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

    /// A client's own token opens no customer's data.
    fn require_customer(&mut self, access: Access) -> Result<Consent, Broken> {
        let consent = match access {
            Access::Customer(consent) => Some(*consent),
            Access::Client(_) => None,
        };
        self.verdicts.require_some(
            Reason::NotAuthorized,
            "FAPI 2.0 SP 5.3.4-4",
            "a customer's consent stands behind the access token",
            consent,
        )
    }

    /// FDX 602: the consent lacks the data.
    fn require_granted(&mut self, granted: bool) -> Result<(), Broken> {
        self.verdicts.require(
            Reason::NotAuthorized,
            "FAPI 2.0 SP 5.3.4-4",
            "the consent covers the data that is asked for",
            granted,
        )
    }
}

/// Cents as the JSON number that FDX wants.
fn amount(cents: i64) -> Value {
    // Exact to the cent up to 2^53 cents.
    Value::from(cents as f64 / 100.0)
}
