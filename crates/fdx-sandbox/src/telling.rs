//! How a broken rule is told, by whoever reads the answer.

use http::{Response, StatusCode};
use serde_json::json;

use crate::answer;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::{Received, Side};

/// Who reads the answer: it decides how a broken rule is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Surface {
    /// A client, at the authorization server.
    Client,
    /// A client that registers, or manages its registration.
    Registration,
    /// The customer's browser.
    Browser,
    /// A client, at a resource.
    Resource,
}

impl Institution {
    pub(crate) fn tell(
        &mut self,
        surface: Surface,
        received: &Received<'_>,
        broken: Broken,
    ) -> Response<Vec<u8>> {
        match surface {
            Surface::Browser => self.error_page(broken),
            Surface::Client => oauth_error(broken.reason.oauth_status(), broken),
            // RFC 7592 2: like any resource that a token opens.
            Surface::Registration if broken.reason == Reason::InvalidToken => {
                let mut response = oauth_error(StatusCode::UNAUTHORIZED, broken);
                let challenge = challenge(Side::MutualTls, broken);
                answer::set(&mut response, "www-authenticate", &challenge);
                response
            }
            Surface::Registration => oauth_error(broken.reason.oauth_status(), broken),
            Surface::Resource => {
                let (status, code) = broken.reason.fdx();
                let document = json!({ "code": code, "message": broken.description() });
                let mut response = answer::json(status, &document);
                // RFC 6750 3: also where the token is good, and its consent too small.
                if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
                    let challenge = challenge(received.side, broken);
                    answer::set(&mut response, "www-authenticate", &challenge);
                }
                response
            }
        }
    }
}

fn oauth_error(status: StatusCode, broken: Broken) -> Response<Vec<u8>> {
    let error = broken.reason.error();
    answer::json(status, &json!({ "error": error, "error_description": broken.description() }))
}

/// RFC 9449 section 7.1, RFC 6750 section 3: without credentials there is no error code.
fn challenge(side: Side, broken: Broken) -> String {
    let scheme = match side {
        Side::Main => "DPoP algs=\"PS256 ES256 EdDSA\"",
        Side::MutualTls => "Bearer realm=\"fdx\"",
    };
    if broken.reason == Reason::NoCredentials {
        return scheme.to_owned();
    }
    format!(
        "{scheme}, error=\"{}\", error_description=\"{}\"",
        broken.reason.error(),
        broken.description()
    )
}
