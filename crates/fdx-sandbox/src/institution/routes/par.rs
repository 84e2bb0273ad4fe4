//! Pushed authorization requests (RFC 9126).

use fdx_jose::{Algorithm, Thumbprint};
use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeChallenge};
use fdx_wire::{Label, RedirectUri, UnixTime};
use http::{Response, StatusCode};
use serde_json::json;

use crate::answer;
use crate::institution::client::{Binding, RegisteredClient};
use crate::institution::config::{InstitutionConfig, Presence};
use crate::institution::dpop::With;
use crate::institution::received::{Received, Side};
use crate::institution::records::{Parameters, Progress, Pushed, ResponseMode};
use crate::institution::requested::{Requested, Sent};
use crate::institution::routes::metadata::ACR_VALUES;
use crate::institution::rule::Rule;
use crate::institution::signing;
use crate::institution::state::Institution;
use crate::institution::verdict::{Verdicts, Violation};

const MAX_STATE: usize = 2048;
const MAX_NONCE: usize = 64;
const REQUEST_URI: Label = Label::new("request_uri");

impl Institution {
    /// Answers a pushed authorization request.
    pub(crate) fn push(&mut self, received: &Received<'_>) -> Result<Response<Vec<u8>>, Violation> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let sent = self.read_request(&config, client, &form, received)?;
        let parameters = Parameters::read(&config, client, &sent, &mut self.verdicts)?;
        let dpop_jkt = self.bind_code(received, client.binding, sent.get("dpop_jkt"))?;
        self.check_challenge(client, &parameters)?;
        let (request_uri, pushed) =
            self.pushed_request(&config, client, parameters, dpop_jkt, received.now);
        let expires_in = config.manners.request_uri_lifetime.as_secs();
        let document = json!({ "request_uri": request_uri, "expires_in": expires_in });
        self.pushed.insert(request_uri, pushed);
        Ok(answer::json(StatusCode::CREATED, &document))
    }

    /// Reads a request that was not pushed, which is not FAPI. Returns it with its `request_uri`.
    pub(crate) fn read_unpushed(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        sent: &Sent,
        now: UnixTime,
    ) -> Result<(String, Pushed), Violation> {
        let parameters = Parameters::read(config, client, sent, &mut self.verdicts)?;
        Ok(self.pushed_request(config, client, parameters, None, now))
    }

    fn pushed_request(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        parameters: Parameters,
        dpop_jkt: Option<Thumbprint>,
        now: UnixTime,
    ) -> (String, Pushed) {
        let manners = &config.manners;
        let request_uri = format!("{}{}", manners.request_uri, self.randomness.text(REQUEST_URI));
        let pushed = Pushed {
            client_id: client.client_id.clone(),
            parameters,
            dpop_jkt,
            expires: now + manners.request_uri_lifetime,
            progress: Progress::Waiting,
        };
        (request_uri, pushed)
    }

    /// The last check, so that a refused request, such as one without a nonce, can be pushed again
    /// with the same challenge.
    fn check_challenge(
        &mut self,
        client: &RegisteredClient,
        parameters: &Parameters,
    ) -> Result<(), Violation> {
        let challenge = parameters.code_challenge.as_str().to_owned();
        let key = (client.client_id.clone(), challenge);
        self.verdicts.require(Rule::ChallengeFresh, self.challenges.get(&key).is_none())?;
        self.challenges.insert(key, ());
        Ok(())
    }

    /// RFC 9449 section 10.1: `dpop_jkt`, a proof, or both if they agree.
    fn bind_code(
        &mut self,
        received: &Received<'_>,
        binding: Binding,
        dpop_jkt: Option<&str>,
    ) -> Result<Option<Thumbprint>, Violation> {
        let has_proof = received.request.headers().contains_key("dpop");
        self.verdicts.require(
            Rule::PushWithoutDpop,
            binding == Binding::Dpop || !(has_proof || dpop_jkt.is_some()),
        )?;
        let named = match dpop_jkt {
            None => None,
            Some(text) => Some(
                self.verdicts.require_some(Rule::DpopJktSyntax, Thumbprint::parse(text).ok())?,
            ),
        };
        if !has_proof {
            return Ok(named);
        }
        let proven = self.check_proof(received, With::Authorization)?;
        self.verdicts.require(Rule::DpopJktKey, named.is_none_or(|named| named == proven))?;
        Ok(Some(proven))
    }
}

impl Parameters {
    /// Checks and reads the parameters of an authorization request.
    fn read(
        config: &InstitutionConfig,
        client: &RegisteredClient,
        sent: &Sent,
        verdicts: &mut Verdicts,
    ) -> Result<Self, Violation> {
        let response_mode = response_mode(config, client, sent, verdicts)?;
        let redirect_uri = verdicts.require_some(
            Rule::PushRedirectUri,
            sent.get("redirect_uri").and_then(|text| RedirectUri::parse(text).ok()).filter(
                // check: RegisteredRedirectUri
                |redirect_uri| client.has_registered(redirect_uri),
            ),
        )?;
        let code_challenge = code_challenge(sent, verdicts)?;
        let state = sent.get("state");
        verdicts.require(Rule::PushState, state.is_none_or(|state| state.len() <= MAX_STATE))?;
        let nonce = sent.get("nonce");
        verdicts.require(
            Rule::PushNonce,
            nonce.is_none_or(|nonce| nonce.chars().count() <= MAX_NONCE),
        )?;
        check_resource(config, sent, verdicts)?;
        check_openid(sent, verdicts)?;
        let requested = match sent.get("authorization_details") {
            None if config.authorization_details == Presence::Optional => {
                Requested::of_scopes(client, sent, verdicts)?
            }
            _ => (config.manners.requested)(client, sent, verdicts)?,
        };
        Ok(Self {
            redirect_uri,
            code_challenge,
            response_mode,
            state: state.map(str::to_owned),
            nonce: nonce.map(str::to_owned),
            acr: acr(sent),
            requested,
        })
    }
}

fn response_mode(
    config: &InstitutionConfig,
    client: &RegisteredClient,
    sent: &Sent,
    verdicts: &mut Verdicts,
) -> Result<ResponseMode, Violation> {
    verdicts.require(Rule::PushResponseType, sent.get("response_type") == Some("code"))?;
    let algorithm = match sent.get("response_mode") {
        None | Some("query") => return Ok(ResponseMode::Query),
        Some("jwt" | "query.jwt") => Some(client.authorization_signed_response_alg),
        Some(_) => None,
    };
    let registered = verdicts.require_some(Rule::PushResponseMode, algorithm)?;
    // JARM 3: without registration it would be RS256, which FAPI 2.0 does not allow.
    let signs = |algorithm: &Algorithm| signing::can_sign(config, *algorithm);
    verdicts
        .require_some(Rule::PushResponseAlgorithm, registered.filter(signs))
        .map(ResponseMode::Jwt)
}

fn code_challenge(sent: &Sent, verdicts: &mut Verdicts) -> Result<CodeChallenge, Violation> {
    verdicts.require(
        Rule::PushChallengeMethod,
        sent.get("code_challenge_method") == Some(CODE_CHALLENGE_METHOD),
    )?;
    verdicts.require_some(
        Rule::PushChallenge,
        sent.get("code_challenge").and_then(|text| CodeChallenge::parse(text).ok()),
    )
}

fn check_resource(
    config: &InstitutionConfig,
    sent: &Sent,
    verdicts: &mut Verdicts,
) -> Result<(), Violation> {
    let known = |resource: &String| {
        [Side::Main, Side::MutualTls]
            .into_iter()
            .any(|side| side.endpoint(config, config.paths.fdx) == resource.trim_end_matches('/'))
    };
    verdicts.require(Rule::PushResource, sent.resources().iter().all(known))
}

fn check_openid(sent: &Sent, verdicts: &mut Verdicts) -> Result<(), Violation> {
    let prompts = sent.get("prompt").unwrap_or_default();
    verdicts.require(
        Rule::PushPrompt,
        prompts
            .split_ascii_whitespace()
            .all(|prompt| matches!(prompt, "consent" | "login" | "select_account")),
    )?;
    verdicts
        .require(Rule::PushMaxAge, sent.get("max_age").is_none_or(|age| age.parse::<u32>().is_ok()))
}

/// Returns the first of the voluntary `acr_values` that this institution supports.
fn acr(sent: &Sent) -> Option<&'static str> {
    let mut requested = sent.get("acr_values")?.split_ascii_whitespace();
    requested.find_map(|value| ACR_VALUES.into_iter().find(|known| *known == value))
}
