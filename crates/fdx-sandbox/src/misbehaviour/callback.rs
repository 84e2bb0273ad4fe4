//! The authorization response, as parameters (RFC 6749 section 4.1.2, RFC 9207) and as a JWT (JARM).

use serde_json::{Map, Value, json};

use crate::misbehaviour::jwt;
use crate::misbehaviour::moment::Moment;
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// Defects of the callback.
    WrongCallback {
        OtherIss: "callback-iss-other",
            "FAPI 2.0 SP 5.3.3.2-5; suite invalid-authorization-response-iss",
            Refuse("rfc9207.iss.mismatch"), "contains the issuer with a 1 appended";
        WithoutIss: "callback-without-iss",
            "FAPI 2.0 SP 5.3.3.2-5; suite remove-authorization-response-iss",
            Refuse("rfc9207.iss.missing"), "contains no issuer";
        IssSlash: "callback-iss-slash", "RFC 9207 2.4", Refuse("rfc9207.iss.mismatch"),
            "contains the issuer with a slash appended";
        IssCase: "callback-iss-case", "RFC 9207 2.4", Refuse("rfc9207.iss.mismatch"),
            "contains the issuer in capitals";
        IssOfAnotherServer: "callback-mix-up", "RFC 9700 4.4; CVE-2026-73419",
            Refuse("rfc9207.iss.mismatch"), "contains the issuer of another server that the client knows";
        OtherState: "callback-state-other",
            "RFC 6749 10.12; suite ensure-authorization-response-with-invalid-state-fails",
            Refuse("rfc6749.state.mismatch"), "returns the state with a 1 appended";
        WithoutState: "callback-without-state",
            "RFC 6749 4.1.2; suite ensure-authorization-response-with-invalid-missing-state-fails",
            Refuse("rfc6749.state.missing"), "returns no state";
        StateTwice: "callback-state-twice", "RFC 6749 3.1", Refuse("rfc6749.callback.duplicate"),
            "returns two states, the second of them different";
        CodeTwice: "callback-code-twice", "RFC 6749 3.1", Refuse("rfc6749.callback.duplicate"),
            "returns two codes";
        CodeAndError: "callback-code-and-error", "RFC 6749 4.1.2",
            Refuse("rfc6749.callback.both"), "returns a code and an error";
        WithoutCode: "callback-without-code", "RFC 6749 4.1.2",
            Refuse("rfc6749.callback.neither"), "returns neither a code nor an error";
        EmptyCode: "callback-empty-code", "RFC 6749 4.1.2",
            Refuse("rfc6749.callback.neither"), "returns an empty code";
        Token: "callback-access-token", "FAPI 2.0 SP 5.3.3.2-1", Refuse("fapi2.callback.token"),
            "returns an access token through the browser, in addition to the code";
        IdToken: "callback-id-token", "FAPI 2.0 SP 5.3.3.2-1", Refuse("fapi2.callback.token"),
            "returns an ID token through the browser, in addition to the code";
        OtherPath: "callback-at-another-path", "RFC 9700 2.1; CVE-2021-39191, CVE-2021-32786",
            Refuse("rfc9700.redirect_uri.other"),
            "redirects the browser to another path of the client";
        NotPercentEncoded: "callback-encoding", "RFC 6749 appendix B",
            Refuse("rfc6749.callback.encoding"), "returns a code that is not percent-encoded UTF-8";
        Long: "callback-long", "RFC 9110 4.1", Refuse("fdx.callback.length"),
            "returns a code of 9,000 characters";
        Fragment: "callback-fragment", "RFC 9110 4.2.5; RFC 9700 4.1.3",
            Refuse("rfc6749.callback.encoding"), "responds in the fragment instead of the query";
        RequestUriExpired: "callback-request-uri-expired", "RFC 9126 4; RFC 9101 7",
            Refuse("rfc6749.callback.error"),
            "returns invalid_request_uri: the request_uri has expired";
        OtherParameters: "callback-unknown-parameters", "RFC 6749 4.1.2", Accept,
            "returns unknown parameters";
    }
}

impl WrongCallback {
    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Callback) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        let iss = |stage: &mut Stage<'_>, text: String| stage.parameter("iss", Some(&text));
        match self {
            Self::OtherIss => iss(stage, format!("{issuer}1")),
            Self::WithoutIss => stage.parameter("iss", None),
            Self::IssSlash => iss(stage, format!("{issuer}/")),
            Self::IssCase => iss(stage, issuer.to_uppercase()),
            Self::IssOfAnotherServer => iss(stage, "https://another-bank.example".to_owned()),
            Self::OtherState => stage.location(|url| url.replacen("&iss=", "1&iss=", 1)),
            Self::WithoutState => stage.parameter("state", None),
            Self::StateTwice => stage.location(|url| format!("{url}&state=another")),
            Self::CodeTwice => stage.location(|url| format!("{url}&code=another")),
            Self::CodeAndError => stage.parameter("error", Some("access_denied")),
            Self::WithoutCode => stage.parameter("code", None),
            Self::EmptyCode => stage.parameter("code", Some("")),
            Self::Token => stage.parameter("access_token", Some("in-a-browser")),
            Self::IdToken => stage.parameter("id_token", Some("e30.e30.")),
            Self::OtherPath => stage.location(|url| url.replacen('?', "/elsewhere?", 1)),
            Self::NotPercentEncoded => {
                stage.location(|url| url.replacen("code=", "code=%ff%zz", 1))
            }
            Self::Long => stage.parameter("code", Some(&"c".repeat(9000))),
            Self::Fragment => stage.location(|url| url.replacen('?', "#", 1)),
            Self::RequestUriExpired => {
                stage.parameter("code", None)?;
                stage.parameter("error", Some("invalid_request_uri"))
            }
            Self::OtherParameters => stage.parameter("session_state", Some("unknown")),
        }
    }
}

rows! {
    /// Defects of a JARM response.
    WrongAuthorizationResponse {
        WithoutIss: "jarm-without-iss", "JARM 2.4; suite ensure-jarm-without-iss-fails",
            Refuse("jarm.iss"), "contains no issuer";
        OtherIss: "jarm-iss-other", "JARM 2.4; suite ensure-jarm-with-invalid-iss-fails",
            Refuse("jarm.iss"), "contains the issuer with a 1 appended";
        WithoutAud: "jarm-without-aud", "JARM 2.4; suite ensure-jarm-without-aud-fails",
            Refuse("jarm.aud"), "has no audience";
        OtherAud: "jarm-aud-other", "JARM 2.4; suite ensure-jarm-with-invalid-aud-fails",
            Refuse("jarm.aud"), "has another client as audience";
        WithoutExp: "jarm-without-exp", "JARM 2.4; suite ensure-jarm-without-exp-fails",
            Refuse("jarm.exp"), "has no exp";
        Expired: "jarm-expired", "JARM 2.4; suite ensure-jarm-with-expired-exp-fails",
            Refuse("jarm.exp.past"), "expired six minutes ago";
        ExpText: "jarm-exp-text", "CVE-2026-25537", Refuse("jarm.exp"),
            "has exp as a string";
        OtherSignature: "jarm-signature-other",
            "JARM 2.4; suite ensure-jarm-with-invalid-sig-fails",
            Refuse("jarm.signature"), "has an invalid signature";
        None: "jarm-alg-none",
            "FAPI 2.0 SP 5.4.1; suite ensure-jarm-signature-is-not-none; CVE-2021-44878",
            Refuse("jarm.jws"), "has alg none and no signature";
        Hs256: "jarm-alg-hs256", "CVE-2023-48223, CVE-2026-34950", Refuse("jarm.jws"),
            "is signed with HS256, with the issuer's public key as the secret";
        SignedByStranger: "jarm-signed-by-stranger", "JARM 2.4", Refuse("jarm.key.unknown"),
            "is signed by an unpublished key";
        OtherState: "jarm-state-other", "RFC 6749 10.12", Refuse("rfc6749.state.mismatch"),
            "has a valid signature and another state";
        WithoutState: "jarm-without-state", "RFC 6749 4.1.2", Refuse("rfc6749.state.missing"),
            "has a valid signature and no state";
        CodeAndError: "jarm-code-and-error", "RFC 6749 4.1.2", Refuse("jarm.code.error"),
            "has a valid signature, a code and an error";
        Twice: "jarm-twice", "RFC 6749 3.1", Refuse("rfc6749.callback.duplicate"),
            "occurs twice";
        Downgraded: "jarm-downgraded", "FAPI 2.0 MS 5.4.2", Refuse("jarm.response.missing"),
            "is absent: the code is an unsigned parameter";
        CodeBeside: "jarm-code-beside", "FAPI 2.0 MS 5.4.2", Refuse("jarm.response.missing"),
            "has an unsigned code next to it";
        Encrypted: "jarm-five-parts", "FAPI 2.0 MS 6; CVE-2022-3102", Refuse("jarm.jws"),
            "has the five parts of an encrypted JWT";
        Critical: "jarm-crit", "RFC 7515 4.1.11; CVE-2025-59420, CVE-2026-35042",
            Refuse("jarm.jws"),
            "has a crit header with an unsupported extension";
        IdToken: "jarm-is-id-token", "RFC 8725 3.11", Refuse("rfc6749.state.missing"),
            "is an ID token with a valid signature for this client";
        Introspection: "jarm-is-introspection", "RFC 8725 3.11", Refuse("jarm.typ"),
            "is a signed introspection response";
        AccessToken: "jarm-is-access-token", "RFC 8725 3.11; RFC 9068", Refuse("jarm.typ"),
            "is an access token in the form of a JWT";
        LogoutToken: "jarm-is-logout-token", "RFC 8725 3.11", Refuse("jarm.typ"),
            "is a logout token";
        RequestObject: "jarm-is-request-object", "RFC 8725 3.11; RFC 9101 10.8",
            Refuse("jarm.typ"), "is a signed authorization request";
        AudArray: "jarm-aud-array", "RFC 7519 4.1.3", Accept,
            "has the client as the only audience, in an array";
    }
}

impl WrongAuthorizationResponse {
    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Callback) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        let now = stage.now.as_seconds();
        match self {
            Self::WithoutIss => claims(stage, |claims| drop(claims.remove("iss"))),
            Self::OtherIss => {
                claims(stage, |claims| set(claims, "iss", json!(format!("{issuer}1"))))
            }
            Self::WithoutAud => claims(stage, |claims| drop(claims.remove("aud"))),
            Self::OtherAud => claims(stage, |claims| set(claims, "aud", json!("another-client"))),
            Self::WithoutExp => claims(stage, |claims| drop(claims.remove("exp"))),
            Self::Expired => claims(stage, |claims| set(claims, "exp", json!(now - 360))),
            Self::ExpText => {
                claims(stage, |claims| set(claims, "exp", json!((now + 600).to_string())))
            }
            Self::OtherSignature => {
                text(stage, |jwt| Some(jwt::signature(jwt, |bytes| bytes.reverse())))
            }
            Self::None => text(stage, |jwt| jwt::unsecured(jwt, "none")),
            Self::Hs256 => {
                let config = stage.config;
                text(stage, |jwt| jwt::by_public_key_as_secret(config, jwt))
            }
            Self::SignedByStranger => {
                let config = stage.config;
                text(stage, |jwt| jwt::signed_by_stranger(config, jwt))
            }
            Self::OtherState => claims(stage, |claims| set(claims, "state", json!("another"))),
            Self::WithoutState => claims(stage, |claims| drop(claims.remove("state"))),
            Self::CodeAndError => {
                claims(stage, |claims| set(claims, "error", json!("access_denied")))
            }
            Self::Twice => stage.location(|url| format!("{url}&response=e30.e30.")),
            Self::Downgraded => downgraded(stage),
            Self::CodeBeside => stage.parameter("code", Some("in-the-clear")),
            Self::Encrypted => text(stage, |jwt| Some(format!("{jwt}.e30.e30"))),
            Self::Critical => {
                let (config, members) = (stage.config, json!({ "crit": ["exp"], "exp": 1 }));
                text(stage, |jwt| jwt::headed(config, jwt, &members))
            }
            Self::IdToken => {
                instead(stage, None, json!({ "sub": "cust-1", "iat": now, "nonce": "n" }))
            }
            Self::Introspection => {
                let others = json!({ "iat": now, "token_introspection": { "active": true } });
                typed(stage, "token-introspection+jwt", others)
            }
            Self::AccessToken => {
                let others = json!({ "iat": now, "sub": "cust-1", "jti": "1", "client_id": "app" });
                typed(stage, "at+jwt", others)
            }
            Self::LogoutToken => {
                let others = json!({ "iat": now, "sub": "cust-1", "jti": "1", "events": {} });
                typed(stage, "logout+jwt", others)
            }
            Self::RequestObject => {
                typed(stage, "oauth-authz-req+jwt", json!({ "response_type": "code" }))
            }
            Self::AudArray => claims(stage, |claims| {
                let aud = claims.get("aud").cloned().unwrap_or_default();
                set(claims, "aud", json!([aud]));
            }),
        }
    }
}

fn set(claims: &mut Map<String, Value>, name: &str, value: Value) {
    claims.insert(name.to_owned(), value);
}

fn text(stage: &mut Stage<'_>, change: impl FnOnce(&str) -> Option<String>) -> Option<()> {
    let changed = change(&response(stage)?)?;
    stage.parameter("response", Some(&changed))
}

fn response(stage: &Stage<'_>) -> Option<String> {
    let location = stage.response.headers().get("location")?.to_str().ok()?;
    location.split_once("response=").map(|(_, jwt)| jwt.to_owned())
}

fn claims(stage: &mut Stage<'_>, change: impl FnOnce(&mut Map<String, Value>)) -> Option<()> {
    let config = stage.config;
    text(stage, |jwt| jwt::resigned(config, jwt, change))
}

/// Another JWT of the same issuer, for the same client.
fn instead(stage: &mut Stage<'_>, typ: Option<&str>, others: Value) -> Option<()> {
    let config = stage.config;
    text(stage, |jwt| {
        let was = jwt::claims(jwt)?;
        let mut claims = others.as_object()?.clone();
        for name in ["iss", "aud", "exp"] {
            claims.insert(name.to_owned(), was.get(name)?.clone());
        }
        let algorithm = fdx_jose::Jws::parse(jwt).ok()?.algorithm();
        jwt::signed(config, algorithm, typ, &Value::Object(claims))
    })
}

/// Another kind of JWT with all members of a response: only its type is wrong.
fn typed(stage: &mut Stage<'_>, typ: &str, others: Value) -> Option<()> {
    let mut claims = jwt::claims(&response(stage)?)?;
    claims.extend(others.as_object()?.clone());
    instead(stage, Some(typ), Value::Object(claims))
}

fn downgraded(stage: &mut Stage<'_>) -> Option<()> {
    let claims = jwt::claims(&response(stage)?)?;
    stage.parameter("response", None)?;
    for name in ["code", "state", "iss"] {
        stage.parameter(name, claims.get(name)?.as_str())?;
    }
    Some(())
}
