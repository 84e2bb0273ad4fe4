//! Answers to a refresh token (RFC 6749 section 6, OpenID Connect Core 12.2).

use serde_json::json;

use super::row::rows;
use super::stage::Stage;
use super::{Moment, id_token};

rows! {
    /// What is wrong with the answer to a refresh.
    WrongRefresh {
        OtherSub: "refresh-sub-other",
            "OIDC Core 12.2; suite oidcc refresh-token-invalid-sub",
            Refuse("oidc.refresh.identity"), "is about another customer";
        OtherIss: "refresh-iss-other",
            "OIDC Core 12.2; suite oidcc refresh-token-invalid-issuer",
            Refuse("oidc.id_token.iss"), "names another issuer in its ID token";
        OtherAud: "refresh-aud-other", "OIDC Core 12.2", Refuse("oidc.id_token.aud"),
            "is meant for another client";
        OtherLogin: "refresh-auth-time-other", "OIDC Core 12.2", Refuse("oidc.refresh.identity"),
            "is about another login of the customer";
        OtherNonce: "refresh-nonce-other", "OIDC Core 12.2", Refuse("oidc.id_token.nonce"),
            "has a nonce that is not the first one";
        OtherConsent: "refresh-consent-other", "FDX Consent API",
            Refuse("fdx.consent_id.conflict"), "names another consent than the first time";
        TypeUnknown: "refresh-token-type-unknown", "RFC 6749 7.1", Refuse("rfc6749.token_type"),
            "gives a token of another type than the first one";
        WithoutIdToken: "refresh-without-id-token", "OIDC Core 12.2", Accept,
            "gives no ID token, which it need not";
        Rotated: "refresh-rotated", "FAPI 2.0 SP 5.3.3.1-6; suite client-refresh-token-test",
            Accept,
            "replaces the refresh token at each refresh, and knows the one before no more";
        InvalidGrant: "refresh-refused", "RFC 6749 5.2", Refuse("rfc6749.error"),
            "knows the refresh token no more";
    }
}

impl WrongRefresh {
    pub(super) fn spoil(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Refresh) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        match self {
            Self::OtherSub => id_token::set(stage, "sub", json!("another-customer")),
            Self::OtherIss => id_token::set(stage, "iss", json!(format!("{issuer}1"))),
            Self::OtherAud => id_token::set(stage, "aud", json!("another-client")),
            Self::OtherLogin => id_token::set(stage, "auth_time", json!(1_000_000_000)),
            Self::OtherNonce => id_token::set(stage, "nonce", json!("another-nonce")),
            Self::OtherConsent => stage.member("grant_id", json!("another-consent")),
            Self::TypeUnknown => stage.member("token_type", json!("mac")),
            Self::WithoutIdToken => stage.without("id_token"),
            // The institution itself rotates, see the doors.
            Self::Rotated => None,
            Self::InvalidGrant => {
                stage.status(http::StatusCode::BAD_REQUEST);
                stage.body(r#"{"error":"invalid_grant"}"#);
                Some(())
            }
        }
    }
}
