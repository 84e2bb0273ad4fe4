//! Introspection responses, as JSON (RFC 7662) and signed (RFC 9701).

use fdx_jose::Jws;
use serde_json::{Map, Value, json};

use crate::misbehaviour::jwt;
use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// Defects of an introspection response.
    WrongIntrospection {
        NotActive: "introspection-not-active", "RFC 7662 2.2", Report("introspection-inactive"),
            "reports the fresh token as inactive";
        ActiveMissing: "introspection-without-active", "RFC 7662 2.2",
            Refuse("rfc8259.json.member"), "contains no active member";
        ActiveText: "introspection-active-text", "RFC 7662 2.2", Refuse("rfc8259.json.member"),
            "has the string \"false\" as active, which many languages take for true";
        OtherBinding: "introspection-cnf-other", "RFC 9449 6.2; RFC 8705 3.2",
            Refuse("rfc6749.token_type"), "reports the token as bound to another key";
        OtherConsent: "introspection-consent-other", "FDX Consent API",
            Refuse("fdx.consent_id.conflict"), "has another consent id than the token response";
        Unsigned: "introspection-unsigned", "FAPI 2.0 MS 5.5.2", Refuse("rfc9701.unsigned"),
            "is plain JSON although a signed response was requested";
        WithoutIss: "introspection-jwt-without-iss", "RFC 9701 5", Refuse("rfc9701.iss"),
            "contains no issuer";
        OtherIss: "introspection-jwt-iss-other", "RFC 9701 5", Refuse("rfc9701.iss"),
            "contains the issuer with a 1 appended";
        OtherAud: "introspection-jwt-aud-other", "RFC 9701 5", Refuse("rfc9701.aud"),
            "has another client as audience";
        WithoutIat: "introspection-jwt-without-iat", "RFC 9701 5", Refuse("rfc9701.iat"),
            "has no iat";
        Stale: "introspection-jwt-stale", "RFC 9701 5", Refuse("rfc9701.iat.past"),
            "was issued a day ago";
        Empty: "introspection-jwt-empty", "RFC 9701 5", Refuse("rfc9701.token_introspection"),
            "has no token_introspection";
        OtherSignature: "introspection-jwt-signature-other", "RFC 9701 5",
            Refuse("rfc9701.signature"), "has an invalid signature";
        None: "introspection-jwt-alg-none", "RFC 9701 5; FAPI 2.0 SP 5.4.1",
            Refuse("rfc9701.jws"), "has alg none and no signature";
        SignedNotActive: "introspection-jwt-not-active", "RFC 7662 2.2",
            Report("introspection-inactive"), "reports the token as inactive, with a valid signature";
        Untyped: "introspection-jwt-untyped", "RFC 9701 5; RFC 8725 3.11",
            Refuse("rfc9701.typ"), "has no typ";
        IdToken: "introspection-jwt-is-id-token", "RFC 8725 3.11", Refuse("rfc9701.typ"),
            "is an ID token";
        AuthorizationResponse: "introspection-jwt-is-jarm", "RFC 8725 3.11",
            Refuse("rfc9701.typ"), "is a signed authorization response";
        AccessToken: "introspection-jwt-is-access-token", "RFC 8725 3.11; RFC 9068 2.1",
            Refuse("rfc9701.typ"), "is an access token in the form of a JWT";
        LogoutToken: "introspection-jwt-is-logout-token", "RFC 8725 3.11", Refuse("rfc9701.typ"),
            "is a logout token";
        RequestObject: "introspection-jwt-is-request-object", "RFC 8725 3.11; RFC 9101 10.8",
            Refuse("rfc9701.typ"), "is a signed authorization request";
    }
}

impl WrongIntrospection {
    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::NotActive
            | Self::ActiveMissing
            | Self::ActiveText
            | Self::OtherBinding
            | Self::OtherConsent => Flow::Any,
            _ => Flow::MessageSigning,
        }
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Introspection) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        let now = stage.now.as_seconds();
        match self {
            Self::NotActive => {
                stage.body(r#"{"active":false}"#);
                Some(())
            }
            Self::ActiveMissing => stage.without("active"),
            Self::ActiveText => stage.member("active", json!("false")),
            Self::OtherBinding => {
                let other = "A".repeat(43);
                stage.member("cnf", json!({ "jkt": other, "x5t#S256": other }))
            }
            Self::OtherConsent => stage.member("fdxConsentId", json!("another-consent")),
            Self::Unsigned => {
                let plain = jwt::claims(&stage.text()?)?.remove("token_introspection")?;
                stage.header("content-type", "application/json");
                stage.body(plain.to_string());
                Some(())
            }
            Self::WithoutIss => claims(stage, |claims| drop(claims.remove("iss"))),
            Self::OtherIss => set(stage, "iss", json!(format!("{issuer}1"))),
            Self::OtherAud => set(stage, "aud", json!("another-client")),
            Self::WithoutIat => claims(stage, |claims| drop(claims.remove("iat"))),
            Self::Stale => set(stage, "iat", json!(now - 86_400)),
            Self::Empty => claims(stage, |claims| drop(claims.remove("token_introspection"))),
            Self::OtherSignature => {
                text(stage, |jwt| Some(jwt::signature(jwt, |bytes| bytes.reverse())))
            }
            Self::None => text(stage, |jwt| jwt::unsecured(jwt, "none")),
            Self::SignedNotActive => set(stage, "token_introspection", json!({ "active": false })),
            Self::Untyped => typed(stage, None, json!({})),
            Self::IdToken => typed(stage, Some("JWT"), json!({ "sub": "c", "exp": now + 300 })),
            Self::AuthorizationResponse => {
                typed(stage, Some("oauth-authz-resp+jwt"), json!({ "code": "c", "exp": now + 300 }))
            }
            Self::AccessToken => {
                typed(stage, Some("at+jwt"), json!({ "sub": "c", "exp": now + 300, "jti": "1" }))
            }
            Self::LogoutToken => {
                typed(stage, Some("logout+jwt"), json!({ "sub": "c", "jti": "1", "events": {} }))
            }
            Self::RequestObject => {
                let others = json!({ "response_type": "code", "exp": now + 300 });
                typed(stage, Some("oauth-authz-req+jwt"), others)
            }
        }
    }
}

fn text(stage: &mut Stage<'_>, change: impl FnOnce(&str) -> Option<String>) -> Option<()> {
    let changed = change(&stage.text()?)?;
    stage.body(changed);
    Some(())
}

fn claims(stage: &mut Stage<'_>, change: impl FnOnce(&mut Map<String, Value>)) -> Option<()> {
    let config = stage.config;
    text(stage, |jwt| jwt::resigned(config, jwt, change))
}

fn set(stage: &mut Stage<'_>, name: &str, value: Value) -> Option<()> {
    claims(stage, |claims| {
        claims.insert(name.to_owned(), value);
    })
}

/// The same token_introspection with additional claims, in another kind of JWT.
fn typed(stage: &mut Stage<'_>, typ: Option<&str>, others: Value) -> Option<()> {
    let config = stage.config;
    text(stage, |jwt| {
        let mut claims = jwt::claims(jwt)?;
        claims.extend(others.as_object()?.clone());
        let algorithm = Jws::parse(jwt).ok()?.algorithm();
        jwt::signed(config, algorithm, typ, &Value::Object(claims))
    })
}
