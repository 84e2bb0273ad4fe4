//! Metadata that must not be used (RFC 8414).

use fdx_jose::Jws;
use fdx_wire::form::Query;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::answer;
use crate::document;
use crate::institution::form::value;
use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;
use fdx_wire::json::Limits;

rows! {
    /// Defects of the metadata.
    WrongMetadata {
        IssuerSuffix: "metadata-issuer-suffix",
            "RFC 8414 3.3; suite discovery-issuer-mismatch; kilork/openid #92", Refuse("rfc8414.issuer.mismatch"),
            "contains the issuer with INVALID appended";
        IssuerCase: "metadata-issuer-case", "RFC 8414 3.3", Refuse("rfc8414.issuer.mismatch"),
            "contains the issuer with its host in capitals";
        IssuerSlash: "metadata-issuer-slash", "RFC 8414 3.3; angular-auth-oidc-client #2116",
            Refuse("rfc8414.issuer.mismatch"),
            "contains the issuer with a slash appended";
        IssuerPort: "metadata-issuer-port", "RFC 8414 3.3", Refuse("rfc8414.issuer.mismatch"),
            "contains the issuer with another port";
        IssuerIdn: "metadata-issuer-idn", "RFC 8414 3.3; RFC 5890",
            Refuse("rfc8414.issuer.mismatch"),
            "contains an issuer that looks the same, with Cyrillic letters";
        IssuerMissing: "metadata-issuer-missing", "RFC 8414 2", Refuse("rfc8259.json.member"),
            "contains no issuer";
        WithoutS256: "metadata-without-s256", "FAPI 2.0 SP 5.3.3.2-3; RFC 9700 2.1.1",
            Refuse("rfc7636.s256"), "does not list S256";
        PlainAlone: "metadata-plain-pkce-alone", "RFC 9700 4.8.2", Refuse("rfc7636.s256"),
            "lists only the PKCE method plain";
        HttpAuthorization: "metadata-http-authorization-endpoint", "FAPI 2.0 SP 5.2.1-1",
            Refuse("fapi2.endpoint.https.used"), "contains an authorization endpoint without TLS";
        HttpPush: "metadata-http-push-endpoint", "FAPI 2.0 SP 5.2.1-1",
            Refuse("fapi2.endpoint.https.used"), "contains a PAR endpoint without TLS";
        HttpToken: "metadata-http-token-endpoint", "FAPI 2.0 SP 5.2.1-1",
            Refuse("fapi2.endpoint.https.used"), "contains a token endpoint without TLS";
        HttpKeys: "metadata-http-jwks-uri", "FAPI 2.0 SP 5.4.2",
            Refuse("fapi2.endpoint.https.used"), "contains a jwks_uri without TLS";
        HttpIntrospection: "metadata-http-introspection-endpoint", "FAPI 2.0 SP 5.2.1-1",
            Refuse("fapi2.endpoint.https.used"), "contains an introspection endpoint without TLS";
        HttpRevocation: "metadata-http-revocation-endpoint", "FAPI 2.0 SP 5.2.1-1",
            Refuse("fapi2.endpoint.https.used"), "contains a revocation endpoint without TLS";
        HttpRegistration: "metadata-http-registration-endpoint", "FAPI 2.0 SP 5.2.1-1",
            Refuse("fapi2.endpoint.https.used"), "contains a registration endpoint without TLS";
        HttpAlias: "metadata-http-mtls-alias", "FAPI 2.0 SP 5.2.1-1; RFC 8705 5",
            Accept, "contains an mTLS alias of the token endpoint without TLS";
        HttpPushAlias: "metadata-http-mtls-alias-push", "FAPI 2.0 SP 5.2.1-1; RFC 8705 5",
            Accept, "contains an mTLS alias of the PAR endpoint without TLS";
        HttpIntrospectionAlias: "metadata-http-mtls-alias-introspection",
            "FAPI 2.0 SP 5.2.1-1; RFC 8705 5", Accept,
            "contains an mTLS alias of the introspection endpoint without TLS";
        HttpRevocationAlias: "metadata-http-mtls-alias-revocation",
            "FAPI 2.0 SP 5.2.1-1; RFC 8705 5", Accept,
            "contains an mTLS alias of the revocation endpoint without TLS";
        HttpRegistrationAlias: "metadata-http-mtls-alias-registration",
            "FAPI 2.0 SP 5.2.1-1; RFC 8705 5", Accept,
            "contains an mTLS alias of the registration endpoint without TLS";
        WithoutPush: "metadata-without-push-endpoint", "FAPI 2.0 SP 5.3.3.2-2",
            Refuse("rfc8414.endpoint.missing"), "contains no PAR endpoint";
        WithoutToken: "metadata-without-token-endpoint", "RFC 8414 2",
            Refuse("rfc8414.endpoint.missing"), "contains no token endpoint";
        WithoutKeys: "metadata-without-jwks-uri", "RFC 8414 2; FAPI 2.0 MS 5.6.2",
            Refuse("rfc8414.endpoint.missing"), "contains no jwks_uri";
        AnotherServersTokenEndpoint: "metadata-audience-injection",
            "CVE-2025-27370, CVE-2025-27371; FAPI 2.0 SP 5.3.3.1-5", Refuse("rfc6749.error"),
            "contains the token endpoint of another server, which accepts assertions for itself: the \
             audience of the client's assertion must be the issuer, so that the other server \
             refuses it";
        Unknown: "metadata-unknown-members", "RFC 8414 2", Accept,
            "contains unknown members";
    }
}

const ANOTHER: &str = "/another-server/token";

impl WrongMetadata {
    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::HttpRegistration | Self::HttpRegistrationAlias => Flow::Registration,
            // A client without a certificate uses the endpoint, and no alias.
            Self::HttpToken
            | Self::WithoutToken
            | Self::HttpAlias
            | Self::HttpPushAlias
            | Self::HttpIntrospectionAlias
            | Self::HttpRevocationAlias => Flow::Dpop,
            _ => Flow::Any,
        }
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Metadata) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        let host = issuer.trim_start_matches("https://").split([':', '/']).next()?.to_owned();
        match self {
            Self::IssuerSuffix => stage.member("issuer", json!(format!("{issuer}INVALID"))),
            Self::IssuerCase => {
                let capitals = issuer.replacen(&host, &host.to_uppercase(), 1);
                stage.member("issuer", json!(capitals))
            }
            Self::IssuerSlash => stage.member("issuer", json!(format!("{issuer}/"))),
            Self::IssuerPort => {
                let other =
                    issuer.replacen(&host, &format!("{host}:4"), 1).replacen(":4:", ":4", 1);
                stage.member("issuer", json!(other))
            }
            Self::IssuerIdn => {
                // U+043E and U+0430 look like o and a.
                let letters = host.replacen('o', "\u{43e}", 1).replacen('a', "\u{430}", 1);
                stage.member("issuer", json!(issuer.replacen(&host, &letters, 1)))
            }
            Self::IssuerMissing => stage.without("issuer"),
            Self::WithoutS256 => stage.without("code_challenge_methods_supported"),
            Self::PlainAlone => stage.member("code_challenge_methods_supported", json!(["plain"])),
            Self::HttpAuthorization => http(stage, "authorization_endpoint"),
            Self::HttpPush => http(stage, "pushed_authorization_request_endpoint"),
            Self::HttpToken => http(stage, "token_endpoint"),
            Self::HttpKeys => http(stage, "jwks_uri"),
            Self::HttpIntrospection => http(stage, "introspection_endpoint"),
            Self::HttpRevocation => http(stage, "revocation_endpoint"),
            Self::HttpRegistration => http(stage, "registration_endpoint"),
            Self::HttpAlias => http_alias(stage, "token_endpoint"),
            Self::HttpPushAlias => http_alias(stage, "pushed_authorization_request_endpoint"),
            Self::HttpIntrospectionAlias => http_alias(stage, "introspection_endpoint"),
            Self::HttpRevocationAlias => http_alias(stage, "revocation_endpoint"),
            Self::HttpRegistrationAlias => http_alias(stage, "registration_endpoint"),
            Self::WithoutPush => stage.without("pushed_authorization_request_endpoint"),
            Self::WithoutToken => stage.without("token_endpoint"),
            Self::WithoutKeys => stage.without("jwks_uri"),
            Self::AnotherServersTokenEndpoint => another_endpoint(stage),
            Self::Unknown => stage.member("x_members", json!([{ "of": null }, 1e300])),
        }
    }
}

fn http(stage: &mut Stage<'_>, name: &str) -> Option<()> {
    let url = stage.read(name)?.replacen("https:", "http:", 1);
    stage.member(name, json!(url))
}

fn http_alias(stage: &mut Stage<'_>, name: &str) -> Option<()> {
    stage.json(|body| {
        let aliases = body.get_mut("mtls_endpoint_aliases").and_then(Value::as_object_mut);
        aliases.into_iter().for_each(|aliases| {
            aliases.insert(name.to_owned(), json!("http://mtls.example/"));
        });
    })
}

fn another_endpoint(stage: &mut Stage<'_>) -> Option<()> {
    let moved = |url: &str| url.rsplit_once('/').map(|(origin, _)| format!("{origin}{ANOTHER}"));
    let plain = moved(&stage.read("token_endpoint")?)?;
    stage.json(|body| {
        body.insert("token_endpoint".to_owned(), json!(plain));
        if let Some(alias) = body.get_mut("mtls_endpoint_aliases")
            && let Some(url) = alias.get("token_endpoint").and_then(Value::as_str).and_then(moved)
            && let Some(members) = alias.as_object_mut()
        {
            members.insert("token_endpoint".to_owned(), json!(url));
        }
    })
}

/// The other server. It would accept an assertion whose audience is itself or its endpoint. An
/// attacker could then impersonate the client there.
pub(crate) fn another_server(request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
    if request.uri().path() != ANOTHER {
        return None;
    }
    let form = Query::parse(str::from_utf8(request.body()).ok()?, 64 * 1024).ok()?;
    let assertion = Jws::parse(value(&form, "client_assertion")?).ok()?;
    let claims = document::read(assertion.payload(), &Limits::default())?;
    let audience = claims.get("aud").map(Value::to_string).unwrap_or_default();
    if audience.contains("another-server") {
        let tokens = json!({ "access_token": "stolen", "token_type": "DPoP" });
        return Some(answer::json(StatusCode::OK, &tokens));
    }
    let refused =
        json!({ "error": "invalid_client", "error_description": "aud is another server" });
    Some(answer::json(StatusCode::UNAUTHORIZED, &refused))
}
