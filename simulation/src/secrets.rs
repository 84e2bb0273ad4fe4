//! The secrets of a world, and the texts that must not contain a part of one.

use std::collections::{BTreeSet, HashMap};

use fdx_wire::{form::Query, percent_encode};
use http::{Request, Response};
use serde_json::Value;

/// A part of a secret that is too long to appear by chance.
const PART: usize = 12;
/// Every part contains a whole block, so it is enough to search for blocks.
const BLOCK: usize = PART / 2;
/// The flow id at the beginning of a `state`, which is public.
const FLOW_ID: usize = 24;

/// Searches URLs, errors and `Debug` output for secrets.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    secrets: BTreeSet<String>,
    texts: BTreeSet<String>,
}

impl Secrets {
    /// Adds a secret.
    pub(crate) fn hide(&mut self, secret: &str) {
        if secret.len() >= PART {
            self.secrets.insert(percent_encode(secret));
            self.secrets.insert(secret.to_owned());
        }
    }

    /// Adds a text that must not contain a part of a secret.
    pub(crate) fn show(&mut self, text: impl Into<String>) {
        self.texts.insert(text.into());
    }

    /// Adds the secrets of a request of the recipient.
    pub(crate) fn request(&mut self, request: &Request<Vec<u8>>) {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        self.hide(text("dpop").unwrap_or_default());
        let token = text("authorization").and_then(|header| header.split_once(' '));
        self.hide(token.map_or("", |(_, token)| token));
        let form = str::from_utf8(request.body()).ok();
        let Some(form) = form.and_then(|form| Query::parse(form, 64 * 1024).ok()) else { return };
        for name in FIELDS {
            self.hide(form.one(name).ok().flatten().unwrap_or_default());
        }
        let state = form.one("state").ok().flatten().and_then(|state| state.get(FLOW_ID..));
        self.hide(state.unwrap_or_default());
    }

    /// Adds the secrets of a response of an institution.
    pub(crate) fn response(&mut self, response: &Response<Vec<u8>>) {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        for name in ["access_token", "refresh_token", "id_token"] {
            self.hide(body.get(name).and_then(Value::as_str).unwrap_or_default());
        }
    }

    /// The texts that contain a part of a secret.
    pub(crate) fn shown(&self) -> Vec<String> {
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        self.in_any(&texts).into_iter().map(|text| (*text).to_owned()).collect()
    }

    /// Those of `texts` that contain a part of a secret.
    pub(crate) fn in_any<'a, T: AsRef<[u8]>>(&self, texts: &'a [T]) -> Vec<&'a T> {
        let mut blocks: HashMap<&[u8], Vec<(&[u8], usize)>> = HashMap::new();
        // Most of the time a look at three characters is enough.
        let mut begins = vec![false; 1 << 18];
        for secret in self.secrets.iter().map(String::as_bytes) {
            for (number, block) in secret.chunks_exact(BLOCK).enumerate() {
                blocks.entry(block).or_default().push((secret, number * BLOCK));
                if let Some(begin) = begins.get_mut(beginning(block)) {
                    *begin = true;
                }
            }
        }
        let shows = |text: &[u8]| {
            text.windows(BLOCK).enumerate().any(|(at, block)| {
                if begins.get(beginning(block)) != Some(&true) {
                    return false;
                }
                let places = blocks.get(block).into_iter().flatten();
                places.into_iter().any(|(secret, place)| common(text, at, secret, *place) >= PART)
            })
        };
        texts.iter().filter(|text| shows(text.as_ref())).collect()
    }
}

/// The fields of a form that are secret.
const FIELDS: [&str; 7] =
    ["client_assertion", "code", "code_verifier", "nonce", "refresh_token", "request", "token"];

/// A number for the first three characters, below 2^18.
fn beginning(block: &[u8]) -> usize {
    match block {
        [a, b, c, ..] => usize::from(a & 63) << 12 | usize::from(b & 63) << 6 | usize::from(c & 63),
        _ => 0,
    }
}

/// The length of the longest common run of two texts that contains both places.
fn common(text: &[u8], at: usize, secret: &[u8], place: usize) -> usize {
    let (before, after) = (text.split_at(at), secret.split_at(place));
    let equal = |(a, b): &(&u8, &u8)| a == b;
    let left = before.0.iter().rev().zip(after.0.iter().rev()).take_while(equal).count();
    let right = before.1.iter().zip(after.1).take_while(equal).count();
    left + right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_part_of_a_secret() {
        let secret = "n0t-to/be shown+at~all.in.any-text==";
        let mut secrets = Secrets::default();
        secrets.hide(secret);
        for text in [secret.to_owned(), percent_encode(secret)] {
            for part in text.as_bytes().windows(PART) {
                let part = str::from_utf8(part).unwrap();
                secrets.texts = BTreeSet::from([format!("a careless error:|{part}|")]);
                assert_eq!(secrets.shown().len(), 1, "{part}");
                let shorter = &part[1..];
                secrets.texts = BTreeSet::from([format!("a careless error:|{shorter}|")]);
                assert_eq!(secrets.shown().len(), 0, "{shorter}");
            }
        }
    }

    #[test]
    fn knows_every_secret_of_requests_and_responses() {
        let mut secrets = Secrets::default();
        let long = |name: &str| format!("{name}-of-a-request");
        let form = FIELDS.map(|name| format!("{name}={}", long(name))).join("&");
        let mut request = Request::new(
            format!("{form}&state={}{}", "f".repeat(FLOW_ID), long("state")).into_bytes(),
        );
        for (name, value) in
            [("dpop", "proof-of-a-request"), ("authorization", "DPoP at-of-a-request")]
        {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        secrets.request(&request);
        let response = r#"{"access_token":"access-of-a-response","refresh_token":"refresh-of-a-response","id_token":"id-of-a-response"}"#;
        secrets.response(&Response::new(response.as_bytes().to_vec()));
        let mut known: Vec<String> = FIELDS.map(long).to_vec();
        known.extend([long("state"), long("proof"), long("at")]);
        known.extend(["access", "refresh", "id"].map(|name| format!("{name}-of-a-response")));
        assert_eq!(secrets.secrets, BTreeSet::from_iter(known));
    }
}
