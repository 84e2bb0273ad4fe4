//! The consent page: one form, no script, nothing from elsewhere.

use std::fmt::Write as _;

use super::Choice;
use crate::config::InstitutionConfig;
use crate::data::Customer;
use crate::error::Broken;
use crate::metadata::endpoint;
use crate::par::Pushed;
use crate::received::Side;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;\
padding:0 1rem}fieldset{margin:1rem 0;border:1px solid #bbb;border-radius:.4rem}\
label{display:block}button{font:inherit;padding:.5rem 1.5rem;margin-right:1rem}";

/// The page on which the customer decides about `pushed`.
pub(super) fn consent(
    config: &InstitutionConfig,
    pushed: &Pushed,
    interaction: &str,
    nonce: &str,
) -> String {
    let asked = &pushed.parameters.requested;
    let mut main = format!(
        "<h1>Share your data?</h1><p><strong>{}</strong> asks to read what you choose below, {}. \
         You will be sent back to {}.</p>\
         <form method=\"post\" action=\"{}\">\
         <input type=\"hidden\" name=\"interaction\" value=\"{}\">",
        escape(&pushed.client_id),
        escape(&asked.duration()),
        escape(pushed.parameters.redirect_uri.origin().as_str()),
        escape(&endpoint(config, Side::Main, config.paths().decision)),
        escape(interaction),
    );
    let choices = Choice::all(&config.customer, asked);
    for resource in choices.chunk_by(|a, b| a.resource_id == b.resource_id) {
        fieldset(&config.customer, resource, &mut main);
    }
    main.push_str(
        "<button name=\"decision\" value=\"allow\">Share</button>\
         <button name=\"decision\" value=\"refuse\">Refuse</button></form>",
    );
    document("Share your data?", &main, nonce)
}

/// The page that says why there is nothing to decide.
pub(super) fn error(broken: Broken, nonce: &str) -> String {
    let main = format!(
        "<h1>This request can't be shown</h1><p><code>{}</code>: {}</p>",
        escape(broken.reason.error()),
        escape(&broken.description()),
    );
    document("Request refused", &main, nonce)
}

fn fieldset(customer: &Customer, choices: &[Choice], main: &mut String) {
    let Some(first) = choices.first() else {
        return;
    };
    let account = customer.accounts.iter().find(|account| account.account_id == first.resource_id);
    let legend = match account {
        Some(account) => format!("{} {}", account.nickname, account.number_display),
        None => format!("About you, {}", customer.first_name),
    };
    main.push_str("<fieldset><legend>");
    main.push_str(&escape(&legend));
    main.push_str("</legend>");
    for choice in choices {
        // Writing into a String never fails.
        let _ = write!(
            main,
            "<label><input type=\"checkbox\" name=\"{}\"> {}</label>",
            escape(&choice.field()),
            escape(choice.cluster.as_str()),
        );
    }
    main.push_str("</fieldset>");
}

fn document(title: &str, main: &str, nonce: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <style nonce=\"{}\">{STYLE}</style></head><body><main>{main}</main></body></html>",
        escape(title),
        escape(nonce),
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_names_can_not_become_markup() {
        assert_eq!(escape("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
    }
}
