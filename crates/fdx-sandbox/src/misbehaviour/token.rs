//! Token responses (RFC 6749 section 5.1).

use http::StatusCode;
use serde_json::{Value, json};

use super::row::rows;
use super::stage::Stage;
use super::{Flow, Moment};

rows! {
    /// What is wrong with the token response.
    WrongToken {
        WithoutExpiresIn: "token-without-expires-in",
            "RFC 6749 5.1; suite token-endpoint-response-without-expires_in", Accept,
            "does not say how long the access token is good";
        TypeCase: "token-type-case", "RFC 6749 5.1; suite token-type-case-insensitivity", Accept,
            "inverts the case of every letter of token_type";
        BearerForDpop: "token-type-bearer", "FAPI 2.0 SP 5.3.3.1-1; RFC 9449 5",
            Refuse("rfc6749.token_type"), "gives a bearer token where DPoP was asked for";
        TypeUnknown: "token-type-unknown", "RFC 6749 7.1", Refuse("rfc6749.token_type"),
            "gives a token of type mac";
        WithoutType: "token-without-type", "RFC 6749 5.1", Refuse("rfc6749.token_type"),
            "does not say of which type the token is";
        WithoutAccessToken: "token-without-access-token", "RFC 6749 5.1",
            Refuse("rfc6749.access_token.text"), "gives no access token";
        EmptyAccessToken: "token-empty-access-token", "RFC 6749 A.12",
            Refuse("rfc6749.access_token.text"), "gives an empty access token";
        HeaderInjection: "token-header-injection", "RFC 6750 2.1; RFC 9110 5.5",
            Refuse("rfc6749.access_token.text"),
            "gives an access token with a line break and a header in it";
        LongAccessToken: "token-long-access-token", "RFC 6749 A.12",
            Refuse("rfc6749.access_token.text"), "gives an access token of 20,000 characters";
        AccessTokenNotText: "token-access-token-not-text", "RFC 6749 5.1",
            Refuse("rfc8259.json.shape"), "gives an object as access token";
        ExpiresInText: "token-expires-in-text", "RFC 6749 5.1",
            Report("expires-in-unreadable"),
            "says \"300\", as a text";
        ExpiresInGreatest: "token-expires-in-greatest", "RFC 6749 5.1; CVE-2024-24814", Accept,
            "names as many seconds as 64 bits hold";
        ExpiresInNegative: "token-expires-in-negative", "RFC 6749 5.1",
            Report("expires-in-unreadable"),
            "says that the token is good for -1 seconds";
        WithoutScope: "token-without-scope",
            "RFC 6749 5.1; suite no-scope-in-token-endpoint-response", Accept,
            "does not say which scopes were granted, which are those that were asked for";
        StatusCreated: "token-status-created", "RFC 6749 5.1", Refuse("rfc9110.status"),
            "answers with 201";
        ErrorWithOk: "token-error-with-ok", "RFC 6749 5.2", Refuse("rfc6749.token_type"),
            "answers with 200 and an error";
        TwoConsentIds: "token-two-consent-ids", "FDX Consent API",
            Refuse("fdx.consent_id.conflict"), "names two consents";
        ConsentIdPath: "token-consent-id-dots", "FDX Consent API, Identifier; RFC 3986 5.2.4",
            Refuse("fdx.consent_id.invalid"),
            "names a consent that would lead out of its place in a URL";
        WithoutIdToken: "token-without-id-token", "OIDC Core 3.1.3.3",
            Refuse("oidc.id_token.missing"), "gives no ID token, and openid was asked for";
    }
}

impl WrongToken {
    pub(super) fn flow(self) -> Flow {
        match self {
            Self::BearerForDpop => Flow::Dpop,
            _ => Flow::Any,
        }
    }

    pub(super) fn spoil(self, stage: &mut Stage<'_>) -> Option<()> {
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
