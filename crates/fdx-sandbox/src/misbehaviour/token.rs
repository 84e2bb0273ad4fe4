//! Token responses (RFC 6749 section 5.1) and responses to a refresh token (RFC 6749 section 6,
//! OpenID Connect Core 12.2).

use http::StatusCode;
use serde_json::{Value, json};

use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;
use crate::misbehaviour::{id_token_change, jwt};

rows! {
    /// Defects of the token response.
    WrongToken {
        WithoutExpiresIn: "token-without-expires-in",
            "RFC 6749 5.1; suite token-endpoint-response-without-expires_in", Accept,
            "returns no expires_in";
        TypeCase: "token-type-case", "RFC 6749 5.1; suite token-type-case-insensitivity", Accept,
            "inverts the case of every letter of token_type";
        BearerForDpop: "token-type-bearer", "FAPI 2.0 SP 5.3.3.1-1; RFC 9449 5",
            Refuse("rfc6749.token_type"), "returns a Bearer token although DPoP was requested";
        TypeUnknown: "token-type-unknown", "RFC 6749 7.1", Refuse("rfc6749.token_type"),
            "returns a token of type mac";
        WithoutType: "token-without-type", "RFC 6749 5.1", Refuse("rfc6749.token_type"),
            "returns no token_type";
        WithoutAccessToken: "token-without-access-token", "RFC 6749 5.1",
            Refuse("rfc6749.access_token.text"), "returns no access token";
        EmptyAccessToken: "token-empty-access-token", "RFC 6749 A.12",
            Refuse("rfc6749.access_token.text"), "returns an empty access token";
        HeaderInjection: "token-header-injection", "RFC 6750 2.1; RFC 9110 5.5",
            Refuse("rfc6749.access_token.text"),
            "returns an access token that contains a line break and a header";
        LongAccessToken: "token-long-access-token", "RFC 6749 A.12",
            Refuse("rfc6749.access_token.text"), "returns an access token of 20,000 characters";
        AccessTokenNotText: "token-access-token-not-text", "RFC 6749 5.1",
            Refuse("rfc6749.access_token.text"), "returns an object as access token";
        ExpiresInText: "token-expires-in-text", "RFC 6749 5.1",
            Accept,
            "returns the string \"300\" as expires_in";
        ExpiresInGreatest: "token-expires-in-greatest", "RFC 6749 5.1; CVE-2024-24814", Accept,
            "returns the largest 64-bit number as expires_in";
        ExpiresInNegative: "token-expires-in-negative", "RFC 6749 5.1",
            Report("not-understood"),
            "returns -1 as expires_in";
        WithoutScope: "token-without-scope",
            "RFC 6749 5.1; suite no-scope-in-token-endpoint-response", Accept,
            "returns no scope, so that the requested scopes are the granted ones";
        StatusCreated: "token-status-created", "RFC 6749 5.1", Refuse("rfc9110.status"),
            "responds with 201";
        ErrorWithOk: "token-error-with-ok", "RFC 6749 5.2", Refuse("rfc6749.error"),
            "responds with 200 and an error";
        TwoConsentIds: "token-two-consent-ids", "FDX Consent API",
            Refuse("fdx.consent_id.conflict"), "returns two consent ids";
        ConsentIdPath: "token-consent-id-dots", "FDX Consent API, Identifier; RFC 3986 5.2.4",
            Refuse("fdx.consent_id.invalid"),
            "returns a consent id that would leave its place in a URL";
        WithoutIdToken: "token-without-id-token", "OIDC Core 3.1.3.3",
            Refuse("oidc.id_token.missing"), "returns no ID token although openid was requested";
    }
}

impl WrongToken {
    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::BearerForDpop => Flow::Dpop,
            _ => Flow::Any,
        }
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Token) {
            return None;
        }
        let mut member = |name: &str, value: Value| stage.member(name, value);
        match self {
            Self::WithoutExpiresIn => stage.without("expires_in"),
            Self::TypeCase => {
                let inverted = stage.read("token_type")?.chars().map(invert).collect::<String>();
                stage.member("token_type", json!(inverted))
            }
            Self::BearerForDpop => member("token_type", json!("Bearer")),
            Self::TypeUnknown => member("token_type", json!("mac")),
            Self::WithoutType => stage.without("token_type"),
            Self::WithoutAccessToken => stage.without("access_token"),
            Self::EmptyAccessToken => member("access_token", json!("")),
            Self::HeaderInjection => member("access_token", json!("a\r\nx-injected: 1")),
            Self::LongAccessToken => member("access_token", json!("a".repeat(20_000))),
            Self::AccessTokenNotText => member("access_token", json!({ "token": "a" })),
            Self::ExpiresInText => member("expires_in", json!("300")),
            Self::ExpiresInGreatest => member("expires_in", json!(u64::MAX)),
            Self::ExpiresInNegative => member("expires_in", json!(-1)),
            Self::WithoutScope => stage.without("scope"),
            Self::StatusCreated => {
                stage.status(StatusCode::CREATED);
                Some(())
            }
            Self::ErrorWithOk => {
                stage.body(json!({ "error": "invalid_grant" }).to_string());
                Some(())
            }
            Self::TwoConsentIds => member("fdxConsentId", json!("another-consent")),
            Self::ConsentIdPath => member("grant_id", json!("..")),
            Self::WithoutIdToken => stage.without("id_token"),
        }
    }
}

fn invert(letter: char) -> char {
    if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    }
}

rows! {
    /// Defects of the response to a refresh.
    WrongRefresh {
        OtherSub: "refresh-sub-other",
            "OIDC Core 12.2; suite oidcc refresh-token-invalid-sub",
            Refuse("oidc.refresh.identity"), "contains an ID token about another customer";
        OtherIss: "refresh-iss-other",
            "OIDC Core 12.2; suite oidcc refresh-token-invalid-issuer",
            Refuse("oidc.id_token.iss"), "contains an ID token of another issuer";
        OtherAud: "refresh-aud-other", "OIDC Core 12.2", Refuse("oidc.id_token.aud"),
            "contains an ID token for another client";
        OtherLogin: "refresh-auth-time-other", "OIDC Core 12.2", Refuse("oidc.refresh.identity"),
            "contains an ID token about another login of the customer";
        OtherNonce: "refresh-nonce-other", "OIDC Core 12.2", Refuse("oidc.id_token.nonce"),
            "contains an ID token with another nonce than the first";
        WithoutSub: "refresh-without-sub", "OIDC Core 12.2", Refuse("oidc.id_token.sub"),
            "contains an ID token without sub";
        OtherAtHash: "refresh-at-hash-other", "OIDC Core 12.2, 3.1.3.8",
            Refuse("oidc.id_token.at_hash"), "contains an ID token with the at_hash of another access token";
        Expired: "refresh-id-token-expired", "OIDC Core 12.2, 3.1.3.7",
            Refuse("oidc.id_token.exp.past"), "contains an ID token that expired six minutes ago";
        Unsigned: "refresh-id-token-alg-none", "OIDC Core 12.2; FAPI 2.0 SP 5.4.1; CVE-2021-44878",
            Refuse("oidc.id_token.jws"), "contains an ID token with alg none";
        OtherSignature: "refresh-id-token-signature-other", "OIDC Core 12.2, 3.1.3.7",
            Refuse("oidc.id_token.signature"),
            "contains an ID token with an invalid signature";
        SignedByStranger: "refresh-id-token-signed-by-stranger", "OIDC Core 12.2, 3.1.3.7",
            Refuse("oidc.id_token.key.unknown"),
            "contains an ID token signed by an unpublished key";
        AuthorizationResponse: "refresh-id-token-is-jarm", "RFC 8725 3.11",
            Refuse("oidc.id_token.typ"),
            "contains a signed authorization response instead of an ID token";
        AccessToken: "refresh-id-token-is-access-token", "RFC 8725 3.11; RFC 9068 2.1",
            Refuse("oidc.id_token.typ"),
            "contains a JWT access token instead of an ID token";
        Introspection: "refresh-id-token-is-introspection", "RFC 8725 3.11; RFC 9701 8.1",
            Refuse("oidc.id_token.typ"),
            "contains a signed introspection response instead of an ID token";
        LogoutToken: "refresh-id-token-is-logout-token", "RFC 8725 3.11",
            Refuse("oidc.id_token.typ"), "contains a logout token instead of an ID token";
        OtherConsent: "refresh-consent-other", "FDX Consent API",
            Refuse("fdx.consent_id.conflict"), "contains another consent id than the first response";
        OtherConsentInIdToken: "refresh-id-token-consent-other", "FDX Consent API",
            Refuse("fdx.consent_id.conflict"),
            "contains an ID token with another consent id than the first";
        TypeUnknown: "refresh-token-type-unknown", "RFC 6749 7.1", Refuse("rfc6749.token_type"),
            "returns a token of another type than the first";
        WithoutIdToken: "refresh-without-id-token", "OIDC Core 12.2", Accept,
            "returns no ID token, which is optional";
        Rotated: "refresh-rotated", "FAPI 2.0 SP 5.3.3.1-6; suite client-refresh-token-test",
            Accept,
            "replaces the refresh token at each refresh and rejects the earlier one";
        InvalidGrant: "refresh-refused", "RFC 6749 5.2", Refuse("rfc6749.error"),
            "rejects the refresh token";
    }
}

/// The required claims of a refreshed ID token.
const SHARED: &[&str] = &["exp", "iat", "sub"];

impl WrongRefresh {
    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Refresh) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        let now = stage.now.as_seconds();
        match self {
            Self::OtherSub => id_token_change::set(stage, "sub", json!("another-customer")),
            Self::OtherIss => id_token_change::set(stage, "iss", json!(format!("{issuer}1"))),
            Self::OtherAud => id_token_change::set(stage, "aud", json!("another-client")),
            Self::OtherLogin => id_token_change::set(stage, "auth_time", json!(1_000_000_000)),
            Self::OtherNonce => id_token_change::set(stage, "nonce", json!("another-nonce")),
            Self::WithoutSub => id_token_change::remove(stage, "sub"),
            Self::OtherAtHash => {
                id_token_change::set(stage, "at_hash", json!("of-another-access-token"))
            }
            Self::Expired => id_token_change::set(stage, "exp", json!(now - 360)),
            Self::Unsigned => stage.id_token_text(|jwt| jwt::unsecured(jwt, "none")),
            Self::OtherSignature => {
                stage.id_token_text(|jwt| Some(jwt::signature(jwt, |bytes| bytes.reverse())))
            }
            Self::SignedByStranger => id_token_change::signed_by_stranger(stage),
            // Nothing but the type is wrong with these.
            Self::AuthorizationResponse => {
                let others = json!({ "code": "c", "state": "s" });
                id_token_change::instead(stage, Some("oauth-authz-resp+jwt"), SHARED, others)
            }
            Self::AccessToken => {
                let others = json!({ "jti": "1", "client_id": "app" });
                id_token_change::instead(stage, Some("at+jwt"), SHARED, others)
            }
            Self::Introspection => {
                let others = json!({ "token_introspection": { "active": true } });
                id_token_change::instead(stage, Some("token-introspection+jwt"), SHARED, others)
            }
            Self::LogoutToken => {
                let others = json!({ "jti": "1", "events": {} });
                id_token_change::instead(stage, Some("logout+jwt"), SHARED, others)
            }
            Self::OtherConsent => stage.member("grant_id", json!("another-consent")),
            Self::OtherConsentInIdToken => {
                id_token_change::set(stage, "fdxConsentId", json!("another-consent"))
            }
            Self::TypeUnknown => stage.member("token_type", json!("mac")),
            Self::WithoutIdToken => stage.without("id_token"),
            // A policy of the institution.
            Self::Rotated => None,
            Self::InvalidGrant => {
                stage.status(http::StatusCode::BAD_REQUEST);
                stage.body(r#"{"error":"invalid_grant"}"#);
                Some(())
            }
        }
    }
}
