//! A web service as a recipient: axum over tokio, many customers, several tabs, no session store.
//!
//! The push happens when the customer clicks. Each flow has a cookie of its own, which carries the
//! sealed pending value and opens only in the browser session that began it. The flow id is claimed
//! once before the code is sent. `service`, `app` and `cookies` are what a web service would have;
//! `browser` plays the customer's: with two tabs at once, with a callback that comes again, and
//! with one that is carried into another browser.

mod app;
mod browser;
mod cookies;
mod service;

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use app::App;
use browser::Browser;
use fdx_examples::{Bank, fresh_key, now, step};
use fdx_jose::{PrivateKey, backend};
use fdx_sandbox::customer::Decision;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // RFC 8252 7.3: on loopback a redirect_uri may be http. A real service's is https, and only
    // there does a browser keep cookies named __Host-.
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let origin = format!("http://{}", listener.local_addr()?);

    let key = PrivateKey::from_pkcs8_der(backend::ring(), &fresh_key()?, None)?;
    let bank = Bank::on_loopback(key.public(), &format!("{origin}/callback"))?;
    let app = runtime.block_on(App::new(&bank, key, &origin))?;
    let serving = axum::serve(listener, service::routes(Arc::new(app)));
    runtime.spawn(serving.into_future());
    step("service", &origin);

    play(&bank, &origin)
}

/// What happens in the browsers of two people.
fn play(bank: &Bank, origin: &str) -> Result<(), Box<dyn Error>> {
    let mut browser = Browser::open(origin)?;
    // Two flows begin before either ends.
    let in_tab_a = browser.click("tab A")?;
    let in_tab_b = browser.click("tab B")?;
    step("browser", format!("holds {} flow cookies", browser.flows()));
    let callback_a = bank.customer(&in_tab_a, &Decision::everything(), now())?;
    let callback_b = bank.customer(&in_tab_b, &Decision::less_than_asked(), now())?;

    // They end in the other order, each with its own cookie.
    let kept = browser.clone();
    browser.visit("tab B", &callback_b)?;
    step("browser", format!("holds {} flow cookie", browser.flows()));

    // What belongs to tab A can't be ended by others, in this browser or in another.
    browser.visit("forged", &forged(&callback_a))?;
    let mut stranger = Browser::open(origin)?;
    stranger.visit("stranger", &callback_a)?;
    stranger.take_flows_of(&browser);
    stranger.visit("+ cookie", &callback_a)?;
    browser.visit("tab A", &callback_a)?;
    step("browser", format!("holds {} flow cookies", browser.flows()));

    // A callback comes twice: first as browsers do it, then with the cookie that was cleared.
    browser.visit("replayed", &callback_a)?;
    browser.take_flows_of(&kept);
    browser.visit("+ cookie", &callback_a)?;
    step("institution", format!("answers at /token: {}", bank.answers_at("/token")));
    step("done", "two tabs, two consents, each code sent once");
    Ok(())
}

/// Whoever knows a flow's id knows the first 24 characters of its state, and not the rest.
fn forged(callback: &str) -> String {
    let at = callback.find("state=").map_or(0, |at| at + "state=".len() + 24);
    let (known, rest) = callback.split_at_checked(at).unwrap_or((callback, ""));
    let rest = rest.get(43..).unwrap_or_default();
    format!("{known}{}{rest}", "A".repeat(43))
}
