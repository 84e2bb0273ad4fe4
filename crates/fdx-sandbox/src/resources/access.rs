//! Who may come in: the access token, its binding, its consent.

use fdx_wire::form::Query;

use super::Consent;
use crate::dpop::With;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::{Received, Side};
use crate::token::{Bound, Kind};

/// The longest query that is looked at, in bytes.
const MAX_QUERY: usize = 4096;

/// Whom an access token lets in.
pub(super) enum Access {
    /// A client on a customer's behalf, as far as the consent reaches.
    Customer(Box<Consent>),
    /// The client with this id, on its own (RFC 6749 section 4.4).
    Client(String),
}

impl Institution {
    /// Checks the token and everything around it, and gives what stands behind it.
    pub(super) fn authorize_access(&mut self, received: &Received<'_>) -> Result<Access, Broken> {
        let query = received.request.uri().query().unwrap_or_default();
        self.verdicts.require(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.4-2",
            "no access token stands in the query",
            // The names decoded: `access%5Ftoken` is one, too.
            Query::parse(query, MAX_QUERY)
                .is_ok_and(|query| query.names().all(|name| name != "access_token")),
        )?;
        let credentials = self.verdicts.require_some(
            Reason::NoCredentials,
            "FAPI 2.0 SP 5.3.4-1",
            "there is one access token, in the Authorization header",
            received.header("authorization"),
        )?;
        let (scheme, text) = credentials.split_once(' ').unwrap_or((credentials, ""));
        let token = self.tokens.get(text).filter(|token| token.is_alive(received.now));
        let found = token.and_then(|token| match token.kind {
            Kind::Access(bound) => Some((token.clone(), bound)),
            _ => None,
        });
        let (token, bound) = self.verdicts.require_some(
            Reason::InvalidToken,
            "FAPI 2.0 SP 5.3.4-3",
            "the access token was issued here, is not revoked and has not expired",
            found,
        )?;
        self.check_sender(received, bound, scheme, text)?;
        let access = match &token.grant.consent_id {
            None => Access::Client(token.grant.client_id),
            Some(consent_id) => {
                let consent = self.consents.get(consent_id);
                let consent = self.verdicts.require_some(
                    Reason::InvalidToken,
                    "FDX Security Model v5",
                    "the consent behind the token is active",
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
    ) -> Result<(), Broken> {
        match bound {
            Bound::Key(key) => {
                self.verdicts.require(
                    Reason::InvalidToken,
                    "RFC 9449 7.1",
                    "a token that is bound to a key comes under the scheme DPoP",
                    scheme.eq_ignore_ascii_case("DPoP"),
                )?;
                self.verdicts.require(
                    Reason::InvalidToken,
                    "RFC 8705 5",
                    "a token that is bound to a key goes where no certificate is asked for",
                    received.side == Side::Main,
                )?;
                let proven = self.check_proof(received, With::AccessToken(text))?;
                self.verdicts.require(
                    Reason::InvalidToken,
                    "RFC 9449 7.1",
                    "the proof's key is the one that the token is bound to",
                    // check: ProofKey
                    proven == key,
                )
            }
            Bound::Certificate(certificate) => {
                self.verdicts.require(
                    Reason::InvalidToken,
                    "RFC 6750 2.1",
                    "a token that is bound to a certificate comes under the scheme Bearer",
                    scheme.eq_ignore_ascii_case("Bearer"),
                )?;
                self.verdicts.require(
                    Reason::InvalidToken,
                    "RFC 8705 3",
                    "the client shows the certificate that the token is bound to",
                    // check: Certificate
                    received.peer.thumbprint == Some(certificate),
                )
            }
            Bound::Nobody => self.verdicts.require(
                Reason::InvalidToken,
                "RFC 6750 2.1",
                "a token that is bound to nothing comes under the scheme Bearer",
                scheme.eq_ignore_ascii_case("Bearer"),
            ),
        }
    }
}

/// RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
