//! A consent in a web service: axum over tokio, many customers, several tabs, no session store.
//!
//! The request is pushed when the customer clicks. Each flow has its own cookie with the sealed
//! pending value, which opens only in the browser session that began the flow. The flow id is
//! claimed once, before the code is sent. `service` and `app` are parts of a web service; `browser`
//! plays the customer's browser: two tabs at once, a repeated callback, and a callback in another
//! browser.

mod app;
mod browser;
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
    // RFC 8252 7.3: a redirect_uri on loopback may be http. A real service uses https, which
    // browsers require for cookies named __Host-.
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

/// Plays the browsers of a customer and an attacker.
fn play(bank: &Bank, origin: &str) -> Result<(), Box<dyn Error>> {
    let mut browser = Browser::open(origin)?;
    // Two flows begin before either ends.
    let in_tab_a = browser.click("tab A")?;
    let in_tab_b = browser.click("tab B")?;
    step("browser", format!("holds {} flow cookies", browser.flows()));
    let callback_a = bank.customer(&in_tab_a, &Decision::everything(), now())?;
    let callback_b = bank.customer(&in_tab_b, &Decision::less_than_requested(), now())?;

    // They end in reverse order, each with its own cookie.
    let earlier = browser.clone();
    browser.visit("tab B", &callback_b)?;
    step("browser", format!("holds {} flow cookie", browser.flows()));

    // A forged callback, and callbacks in another browser, do not end the flow of tab A.
    browser.visit("forged", &forged(&callback_a))?;
    let mut attacker = Browser::open(origin)?;
    attacker.visit("attacker", &callback_a)?;
    attacker.take_flows_of(&browser);
    attacker.visit("+ cookie", &callback_a)?;
    browser.visit("tab A", &callback_a)?;
    step("browser", format!("holds {} flow cookies", browser.flows()));

    // A callback is repeated: without the flow's cookie, then with the cookie that was removed.
    browser.visit("replayed", &callback_a)?;
    browser.take_flows_of(&earlier);
    browser.visit("+ cookie", &callback_a)?;
    step("institution", format!("responses at /token: {}", bank.statuses_at("/token")));
    step("done", "two tabs, two consents, each code sent once");
    Ok(())
}

/// Replaces the secret part of `state`. Its first 24 characters are the flow id, which is not secret.
fn forged(callback: &str) -> String {
    let at = callback.find("state=").map_or(0, |at| at + "state=".len() + 24);
    let (known, rest) = callback.split_at_checked(at).unwrap_or((callback, ""));
    let rest = rest.get(43..).unwrap_or_default();
    format!("{known}{}{rest}", "A".repeat(43))
}
