use fdx_jose::Algorithm;
use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeChallenge};
use fdx_wire::RedirectUri;

use super::Requested;
use super::sent::Sent;
use crate::client::RegisteredClient;
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::metadata::{self, ACR_VALUES};
use crate::received::Side;
use crate::signed;
use crate::verdict::Verdicts;

const MAX_STATE: usize = 2048;
const MAX_NONCE: usize = 64;

/// The parameters of an authorization request, each checked.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) code_challenge: CodeChallenge,
    pub(crate) response_mode: ResponseMode,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) acr: Option<&'static str>,
    pub(crate) requested: Requested,
}

/// How the authorization response comes back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ResponseMode {
    /// As parameters.
    Query,
    /// As one JWT under this algorithm (JARM).
    Jwt(Algorithm),
}

impl Parameters {
    pub(super) fn read(
        config: &InstitutionConfig,
        client: &RegisteredClient,
        sent: &Sent,
        verdicts: &mut Verdicts,
    ) -> Result<Self, Broken> {
        let response_mode = response_mode(config, client, sent, verdicts)?;
        let redirect_uri = verdicts.require_some(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.2.2-6",
            "redirect_uri is there, and byte for byte one of the client's",
            sent.get("redirect_uri").and_then(|text| RedirectUri::parse(text).ok()).filter(
                // check: RegisteredRedirectUri
                |redirect_uri| client.redirect_uris.contains(redirect_uri),
            ),
        )?;
        let code_challenge = code_challenge(sent, verdicts)?;
        let state = sent.get("state");
        verdicts.require(
            Reason::InvalidRequest,
            "RFC 6749 4.1.1",
            "state has at most 2,048 bytes",
            state.is_none_or(|state| state.len() <= MAX_STATE),
        )?;
        let nonce = sent.get("nonce");
        verdicts.require(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.2.2-14",
            "nonce has at most 64 characters",
            nonce.is_none_or(|nonce| nonce.chars().count() <= MAX_NONCE),
        )?;
        check_resource(config, sent, verdicts)?;
        check_openid(sent, verdicts)?;
        Ok(Self {
            redirect_uri,
            code_challenge,
            response_mode,
            state: state.map(str::to_owned),
            nonce: nonce.map(str::to_owned),
            acr: acr(sent),
            requested: match config.provider.requested(client, sent) {
                Some(requested) => requested?,
                None => Requested::read(client, sent, verdicts)?,
            },
        })
    }
}

fn response_mode(
    config: &InstitutionConfig,
    client: &RegisteredClient,
    sent: &Sent,
    verdicts: &mut Verdicts,
) -> Result<ResponseMode, Broken> {
    verdicts.require(
        Reason::UnsupportedResponseType,
        "FAPI 2.0 SP 5.3.2.2-1",
        "response_type is code",
        sent.get("response_type") == Some("code"),
    )?;
    let algorithm = match sent.get("response_mode") {
        None | Some("query") => return Ok(ResponseMode::Query),
        Some("jwt" | "query.jwt") => Some(client.authorization_signed_response_alg),
        Some(_) => None,
    };
    let registered = verdicts.require_some(
        Reason::InvalidRequest,
        "OAuth 2.0 Multiple Response Types 2.1",
        "response_mode, if any, is query, jwt or query.jwt",
        algorithm,
    )?;
    // JARM 3: without registration it would be RS256, which FAPI 2.0 does not allow.
    let signs = |algorithm: &Algorithm| signed::can_sign(config, *algorithm);
    verdicts
        .require_some(
            Reason::InvalidRequest,
            "JARM 3",
            "the client registered authorization_signed_response_alg, one that signs here",
            registered.filter(signs),
        )
        .map(ResponseMode::Jwt)
}

fn code_challenge(sent: &Sent, verdicts: &mut Verdicts) -> Result<CodeChallenge, Broken> {
    verdicts.require(
        Reason::InvalidRequest,
        "FAPI 2.0 SP 5.3.2.2-5",
        "code_challenge_method is S256",
        sent.get("code_challenge_method") == Some(CODE_CHALLENGE_METHOD),
    )?;
    verdicts.require_some(
        Reason::InvalidRequest,
        "RFC 7636 4.2",
        "code_challenge is base64url of 32 bytes",
        sent.get("code_challenge").and_then(|text| CodeChallenge::parse(text).ok()),
    )
}

fn check_resource(
    config: &InstitutionConfig,
    sent: &Sent,
    verdicts: &mut Verdicts,
) -> Result<(), Broken> {
    let known = |resource: &str| {
        [Side::Main, Side::MutualTls].into_iter().any(|side| {
            metadata::endpoint(config, side, config.paths().fdx) == resource.trim_end_matches('/')
        })
    };
    verdicts.require(
        Reason::InvalidTarget,
        "RFC 8707 2",
        "resource, if any, is the FDX base URL",
        sent.get("resource").is_none_or(known),
    )
}

fn check_openid(sent: &Sent, verdicts: &mut Verdicts) -> Result<(), Broken> {
    let prompts = sent.get("prompt").unwrap_or_default();
    verdicts.require(
        Reason::InvalidRequest,
        "OIDC Core 3.1.2.1",
        "prompt is made of login, consent and select_account: the customer is always asked",
        prompts
            .split_ascii_whitespace()
            .all(|prompt| matches!(prompt, "consent" | "login" | "select_account")),
    )?;
    verdicts.require(
        Reason::InvalidRequest,
        "OIDC Core 3.1.2.1",
        "max_age, if any, is a number of seconds",
        sent.get("max_age").is_none_or(|age| age.parse::<u32>().is_ok()),
    )
}

/// The first of the voluntary `acr_values` that this institution knows.
fn acr(sent: &Sent) -> Option<&'static str> {
    let asked = sent.get("acr_values")?;
    let mut asked = asked.split_ascii_whitespace();
    asked.find_map(|asked| ACR_VALUES.into_iter().find(|known| *known == asked))
}
