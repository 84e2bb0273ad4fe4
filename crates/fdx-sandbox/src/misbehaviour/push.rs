//! Responses to a pushed authorization request (RFC 9126).

use http::StatusCode;
use serde_json::json;

use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// What is wrong with the answer to a push.
    WrongPush {
        WithoutRequestUri: "push-without-request-uri", "RFC 9126 2.2",
            Refuse("rfc9126.request_uri"), "takes the request and names no request_uri";
        EmptyRequestUri: "push-empty-request-uri", "RFC 9126 2.2",
            Refuse("rfc9126.request_uri"), "names an empty request_uri";
        LongRequestUri: "push-long-request-uri", "RFC 9126 2.2",
            Refuse("rfc9126.request_uri"), "names a request_uri that fits no URL";
        RequestUriNotText: "push-request-uri-not-text", "RFC 9126 2.2",
            Refuse("rfc8259.json.shape"), "names a number as request_uri";
        WithoutExpiresIn: "push-without-expires-in", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "does not say how long the request_uri is good";
        ExpiresInZero: "push-expires-in-zero", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "says that the request_uri is good for 0 seconds";
        ExpiresInNegative: "push-expires-in-negative", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "says that the request_uri is good for -1 seconds";
        ExpiresInText: "push-expires-in-text", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "says \"60\", as a text";
        ExpiresInFraction: "push-expires-in-fraction", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "says 59.5 seconds";
        ExpiresInOverflowing: "push-expires-in-overflowing", "RFC 9126 2.2",
            Refuse("rfc9126.expires_in"), "names more seconds than 64 bits hold";
        ExpiresInGreatest: "push-expires-in-greatest", "FAPI 2.0 SP 5.3.2.2-12",
            Report("expires-in-capped"), "names as many seconds as 64 bits hold";
        ExpiresInTenMinutes: "push-expires-in-ten-minutes", "FAPI 2.0 SP 5.3.2.2-12",
            Report("expires-in-capped"), "says 600 seconds, and 599 are the most there may be";
        Late: "push-request-uri-late", "RFC 9126 2.2; FAPI 2.0 SP 5.3.2.2-12",
            Refuse("rfc9126.request_uri.late"),
            "says 30 seconds, and the customer is sent off 40 seconds after the push: not with a \
             request_uri that is good for nothing";
        StatusOk: "push-status-ok", "RFC 9126 2.2", Refuse("rfc9126.status"),
            "takes the request with 200 instead of 201";
        Empty: "push-empty-body", "RFC 9126 2.2", Refuse("rfc8259.json.syntax"),
            "takes the request and says nothing";
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
