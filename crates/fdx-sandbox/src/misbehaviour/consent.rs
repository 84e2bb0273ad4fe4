//! Consent grants and resources (FDX API v6).

use http::StatusCode;
use serde_json::{Value, json};

use super::Moment;
use super::row::rows;
use super::stage::Stage;

rows! {
    /// What is wrong with a consent grant or a resource, or strange about it.
    WrongConsent {
        OtherId: "consent-id-other", "FDX Consent API", Refuse("fdx.consent.other"),
            "gives the grant of another consent";
        WithoutId: "consent-without-id", "FDX Consent API", Refuse("fdx.consent.other"),
            "gives a grant that does not say which consent it is";
        Revoked: "consent-revoked", "FDX Consent API", Refuse("fdx.consent.inactive"),
            "gives a grant that was revoked";
        Expired: "consent-expired", "FDX Consent API", Refuse("fdx.consent.inactive"),
            "gives a grant that has expired";
        UnknownStatus: "consent-status-unknown", "FDX Consent API",
            Refuse("fdx.consent.inactive"), "gives a grant of a status that nobody knows";
        WithoutStatus: "consent-without-status", "FDX Consent API",
            Report("consent-status-missing"), "gives a grant without a status";
        Unasked: "consent-unasked", "FDX Consent API; RFC 9396 7", Report("unasked"),
            "grants an account's investments, which nobody asked for";
        OtherRecipient: "consent-recipient-other", "FDX Consent API, Party",
            Report("recipient-other"),
            "gives a grant that names another recipient: the token is bound to its client all the \
             same, and FDX does not say by which name a recipient is called";
        WithoutResources: "consent-without-resources", "FDX Consent API", Report("not-told"),
            "does not tell what was granted, which is neither all nor nothing";
        InteractionOther: "consent-interaction-id-other", "FDX API, x-fapi-interaction-id",
            Report("interaction-id-other"), "answers with the interaction id of another call";
        InteractionMissing: "consent-without-interaction-id", "FDX API, x-fapi-interaction-id",
            Report("interaction-id-missing"), "answers without an interaction id";
        RetryAfterAges: "consent-retry-after-ages", "RFC 9110 10.2.3", Refuse("rfc9110.error"),
            "is unavailable, and asks to be left alone for a thousand years: a day is the most \
             that a client waits on a server's word";
        Challenged: "consent-token-refused", "RFC 6750 3.1", Refuse("rfc6750.challenge"),
            "takes the token for expired";
        ResourceInteractionOther: "resource-interaction-id-other",
            "FDX API, x-fapi-interaction-id", Report("interaction-id-other"),
            "answers at a resource with the interaction id of another call";
    }
}

impl WrongConsent {
    pub(super) fn spoil(self, stage: &mut Stage<'_>) -> Option<()> {
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
            Self::Unasked => stage.json(|grant| {
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
