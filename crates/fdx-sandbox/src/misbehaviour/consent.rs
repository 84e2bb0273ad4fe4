//! Consent grants and resources (FDX API v6), and the revocation of a consent: the token of the
//! client credentials grant (RFC 6749 section 4.4), the revocation, and the list of revocations.

use http::StatusCode;
use serde_json::{Value, json};

use crate::misbehaviour::moment::Moment;
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// Defects and peculiarities of a consent grant or a resource.
    WrongConsent {
        OtherId: "consent-id-other", "FDX Consent API", Refuse("fdx.consent.other"),
            "returns the grant of another consent";
        WithoutId: "consent-without-id", "FDX Consent API", Report("consent-id-missing"),
            "returns a grant without an id";
        Revoked: "consent-revoked", "FDX Consent API", Refuse("fdx.consent.inactive"),
            "returns a revoked grant";
        Expired: "consent-expired", "FDX Consent API", Refuse("fdx.consent.inactive"),
            "returns an expired grant";
        UnknownStatus: "consent-status-unknown", "FDX Consent API",
            Refuse("fdx.consent.inactive"), "returns a grant with an unknown status";
        WithoutStatus: "consent-without-status", "FDX Consent API",
            Report("consent-status-missing"), "returns a grant without a status";
        NotRequested: "consent-not-requested", "FDX Consent API; RFC 9396 7",
            Report("granted-sources-differ, not-requested"),
            "grants an account's investments, which were not requested";
        OtherRecipient: "consent-recipient-other", "FDX Consent API, Party",
            Report("recipient-other"),
            "returns a grant with another recipient: the token is bound to its client regardless, and \
             FDX does not define the name of a recipient";
        WithoutResources: "consent-without-resources", "FDX Consent API", Report("not-reported"),
            "does not report what was granted, which means neither all nor nothing: the token \
             response and its scopes count alone";
        InteractionOther: "consent-interaction-id-other", "FDX API, x-fapi-interaction-id",
            Report("interaction-id-other"), "responds with the interaction id of another call";
        InteractionMissing: "consent-without-interaction-id", "FDX API, x-fapi-interaction-id",
            Report("interaction-id-missing"), "responds without an interaction id";
        RetryAfterAges: "consent-retry-after-ages", "RFC 9110 10.2.3", Refuse("rfc9110.error"),
            "is unavailable, with a retry-after of a thousand years: a client waits at most a day";
        Challenged: "consent-token-refused", "RFC 6750 3.1", Refuse("rfc6750.challenge"),
            "rejects the token as expired";
        ResourceInteractionOther: "resource-interaction-id-other",
            "FDX API, x-fapi-interaction-id", Report("interaction-id-other"),
            "responds at a resource with the interaction id of another call";
    }
}

impl WrongConsent {
    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        let moment = match self {
            Self::ResourceInteractionOther => Moment::Resource,
            _ => Moment::Consent,
        };
        if !stage.is(moment) {
            return None;
        }
        match self {
            Self::OtherId => stage.member("id", json!("another-consent")),
            Self::WithoutId => stage.without("id"),
            Self::Revoked => stage.member("status", json!("REVOKED")),
            Self::Expired => stage.member("status", json!("EXPIRED")),
            Self::UnknownStatus => stage.member("status", json!("ASLEEP")),
            Self::WithoutStatus => stage.without("status"),
            Self::NotRequested => stage.json(|grant| {
                let resources = grant.get_mut("resources").and_then(Value::as_array_mut);
                resources.into_iter().for_each(|resources| {
                    resources.push(json!({
                        "resourceType": "ACCOUNT",
                        "resourceId": "acc-9",
                        "dataClusters": ["INVESTMENTS"],
                    }));
                });
            }),
            Self::OtherRecipient => stage.json(|grant| {
                let parties = grant.get_mut("parties").and_then(Value::as_array_mut);
                let parties = parties.into_iter().flatten().filter_map(Value::as_object_mut);
                for party in
                    parties.filter(|party| party.get("type") == Some(&json!("DATA_RECIPIENT")))
                {
                    party.insert("registeredEntityId".to_owned(), json!("another-recipient"));
                }
            }),
            Self::WithoutResources => stage.without("resources"),
            Self::InteractionOther | Self::ResourceInteractionOther => {
                stage.header("x-fapi-interaction-id", "11111111-1111-4111-8111-111111111111");
                Some(())
            }
            Self::InteractionMissing => {
                stage.response.headers_mut().remove("x-fapi-interaction-id").map(drop)
            }
            Self::RetryAfterAges => {
                stage.status(StatusCode::SERVICE_UNAVAILABLE);
                stage.header("retry-after", "31556952000");
                stage.body("");
                Some(())
            }
            Self::Challenged => {
                stage.status(StatusCode::UNAUTHORIZED);
                stage.header(
                    "www-authenticate",
                    "DPoP error=\"invalid_token\", Bearer error=\"invalid_token\"",
                );
                stage.body("");
                Some(())
            }
        }
    }
}

rows! {
    /// Defects and peculiarities of a token of the client credentials grant, of the response to a
    /// consent revocation, and of the list of revocations.
    WrongConsentRevocation {
        RefreshToken: "client-token-with-refresh-token", "RFC 6749 4.4.3", Accept,
            "returns a refresh token with the client credentials token, which the client ignores";
        OtherType: "client-token-type-other", "FAPI 2.0 SP 5.3.3.1-1; RFC 9449 5",
            Refuse("rfc6749.token_type"),
            "returns a client credentials token with another binding than requested";
        TypeUnknown: "client-token-type-unknown", "RFC 6749 7.1", Refuse("rfc6749.token_type"),
            "returns a client credentials token of type mac";
        WithoutAccessToken: "client-token-without-access-token", "RFC 6749 5.1",
            Refuse("rfc6749.access_token.text"), "returns no client credentials token";
        ClientRefused: "client-token-refused", "RFC 6749 5.2", Refuse("rfc6749.error"),
            "refuses the client credentials grant";
        Conflict: "consent-revocation-conflict", "FDX Consent API, PUT revocation",
            Report("already-ended"), "reports with 409 that the consent had ended before";
        NotFound: "consent-revocation-not-found", "FDX Consent API, PUT revocation",
            Report("not-found"), "reports with 404 that the consent does not exist";
        StatusOk: "consent-revocation-status-ok", "FDX Consent API, PUT revocation",
            Report("revocation-status"), "revokes with 200 and a body instead of 204";
        Accepted: "consent-revocation-accepted", "FDX Consent API, PUT revocation",
            Report("requested"), "responds with 202, which FDX does not define";
        Failed: "consent-revocation-failed", "RFC 9110 15.6.1", Refuse("rfc9110.error"),
            "responds with 500 and no body: whether the consent has ended is unknown";
        Forbidden: "consent-revocation-forbidden", "FDX API, Error", Refuse("fdx.error"),
            "responds with 403 and an FDX error";
        InteractionOther: "consent-revocation-interaction-id-other",
            "FDX API, x-fapi-interaction-id", Report("interaction-id-other"),
            "responds with the interaction id of another call";
        ListArray: "revocations-array", "FDX 5 Consent API, GET revocation", Accept,
            "returns the revocations as a bare array, as FDX 5 did";
        ListText: "revocations-text", "FDX Consent API, ConsentRevocationList",
            Refuse("rfc8259.json.shape"), "returns a string instead of the list";
        ListMembers: "revocations-of-numbers", "FDX Consent API, ConsentRevocationList",
            Report("not-understood, none"), "returns a list of numbers";
        ListNotFound: "revocations-not-found", "FDX Consent API, GET revocation",
            Report("not-listed"), "reports with 404 that there are no revocations or no consent";
        ListFailed: "revocations-failed", "RFC 9110 15.6.1", Refuse("rfc9110.error"),
            "responds with 500 and no body instead of the list";
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

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
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
