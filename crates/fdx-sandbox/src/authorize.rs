//! The authorization endpoint: the customer sees what is asked, and decides.

mod choice;
mod decision;
mod page;
mod response;

use std::time::Duration;

use fdx_wire::Label;
use fdx_wire::form::Query;
use http::{Response, StatusCode};

pub(crate) use choice::Choice;
pub(crate) use decision::{Code, Spent};

use crate::answer;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::par::Progress;
use crate::provider::Reuse;
use crate::received::Received;

const INTERACTION: Label = Label::new("interaction");
const STYLE: Label = Label::new("style nonce");
/// How long the customer may read before deciding.
const READING: Duration = Duration::from_secs(1800);

impl Institution {
    pub(crate) fn show_page(
        &mut self,
        received: &Received<'_>,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let query = received.request.uri().query().unwrap_or_default();
        let query = self.verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 6749 3.1",
            "the query is percent-encoded UTF-8 of at most 4 KiB",
            Query::parse(query, 4096).ok(),
        )?;
        // RFC 9126 4, and FAPI 2.0 for the client: the two parameters, once each, nothing else.
        let mut names: Vec<_> = query.names().collect();
        names.sort_unstable();
        self.verdicts.require(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.3.2-6",
            "the request has exactly client_id and request_uri",
            names == ["client_id", "request_uri"],
        )?;
        let client_id = query.one("client_id").ok().flatten().unwrap_or_default();
        let client = self.verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 6749 3.1.2.4",
            "client_id is a registered client",
            config.client(client_id),
        )?;
        let request_uri = query.one("request_uri").ok().flatten().unwrap_or_default();
        let pushed = self.verdicts.require_some(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.2.2-3",
            "request_uri was issued to this client by the PAR endpoint",
            self.pushed.get_mut(request_uri).filter(|pushed| {
                // check: RequestUriClient
                pushed.client_id == client.client_id
            }),
        )?;
        self.verdicts.require(
            Reason::InvalidRequest,
            "RFC 9126 4",
            "request_uri was not used to completion before",
            // check: RequestUriUse
            pushed.progress != Progress::Decided
                || config.provider.manners().request_uri_reuse == Reuse::UntilItExpires,
        )?;
        self.verdicts.require(
            Reason::InvalidRequest,
            "RFC 9126 2.2",
            "request_uri has not expired",
            // check: RequestUriExpiry
            received.now <= pushed.expires,
        )?;
        // Who does not hold the two against each other believes the browser.
        pushed.client_id.clone_from(&client.client_id);
        // FAPI 2.0 SP 5.3.2.2 note 3: loading the page does not use the request_uri up.
        let interaction = match &pushed.progress {
            Progress::Deciding { interaction, .. } => interaction.clone(),
            _ => self.randomness.text(INTERACTION),
        };
        pushed.progress =
            Progress::Deciding { interaction: interaction.clone(), until: received.now + READING };
        let nonce = self.randomness.text(STYLE);
        let body = page::consent(&config, pushed, &interaction, &nonce);
        // Browsers hold form-action against the redirect that follows, too.
        let leads_to = pushed.parameters.redirect_uri.origin();
        Ok(answer::page(StatusCode::OK, body, &nonce, leads_to.as_str()))
    }

    /// RFC 6749 section 4.1.2.1: what is wrong before the client is known is told to the customer.
    pub(crate) fn error_page(&mut self, broken: Broken) -> Response<Vec<u8>> {
        let nonce = self.randomness.text(STYLE);
        let body = page::error(broken, &nonce);
        answer::page(StatusCode::BAD_REQUEST, body, &nonce, "")
    }
}
