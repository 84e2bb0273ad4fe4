//! From a request to its endpoint, and from a violation to an error in the endpoint's form.

use fdx_wire::UnixTime;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use crate::answer;
use crate::institution::memory::Settlement;
use crate::institution::place::{Place, Surface};
use crate::institution::received::{Peer, Received, Side, is_uuid};
use crate::institution::routes::metadata;
use crate::institution::rule::Reason;
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;

impl Institution {
    /// Answers one request.
    pub(crate) fn handle(
        &mut self,
        request: &Request<Vec<u8>>,
        peer: Peer,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let Some(side) = Side::of(request, &self.config()) else {
            return answer::empty(StatusCode::MISDIRECTED_REQUEST);
        };
        let peer = match side {
            Side::Main => Peer::anonymous(),
            Side::MutualTls => peer,
        };
        self.route(&Received { request, side, peer: &peer, now })
    }

    /// Adds the headers that every response has.
    pub(crate) fn finalize(
        &mut self,
        request: &Request<Vec<u8>>,
        mut response: Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        if let Some(nonce) = self.proofs.nonces.take_next() {
            answer::set(&mut response, "dpop-nonce", &nonce);
        }
        // RFC 9110 15.5.2: every 401 has a challenge.
        if response.status() == StatusCode::UNAUTHORIZED
            && !response.headers().contains_key("www-authenticate")
        {
            answer::set(&mut response, "www-authenticate", client_challenge(request));
        }
        // FDX: the interaction id is echoed in every response, errors included.
        let id = request.headers().get("x-fapi-interaction-id");
        if let Some(id) = id.and_then(|id| id.to_str().ok()).filter(|id| is_uuid(id)) {
            answer::set(&mut response, "x-fapi-interaction-id", id);
        }
        response
    }

    fn route(&mut self, received: &Received<'_>) -> Response<Vec<u8>> {
        let config = self.config();
        let Some(place) = Place::of(received.request.uri().path(), &config) else {
            return answer::empty(StatusCode::NOT_FOUND);
        };
        let (surface, methods) = place.surface();
        if !methods.contains(received.request.method()) {
            let mut response = answer::empty(StatusCode::METHOD_NOT_ALLOWED);
            let allow: Vec<_> = methods.iter().map(Method::as_str).collect();
            answer::set(&mut response, "allow", &allow.join(", "));
            return response;
        }
        // The customer's browser has no client certificate.
        if matches!(surface, Surface::Browser) && received.side == Side::MutualTls {
            return answer::empty(StatusCode::NOT_FOUND);
        }
        // Registration changes the configuration, which needs the only reference.
        drop(config);
        let response = match place {
            Place::Par => self.push(received),
            Place::Token => self.issue_tokens(received),
            Place::Register => self.register_client(received),
            Place::RegisterByCertificate => self.register_by_certificate(received),
            Place::RegisteredClient => self.manage_client(received),
            Place::Revoke => self.revoke(received),
            Place::Introspect => self.introspect(received),
            Place::Authorize => self.show_page(received),
            Place::Decision => self.decide(received),
            Place::Jwks => Ok(metadata::jwks(&self.config(), self.old_keys())),
            Place::ConsentRevocation | Place::Resource => self.serve(received),
            Place::Metadata => Ok(metadata::document(&self.config())),
        };
        // RFC 9449 8: the client repeats a challenged request, with the same assertion, request
        // object or code.
        let challenged = response.as_ref().is_err_and(Violation::is_nonce_challenge);
        self.settle(if challenged { Settlement::Forget } else { Settlement::Remember });
        response.unwrap_or_else(|violation| self.refuse(surface, received, violation))
    }

    fn refuse(
        &mut self,
        surface: Surface,
        received: &Received<'_>,
        violation: Violation,
    ) -> Response<Vec<u8>> {
        match surface {
            Surface::Browser => self.error_page(violation),
            Surface::Client => oauth_error(violation.reason.oauth_status(), violation),
            // RFC 7592 2: like any resource that a token opens.
            Surface::Registration if violation.reason == Reason::InvalidToken => {
                let mut response = oauth_error(StatusCode::UNAUTHORIZED, violation);
                let challenge = challenge(Side::MutualTls, violation);
                answer::set(&mut response, "www-authenticate", &challenge);
                response
            }
            Surface::Registration => oauth_error(violation.reason.oauth_status(), violation),
            Surface::Resource => {
                let (status, code) = violation.reason.fdx();
                let document = json!({ "code": code, "message": violation.description() });
                let mut response = answer::json(status, &document);
                // RFC 6750 3: also if the token is valid and its consent is too small.
                if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
                    let challenge = challenge(received.side, violation);
                    answer::set(&mut response, "www-authenticate", &challenge);
                }
                response
            }
        }
    }
}

fn oauth_error(status: StatusCode, violation: Violation) -> Response<Vec<u8>> {
    let error = violation.reason.error();
    answer::json(status, &json!({ "error": error, "error_description": violation.description() }))
}

/// The challenge to a client that failed to authenticate. RFC 6749 section 5.2: with the scheme that
/// it used, if it used one. `private_key_jwt` has no scheme, so its name serves as one.
fn client_challenge(request: &Request<Vec<u8>>) -> &'static str {
    match request.headers().contains_key("authorization") {
        true => "Basic realm=\"fdx\"",
        false => "private_key_jwt realm=\"fdx\"",
    }
}

/// RFC 9449 section 7.1, RFC 6750 section 3: without credentials there is no error code.
fn challenge(side: Side, violation: Violation) -> String {
    let scheme = match side {
        Side::Main => "DPoP algs=\"PS256 ES256 EdDSA\"",
        Side::MutualTls => "Bearer realm=\"fdx\"",
    };
    if violation.reason == Reason::NoCredentials {
        return scheme.to_owned();
    }
    format!(
        "{scheme}, error=\"{}\", error_description=\"{}\"",
        violation.reason.error(),
        violation.description()
    )
}
