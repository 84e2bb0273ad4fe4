mod request;
mod response;

use fdx_jose::Thumbprint;
use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeVerifier};
use fdx_wire::form::Form;
use fdx_wire::{Entropy, Label, Secret, UnixTime, base64url};
use sha2::{Digest, Sha256};

pub use request::AuthorizationRequest;
pub use response::Pushed;

use crate::client::SenderConstraint;
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{Draft, Exchange};
use crate::pending::{Flow, FlowId, Pending};
use crate::{Client, Endpoint, Error, NextStep};

const FLOW: Label = Label::new("flow id");
const STATE: Label = Label::new("state");
const NONCE: Label = Label::new("nonce");
const CODE_VERIFIER: Label = Label::new("code_verifier");

const LIMIT: usize = 16 * 1024;

impl Client {
    /// Drafts the pushed authorization request (RFC 9126) for a consent.
    ///
    /// Scopes come from the consent request: FDX refuses a request whose `scope` says anything
    /// else. `openid` and `offline_access` are added where they are wanted and the server lists
    /// them.
    ///
    /// # Errors
    /// [`Error::Caller`].
    pub fn push(
        &self,
        request: &AuthorizationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Pushed>, Error> {
        let ask = Ask { client: self.clone(), request: request.clone() };
        Ok(Draft::new(ask, entropy, now)?)
    }
}

pub struct Ask {
    client: Client,
    request: AuthorizationRequest,
}

impl Exchange for Pushed {
    type Ask = Ask;

    /// A request_uri that nobody heard of expires by itself.
    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let form = ask.parameters(mint);
        let bound = ask.client.config().sender_constraint.bound();
        ask.client.post(Endpoint::PushedAuthorizationRequest, form, Some(bound), mint, LIMIT)
    }

    fn read(ask: Ask, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        let (request_uri, redirect_by, capped) = response::read(answer)?;
        let (scopes, mut notices) = ask.request.scopes(ask.client.metadata());
        notices.extend(capped);
        let config = ask.client.config();
        let asked_for = |scope: &str| scopes.contains(scope);
        let flow = Box::new(Flow {
            id: flow_id(mint),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.clone(),
            nonce: asked_for("openid").then(|| nonce(mint)),
            bound_to: ask.bound_to(),
            max_age: ask.request.max_age,
            acr_values: ask.request.acr_values.clone(),
            pushed_sha256: Sha256::digest(ask.parameters(mint).as_str()).into(),
            asked: ask.request.consent.clone(),
            scopes,
        });
        let pending = Pending {
            flow,
            state: state(mint),
            code_verifier: code_verifier(mint),
            callback_by: answer.drafted_at + config.callback_within,
        };
        Ok(Self {
            authorization_endpoint: ask.client.metadata().authorization_endpoint.clone(),
            request_uri,
            redirect_by,
            pending,
            notices,
        })
    }
}

impl Ask {
    fn bound_to(&self) -> Thumbprint {
        self.client.config().sender_constraint.thumbprint()
    }

    fn parameters(&self, mint: &Mint<'_>) -> Form {
        let config = self.client.config();
        let (scopes, _) = self.request.scopes(self.client.metadata());
        // Room for the assertion too: text that is outgrown is not wiped.
        let mut form = Form::with_capacity(4096);
        form.pair("response_type", "code")
            .pair("client_id", &config.client_id)
            .pair("redirect_uri", config.redirect_uri.as_str())
            .pair("scope", &scopes.to_string())
            .pair("state", state(mint).expose())
            .pair("code_challenge", code_verifier(mint).challenge().as_str())
            .pair("code_challenge_method", CODE_CHALLENGE_METHOD)
            .pair("authorization_details", &self.request.authorization_details().to_json());
        if scopes.contains("openid") {
            form.pair("nonce", nonce(mint).expose());
        }
        // RFC 9449 10.1: the code is bound to the key from the start.
        if let SenderConstraint::Dpop(key) = &config.sender_constraint {
            form.pair("dpop_jkt", &key.thumbprint().to_string());
        }
        self.request.write_options(&mut form);
        form
    }
}

fn flow_id(mint: &Mint<'_>) -> FlowId {
    FlowId::new(mint.bytes(FLOW))
}

/// The flow id, by which a callback finds its cookie, and 256 bits that nobody can guess.
fn state(mint: &Mint<'_>) -> Secret {
    let mut state = flow_id(mint).as_str().to_owned();
    base64url::encode_into(&mint.bytes(STATE), &mut state);
    Secret::new(state)
}

/// 43 characters; FAPI 2.0 Security Profile 5.3.3.2-7 allows 64.
fn nonce(mint: &Mint<'_>) -> Secret {
    Secret::new(mint.text(NONCE))
}

fn code_verifier(mint: &Mint<'_>) -> CodeVerifier {
    CodeVerifier::new(mint.bytes(CODE_VERIFIER))
}
