//! The end of a consent, by a token of the client's own: that token (RFC 6749 section 4.4), the
//! revocation, and the list of revocations (FDX Consent API).

use http::StatusCode;
use serde_json::{Value, json};

use super::Moment;
use super::row::rows;
use super::stage::Stage;

rows! {
    /// What is wrong with a client's own token, with an answer to the revocation of a consent or
    /// with the list of its revocations, or strange about it.
    WrongConsentRevocation {
        RefreshToken: "client-token-with-refresh-token", "RFC 6749 4.4.3", Accept,
            "gives a refresh token with the client's own token, which is not kept";
        OtherType: "client-token-type-other", "FAPI 2.0 SP 5.3.3.1-1; RFC 9449 5",
            Refuse("rfc6749.token_type"),
            "gives the client's own token bound otherwise than was asked";
        TypeUnknown: "client-token-type-unknown", "RFC 6749 7.1", Refuse("rfc6749.token_type"),
            "gives the client's own token as one of type mac";
        WithoutAccessToken: "client-token-without-access-token", "RFC 6749 5.1",
            Refuse("rfc6749.access_token.text"), "gives the client no token of its own";
        ClientRefused: "client-token-refused", "RFC 6749 5.2", Refuse("rfc6749.error"),
            "gives tokens to customers' consents alone";
        Conflict: "consent-revocation-conflict", "FDX Consent API, PUT revocation",
            Report("already-ended"), "says that the consent had ended before, with 409";
        NotFound: "consent-revocation-not-found", "FDX Consent API, PUT revocation",
            Report("not-found"), "says that there is no such consent, with 404";
        StatusOk: "consent-revocation-status-ok", "FDX Consent API, PUT revocation",
            Report("revocation-status"), "revokes with 200 and a body instead of 204";
        Accepted: "consent-revocation-accepted", "FDX Consent API, PUT revocation",
            Refuse("rfc9110.status"), "answers with 202, which FDX does not know";
        Failed: "consent-revocation-failed", "RFC 9110 15.6.1", Refuse("rfc9110.error"),
            "answers with 500 and nothing: whether the consent has ended is not known";
        Forbidden: "consent-revocation-forbidden", "FDX API, Error", Refuse("fdx.error"),
            "answers with 403 and an FDX error";
        InteractionOther: "consent-revocation-interaction-id-other",
            "FDX API, x-fapi-interaction-id", Report("interaction-id-other"),
            "answers with the interaction id of another call";
        ListArray: "revocations-array", "FDX 5 Consent API, GET revocation", Accept,
            "lists the revocations as an array without an object around it, as FDX 5 did";
        ListText: "revocations-text", "FDX Consent API, ConsentRevocationList",
            Refuse("rfc8259.json.shape"), "gives a text where the list is";
        ListMembers: "revocations-of-numbers", "FDX Consent API, ConsentRevocationList",
            Refuse("rfc8259.json.shape"), "lists numbers as revocations";
        ListNotFound: "revocations-not-found", "FDX Consent API, GET revocation",
            Report("not-listed"), "says with 404 that there are no revocations, or no consent";
        ListFailed: "revocations-failed", "RFC 9110 15.6.1", Refuse("rfc9110.error"),
            "answers with 500 and nothing where the list is";
    }
}

impl WrongConsentRevocation {
    fn moment(self) -> Moment {
        match self {
            Self::RefreshToken
            | Self::OtherType
            | Self::TypeUnknown
            | Self::WithoutAccessToken
            | Self::ClientRefused => Moment::ClientToken,
            Self::Conflict
            | Self::NotFound
            | Self::StatusOk
            | Self::Accepted
            | Self::Failed
            | Self::Forbidden
            | Self::InteractionOther => Moment::ConsentRevocation,
            Self::ListArray
            | Self::ListText
            | Self::ListMembers
            | Self::ListNotFound
            | Self::ListFailed => Moment::Revocations,
        }
    }

    pub(super) fn spoil(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(self.moment()) {
            return None;
        }
        match self {
            Self::RefreshToken => stage.member("refresh_token", json!("a-refresh-token")),
            Self::OtherType => {
                let bearer = stage.read("token_type")?.eq_ignore_ascii_case("Bearer");
                stage.member("token_type", json!(if bearer { "DPoP" } else { "Bearer" }))
            }
            Self::TypeUnknown => stage.member("token_type", json!("mac")),
            Self::WithoutAccessToken => stage.without("access_token"),
            Self::ClientRefused => {
                let error = json!({ "error": "unauthorized_client" });
                answer(stage, StatusCode::BAD_REQUEST, &error)
            }
            Self::Conflict => {
                let error = json!({ "code": "409", "message": "Consent already revoked" });
                answer(stage, StatusCode::CONFLICT, &error)
            }
            Self::NotFound => {
                let error = json!({ "code": "404", "message": "Consent not found" });
                answer(stage, StatusCode::NOT_FOUND, &error)
            }
            Self::StatusOk => answer(stage, StatusCode::OK, &json!({ "status": "REVOKED" })),
            Self::Accepted => nothing(stage, StatusCode::ACCEPTED),
            Self::Failed | Self::ListFailed => nothing(stage, StatusCode::INTERNAL_SERVER_ERROR),
            Self::Forbidden => {
                let error = json!({ "code": "602", "message": "Not by this recipient" });
                answer(stage, StatusCode::FORBIDDEN, &error)
            }
            Self::InteractionOther => {
                stage.header("x-fapi-interaction-id", "11111111-1111-4111-8111-111111111111");
                Some(())
            }
            Self::ListArray => {
                let list: Value = serde_json::from_slice(stage.response.body()).ok()?;
                stage.body(list.get("revocations")?.to_string());
                Some(())
            }
            Self::ListText => answer(stage, StatusCode::OK, &json!("none")),
            Self::ListMembers => answer(stage, StatusCode::OK, &json!({ "revocations": [1, 2] })),
            Self::ListNotFound => nothing(stage, StatusCode::NOT_FOUND),
        }
    }
}

fn answer(stage: &mut Stage<'_>, status: StatusCode, body: &Value) -> Option<()> {
    stage.status(status);
    stage.header("content-type", "application/json");
    stage.body(body.to_string());
    Some(())
}

fn nothing(stage: &mut Stage<'_>, status: StatusCode) -> Option<()> {
    stage.status(status);
    stage.body("");
    Some(())
}
