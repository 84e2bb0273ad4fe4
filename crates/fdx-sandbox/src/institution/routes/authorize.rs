//! The authorization endpoint: the consent page, the customer's decision and the authorization
//! response.

use std::time::Duration;

use fdx_jose::Algorithm;
use fdx_wire::form::{Form, Query};
use fdx_wire::{Label, UnixTime};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::answer;
use crate::institution::config::{AuthorizationRequests, InstitutionConfig, Reuse};
use crate::institution::consent::Consent;
use crate::institution::expiry::is_valid;
use crate::institution::form::{MAX_QUERY, value};
use crate::institution::randomness::Randomness;
use crate::institution::received::{Received, Side};
use crate::institution::records::{Choice, Code, Progress, Pushed, ResponseMode, Spent};
use crate::institution::requested::Sent;
use crate::institution::rule::Rule;
use crate::institution::signing;
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;
use crate::pages::html;

const CODE: Label = Label::new("code");
const CONSENT: Label = Label::new("consent id");
const INTERACTION: Label = Label::new("interaction");
const STYLE: Label = Label::new("style nonce");
/// FAPI 2.0 Security Profile 5.3.2.1-11: at most 60 seconds.
const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// JARM 2.1 recommends at most 10 minutes.
const RESPONSE_LIFETIME: Duration = Duration::from_secs(600);
/// The time that the customer has for a decision.
const READING: Duration = Duration::from_secs(1800);
/// The parameters that the endpoint reads (RFC 9126 section 4).
const PARAMETERS: [&str; 2] = ["client_id", "request_uri"];
const NOTHING_CHOSEN: &str =
    "Nothing is selected. Select what you want to share, or choose Refuse.";

impl Institution {
    /// Answers the browser's request with the consent page.
    pub(crate) fn show_page(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let config = self.config();
        if config.manners.authorization_requests == AuthorizationRequests::InTheUrl
            && let Some(response) = self.show_unpushed(&config, received)
        {
            return response;
        }
        let query = received.request.uri().query().unwrap_or_default();
        let query = self
            .verdicts
            .require_some(Rule::AuthorizationQuery, Query::parse(query, MAX_QUERY).ok())?;
        self.verdicts.require(
            Rule::AuthorizationDuplicate,
            PARAMETERS.into_iter().all(|name| query.one(name).is_ok()),
        )?;
        // RFC 9101 6.3: a parameter next to request_uri has no effect, even if it was not pushed.
        self.verdicts.observe(
            Rule::AuthorizationParameters,
            query.names().all(|name| PARAMETERS.contains(&name)),
        );
        let client_id = value(&query, "client_id").unwrap_or_default();
        let client =
            self.verdicts.require_some(Rule::AuthorizationClient, config.client(client_id))?;
        let request_uri = value(&query, "request_uri").unwrap_or_default();
        let pushed = self.verdicts.require_some(
            Rule::RequestUriIssued,
            self.pushed.get_mut(request_uri).filter(|pushed| {
                // check: RequestUriClient
                pushed.client_id == client.client_id
            }),
        )?;
        self.verdicts.require(
            Rule::RequestUriUsed,
            // check: RequestUriUse
            pushed.progress != Progress::Decided
                || config.manners.request_uri_reuse == Reuse::UntilItExpires,
        )?;
        self.verdicts.require(
            Rule::RequestUriExpired,
            // check: RequestUriExpiry
            is_valid(pushed.expires, received.now),
        )?;
        Ok(consent_page(&mut self.randomness, &config, pushed, client_id, None, received.now))
    }

    /// Shows the page for a request whose parameters are in the URL. `None` if the query is not a
    /// form of at most [`MAX_QUERY`] bytes.
    fn show_unpushed(
        &mut self,
        config: &InstitutionConfig,
        received: &Received<'_>,
    ) -> Option<Result<Response<Vec<u8>>, Violation>> {
        let text = received.request.uri().query().unwrap_or_default();
        let query = Query::parse(text, MAX_QUERY).ok()?;
        let client_id = query.one("client_id").ok().flatten().unwrap_or_default();
        let Some(client) = config.client(client_id) else {
            return Some(Ok(answer::empty(StatusCode::UNAUTHORIZED)));
        };
        let sent = Sent::of_form(&query, text);
        let (request_uri, mut pushed) =
            match self.read_unpushed(config, client, &sent, received.now) {
                Ok(read) => read,
                Err(violation) => return Some(Err(violation)),
            };
        let page =
            consent_page(&mut self.randomness, config, &mut pushed, client_id, None, received.now);
        self.pushed.insert(request_uri, pushed);
        Some(Ok(page))
    }

    /// RFC 6749 section 4.1.2.1: the customer sees an error that occurs before the client is known.
    pub(crate) fn error_page(&mut self, violation: Violation) -> Response<Vec<u8>> {
        let nonce = self.randomness.text(STYLE);
        let body = html::error(violation.reason.error(), &violation.description(), &nonce);
        answer::page(StatusCode::BAD_REQUEST, body, &nonce, "")
    }

    /// Answers the consent page's form.
    pub(crate) fn decide(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let config = self.config();
        let origin = Side::Main.origin(&config);
        self.verdicts.require(
            Rule::DecisionOrigin,
            !received.request.headers().contains_key("origin")
                || received.header("origin") == Some(origin.as_str()),
        )?;
        let form = received.form(&mut self.verdicts)?;
        let interaction = value(&form, "interaction").unwrap_or_default();
        let pushed = self.verdicts.require_some(
            Rule::DecisionPage,
            self.pushed
                .values_mut()
                .find(|pushed| pushed.progress.awaits(interaction, received.now)),
        )?;
        let choices = Choice::all(&config.customer, &pushed.parameters.requested);
        let mut chosen = Vec::new();
        let mut unknown = Vec::new();
        for name in form.names().filter(|name| !["interaction", "decision"].contains(name)) {
            match choices.iter().find(|choice| choice.field() == name) {
                Some(choice) => chosen.push(choice.clone()),
                None => unknown.push(name),
            }
        }
        self.verdicts.require(Rule::DecisionChoices, unknown.is_empty())?;
        let decision = value(&form, "decision");
        self.verdicts.require(Rule::DecisionWord, matches!(decision, Some("allow" | "refuse")))?;
        if decision == Some("allow") && chosen.is_empty() && !choices.is_empty() {
            // Not a refusal: the customer may have overlooked the boxes.
            let notice = Some(NOTHING_CHOSEN);
            let client_id = pushed.client_id.clone();
            let randomness = &mut self.randomness;
            return Ok(consent_page(randomness, &config, pushed, &client_id, notice, received.now));
        }
        pushed.progress = Progress::Decided;
        let pushed = pushed.clone();
        let outcome = if decision == Some("allow") {
            ("code", self.issue_code(pushed.clone(), &chosen, received.now))
        } else {
            ("error", "access_denied".to_owned())
        };
        self.respond(&config, &pushed, outcome, received.now)
    }

    fn issue_code(&mut self, pushed: Pushed, chosen: &[Choice], now: UnixTime) -> String {
        let requested = &pushed.parameters.requested;
        let consent_id = requested.consent_id.clone();
        let consent_id = consent_id.unwrap_or_else(|| self.randomness.text(CONSENT));
        let clusters: Vec<_> = chosen.iter().map(|choice| &choice.cluster).collect();
        let code = Code {
            scopes: requested.scopes_granted(&clusters),
            consent_id: consent_id.clone(),
            auth_time: now,
            expires: now + CODE_LIFETIME,
            spent: Spent::No,
            pushed: pushed.clone(),
        };
        let consent = Consent::new(consent_id.clone(), &pushed, chosen, now);
        self.consents.insert(consent_id, consent);
        let text = self.randomness.text(CODE);
        self.codes.insert(text.clone(), code);
        text
    }

    /// Redirects the customer back with a `code` or an `error`, as parameters or as a JWT (JARM).
    fn respond(
        &mut self,
        config: &InstitutionConfig,
        pushed: &Pushed,
        (name, text): (&str, String),
        now: UnixTime,
    ) -> Result<Response<Vec<u8>>, Violation> {
        let mut form = Form::new();
        match pushed.parameters.response_mode {
            ResponseMode::Query => {
                form.pair(name, &text);
                if let Some(state) = &pushed.parameters.state {
                    form.pair("state", state);
                }
                // RFC 9207 2: in every authorization response, errors included.
                form.pair("iss", config.issuer.as_str());
            }
            ResponseMode::Jwt(algorithm) => {
                let response = self.verdicts.require_some(
                    Rule::JarmKey,
                    sign(config, pushed, algorithm, (name, text), now),
                )?;
                form.pair("response", &response);
            }
        }
        let redirect_uri = &pushed.parameters.redirect_uri;
        let separator = if redirect_uri.query().is_some() { '&' } else { '?' };
        Ok(answer::see_other(&format!("{redirect_uri}{separator}{}", form.as_str())))
    }
}

/// The page on which the customer decides about `pushed`.
fn consent_page(
    randomness: &mut Randomness,
    config: &InstitutionConfig,
    pushed: &mut Pushed,
    client_id: &str,
    notice: Option<&'static str>,
    now: UnixTime,
) -> Response<Vec<u8>> {
    // Without the comparison of the two, the browser determines the client.
    client_id.clone_into(&mut pushed.client_id);
    // FAPI 2.0 SP 5.3.2.2 note 3: loading the page does not use the request_uri up.
    let interaction = match &pushed.progress {
        Progress::Deciding { interaction, .. } => interaction.clone(),
        _ => randomness.text(INTERACTION),
    };
    pushed.progress = Progress::Deciding { interaction: interaction.clone(), until: now + READING };
    let nonce = randomness.text(STYLE);
    let requested = &pushed.parameters.requested;
    let redirects_to = pushed.parameters.redirect_uri.origin();
    let choices = Choice::all(&config.customer, requested);
    let body = html::consent(
        &html::Consent {
            client: &pushed.client_id,
            duration: &requested.duration_text(),
            redirects_to: redirects_to.as_str(),
            action: &Side::Main.endpoint(config, config.paths.decision),
            interaction: &interaction,
            notice,
            resources: resources(config, &choices),
        },
        &nonce,
    );
    // Browsers apply form-action to the redirect after the form, too.
    answer::page(StatusCode::OK, body, &nonce, redirects_to.as_str())
}

/// JARM 2.1: `iss`, `aud` and `exp` in addition to the parameters.
fn sign(
    config: &InstitutionConfig,
    pushed: &Pushed,
    algorithm: Algorithm,
    (name, text): (&str, String),
    now: UnixTime,
) -> Option<String> {
    let mut claims = json!({
        "iss": config.issuer.as_str(),
        "aud": pushed.client_id,
        "exp": now + RESPONSE_LIFETIME,
        name: text,
    });
    if let (Value::Object(members), Some(state)) = (&mut claims, &pushed.parameters.state) {
        members.insert("state".to_owned(), json!(state));
    }
    signing::jwt(config, algorithm, None, &claims)
}

/// The page's checkboxes, grouped by resource.
fn resources(config: &InstitutionConfig, choices: &[Choice]) -> Vec<html::Resource> {
    let accounts = &config.customer.accounts;
    let groups = choices.chunk_by(|a, b| a.resource_id == b.resource_id);
    groups
        .map(|choices| {
            let id = choices.first().map(|choice| choice.resource_id.as_str()).unwrap_or_default();
            let title = match accounts.iter().find(|account| account.account_id == id) {
                Some(account) => format!("{} {}", account.nickname, account.number_display),
                None => format!("About you, {}", config.customer.first_name),
            };
            let boxes =
                choices.iter().map(|choice| (choice.field(), choice.cluster.as_str().to_owned()));
            html::Resource { title, boxes: boxes.collect() }
        })
        .collect()
}
