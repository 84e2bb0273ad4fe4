//! Values that the recipient may send once, and tokens that it must not send again.

use std::collections::BTreeSet;

use fdx_wire::form::Query;
use http::{Request, Response};
use serde_json::Value;

use crate::ledger::{Harm, claim, field};

/// Why the recipient sends a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// It is the first request of an exchange.
    Drafted,
    /// The response to the first request required a DPoP nonce.
    Nonce,
}

/// Everything that the recipient has sent and must not send again.
#[derive(Debug, Default)]
pub(crate) struct SingleUse {
    /// Every `jti`, and the values that a push generates.
    sent: BTreeSet<String>,
    /// The codes that were exchanged, each with its verifier.
    exchanges: BTreeSet<(String, String)>,
    /// The verifiers of flows.
    verifiers: BTreeSet<String>,
    /// Refresh tokens that were replaced in the store, or that the institution refused.
    retired: BTreeSet<String>,
    /// Received, and not yet used in an authorization URL.
    request_uris: Vec<String>,
}

impl SingleUse {
    /// Checks a request that the recipient has just signed.
    pub(crate) fn request(
        &mut self,
        request: &Request<Vec<u8>>,
        reason: Reason,
        code_may_repeat: bool,
    ) -> Vec<Harm> {
        let mut harms = Vec::new();
        let form = |name| field(request.body(), name);
        let proof = request.headers().get("dpop").and_then(|proof| proof.to_str().ok());
        let signed = [proof.map(str::to_owned), form("client_assertion"), form("request")];
        for jti in signed.iter().flatten().filter_map(|jws| claim(jws, "jti")) {
            if !self.sent.insert(format!("jti {jti}")) {
                harms.push(Harm::JtiSentTwice);
            }
        }
        for generated in ["code_challenge", "nonce", "state"] {
            let inside = form("request").and_then(|jws| claim(&jws, generated));
            let new = form(generated).or(inside);
            if new.is_some_and(|new| !self.sent.insert(format!("{generated} {new}"))) {
                harms.push(Harm::PushRepeated);
            }
        }
        match (form("code"), form("code_verifier")) {
            (Some(code), Some(verifier)) => {
                let new_verifier = self.verifiers.insert(verifier.clone());
                // The same code with another verifier is injected: PKCE refuses it.
                let new_pair = self.exchanges.insert((code, verifier));
                match (new_pair, new_verifier) {
                    _ if reason != Reason::Drafted || code_may_repeat => {}
                    (false, _) => harms.push(Harm::CodeSentTwice),
                    (true, false) => harms.push(Harm::VerifierSentTwice),
                    (true, true) => {}
                }
            }
            (None, None) => {}
            _ => harms.push(Harm::CodeWithoutVerifier),
        }
        if form("refresh_token").is_some_and(|token| self.retired.contains(&token)) {
            harms.push(Harm::RetiredTokenSent);
        }
        harms
    }

    /// Records that the recipient no longer needs a refresh token.
    pub(crate) fn retire(&mut self, token: String) {
        self.retired.insert(token);
    }

    /// Records a refresh token that the recipient persisted. An institution may issue one again
    /// that it has replaced.
    pub(crate) fn persisted(&mut self, token: &str) {
        self.retired.remove(token);
    }

    /// Records the response to a push.
    pub(crate) fn pushed(&mut self, response: &Response<Vec<u8>>) {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let request_uri = body.get("request_uri").and_then(Value::as_str);
        self.request_uris.extend(request_uri.map(str::to_owned));
    }

    /// Checks the URL that a customer is sent to.
    pub(crate) fn authorization_url(&mut self, url: &str) -> Option<Harm> {
        let query = url.split_once('?').and_then(|(_, query)| Query::parse(query, 8192).ok())?;
        let request_uri = query.one("request_uri").ok().flatten();
        let received =
            self.request_uris.iter().position(|known| Some(known.as_str()) == request_uri);
        received.map(|at| self.request_uris.swap_remove(at));
        let only = query.names().eq(["client_id", "request_uri"]);
        (received.is_none() || !only).then_some(Harm::RequestUriUsedTwice)
    }
}

/// Whether a response requires a DPoP nonce and contains one (RFC 9449 sections 8 and 9): with any
/// status of a refusal, or with that of a success and no token.
pub(crate) fn requires_nonce(response: &Response<Vec<u8>>) -> bool {
    let required = "use_dpop_nonce";
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let error = body.get("error").and_then(Value::as_str).unwrap_or_default();
    let in_body = error.eq_ignore_ascii_case(required);
    let mut challenges = response.headers().get_all("www-authenticate").into_iter();
    let refused = response.status().is_client_error()
        && (in_body
            || challenges.any(|challenge| {
                // A quoted string may contain backslashes.
                let text = String::from_utf8_lossy(challenge.as_bytes()).replace('\\', "");
                text.to_ascii_lowercase().contains(required)
            }));
    let succeeded = response.status().is_success()
        && in_body
        && !String::from_utf8_lossy(response.body()).contains("_token");
    response.headers().contains_key("dpop-nonce") && (refused || succeeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(form: &str) -> Request<Vec<u8>> {
        Request::new(form.as_bytes().to_vec())
    }

    fn sent(single_use: &mut SingleUse, form: &str, reason: Reason) -> Vec<Harm> {
        single_use.request(&post(form), reason, false)
    }

    /// Returns a JWS with this claim. Its signature is not checked.
    fn jws(claims: &str) -> String {
        format!("h.{}.s", fdx_wire::base64url::encode(claims.as_bytes()))
    }

    #[test]
    fn jti_is_sent_once() {
        let mut single_use = SingleUse::default();
        let form = format!("client_assertion={}", jws(r#"{"jti":"1"}"#));
        assert_eq!(sent(&mut single_use, &form, Reason::Drafted), []);
        assert_eq!(sent(&mut single_use, &form, Reason::Nonce), [Harm::JtiSentTwice]);
        let mut proof = post("");
        proof.headers_mut().insert("dpop", jws(r#"{"jti":"1"}"#).parse().unwrap());
        assert_eq!(single_use.request(&proof, Reason::Nonce, false), [Harm::JtiSentTwice]);
    }

    #[test]
    fn push_generates_its_values_again() {
        let mut single_use = SingleUse::default();
        let pushes = ["state=s", "nonce=n", "code_challenge=c"].map(str::to_owned);
        for push in pushes {
            assert_eq!(sent(&mut single_use, &push, Reason::Drafted), []);
            assert_eq!(sent(&mut single_use, &push, Reason::Nonce), [Harm::PushRepeated]);
        }
        let signed = format!("request={}", jws(r#"{"state":"s"}"#));
        assert_eq!(sent(&mut single_use, &signed, Reason::Drafted), [Harm::PushRepeated]);
    }

    #[test]
    fn code_and_verifier_are_repeated_for_a_nonce_only() {
        let mut single_use = SingleUse::default();
        let form = "code=c&code_verifier=v";
        assert_eq!(sent(&mut single_use, form, Reason::Drafted), []);
        assert_eq!(sent(&mut single_use, form, Reason::Nonce), []);
        assert_eq!(sent(&mut single_use, form, Reason::Drafted), [Harm::CodeSentTwice]);
        assert_eq!(single_use.request(&post(form), Reason::Drafted, true), []);
        let other_code = "code=e&code_verifier=v";
        let harms = sent(&mut single_use, other_code, Reason::Drafted);
        assert_eq!(harms, [Harm::VerifierSentTwice]);
        for half in ["code=d", "code_verifier=w"] {
            assert_eq!(sent(&mut single_use, half, Reason::Drafted), [Harm::CodeWithoutVerifier]);
        }
    }

    #[test]
    fn retired_refresh_token_is_not_sent_unless_it_is_issued_again() {
        let mut single_use = SingleUse::default();
        single_use.retire("r".to_owned());
        let harms = sent(&mut single_use, "refresh_token=r", Reason::Nonce);
        assert_eq!(harms, [Harm::RetiredTokenSent]);
        single_use.persisted("r");
        assert_eq!(sent(&mut single_use, "refresh_token=r", Reason::Drafted), []);
    }

    #[test]
    fn request_uri_is_used_as_often_as_it_is_received() {
        let mut single_use = SingleUse::default();
        let url = "https://bank.example/authorize?client_id=app&request_uri=u";
        assert_eq!(single_use.authorization_url(url), Some(Harm::RequestUriUsedTwice));
        single_use.pushed(&Response::new(br#"{"request_uri":"u"}"#.to_vec()));
        assert_eq!(single_use.authorization_url(url), None);
        assert_eq!(single_use.authorization_url(url), Some(Harm::RequestUriUsedTwice));
        single_use.pushed(&Response::new(br#"{"request_uri":"u"}"#.to_vec()));
        let more = format!("{url}&state=s");
        assert_eq!(single_use.authorization_url(&more), Some(Harm::RequestUriUsedTwice));
    }

    #[test]
    fn nonce_is_required_by_body_or_header() {
        let response = |status, name: &'static str, value: &str, body: &str| {
            let response = Response::builder().status(status).header("dpop-nonce", "n");
            response.header(name, value).body(body.as_bytes().to_vec()).unwrap()
        };
        let challenge = r#"DPoP error="use_dpop\_nonce""#;
        let error = r#"{"error":"use_dpop_nonce"}"#;
        assert!(requires_nonce(&response(400, "x", "", error)));
        assert!(requires_nonce(&response(401, "www-authenticate", challenge, "")));
        assert!(requires_nonce(&response(200, "x", "", error)));
        let with_token = r#"{"error":"use_dpop_nonce","access_token":"a"}"#;
        assert!(!requires_nonce(&response(200, "x", "", with_token)));
        assert!(!requires_nonce(&response(500, "x", "", error)));
        assert!(!requires_nonce(&response(401, "www-authenticate", "DPoP", "")));
        let mut without = response(400, "x", "", error);
        without.headers_mut().remove("dpop-nonce");
        assert!(!requires_nonce(&without));
    }
}
