//! The token endpoint: a code, once, or a refresh token, for tokens that only their client can use;
//! or nothing but the client itself, for a token without a customer.

mod client_credentials;
mod code;
mod issue;
mod refresh;

use fdx_jose::Thumbprint;
use fdx_wire::UnixTime;
use http::Response;

use crate::client::{Binding, RegisteredClient};
use crate::dpop::With;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::{Received, value};

/// A token that was issued.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) grant: Grant,
    /// What of the grant this token is good for.
    pub(crate) scopes: Vec<String>,
    pub(crate) issued: UnixTime,
    pub(crate) expires: UnixTime,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Access(Bound),
    /// Bound to its client alone, which authenticates (RFC 9449 section 5, RFC 8705 section 7.1).
    Refresh,
    /// Replaced by another, and good until then for whoever lost the answer.
    Replaced {
        until: UnixTime,
    },
    Revoked,
}

/// Whose token it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bound {
    Key(Thumbprint),
    Certificate(Thumbprint),
    /// Whoever holds it can use it.
    Nobody,
}

/// What the customer agreed to, from which tokens come again and again.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    /// None for a client's own token, behind which no customer stands.
    pub(crate) consent_id: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) auth_time: UnixTime,
    pub(crate) acr: Option<&'static str>,
}

impl Institution {
    pub(crate) fn issue_tokens(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let bound = self.sender(received, client)?;
        let grant_type = value(&form, "grant_type");
        self.verdicts.require(
            Reason::UnsupportedGrantType,
            "FAPI 2.0 SP 5.3.2.2-1",
            "grant_type is authorization_code, refresh_token or client_credentials",
            matches!(
                grant_type,
                Some("authorization_code" | "client_credentials" | "refresh_token")
            ),
        )?;
        match grant_type {
            Some("client_credentials") => {
                self.client_credentials(client, &form, bound, received.now)
            }
            Some("refresh_token") => self.refresh(&config, client, &form, bound, received.now),
            _ => self.exchange_code(&config, client, &form, bound, received.now),
        }
    }

    /// Ends every token that came from this consent.
    pub(crate) fn revoke_tokens(&mut self, consent_id: &str) {
        for token in self.tokens.values_mut() {
            if token.grant.consent_id.as_deref() == Some(consent_id) {
                token.kind = Kind::Revoked;
            }
        }
    }

    /// How the tokens will be bound: by what this very request proves.
    fn sender(
        &mut self,
        received: &Received<'_>,
        client: &RegisteredClient,
    ) -> Result<Bound, Broken> {
        match client.binding {
            Binding::Dpop => self.check_proof(received, With::Authorization).map(Bound::Key),
            Binding::MutualTls(certificate) => {
                self.verdicts.require(
                    Reason::InvalidRequest,
                    "RFC 8705 3",
                    "the client shows its registered certificate at the mTLS token endpoint",
                    // check: Certificate
                    received.peer.thumbprint == Some(certificate),
                )?;
                Ok(Bound::Certificate(certificate))
            }
            Binding::Nothing => Ok(Bound::Nobody),
            Binding::AnyCertificate => self.verdicts.require_some(
                Reason::InvalidRequest,
                "RFC 8705 3",
                "the client shows a certificate at the mTLS token endpoint",
                received.peer.thumbprint.map(Bound::Certificate),
            ),
        }
    }
}

impl Bound {
    pub(crate) fn token_type(self) -> &'static str {
        match self {
            Self::Key(_) => "DPoP",
            Self::Certificate(_) | Self::Nobody => "Bearer",
        }
    }
}

impl Token {
    /// Whether anything can still be done with it.
    pub(crate) fn is_alive(&self, now: UnixTime) -> bool {
        let retired = match self.kind {
            Kind::Revoked => true,
            Kind::Replaced { until } => until < now,
            Kind::Access(_) | Kind::Refresh => false,
        };
        !retired && self.expires > now
    }
}
