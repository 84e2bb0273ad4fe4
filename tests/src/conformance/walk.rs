use std::time::Duration;

use fdx_jose::{IdTokenError, JwtError};
use fdx_par::{
    Callback, Client, Exchanged, Introspection, Notice, Pending, ResourceRequest, ResponseMode,
    ServerKeys, StoredGrant, TokenTypeHint, Tokens, Verification, Verified, WellKnown, discover,
};
use fdx_rar::GrantSource;
use fdx_sandbox::customer::{ConsentPage, Decision, visit};
use fdx_sandbox::misbehaviour::Flow;
use fdx_wire::HttpsUrl;
use http::header::LOCATION;
use serde_json::Value;

use super::{Stop, Wire};
use fdx_testkit::usual_request;

/// The result of a flow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Went {
    /// It completed, with the names of the client's notices.
    Whole(Vec<String>),
    /// It stopped for this reason.
    Stopped(Stop),
}

/// Runs a whole flow, from discovery to revocation, with every check of `fdx-par` and the
/// additional steps of `flow`.
pub async fn walk<W: Wire>(wire: &mut W, flow: Flow) -> Went {
    let mut walk = Walk { wire, flow, keys: None, reported: Vec::new() };
    match walk.whole().await {
        Ok(()) => Went::Whole(walk.reported),
        Err(stop) => Went::Stopped(stop),
    }
}

pub(super) struct Walk<'w, W> {
    pub(super) wire: &'w mut W,
    pub(super) flow: Flow,
    /// The cached keys, fetched if they are missing or no longer match.
    keys: Option<ServerKeys>,
    pub(super) reported: Vec<String>,
}

impl<W: Wire> Walk<'_, W> {
    async fn whole(&mut self) -> Result<(), Stop> {
        let config = self.wire.config();
        let draft = discover(&config.issuer, WellKnown::OAuthAuthorizationServer, self.wire.now())?;
        let metadata = self.wire.run(draft).await?;
        let (config, registration) = match self.flow {
            Flow::Registration | Flow::ManagedRegistration => {
                let (config, registration) = self.registered(config, &metadata).await?;
                (config, Some(registration))
            }
            _ => (config, None),
        };
        let client = Client::new(config, metadata)?;
        let (pending, back) = self.pushed(&client).await?;
        let exchanged = self.exchanged(&client, pending, &back).await?;
        let verified = self.verified(&client, exchanged).await?;
        let introspection = self.introspected(&client, verified.tokens()).await?;
        let verified = verified.introspected(&introspection)?;
        let stored = self.granted(&client, verified).await?;
        let mut renewed = self.renewed(&client, stored).await?;
        if self.flow == Flow::RefreshedTwice {
            renewed = self.renewed(&client, renewed).await?;
        }
        self.called(&client, renewed.tokens()).await?;
        if self.flow == Flow::ConsentRevocation {
            self.consent_ended(&client, &renewed).await?;
        }
        let which = TokenTypeHint::RefreshToken;
        let draft = client.revoke(renewed.tokens(), which, self.wire.draw(), self.wire.now())?;
        self.wire.run(draft).await?;
        match registration {
            Some(registration) if self.flow == Flow::ManagedRegistration => {
                self.unregistered(registration).await
            }
            _ => Ok(()),
        }
    }

    async fn pushed(&mut self, client: &Client) -> Result<(Pending, String), Stop> {
        let draft = client.push(&usual_request(), self.wire.draw(), self.wire.now())?;
        let pushed = self.wire.run(draft).await?;
        self.report(pushed.notices());
        let dawdled = match self.flow {
            Flow::Late => Duration::from_secs(40),
            _ => Duration::ZERO,
        };
        let (url, pending) = pushed.redirect(self.wire.now() + dawdled)?;
        let url = HttpsUrl::parse(url.as_str()).map_err(|error| Stop::of("url", error))?;
        Ok((pending, self.customer(&url)?))
    }

    /// Plays the customer, who grants everything. These are requests of the browser, not the
    /// client.
    fn customer(&mut self, url: &HttpsUrl) -> Result<String, Stop> {
        let now = self.wire.now();
        self.wire.bank(|bank| {
            let page = bank.handle(&visit(url), None, now);
            let page = ConsentPage::read(&page).map_err(|error| Stop::of("page", error))?;
            let form = page.decide(&Decision::everything());
            let form = form.map_err(|error| Stop::of("page", error))?;
            let back = bank.handle(&form, None, now);
            let location = back.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            location.map(str::to_owned).ok_or_else(|| Stop::of("page", "no redirect to the client"))
        })
    }

    async fn exchanged(
        &mut self,
        client: &Client,
        pending: Pending,
        back: &str,
    ) -> Result<Exchanged, Stop> {
        let now = self.wire.now();
        let callback = match client.config().response_mode {
            ResponseMode::Query => client.callback(pending, back, now)?,
            ResponseMode::Jwt => {
                let signed = client.signed_callback(pending, back, now)?;
                match client.verify(signed, self.keys.as_ref(), now)? {
                    Verification::Done(callback) => callback,
                    Verification::FetchKeys(signed) => {
                        let keys = self.fetched(client).await?;
                        match client.verify(signed, Some(&keys), now)? {
                            Verification::Done(callback) => callback,
                            Verification::FetchKeys(_) => {
                                return Err(Stop::of("jarm.key.unknown", "the keys do not fit"));
                            }
                        }
                    }
                }
            }
        };
        let accepted = match callback {
            Callback::Code(accepted) => accepted,
            Callback::Denied(refusal) => return Err(Stop::of(refusal.code(), refusal)),
        };
        let draft = client.exchange(accepted, self.wire.draw(), self.wire.now())?;
        self.wire.run(draft).await
    }

    async fn verified(&mut self, client: &Client, exchanged: Exchanged) -> Result<Verified, Stop> {
        let now = self.wire.now();
        let exchanged = match client.verify(exchanged, self.keys.as_ref(), now)? {
            Verification::Done(verified) => return Ok(verified),
            Verification::FetchKeys(exchanged) => exchanged,
            Verification::Decrypt(_) => return Err(encrypted()),
        };
        let keys = self.fetched(client).await?;
        match client.verify(exchanged, Some(&keys), now)? {
            Verification::Done(verified) => Ok(verified),
            Verification::FetchKeys(_) => Err(unknown_key()),
            Verification::Decrypt(_) => Err(encrypted()),
        }
    }

    async fn introspected(
        &mut self,
        client: &Client,
        tokens: &Tokens,
    ) -> Result<Introspection, Stop> {
        let (token, now) = (tokens.access_token(), self.wire.now());
        if client.config().response_mode == ResponseMode::Query {
            let draft = client.introspect(token, self.wire.draw(), now)?;
            return self.wire.run(draft).await;
        }
        let draft = client.introspect_signed(token, self.wire.draw(), now)?;
        let signed = self.wire.run(draft).await?;
        match client.verify(signed, self.keys.as_ref(), now)? {
            Verification::Done(introspection) => Ok(introspection),
            Verification::FetchKeys(_) => {
                Err(Stop::of("rfc9701.key.unknown", "the keys do not fit"))
            }
        }
    }

    async fn granted(&mut self, client: &Client, verified: Verified) -> Result<StoredGrant, Stop> {
        let draft = client.read_consent(&verified, self.wire.draw(), self.wire.now())?;
        let read = self.wire.run(draft).await?;
        let granted = verified.granted(read)?;
        self.report(granted.notices());
        match granted.coverage() {
            coverage if !coverage.sources().contains(&GrantSource::ConsentApi) => {
                self.reported.push("not-reported".to_owned());
            }
            coverage if !coverage.not_requested().is_empty() => {
                self.reported.push("not-requested".to_owned())
            }
            _ => {}
        }
        Ok(granted.stored())
    }

    async fn renewed(&mut self, client: &Client, grant: StoredGrant) -> Result<StoredGrant, Stop> {
        let draft = client.refresh(&grant, self.wire.draw(), self.wire.now())?;
        let refreshed = self.wire.run(draft).await?;
        let now = self.wire.now();
        match client.verify(refreshed, self.keys.as_ref(), now)? {
            Verification::Done(grant) => Ok(grant),
            Verification::FetchKeys(_) => Err(unknown_key()),
            Verification::Decrypt(_) => Err(encrypted()),
        }
    }

    async fn called(&mut self, client: &Client, tokens: &Tokens) -> Result<(), Stop> {
        let accounts = client.config().fdx_base.join_segment("accounts");
        let accounts = accounts.map_err(|error| Stop::of("url", error))?;
        let request = ResourceRequest::get(accounts);
        let token = tokens.access_token();
        let draft = client.call(token, request, self.wire.draw(), self.wire.now())?;
        let answer = self.wire.run(draft).await?;
        self.report(answer.notices());
        let _: Value = answer.json()?;
        Ok(())
    }

    async fn fetched(&mut self, client: &Client) -> Result<ServerKeys, Stop> {
        let draft = client.fetch_keys(self.wire.now())?;
        let keys = self.wire.run(draft).await?;
        self.keys = Some(keys.clone());
        Ok(keys)
    }

    pub(super) fn report(&mut self, notices: &[Notice]) {
        // The member of a `NotUnderstood` is left out: rows name the notice once.
        let name = |notice: &Notice| {
            let text = format!("{notice:?}");
            kebab(text.split('(').next().unwrap_or_default())
        };
        for name in notices.iter().map(name) {
            if self.reported.last() != Some(&name) {
                self.reported.push(name);
            }
        }
    }
}

fn unknown_key() -> Stop {
    let error = IdTokenError::from(JwtError::UnknownKey);
    Stop::of(error.code(), error)
}

/// Returns the reason for an encrypted response: no client registered encryption.
fn encrypted() -> Stop {
    Stop::of("encrypted", "no encryption was registered")
}

/// `ExpiresInCapped` as `expires-in-capped`.
pub(super) fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}
