use std::time::Duration;

use fdx_wire::{Label, UnixTime};
use http::Response;

use super::Choice;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::par::{Progress, Pushed};
use crate::received::{Received, Side, value};
use crate::resources::Consent;

const CODE: Label = Label::new("code");
const CONSENT: Label = Label::new("consent id");
/// FAPI 2.0 Security Profile 5.3.2.1-11: at most 60 seconds.
const LIFETIME: Duration = Duration::from_secs(60);

/// An authorization code, with all that its exchange is held against.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) pushed: Pushed,
    pub(crate) consent_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) auth_time: UnixTime,
    pub(crate) expires: UnixTime,
    pub(crate) spent: Spent,
}

/// Whether a code has been exchanged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spent {
    No,
    Yes,
}

impl Institution {
    pub(crate) fn decide(&mut self, received: &Received<'_>) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let origin = Side::Main.origin(&config);
        self.verdicts.require(
            Reason::InvalidRequest,
            "RFC 9700 4.16",
            "the decision comes from this institution's own page",
            !received.request.headers().contains_key("origin")
                || received.header("origin") == Some(origin.as_str()),
        )?;
        let form = received.form(&mut self.verdicts)?;
        let interaction = value(&form, "interaction").unwrap_or_default();
        let pushed = self.verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 9126 4",
            "the page is waiting for its one decision",
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
        self.verdicts.require(
            Reason::InvalidRequest,
            "FDX Consent API 1.3",
            "the customer chooses among what was asked",
            unknown.is_empty(),
        )?;
        let decision = value(&form, "decision");
        self.verdicts.require(
            Reason::InvalidRequest,
            "FDX Consent API 1.3",
            "the decision is allow or refuse",
            matches!(decision, Some("allow" | "refuse")),
        )?;
        pushed.progress = Progress::Decided;
        let pushed = pushed.clone();
        // Whoever shares nothing has refused.
        let answer = if decision == Some("allow") && !chosen.is_empty() {
            ("code", self.issue_code(pushed.clone(), &chosen, received.now))
        } else {
            ("error", "access_denied".to_owned())
        };
        self.respond(&config, &pushed, answer, received.now)
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
            expires: now + LIFETIME,
            spent: Spent::No,
            pushed: pushed.clone(),
        };
        let consent = Consent::new(consent_id.clone(), &pushed, chosen, now);
        self.consents.insert(consent_id, consent);
        let text = self.randomness.text(CODE);
        self.codes.insert(text.clone(), code);
        text
    }
}

impl Progress {
    fn awaits(&self, sent: &str, now: UnixTime) -> bool {
        matches!(self, Self::Deciding { interaction, until } if interaction == sent && now <= *until)
    }
}
