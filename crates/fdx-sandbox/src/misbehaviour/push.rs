//! Responses to a pushed authorization request (RFC 9126).

use http::StatusCode;
use serde_json::json;

use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// Defects of the response to a push.
    WrongPush {
        WithoutRequestUri: "push-without-request-uri", "RFC 9126 2.2",
            Refuse("rfc9126.request_uri"), "accepts the request and returns no request_uri";
        EmptyRequestUri: "push-empty-request-uri", "RFC 9126 2.2",
            Refuse("rfc9126.request_uri"), "returns an empty request_uri";
        LongRequestUri: "push-long-request-uri", "RFC 9126 2.2",
            Refuse("rfc9126.request_uri"), "returns a request_uri that is too long for a URL";
        RequestUriNotText: "push-request-uri-not-text", "RFC 9126 2.2",
            Refuse("rfc9126.request_uri"), "returns a number as request_uri";
        WithoutExpiresIn: "push-without-expires-in", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "returns no expires_in";
        ExpiresInZero: "push-expires-in-zero", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "returns 0 as expires_in";
        ExpiresInNegative: "push-expires-in-negative", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "returns -1 as expires_in";
        ExpiresInText: "push-expires-in-text", "RFC 9126 2.2",
            Accept, "returns the string \"60\" as expires_in";
        ExpiresInFraction: "push-expires-in-fraction", "RFC 9126 2.2",
            Accept, "returns 59.5 as expires_in";
        ExpiresInOverflowing: "push-expires-in-overflowing", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "returns an expires_in of more than 64 bits";
        ExpiresInGreatest: "push-expires-in-greatest", "FAPI 2.0 SP 5.3.2.2-12",
            Report("expires-in-capped"), "returns the largest 64-bit number as expires_in";
        ExpiresInTenMinutes: "push-expires-in-ten-minutes", "FAPI 2.0 SP 5.3.2.2-12",
            Report("expires-in-capped"), "returns 600 as expires_in, and the maximum is 599";
        Late: "push-request-uri-late", "RFC 9126 2.2; FAPI 2.0 SP 5.3.2.2-12",
            Refuse("rfc9126.request_uri.late"),
            "returns 30 as expires_in, and the customer leaves 40 seconds after the push: the client \
             must not use the expired request_uri";
        StatusOk: "push-status-ok", "RFC 9126 2.2", Refuse("rfc9126.status"),
            "accepts the request with 200 instead of 201";
        Empty: "push-empty-body", "RFC 9126 2.2", Refuse("rfc8259.json.syntax"),
            "accepts the request with an empty body";
    }
}

impl WrongPush {
    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::Late => Flow::Late,
            _ => Flow::Any,
        }
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Push) {
            return None;
        }
        let expires_in = "expires_in";
        match self {
            Self::WithoutRequestUri => stage.without("request_uri"),
            Self::EmptyRequestUri => stage.member("request_uri", json!("")),
            Self::LongRequestUri => stage.member("request_uri", json!("u".repeat(5000))),
            Self::RequestUriNotText => stage.member("request_uri", json!(7)),
            Self::WithoutExpiresIn => stage.without(expires_in),
            Self::ExpiresInZero => stage.member(expires_in, json!(0)),
            Self::ExpiresInNegative => stage.member(expires_in, json!(-1)),
            Self::ExpiresInText => stage.member(expires_in, json!("60")),
            Self::ExpiresInFraction => stage.member(expires_in, json!(59.5)),
            Self::ExpiresInOverflowing => {
                let text = stage.text()?.replacen(
                    "\"expires_in\":60",
                    "\"expires_in\":18446744073709551616",
                    1,
                );
                stage.body(text);
                Some(())
            }
            Self::ExpiresInGreatest => stage.member(expires_in, json!(u64::MAX)),
            Self::ExpiresInTenMinutes => stage.member(expires_in, json!(600)),
            Self::Late => stage.member(expires_in, json!(30)),
            Self::StatusOk => {
                stage.status(StatusCode::OK);
                Some(())
            }
            Self::Empty => {
                stage.body("");
                Some(())
            }
        }
    }
}
