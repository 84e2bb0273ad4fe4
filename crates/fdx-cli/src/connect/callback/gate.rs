//! Ties the callback to the browser that began the flow: start URL, cookie, and start page.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use fdx_par::AuthorizationUrl;
use fdx_wire::{Label, RedirectUri, Secret, base64url};

use crate::error::Failure;
use crate::files;
use crate::flow::entropy;

const SECRET: Label = Label::new("start secret");
const COOKIE: Label = Label::new("start cookie");
const NAME: Label = Label::new("start file");

/// Admits only the browser that began the flow.
///
/// Another user of this machine may learn the authorization URL, approve the request before the
/// customer does, and send that callback to the listener's port. Therefore the browser must begin
/// at the start URL, whose secret works once. It gets a cookie, and a callback needs the cookie.
pub(crate) struct Gate {
    secret: Secret,
    cookie: Secret,
    name: String,
    /// The path of the redirect_uri.
    path: String,
    origin: String,
    /// The next URL of the browser. `None` before the push and after the first visit.
    next: Mutex<Option<Next>>,
    /// Whether a browser used the secret.
    used: AtomicBool,
    /// Whether a second browser used it.
    shared: AtomicBool,
}

struct Next {
    url: Secret,
    /// Removed with this value.
    _file: Option<StartFile>,
}

/// The response to a browser with the right secret.
pub(crate) struct Pass {
    /// The authorization URL.
    pub(crate) location: Secret,
    /// The value of `Set-Cookie`.
    pub(crate) cookie: Secret,
}

/// The outcome of a visit to the start page.
pub(crate) enum Entry {
    Pass(Pass),
    /// The secret is wrong, or the same browser used it before.
    Refused,
    /// Another browser used the secret before.
    SecondBrowser,
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
            used: AtomicBool::new(false),
            shared: AtomicBool::new(false),
        })
    }

    /// The path of the start URL. It is on the redirect_uri's host, so that the cookie comes back.
    pub(crate) fn start_path(&self) -> String {
        format!("{}/start", self.path.trim_end_matches('/'))
    }

    /// The start URL without the secret. The start file posts the secret to it.
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

    /// Admits one browser to `url`. `file` is removed afterwards.
    pub(crate) fn open(&self, url: &AuthorizationUrl, file: Option<StartFile>) {
        let url = Secret::new(url.as_str().to_owned());
        self.set(Some(Next { url, _file: file }));
    }

    /// Whether a browser opened the start page with the right secret.
    pub(crate) fn was_entered(&self) -> bool {
        self.used.load(Ordering::SeqCst)
    }

    /// Admits no further browser, and removes the start file.
    pub(crate) fn close(&self) {
        self.set(None);
    }

    fn set(&self, next: Option<Next>) {
        if let Ok(mut place) = self.next.lock() {
            *place = next;
        }
    }

    /// Returns the pass once, for the right secret. A wrong secret changes nothing.
    ///
    /// A second use of the right secret means that two browsers know it, and that the first one may
    /// not be the customer's: from then on no callback is admitted. The browser that has the cookie
    /// may repeat its request.
    pub(crate) fn enter(&self, secret: &str, cookies: &[&str]) -> Entry {
        // In constant time.
        if self.secret != *secret {
            return Entry::Refused;
        }
        match self.next.lock().ok().and_then(|mut next| next.take()) {
            Some(next) => {
                self.used.store(true, Ordering::SeqCst);
                Entry::Pass(self.pass(next))
            }
            None if !self.used.load(Ordering::SeqCst) => Entry::Refused,
            None if cookies.iter().any(|header| self.admits(header)) => Entry::Refused,
            None => {
                self.shared.store(true, Ordering::SeqCst);
                Entry::SecondBrowser
            }
        }
    }

    fn pass(&self, next: Next) -> Pass {
        let (name, value) = (self.name.as_str(), self.cookie.expose());
        // A semicolon would end the attribute.
        let path = if self.path.is_empty() || self.path.contains(';') { "/" } else { &self.path };
        Pass {
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
        }
    }

    /// Whether a `Cookie` header (RFC 6265 section 5.4) contains the cookie.
    pub(crate) fn admits(&self, header: &str) -> bool {
        if self.shared.load(Ordering::SeqCst) {
            return false;
        }
        header.split(';').filter_map(|pair| pair.trim().split_once('=')).any(|(name, value)| {
            // In constant time.
            name == self.name && self.cookie == *value
        })
    }
}

/// The page that `--open` passes to the browser instead of a URL, in a directory that only its
/// owner can enter.
///
/// Every local user can read the arguments of a process, so the browser's opener gets only the
/// path. Dropping this value removes the page.
pub(crate) struct StartFile {
    directory: PathBuf,
    path: PathBuf,
}

impl StartFile {
    /// A page that posts `secret` to `place`.
    pub(crate) fn posting(place: &str, secret: &Secret) -> Result<Self, Failure> {
        Self::create(&Secret::concat(&[
            BEFORE,
            "<form method=\"post\" action=\"",
            escaped(place).expose(),
            "\"><input type=\"hidden\" name=\"secret\" value=\"",
            secret.expose(),
            "\"><button>Continue</button></form><script>document.forms[0].submit()</script></html>\n",
        ]))
    }

    /// A page that leads to `url`, for a callback that does not arrive at the listener.
    pub(crate) fn leading_to(url: &str) -> Result<Self, Failure> {
        let url = escaped(url);
        Self::create(&Secret::concat(&[
            BEFORE,
            "<meta http-equiv=\"refresh\" content=\"0; url=",
            url.expose(),
            "\"><a href=\"",
            url.expose(),
            "\">Continue</a></html>\n",
        ]))
    }

    /// The path of the page.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn create(page: &Secret) -> Result<Self, Failure> {
        let name = base64url::encode(&entropy()?.derive(NAME, 0));
        let directory = std::env::temp_dir().join(format!("fdx-{name}"));
        files::create_private_directory(&directory)?;
        let file = Self { path: directory.join("start.html"), directory };
        files::create(&file.path, page.expose())?;
        Ok(file)
    }
}

impl Drop for StartFile {
    fn drop(&mut self) {
        // The user may have removed it.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

const BEFORE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"referrer\" content=\"no-referrer\"><title>fdx</title>";

/// Escapes text for the value of an attribute.
fn escaped(text: &str) -> Secret {
    let text = text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    Secret::new(text.replace('\'', "&#39;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_a_start_file_and_dropping_removes_it() {
        use std::os::unix::fs::PermissionsExt;

        let secret = Secret::new("s3cret".into());
        let file = StartFile::posting("http://127.0.0.1:1/cb/start", &secret).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file.directory), mode(file.path())), (0o700, 0o600));
        let (directory, path) = (file.directory.clone(), file.path.clone());
        drop(file);
        assert!(!path.exists() && !directory.exists());
    }

    #[test]
    fn escapes_the_url() {
        let file = StartFile::leading_to("https://bank.example/a?b=\"c\"&d='<e>'").unwrap();
        let page = std::fs::read_to_string(file.path()).unwrap();
        let url = "https://bank.example/a?b=&quot;c&quot;&amp;d=&#39;&lt;e>&#39;";
        assert_eq!(page.matches(url).count(), 2, "{page}");
    }
}
