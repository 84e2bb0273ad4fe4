//! The HTML of the consent page and the error page: no script, no external resources.

use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;\
padding:0 1rem}fieldset{margin:1rem 0;border:1px solid #bbb;border-radius:.4rem}\
label{display:block}button{font:inherit;padding:.5rem 1.5rem;margin-right:1rem}";

/// The contents of the consent page.
pub(crate) struct Consent<'a> {
    /// The client that requests the data.
    pub(crate) client: &'a str,
    /// The duration of the consent.
    pub(crate) duration: &'a str,
    /// The origin to which the browser returns.
    pub(crate) redirects_to: &'a str,
    /// The target of the form.
    pub(crate) action: &'a str,
    /// The value that identifies this page.
    pub(crate) interaction: &'a str,
    /// What the customer must change before the form is accepted.
    pub(crate) notice: Option<&'static str>,
    /// The resources that the customer can share.
    pub(crate) resources: Vec<Resource>,
}

/// A resource on the consent page.
pub(crate) struct Resource {
    /// The legend of its checkboxes.
    pub(crate) title: String,
    /// Name and label of each checkbox.
    pub(crate) boxes: Vec<(String, String)>,
}

/// The page on which the customer decides. `nonce` is for the style element.
pub(crate) fn consent(page: &Consent<'_>, nonce: &str) -> String {
    let mut main = format!(
        "<h1>Share your data?</h1><p><strong>{}</strong> asks to {}, {}. \
         You will be sent back to {}.</p>\
         <form method=\"post\" action=\"{}\">\
         <input type=\"hidden\" name=\"interaction\" value=\"{}\">",
        escape(page.client),
        match page.resources.is_empty() {
            true => "know that it is you",
            false => "read what you choose below",
        },
        escape(page.duration),
        escape(page.redirects_to),
        escape(page.action),
        escape(page.interaction),
    );
    if let Some(notice) = page.notice {
        // Writing into a String never fails.
        let _ = write!(main, "<p role=\"alert\"><strong>{}</strong></p>", escape(notice));
    }
    for resource in &page.resources {
        fieldset(resource, &mut main);
    }
    main.push_str(
        "<button name=\"decision\" value=\"allow\">Share</button>\
         <button name=\"decision\" value=\"refuse\">Refuse</button></form>",
    );
    document("Share your data?", &main, nonce)
}

/// The page with an error.
pub(crate) fn error(code: &str, description: &str, nonce: &str) -> String {
    let main = format!(
        "<h1>This request can't be shown</h1><p><code>{}</code>: {}</p>",
        escape(code),
        escape(description),
    );
    document("Request refused", &main, nonce)
}

fn fieldset(resource: &Resource, main: &mut String) {
    main.push_str("<fieldset><legend>");
    main.push_str(&escape(&resource.title));
    main.push_str("</legend>");
    for (name, label) in &resource.boxes {
        // Writing into a String never fails.
        let _ = write!(
            main,
            "<label><input type=\"checkbox\" name=\"{}\"> {}</label>",
            escape(name),
            escape(label),
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
    fn escape_leaves_no_markup() {
        assert_eq!(escape("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
    }
}
