use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeChallenge};
use fdx_wire::RedirectUri;
use fdx_wire::form::Query;

use super::Requested;
use crate::client::RegisteredClient;
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::metadata::{self, ACR_VALUES, FDX};
use crate::received::{Side, value};
use crate::verdict::Verdicts;

const MAX_STATE: usize = 2048;
const MAX_NONCE: usize = 64;

/// The parameters of an authorization request, each checked.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) code_challenge: CodeChallenge,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) acr: Option<&'static str>,
    pub(crate) requested: Requested,
}

impl Parameters {
    pub(super) fn read(
        config: &InstitutionConfig,
        client: &RegisteredClient,
        form: &Query<'_>,
        verdicts: &mut Verdicts,
    ) -> Result<Self, Broken> {
        check_absent(form, verdicts)?;
        check_response(form, verdicts)?;
        let redirect_uri = verdicts.require_some(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.2.2-6",
            "redirect_uri is there, and byte for byte one of the client's",
            value(form, "redirect_uri").and_then(|sent| {
                let mut registered = client.redirect_uris.iter();
                registered.find(|uri| uri.as_str() == sent)
            }),
        )?;
        let code_challenge = code_challenge(form, verdicts)?;
        let state = value(form, "state");
        verdicts.require(
            Reason::InvalidRequest,
            "RFC 6749 4.1.1",
            "state has at most 2,048 bytes",
            state.is_none_or(|state| state.len() <= MAX_STATE),
        )?;
        let nonce = value(form, "nonce");
        verdicts.require(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.2.2-14",
            "nonce has at most 64 characters",
            nonce.is_none_or(|nonce| nonce.chars().count() <= MAX_NONCE),
        )?;
        check_resource(config, form, verdicts)?;
        check_openid(form, verdicts)?;
        Ok(Self {
            redirect_uri: redirect_uri.clone(),
            code_challenge,
            state: state.map(str::to_owned),
            nonce: nonce.map(str::to_owned),
            acr: acr(form),
            requested: Requested::read(client, form, verdicts)?,
        })
    }
}

fn check_absent(form: &Query<'_>, verdicts: &mut Verdicts) -> Result<(), Broken> {
    verdicts.require(
        Reason::InvalidRequest,
        "RFC 9126 2.1",
        "request_uri is not pushed",
        form.one("request_uri") == Ok(None),
    )?;
    verdicts.require(
        Reason::RequestNotSupported,
        "RFC 9101 6.2",
        "there is no request object: this institution reads none",
        form.one("request") == Ok(None),
    )
}

fn check_response(form: &Query<'_>, verdicts: &mut Verdicts) -> Result<(), Broken> {
    verdicts.require(
        Reason::UnsupportedResponseType,
        "FAPI 2.0 SP 5.3.2.2-1",
        "response_type is code",
        value(form, "response_type") == Some("code"),
    )?;
    verdicts.require(
        Reason::InvalidRequest,
        "OAuth 2.0 Multiple Response Types 2.1",
        "response_mode, if any, is query",
        matches!(value(form, "response_mode"), None | Some("query")),
    )
}

fn code_challenge(form: &Query<'_>, verdicts: &mut Verdicts) -> Result<CodeChallenge, Broken> {
    verdicts.require(
        Reason::InvalidRequest,
        "FAPI 2.0 SP 5.3.2.2-5",
        "code_challenge_method is S256",
        value(form, "code_challenge_method") == Some(CODE_CHALLENGE_METHOD),
    )?;
    verdicts.require_some(
        Reason::InvalidRequest,
        "RFC 7636 4.2",
        "code_challenge is base64url of 32 bytes",
        value(form, "code_challenge").and_then(|text| CodeChallenge::parse(text).ok()),
    )
}

fn check_resource(
    config: &InstitutionConfig,
    form: &Query<'_>,
    verdicts: &mut Verdicts,
) -> Result<(), Broken> {
    let known = |resource: &str| {
        [Side::Main, Side::MutualTls]
            .into_iter()
            .any(|side| metadata::endpoint(config, side, FDX) == resource.trim_end_matches('/'))
    };
    verdicts.require(
        Reason::InvalidTarget,
        "RFC 8707 2",
        "resource, if any, is the FDX base URL",
        value(form, "resource").is_none_or(known),
    )
}

fn check_openid(form: &Query<'_>, verdicts: &mut Verdicts) -> Result<(), Broken> {
    let prompts = value(form, "prompt").unwrap_or_default();
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
        value(form, "max_age").is_none_or(|age| age.parse::<u32>().is_ok()),
    )
}

/// The first of the voluntary `acr_values` that this institution knows.
fn acr(form: &Query<'_>) -> Option<&'static str> {
    let asked = value(form, "acr_values")?;
    let mut asked = asked.split_ascii_whitespace();
    asked.find_map(|asked| ACR_VALUES.into_iter().find(|known| *known == asked))
}
