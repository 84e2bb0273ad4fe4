//! Responses and callbacks that are changed in transit. TLS prevents that; the recipient must
//! return a typed error all the same, and repeat and disclose nothing.

use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::Value;

use crate::ledger::parameter;
use crate::tally::count;
use crate::world::{Faults, World};

/// What was changed, and what can replace something.
#[derive(Debug, Default)]
pub(crate) struct Tampering {
    /// Whether anything was changed.
    pub(crate) happened: bool,
    responses: Vec<Response<Vec<u8>>>,
    callbacks: Vec<String>,
}

/// Unchanged, in most cases, or one of the following seven changes.
const RESPONSES: [u64; 8] = [14, 1, 1, 1, 1, 1, 1, 1];
/// Unchanged, in most cases, or one of the following four changes.
const CALLBACKS: [u64; 5] = [12, 1, 1, 1, 1];
const STATUSES: [u16; 9] = [200, 201, 302, 400, 401, 403, 429, 500, 503];

impl World {
    /// Returns the response as it arrives.
    pub(super) fn tampered(&mut self, intact: Response<Vec<u8>>) -> Response<Vec<u8>> {
        if self.faults != Faults::Tampering {
            return intact;
        }
        let mut response = intact.clone();
        let length = response.body().len();
        match self.choices.fault(&RESPONSES) {
            1 => {
                let earlier = self.choices.pick(&self.tampering.responses).cloned();
                response = earlier.unwrap_or(response);
            }
            2 => {
                let (at, to) = (self.below(length), self.choices.below(256));
                if let Some(byte) = response.body_mut().get_mut(at) {
                    *byte = u8::try_from(to).unwrap_or(0);
                }
            }
            3 => {
                let length = self.below(length);
                response.body_mut().truncate(length);
            }
            4 => {
                let status = self.choices.pick(&STATUSES).copied();
                let status = status.and_then(|status| StatusCode::from_u16(status).ok());
                *response.status_mut() = status.unwrap_or_default();
            }
            5 => response = message(NONCE_REQUIRED),
            6 => response.headers_mut().clear(),
            7 => response = with_members(message(&self.choices.text()), &intact),
            _ => {}
        }
        self.tampering.responses.push(response.clone());
        let changed = response.status() != intact.status()
            || response.headers() != intact.headers()
            || response.body() != intact.body();
        if changed {
            self.tampering.happened = true;
            count(&mut self.tally.network, "response changed");
            self.log(|| format!("  response changed in transit: {}", response.status()));
        }
        response
    }

    /// Returns a URL that reaches the recipient before the callback, if any.
    pub(crate) fn tampered_callback(&mut self, intact: &str) -> Option<String> {
        if self.faults != Faults::Tampering {
            return None;
        }
        let changed = match self.choices.fault(&CALLBACKS) {
            1 => self.choices.pick(&self.tampering.callbacks).cloned(),
            2 => {
                let (at, to) = (self.below(intact.len()), self.choices.below(95));
                let mut bytes = intact.as_bytes().to_vec();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = b' ' + u8::try_from(to).unwrap_or(0);
                }
                String::from_utf8(bytes).ok()
            }
            3 => intact.get(..self.below(intact.len())).map(str::to_owned),
            4 => String::from_utf8(self.choices.text()).ok().map(|text| with_pairs(&text, intact)),
            _ => None,
        };
        self.tampering.callbacks.push(intact.to_owned());
        if changed.is_some() {
            self.tampering.happened = true;
            count(&mut self.tally.network, "callback changed");
            self.log(|| "  callback changed in transit".to_owned());
        }
        changed
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.choices.below(end as u64)).unwrap_or(0)
    }
}

const NONCE_REQUIRED: &[u8] =
    b"400\ncontent-type: application/json\ndpop-nonce: a-nonce\n\n{\"error\":\"use_dpop_nonce\"}";

/// A response as bytes: a status, headers, an empty line, the body. Any bytes are a response: a
/// line that is no status means 200, and a line that is no header is omitted.
#[must_use]
pub fn message(bytes: &[u8]) -> Response<Vec<u8>> {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    let (head, body) = match end.and_then(|end| bytes.split_at_checked(end)) {
        Some((head, body)) => (head, body.get(2..).unwrap_or_default()),
        None => (bytes, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut response = Response::new(body.to_vec());
    let status = lines.next().and_then(|line| StatusCode::from_bytes(line).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    for line in lines.take(100) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().and_then(|name| HeaderName::from_bytes(name).ok());
        let value = parts.next().and_then(|it| HeaderValue::from_bytes(it.trim_ascii()).ok());
        if let (Some(name), Some(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// A success in which `"name":"$name"` has the value of the intact response. A failure may be
/// shown, so it contains no secret.
fn with_members(written: Response<Vec<u8>>, intact: &Response<Vec<u8>>) -> Response<Vec<u8>> {
    let intact: Value = serde_json::from_slice(intact.body()).unwrap_or_default();
    let text = str::from_utf8(written.body()).map(str::to_owned);
    let (true, Ok(mut text)) = (written.status().is_success(), text) else { return written };
    for (name, value) in intact.as_object().into_iter().flatten() {
        let placeholder = format!("\"{name}\":\"${name}\"");
        text = text.replace(&placeholder, &format!("\"{name}\":{value}"));
    }
    written.map(|_| text.into_bytes())
}

/// A URL in which `state=$state` and `code=$code` have the values of the intact one.
fn with_pairs(written: &str, intact: &str) -> String {
    let (place, query) = written.split_once('?').unwrap_or((written, ""));
    let pair = |pair: &str| {
        let value = |name| parameter(intact, name).unwrap_or_default();
        match pair {
            "state=$state" => format!("state={}", value("state")),
            "code=$code" => format!("code={}", value("code")),
            "response=$response" => format!("response={}", value("response")),
            _ => pair.to_owned(),
        }
    };
    format!("{place}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use fdx_par::ResponseMode;
    use fdx_testkit::{Binding, Requests, Setup};

    use super::*;
    use crate::world::Settings;

    /// A world with one flow.
    fn world(bytes: &[u8], setup: Setup) -> World {
        let setup = Some(setup);
        World::from_bytes(bytes, Settings { flows: 1, setup, ..Settings::SMALL })
    }

    /// Every fault at every place of a flow that succeeds without it.
    #[test]
    fn single_fault_breaks_no_promise() {
        let signed = Setup {
            binding: Binding::Mtls,
            requests: Requests::Signed,
            response_mode: ResponseMode::Jwt,
            ..Setup::default()
        };
        for setup in [Setup::default(), signed] {
            let mut intact = world(&[], setup);
            intact.run_all();
            assert_eq!(intact.tally.ends.get("granted whole"), Some(&1));
            let mut changes = 0;
            for (number, at) in intact.choices.faults().iter().enumerate() {
                // One for each change of a response, two for the network alone.
                for fault in [170, 176, 188, 200, 212, 224, 236, 249, 252, 255] {
                    let mut bytes = vec![0; *at];
                    // Where a text is changed, for example.
                    let more = (number * 37 + usize::from(fault)) as u8;
                    bytes.extend([fault, more, b'"']);
                    let mut world = world(&bytes, setup);
                    world.run_all();
                    assert_eq!(world.tally.harms, [], "{bytes:?}");
                    changes += usize::from(world.tampering.happened);
                }
            }
            assert!(changes > 45, "{changes} changes");
        }
    }

    #[test]
    fn any_bytes_are_a_response() {
        let read = message(b"401\nwww-authenticate: DPoP\nno header\n\nbody\n\nand more");
        assert_eq!(read.status(), 401);
        assert_eq!(read.headers().len(), 1);
        assert_eq!(read.body(), b"body\n\nand more");
        assert_eq!(message(b"").status(), 200);
    }

    #[test]
    fn placeholders_are_replaced_in_their_own_members_and_pairs() {
        let intact = Response::new(br#"{"access_token":"a","expires_in":60}"#.to_vec());
        let body = r#"{"access_token":"$access_token","scope":"$access_token","expires_in":"$expires_in"}"#;
        let written = with_members(Response::new(body.as_bytes().to_vec()), &intact);
        assert_eq!(
            written.body(),
            br#"{"access_token":"a","scope":"$access_token","expires_in":60}"#
        );
        let failure = message(format!("400\n\n{body}").as_bytes());
        assert_eq!(with_members(failure, &intact).body(), body.as_bytes());

        let url = with_pairs("https://a?code=$code&state=$code", "https://b?code=c&state=s");
        assert_eq!(url, "https://a?code=c&state=$code");
    }
}
