//! DPoP nonces (RFC 9449 sections 8 and 9).

use fdx_jose::Jws;
use http::{Request, Response, StatusCode};
use serde_json::json;

use crate::answer;
use crate::document;
use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;
use fdx_wire::json::Limits;

rows! {
    /// Defects and peculiarities of DPoP nonces.
    WrongNonce {
        NeverAskedFor: "nonce-never", "RFC 9449 8; suite happy-path-no-dpop-nonce", Accept,
            "never requests a nonce, and rejects proofs with one";
        SchemeCase: "nonce-challenge-scheme-case",
            "RFC 9110 11.1; suite rs-dpop-auth-scheme-case-insensitivity", Accept,
            "requests a nonce at a resource with the scheme dPoP";
        SecondChallenge: "nonce-second-challenge", "RFC 9110 11.6.1", Accept,
            "requests a nonce at a resource after a Bearer challenge in the same header";
        EndlessAtPush: "nonce-endless-at-push", "RFC 9449 8", Refuse("rfc9449.nonce.again"),
            "repeatedly requests a fresh nonce at the push";
        EndlessAtToken: "nonce-endless-at-token", "RFC 9449 8", Refuse("rfc9449.nonce.again"),
            "repeatedly requests a fresh nonce for the code";
        EndlessAtResource: "nonce-endless-at-resource", "RFC 9449 9",
            Refuse("rfc9449.nonce.again"), "repeatedly requests a fresh nonce at the consent";
        EndlessAtRefresh: "nonce-endless-at-refresh", "RFC 9449 8", Refuse("rfc9449.nonce.again"),
            "repeatedly requests a fresh nonce for the refresh token";
        EndlessAtClientToken: "nonce-endless-at-client-token", "RFC 9449 8",
            Refuse("rfc9449.nonce.again"),
            "repeatedly requests a fresh nonce for the client credentials token";
        Missing: "nonce-missing", "RFC 9449 8", Refuse("rfc9449.nonce.missing"),
            "requests a nonce for the code without a DPoP-Nonce header";
        Malformed: "nonce-malformed", "RFC 9449 8.1", Refuse("rfc9449.nonce.syntax"),
            "requests a nonce for the code that contains a quotation mark";
        Long: "nonce-long", "RFC 9449 8.1", Refuse("rfc9449.nonce.syntax"),
            "requests a nonce of 10,000 characters for the code";
        WithoutProof: "nonce-without-proof", "RFC 9449 8.2", Accept,
            "returns a nonce with metadata and keys, where no proof was sent, and rejects proofs with \
             it";
        OfAnotherServer: "nonce-of-another-server", "RFC 9449 8.2, 9", Accept,
            "returns a nonce of the authorization server with the tokens, and rejects proofs with it \
             at a resource of the same origin";
    }
}

const PLANTED: &str = "of-another-place";

impl WrongNonce {
    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::EndlessAtClientToken => Flow::ConsentRevocation,
            _ => Flow::Dpop,
        }
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        match self {
            Self::NeverAskedFor => None,
            Self::SchemeCase => challenge(stage, |challenge| challenge.replacen("DPoP", "dPoP", 1)),
            Self::SecondChallenge => {
                challenge(stage, |challenge| format!("Bearer realm=\"a, b\", {challenge}"))
            }
            Self::EndlessAtPush => endless(stage, Moment::Push),
            Self::EndlessAtToken => endless(stage, Moment::Token),
            Self::EndlessAtResource => endless(stage, Moment::Consent),
            Self::EndlessAtRefresh => endless(stage, Moment::Refresh),
            Self::EndlessAtClientToken => endless(stage, Moment::ClientToken),
            Self::Missing => {
                if asks(stage, Moment::Token, "") {
                    stage.response.headers_mut().remove("dpop-nonce");
                }
                Some(())
            }
            Self::Malformed => asks(stage, Moment::Token, "\"").then_some(()),
            Self::Long => asks(stage, Moment::Token, &"n".repeat(10_000)).then_some(()),
            Self::WithoutProof => {
                if stage.is(Moment::Metadata) || stage.is(Moment::Keys) {
                    stage.header("dpop-nonce", PLANTED);
                }
                Some(())
            }
            Self::OfAnotherServer => {
                if stage.is(Moment::Token) {
                    stage.header("dpop-nonce", PLANTED);
                }
                Some(())
            }
        }
    }
}

fn endless(stage: &mut Stage<'_>, moment: Moment) -> Option<()> {
    let fresh = format!("nonce-{}", stage.fired);
    asks(stage, moment, &fresh).then_some(())
}

/// Turns any response of this moment into a nonce challenge.
fn asks(stage: &mut Stage<'_>, moment: Moment, nonce: &str) -> bool {
    if stage.moment != moment {
        return false;
    }
    stage.header("dpop-nonce", nonce);
    match moment {
        Moment::Consent => {
            stage.status(StatusCode::UNAUTHORIZED);
            stage.header("www-authenticate", "DPoP error=\"use_dpop_nonce\"");
        }
        _ => {
            stage.status(StatusCode::BAD_REQUEST);
            stage.header("content-type", "application/json");
            stage.body(r#"{"error":"use_dpop_nonce"}"#);
        }
    }
    true
}

/// Changes a resource's nonce challenge.
fn challenge(stage: &mut Stage<'_>, change: impl FnOnce(&str) -> String) -> Option<()> {
    let name = "www-authenticate";
    let challenge = stage.response.headers().get(name)?.to_str().ok()?;
    let changed = Some(challenge).filter(|text| text.contains("use_dpop_nonce")).map(change)?;
    stage.header(name, &changed);
    Some(())
}

/// Refuses a request with the nonce that was returned elsewhere.
pub(crate) fn trap(request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
    let proof = Jws::parse_proof(request.headers().get("dpop")?.to_str().ok()?).ok()?;
    let claims = document::read(proof.payload(), &Limits::default())?;
    let refused = json!({ "error": "invalid_dpop_proof", "code": "401", "message": "nonce" });
    (claims.get("nonce")?.as_str()? == PLANTED)
        .then(|| answer::json(StatusCode::BAD_REQUEST, &refused))
}
