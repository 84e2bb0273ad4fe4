//! The token endpoint: a code, once, for tokens that only its client can use.

mod issue;

use fdx_jose::Thumbprint;
use fdx_pkce::CodeVerifier;
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::Response;

use crate::authorize::{Code, Spent};
use crate::client::{Binding, RegisteredClient};
use crate::dpop::With;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::{Received, value};

/// A token that was issued.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) client_id: String,
    pub(crate) consent_id: String,
    pub(crate) scope: String,
    pub(crate) bound: Bound,
    pub(crate) issued: UnixTime,
    pub(crate) expires: UnixTime,
    /// The code that it came from: it takes the token with it when it is used again.
    code: String,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Access,
    Refresh,
    Revoked,
}

/// Whose token it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bound {
    Key(Thumbprint),
    Certificate(Thumbprint),
}

impl Institution {
    pub(crate) fn exchange_code(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let bound = self.sender(received, client)?;
        self.verdicts.require(
            Reason::UnsupportedGrantType,
            "FAPI 2.0 SP 5.3.2.2-1",
            "grant_type is authorization_code",
            value(&form, "grant_type") == Some("authorization_code"),
        )?;
        let (text, code) = self.find_code(&form, client, received.now)?;
        self.check_code(&form, &code, bound)?;
        if let Some(code) = self.codes.get_mut(&text) {
            code.spent = Spent::Yes;
        }
        Ok(self.issue(&config, client, &code, text, bound, received.now))
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
                    received.peer.thumbprint == Some(certificate),
                )?;
                Ok(Bound::Certificate(certificate))
            }
            Binding::AnyCertificate => self.verdicts.require_some(
                Reason::InvalidRequest,
                "RFC 8705 3",
                "the client shows a certificate at the mTLS token endpoint",
                received.peer.thumbprint.map(Bound::Certificate),
            ),
        }
    }

    fn find_code(
        &mut self,
        form: &Query<'_>,
        client: &RegisteredClient,
        now: UnixTime,
    ) -> Result<(String, Code), Broken> {
        let text = value(form, "code").unwrap_or_default();
        let code =
            self.codes.get(text).filter(|code| code.pushed.client_id == client.client_id).cloned();
        let code = self.verdicts.require_some(
            Reason::InvalidGrant,
            "RFC 6749 4.1.3",
            "the code was issued to this client",
            code,
        )?;
        if code.spent == Spent::Yes {
            // RFC 6749 4.1.2: what was issued from it should be revoked.
            for token in self.tokens.values_mut().filter(|token| token.code == text) {
                token.kind = Kind::Revoked;
            }
        }
        self.verdicts.require(
            Reason::InvalidGrant,
            "FAPI 2.0 SP 5.3.2.2-9",
            "the code was not used before",
            code.spent == Spent::No,
        )?;
        self.verdicts.require(
            Reason::InvalidGrant,
            "FAPI 2.0 SP 5.3.2.1-11",
            "the code is at most 60 seconds old",
            now <= code.expires,
        )?;
        Ok((text.to_owned(), code))
    }

    fn check_code(&mut self, form: &Query<'_>, code: &Code, bound: Bound) -> Result<(), Broken> {
        let parameters = &code.pushed.parameters;
        self.verdicts.require(
            Reason::InvalidGrant,
            "RFC 6749 4.1.3",
            "redirect_uri is the pushed one",
            value(form, "redirect_uri") == Some(parameters.redirect_uri.as_str()),
        )?;
        let verifier = value(form, "code_verifier").map(CodeVerifier::parse);
        self.verdicts.require(
            Reason::InvalidGrant,
            "RFC 7636 4.6",
            "code_verifier is the one behind code_challenge",
            matches!(verifier, Some(Ok(verifier)) if parameters.code_challenge.verify(&verifier)),
        )?;
        self.verdicts.require(
            Reason::InvalidGrant,
            "RFC 9449 10",
            "the proof's key is the one that the code is bound to",
            code.pushed.dpop_jkt.is_none_or(|key| bound == Bound::Key(key)),
        )
    }
}
