//! Misbehaviours in the ID token (OpenID Connect Core section 2).

use serde_json::{Value, json};

use crate::misbehaviour::id_token_change::{
    claims_too, instead, remove, set, signed_by_stranger, with_aud,
};
use crate::misbehaviour::jwt;
use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// Invalid and unusual ID tokens. A client must accept those with `Accept`.
    WrongIdToken {
        OtherIss: "id-token-iss-other", "OIDC Core 3.1.3.7; suite invalid-iss",
            Refuse("oidc.id_token.iss"), "contains the issuer with a 1 appended";
        WithoutIss: "id-token-without-iss", "OIDC Core 3.1.3.7; suite invalid-missing-iss",
            Refuse("oidc.id_token.iss"), "has no iss";
        IssArray: "id-token-iss-array", "CVE-2025-30144", Refuse("oidc.id_token.iss"),
            "has iss as an array of the issuer and an attacker";
        OtherAud: "id-token-aud-other", "OIDC Core 3.1.3.7; suite invalid-aud",
            Refuse("oidc.id_token.aud"), "has another client as audience";
        WithoutAud: "id-token-without-aud", "OIDC Core 3.1.3.7; suite invalid-missing-aud",
            Refuse("oidc.id_token.aud"), "has no audience";
        SecondAud: "id-token-second-aud", "OIDC Core 3.1.3.7; suite invalid-secondary-aud",
            Refuse("oidc.id_token.aud.untrusted"), "has another client as second audience";
        AudArray: "id-token-aud-array", "OIDC Core 2; suite valid-aud-as-array", Accept,
            "has the client as the only audience, in an array";
        OtherAzp: "id-token-azp-other", "OIDC Core 3.1.3.7", Refuse("oidc.id_token.azp"),
            "has another client as azp";
        None: "id-token-alg-none",
            "FAPI 2.0 SP 5.4.1; suite invalid-null-alg; CVE-2021-44878",
            Refuse("oidc.id_token.jws"), "has alg none and no signature";
        NoneInCapitals: "id-token-alg-none-in-capitals", "CVE-2021-44878",
            Refuse("oidc.id_token.jws"), "has alg nOnE and no signature";
        Rs256: "id-token-alg-rs256", "FAPI 2.0 SP 5.4.1; suite invalid-alternate-alg",
            Refuse("oidc.id_token.jws"), "has alg RS256";
        Hs256: "id-token-alg-hs256",
            "CVE-2015-9235, CVE-2016-5431, CVE-2023-48223, CVE-2024-33663, CVE-2024-37568, \
             CVE-2026-34950, CVE-2026-22817: a public key as a secret",
            Refuse("oidc.id_token.jws"),
            "is signed with HS256, with the issuer's public key as the secret";
        WithoutAlg: "id-token-alg-empty", "RFC 7515 4.1.1", Refuse("oidc.id_token.jws"),
            "has an empty alg";
        Expired: "id-token-expired", "OIDC Core 3.1.3.7; suite invalid-expired-exp",
            Refuse("oidc.id_token.exp.past"), "expired six minutes ago";
        WithoutExp: "id-token-without-exp", "OIDC Core 3.1.3.7; suite invalid-missing-exp",
            Refuse("oidc.id_token.exp"), "has no exp";
        ExpText: "id-token-exp-text", "CVE-2026-25537", Refuse("oidc.id_token.exp"),
            "has exp as a string";
        WithoutIat: "id-token-without-iat", "OIDC Core 2; suite oidcc missing-iat",
            Refuse("oidc.id_token.iat"), "has no iat";
        IatLastWeek: "id-token-iat-last-week", "OIDC Core 3.1.3.7; suite iat-is-week-in-past",
            Refuse("oidc.id_token.iat.past"), "was issued a week ago and is valid for a month";
        IatAhead: "id-token-iat-ahead", "OIDC Core 3.1.3.7; FAPI 2.0 SP 5.3.2.1-13",
            Refuse("oidc.id_token.iat.future"), "has iat an hour in the future";
        NbfAhead: "id-token-nbf-ahead", "RFC 7519 4.1.5", Refuse("oidc.id_token.nbf"),
            "has nbf an hour in the future";
        NbfText: "id-token-nbf-text", "CVE-2026-25537", Refuse("oidc.id_token.nbf"),
            "has nbf as a string";
        OtherNonce: "id-token-nonce-other",
            "OIDC Core 3.1.3.7; suite invalid-nonce; CVE-2026-73419",
            Refuse("oidc.id_token.nonce"), "contains the nonce with a 1 appended";
        WithoutNonce: "id-token-without-nonce", "OIDC Core 3.1.3.7; suite invalid-missing-nonce",
            Refuse("oidc.id_token.nonce"), "has no nonce";
        WithoutSub: "id-token-without-sub", "OIDC Core 2; suite oidcc missing-sub",
            Refuse("oidc.id_token.sub"), "has no sub";
        OtherAtHash: "id-token-at-hash-other", "OIDC Core 3.1.3.8; suite oidcc invalid-athash",
            Refuse("oidc.id_token.at_hash"), "has the at_hash of another access token";
        AtHashOfUnknownAlg: "id-token-at-hash-of-unknown-alg", "CVE-2026-28498: at_hash fails open",
            Refuse("oidc.id_token.jws"),
            "has alg ES999, whose hash is unknown";
        WithoutAtHash: "id-token-without-at-hash", "OIDC Core 3.1.3.6; suite oidcc missing-athash",
            Accept, "has no at_hash, which is optional in the code flow";
        OtherConsent: "id-token-consent-other", "FDX Consent API",
            Refuse("fdx.consent_id.conflict"),
            "has a consent id that differs from that of the token response";
        OtherSignature: "id-token-signature-other", "OIDC Core 3.1.3.7; FAPI 2.0 MS 5.6.2",
            Refuse("oidc.id_token.signature"), "has an invalid signature";
        ZeroSignature: "id-token-signature-zero", "CVE-2022-21449",
            Refuse("oidc.id_token.signature"), "has an ES256 signature of zeros";
        ShortSignature: "id-token-signature-short", "RFC 7518 3.4",
            Refuse("oidc.id_token.signature"), "has half an ES256 signature";
        DerSignature: "id-token-signature-der", "RFC 7518 3.4",
            Refuse("oidc.id_token.signature"),
            "has a valid ES256 signature in DER instead of two concatenated numbers";
        SignedByStranger: "id-token-signed-by-stranger", "OIDC Core 3.1.3.7",
            Refuse("oidc.id_token.key.unknown"), "is signed by an unpublished key";
        EmbeddedKey: "id-token-embedded-key", "CVE-2018-0114; RFC 8725 3.10",
            Refuse("oidc.id_token.jws"),
            "is signed by an unpublished key, which the header contains";
        KeyUrl: "id-token-key-url", "FAPI 2.0 SP 5.4.2; RFC 8725 3.10",
            Accept, "has a URL of its key in the header, which is ignored";
        Critical: "id-token-crit",
            "RFC 7515 4.1.11; CVE-2025-59420, CVE-2026-35042, python-jose #413",
            Refuse("oidc.id_token.jws"), "has a crit header with an unsupported extension";
        EmptyCritical: "id-token-crit-empty", "RFC 7515 4.1.11", Refuse("oidc.id_token.jws"),
            "has an empty crit";
        Unencoded: "id-token-b64", "RFC 7797 7", Refuse("oidc.id_token.jws"),
            "has b64 false, which means an unencoded payload";
        Encrypted: "id-token-five-parts", "CVE-2026-29000, CVE-2022-3102",
            Refuse("oidc.id_token.encrypted"),
            "has the five parts of an encrypted JWT, but no encryption was registered";
        Dots: "id-token-dots", "CVE-2025-30204, CVE-2025-22868", Refuse("oidc.id_token.jws"),
            "is 15,000 dots";
        Long: "id-token-long", "CVE-2025-61920", Refuse("oidc.id_token.jws"),
            "has a header of 20,000 bytes";
        NestedClaims: "id-token-nested", "CVE-2025-53864", Refuse("oidc.id_token.claims"),
            "has claims with 5,000 nested arrays";
        ClaimTwice: "id-token-claim-twice", "RFC 7519 4", Refuse("oidc.id_token.claims"),
            "repeats the claim iss";
        NotBase64Url: "id-token-base64", "RFC 7515 2", Refuse("oidc.id_token.jws"),
            "has base64 padding after the signature";
        AuthorizationResponse: "id-token-is-jarm", "RFC 8725 3.11", Refuse("oidc.id_token.typ"),
            "is a signed authorization response";
        UntypedAuthorizationResponse: "id-token-is-untyped-jarm", "RFC 8725 3.11; JARM 2.1",
            Refuse("oidc.id_token.iat"),
            "is a signed authorization response without a typ";
        AccessToken: "id-token-is-access-token", "RFC 8725 3.11; RFC 9068 2.1",
            Refuse("oidc.id_token.typ"), "is an access token in the form of a JWT";
        Introspection: "id-token-is-introspection", "RFC 8725 3.11; RFC 9701 8.1",
            Refuse("oidc.id_token.typ"), "is a signed introspection response";
        LogoutToken: "id-token-is-logout-token", "RFC 8725 3.11", Refuse("oidc.id_token.typ"),
            "is a logout token";
        RequestObject: "id-token-is-request-object", "RFC 8725 3.11; RFC 9101 10.8",
            Refuse("oidc.id_token.typ"), "is a signed authorization request";
        ClientAssertion: "id-token-is-client-assertion", "RFC 8725 3.11; RFC 7523 3",
            Refuse("oidc.id_token.iss"),
            "is a client assertion with the issuer as audience";
    }
}

/// The claims that a replacement JWT copies from the ID token, in addition to `iss` and `aud`. They
/// are valid, so that only the type of the JWT is wrong.
const ALL: &[&str] = &["exp", "iat", "sub", "nonce"];

impl WrongIdToken {
    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::ZeroSignature | Self::ShortSignature | Self::DerSignature => Flow::Es256,
            _ => Flow::Any,
        }
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Token) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        let now = stage.now.as_seconds();
        let header = |stage: &mut Stage<'_>, members: Value| {
            let config = stage.config;
            stage.id_token_text(|jwt| jwt::headed(config, jwt, &members))
        };
        match self {
            Self::OtherIss => set(stage, "iss", json!(format!("{issuer}1"))),
            Self::WithoutIss => remove(stage, "iss"),
            Self::IssArray => set(stage, "iss", json!([issuer, "https://attacker.example"])),
            Self::OtherAud => set(stage, "aud", json!("another-client")),
            Self::WithoutAud => remove(stage, "aud"),
            Self::SecondAud => with_aud(stage, |aud| json!([aud, "another-client"])),
            Self::AudArray => with_aud(stage, |aud| json!([aud])),
            Self::OtherAzp => set(stage, "azp", json!("another-client")),
            Self::None => stage.id_token_text(|jwt| jwt::unsecured(jwt, "none")),
            Self::NoneInCapitals => stage.id_token_text(|jwt| jwt::unsecured(jwt, "nOnE")),
            Self::Rs256 => header(stage, json!({ "alg": "RS256" })),
            Self::Hs256 => {
                let config = stage.config;
                stage.id_token_text(|jwt| jwt::by_public_key_as_secret(config, jwt))
            }
            Self::WithoutAlg => header(stage, json!({ "alg": "" })),
            Self::Expired => set(stage, "exp", json!(now - 360)),
            Self::WithoutExp => remove(stage, "exp"),
            Self::ExpText => set(stage, "exp", json!((now + 300).to_string())),
            Self::WithoutIat => remove(stage, "iat"),
            Self::IatLastWeek => stage.id_token(|claims| {
                claims.insert("iat".to_owned(), json!(now - 7 * 86_400));
                claims.insert("exp".to_owned(), json!(now + 30 * 86_400));
            }),
            Self::IatAhead => stage.id_token(|claims| {
                claims.insert("iat".to_owned(), json!(now + 3600));
                claims.insert("exp".to_owned(), json!(now + 7200));
            }),
            Self::NbfAhead => set(stage, "nbf", json!(now + 3600)),
            Self::NbfText => set(stage, "nbf", json!(now.to_string())),
            Self::OtherNonce => stage.id_token(|claims| {
                let nonce = claims.get("nonce").and_then(Value::as_str).unwrap_or_default();
                let other = format!("{nonce}1");
                claims.insert("nonce".to_owned(), json!(other));
            }),
            Self::WithoutNonce => remove(stage, "nonce"),
            Self::WithoutSub => remove(stage, "sub"),
            Self::OtherAtHash => set(stage, "at_hash", json!("of-another-access-token")),
            Self::AtHashOfUnknownAlg => header(stage, json!({ "alg": "ES999" })),
            Self::WithoutAtHash => remove(stage, "at_hash"),
            Self::OtherConsent => set(stage, "fdxConsentId", json!("another-consent")),
            Self::OtherSignature => {
                stage.id_token_text(|jwt| Some(jwt::signature(jwt, |bytes| bytes.reverse())))
            }
            Self::ZeroSignature => {
                stage.id_token_text(|jwt| Some(jwt::signature(jwt, |bytes| bytes.fill(0))))
            }
            Self::ShortSignature => stage.id_token_text(|jwt| {
                Some(jwt::signature(jwt, |bytes| bytes.truncate(bytes.len() / 2)))
            }),
            Self::DerSignature => stage
                .id_token_text(|jwt| Some(jwt::signature(jwt, |bytes| *bytes = jwt::der(bytes)))),
            Self::SignedByStranger => signed_by_stranger(stage),
            Self::EmbeddedKey => {
                let config = stage.config;
                stage.id_token_text(|jwt| jwt::with_its_own_key(config, jwt))
            }
            Self::KeyUrl => header(stage, json!({ "jku": "https://attacker.example/jwks" })),
            Self::Critical => header(stage, json!({ "crit": ["x"], "x": true })),
            Self::EmptyCritical => header(stage, json!({ "crit": [] })),
            Self::Unencoded => header(stage, json!({ "b64": false })),
            Self::Encrypted => stage.id_token_text(|jwt| Some(format!("{jwt}.e30.e30"))),
            Self::Dots => stage.id_token_text(|_| Some(".".repeat(15_000))),
            Self::Long => header(stage, json!({ "x": "x".repeat(20_000) })),
            Self::NestedClaims => {
                let levels = 5_000;
                claims_too(stage, &format!(r#""x":{}{}"#, "[".repeat(levels), "]".repeat(levels)))
            }
            Self::ClaimTwice => claims_too(stage, &format!(r#""iss":"{issuer}""#)),
            Self::NotBase64Url => stage.id_token_text(|jwt| Some(format!("{jwt}="))),
            Self::AuthorizationResponse => {
                instead(stage, Some("oauth-authz-resp+jwt"), ALL, json!({ "code": "c" }))
            }
            Self::UntypedAuthorizationResponse => {
                instead(stage, None, &["exp"], json!({ "code": "c", "state": "s" }))
            }
            Self::AccessToken => {
                let others = json!({ "jti": "1", "client_id": "app" });
                instead(stage, Some("at+jwt"), ALL, others)
            }
            Self::Introspection => {
                let others = json!({ "token_introspection": { "active": true } });
                instead(stage, Some("token-introspection+jwt"), ALL, others)
            }
            Self::LogoutToken => instead(stage, Some("logout+jwt"), ALL, json!({ "events": {} })),
            Self::RequestObject => {
                let others = json!({ "response_type": "code", "client_id": "app" });
                instead(stage, Some("oauth-authz-req+jwt"), ALL, others)
            }
            Self::ClientAssertion => stage.id_token(|claims| {
                let client = claims.get("aud").cloned().unwrap_or_default();
                claims.insert("iss".to_owned(), client.clone());
                claims.insert("sub".to_owned(), client);
                claims.insert("aud".to_owned(), json!(issuer));
                claims.insert("jti".to_owned(), json!("1"));
            }),
        }
    }
}
