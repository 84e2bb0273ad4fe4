//! Requests as texts, for comparison with a provider's documentation.
//!
//! Each is what went out, byte for byte, but for two things: values of random members stand as
//! `<name>`, and a line is broken before each `&`. Below a request follow the header and claims of
//! each JWT in it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use fdx_wire::base64url;

use crate::World;

/// The recorded texts.
const WIRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/fdx-par/tests/wire");

/// Members with random values. Only these are masked.
const RANDOM: &[&str] = &[
    "access_token",
    "client_assertion",
    "client_secret",
    "code",
    "code_challenge",
    "code_verifier",
    "jti",
    "nonce",
    "refresh_token",
    "request",
    "request_uri",
    "state",
    "token",
];
/// Headers whose values are random.
const RANDOM_HEADERS: &[&str] = &["dpop", "x-fapi-interaction-id"];
/// Parameters that are JWTs.
const JWTS: &[&str] = &["client_assertion", "request"];

/// The folder of one provider's texts.
pub struct WireTexts {
    folder: PathBuf,
    read: usize,
    steps: usize,
}

impl WireTexts {
    /// The texts of `provider`, from the first request of a world on.
    #[must_use]
    pub fn of(provider: &str) -> Self {
        let folder = Path::new(WIRE).join(provider);
        Self { folder, read: 0, steps: 0 }
    }

    /// Holds what `world` sent since the last step against the recorded text; with `BLESS=1`
    /// records it.
    ///
    /// # Panics
    /// If they differ, or if no text is recorded.
    pub fn step(&mut self, name: &str, world: &World) {
        self.steps += 1;
        let sent = world.sent.iter().skip(self.read).map(|asked| wire_text(&asked.http));
        let text = sent.collect::<Vec<_>>().join("\n----\n\n");
        self.read = world.sent.len();
        self.hold(name, &text);
    }

    /// The same for a URL that the customer's browser loads.
    ///
    /// # Panics
    /// If they differ, or if no text is recorded.
    pub fn browser(&mut self, name: &str, url: &str) {
        self.steps += 1;
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        self.hold(name, &format!("GET {place}\n?{}\n", form(query)));
    }

    fn hold(&self, name: &str, text: &str) {
        let file = self.folder.join(format!("{:02}-{name}.txt", self.steps));
        if env::var_os("BLESS").is_some() {
            fs::create_dir_all(&self.folder).unwrap();
            fs::write(&file, text).unwrap();
        }
        let recorded = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(recorded, text, "{}: BLESS=1 records it", file.display());
    }
}

/// One request as text.
///
/// # Panics
/// If it is not text.
#[must_use]
pub fn wire_text(request: &http::Request<Vec<u8>>) -> String {
    let mut text = format!("{} {}\n", request.method(), masked_url(&request.uri().to_string()));
    for (name, value) in request.headers() {
        let value = value.to_str().unwrap();
        let value = match name.as_str() {
            random if RANDOM_HEADERS.contains(&random) => format!("<{random}>"),
            "authorization" => authorization(value),
            _ => value.to_owned(),
        };
        let _ = writeln!(text, "{name}: {value}");
    }
    let body = str::from_utf8(request.body()).unwrap();
    let json = request.headers().get("content-type").is_some_and(|kind| kind == "application/json");
    let jwts = match (body, json) {
        ("", _) => Vec::new(),
        (body, true) => {
            let _ = write!(text, "\n{}\n", members(body));
            JWTS.iter().filter_map(|name| Some((*name, member(body, name)?))).collect()
        }
        (body, false) => {
            let _ = write!(text, "\n{}\n", form(body));
            let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| JWTS.contains(name)).collect()
        }
    };
    let proof = request.headers().get("dpop").map(|proof| ("dpop", proof.to_str().unwrap()));
    for (name, jwt) in jwts.into_iter().chain(proof) {
        for (part, what) in jwt.split('.').zip(["header", "claims"]) {
            let json = String::from_utf8(base64url::decode(part).unwrap()).unwrap();
            let _ = write!(text, "\n{what} of {name}:\n{}\n", members(&json));
        }
    }
    text
}

/// The scheme, and whether something follows.
fn authorization(value: &str) -> String {
    match value.split_once(' ') {
        Some((scheme, _)) => format!("{scheme} <credentials>"),
        None => "<credentials>".to_owned(),
    }
}

/// A consent id is random, and stands in a path.
fn masked_url(url: &str) -> String {
    let Some((before, rest)) = url.split_once("/consents/") else { return url.to_owned() };
    let tail = rest.split_once('/').map_or(String::new(), |(_, tail)| format!("/{tail}"));
    format!("{before}/consents/<consentId>{tail}")
}

fn form(body: &str) -> String {
    let pairs = body.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if RANDOM.contains(&name) => format!("{name}=<{name}>"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("\n&")
}

/// A JSON text with its random members masked.
fn members(json: &str) -> String {
    let mut text = json.to_owned();
    for name in RANDOM {
        if let Some(value) = member(json, name) {
            text = text
                .replace(&format!("\"{name}\":\"{value}\""), &format!("\"{name}\":\"<{name}>\""));
        }
    }
    text
}

/// The text of a member.
fn member<'j>(json: &'j str, name: &str) -> Option<&'j str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(value, _)| value)
}
