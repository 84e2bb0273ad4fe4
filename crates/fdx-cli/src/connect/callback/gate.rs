//! Ties the callback to the browser that began the flow.

use std::sync::Mutex;

use fdx_par::AuthorizationUrl;
use fdx_wire::{Label, RedirectUri, Secret, base64url};

use crate::connect::callback::start_file::StartFile;
use crate::error::Failure;
use crate::flow::entropy;

const SECRET: Label = Label::new("start secret");
const COOKIE: Label = Label::new("start cookie");

/// Another user of this machine may learn the authorization URL, decide there before the customer
/// does, and send their own callback to our port. So a browser has to begin here, with a secret that
/// is used once. It gets a cookie for that, and only with the cookie can it come back.
pub(crate) struct Gate {
    secret: Secret,
    cookie: Secret,
    name: String,
    /// The path of the redirect_uri.
    path: String,
    origin: String,
    /// Where the browser goes next. `None` before the request was pushed and after the first visit.
    next: Mutex<Option<Next>>,
}

struct Next {
    url: Secret,
    /// Removed with this value.
    _file: Option<StartFile>,
}

/// What a browser with the right secret gets.
pub(crate) struct Pass {
    /// The authorization URL.
    pub(crate) location: Secret,
    /// The value of `Set-Cookie`.
    pub(crate) cookie: Secret,
}

impl Gate {
    pub(crate) fn new(redirect_uri: &RedirectUri) -> Result<Self, Failure> {
        let entropy = entropy()?;
        let text = |label| Secret::new(base64url::encode(&entropy.derive(label, 0)));
        Ok(Self {
            secret: text(SECRET),
            cookie: text(COOKIE),
            // Cookies are not separated by port (RFC 6265 section 8.5): two flows must not collide.
            name: format!("fdx-{}", redirect_uri.port()),
            path: redirect_uri.path().to_owned(),
            origin: redirect_uri.origin().as_str().to_owned(),
            next: Mutex::new(None),
        })
    }

    /// The path of the start URL. It is on the redirect_uri's host, so that the cookie comes back.
    pub(crate) fn start_path(&self) -> String {
        format!("{}/start", self.path.trim_end_matches('/'))
    }

    /// The start URL without the secret: where the start file posts it.
    pub(crate) fn start_place(&self) -> String {
        format!("{}{}", self.origin, self.start_path())
    }

    /// The start URL.
    pub(crate) fn start_url(&self) -> Secret {
        Secret::concat(&[&self.start_place(), "?secret=", self.secret.expose()])
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Lets one browser through to `url`. `file` is removed when it has passed.
    pub(crate) fn open(&self, url: &AuthorizationUrl, file: Option<StartFile>) {
        let url = Secret::new(url.as_str().to_owned());
        self.set(Some(Next { url, _file: file }));
    }

    /// Lets no browser through any more, and removes the start file.
    pub(crate) fn close(&self) {
        self.set(None);
    }

    fn set(&self, next: Option<Next>) {
        if let Ok(mut place) = self.next.lock() {
            *place = next;
        }
    }

    /// The way on, once, for the right secret. A wrong one changes nothing.
    pub(crate) fn enter(&self, secret: &str) -> Option<Pass> {
        // In constant time.
        if self.secret != *secret {
            return None;
        }
        let next = self.next.lock().ok()?.take()?;
        let (name, value) = (self.name.as_str(), self.cookie.expose());
        // A semicolon would end the attribute.
        let path = if self.path.is_empty() || self.path.contains(';') { "/" } else { &self.path };
        Some(Pass {
            location: next.url.clone(),
            // Not `Secure`: this listener speaks plain HTTP to its own machine. `Lax`: the redirect
            // back is a top-level GET from another site.
            cookie: Secret::concat(&[
                name,
                "=",
                value,
                "; Path=",
                path,
                "; HttpOnly; SameSite=Lax",
            ]),
        })
    }

    /// Whether a `Cookie` header (RFC 6265 section 5.4) has the cookie.
    pub(crate) fn admits(&self, header: &str) -> bool {
        header.split(';').filter_map(|pair| pair.trim().split_once('=')).any(|(name, value)| {
            // In constant time.
            name == self.name && self.cookie == *value
        })
    }
}
