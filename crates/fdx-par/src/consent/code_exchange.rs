use core::fmt;

use fdx_wire::form::Form;
use fdx_wire::{Entropy, Secret, UnixTime};
use serde::Deserialize;

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::client::encrypted::TokenHolder;
use crate::consent::callback::callback::Accepted;
use crate::consent::pending::pending::{Flow, FlowId};
use crate::discovery::endpoint::Endpoint;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::refused::Refused;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::issued;
use crate::tokens::issued::{Issued, LIMIT};
use crate::tokens::tokens::{Revocable, Tokens};

/// The tokens of a code exchange, before verification. Persist [`Exchanged::to_json`] at once, then
/// call [`Client::verify`](crate::Client::verify).
///
/// Until they are verified, these tokens can't be used. They can be persisted,
/// [restored](crate::Client::restore_unverified),
/// [refreshed](crate::Client::refresh_unverified) and [revoked](crate::Client::revoke). No method
/// returns a [`Tokens`] or an [`AccessToken`](crate::AccessToken), so this does not compile:
///
/// ```compile_fail,E0599
/// use fdx_par::{AccessToken, Exchanged};
///
/// fn access_token(exchanged: &Exchanged) -> &AccessToken {
///     exchanged.tokens().access_token()
/// }
/// ```
///
/// After verification it does:
///
/// ```
/// use fdx_par::{AccessToken, Verified};
///
/// fn access_token(verified: &Verified) -> &AccessToken {
///     verified.tokens().access_token()
/// }
/// ```
#[must_use = "persist the tokens, then verify"]
pub struct Exchanged {
    pub(crate) issued: Issued,
    pub(crate) flow: Box<Flow>,
    /// When the code exchange was drafted.
    pub(crate) exchanged_at: UnixTime,
    pub(crate) id_token_from: IdTokenFrom,
}

/// The response that an unverified ID token came in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdTokenFrom {
    /// The response to the code exchange (OpenID Connect Core 3.1.3.7).
    Exchange,
    /// The response to a refresh (OpenID Connect Core 12.2).
    Refresh,
}

impl IdTokenFrom {
    /// The name in the text form.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
        }
    }
}

impl Exchanged {
    /// The flow that the tokens belong to.
    #[must_use]
    pub fn flow_id(&self) -> &FlowId {
        &self.flow.id
    }
}

impl TokenHolder for Exchanged {
    fn take(&mut self, signed: Secret) {
        self.issued.opened = Some(signed);
    }
}

impl Revocable for Exchanged {
    fn revocable(&self) -> &Tokens {
        &self.issued.tokens
    }
}

impl fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanged")
            .field("flow_id", &self.flow.id)
            .field("tokens", &self.issued.tokens)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Drafts the exchange of a code for tokens (RFC 6749 section 4.1.3), with the verifier, bound
    /// to the key or certificate that the push was bound to.
    ///
    /// # Errors
    /// [`Refused`] with the code unspent:
    /// [`StoredStateFault::OtherKey`](crate::StoredStateFault::OtherKey) if the configuration
    /// now has another key or certificate,
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient), or
    /// [`Error::Server`] if the metadata do not protect a flow.
    pub fn exchange(
        &self,
        accepted: Accepted,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Exchanged>, Refused<Accepted>> {
        let checked = self.check_owner(accepted.pending.flow.owner());
        if let Err(error) = checked.and_then(|()| self.metadata().check_flows()) {
            return Err(Refused::new(error, accepted));
        }
        let request = CodeExchange { client: self.clone(), accepted };
        Draft::new(request, entropy, now).map_err(|refused: Refused<CodeExchange>| {
            Refused::new(refused.error, refused.unspent.accepted)
        })
    }
}

pub struct CodeExchange {
    client: Client,
    accepted: Accepted,
}

impl Exchange for Exchanged {
    type Request = CodeExchange;
    type Kept = Bound;
    type Entropy = Entropy;

    /// A code that may have been spent is never sent again.
    const ON_NO_RESPONSE: NextStep = NextStep::StartOver;

    fn write(request: &CodeExchange, mint: &Mint<'_>) -> Result<(Outgoing, Bound), Error> {
        let Accepted { pending, code } = &request.accepted;
        let mut form = Form::with_capacity(4096);
        form.pair("grant_type", "authorization_code")
            .pair("code", code.expose())
            .pair("redirect_uri", pending.flow.redirect_uri.as_str())
            .pair("code_verifier", pending.code_verifier.expose());
        let bound = request.client.bound_at_exchange(pending.flow.bound_to)?;
        let outgoing = request.client.post(Endpoint::Token, form, Some(bound), mint, LIMIT)?;
        Ok((outgoing, bound))
    }

    fn read(request: CodeExchange, bound: Bound, answer: &Answer<'_>) -> Result<Self, Error> {
        let flow = request.accepted.pending.flow;
        let issued = issued::read(answer, &request.client, bound, &flow.scopes)?;
        let (exchanged_at, id_token_from) = (answer.drafted_at, IdTokenFrom::Exchange);
        Ok(Self { issued, flow, exchanged_at, id_token_from })
    }
}
