//! Token types are never confused (RFC 8725 section 3.11), even with the same issuer, key, client and
//! time.

use fdx_jose::{
    AuthorizationResponse, IdToken, IdTokenExpectation, Jws, JwtExpectation, SignedIntrospection,
    backend,
};
use fdx_wire::Issuer;
use serde_json::{Value, json};

use crate::support::{EDDSA, NOW, changed, forged, public_keys};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum KindOfToken {
    AccessToken,
    AuthorizationResponse,
    ClientAssertion,
    IdToken,
    LogoutToken,
    Proof,
    RequestObject,
    SignedIntrospection,
}

use KindOfToken as Token;

impl Token {
    const ALL: [Self; 8] = [
        Self::AccessToken,
        Self::AuthorizationResponse,
        Self::ClientAssertion,
        Self::IdToken,
        Self::LogoutToken,
        Self::Proof,
        Self::RequestObject,
        Self::SignedIntrospection,
    ];

    /// The `typ` of its specification first, then other accepted values.
    fn types(self) -> &'static [Option<&'static str>] {
        match self {
            Self::AccessToken => &[Some("at+jwt"), None],
            Self::AuthorizationResponse => &[Some("oauth-authz-resp+jwt"), Some("JWT"), None],
            Self::ClientAssertion => &[Some("client-authentication+jwt"), Some("JWT"), None],
            Self::IdToken => &[Some("JWT"), None],
            Self::LogoutToken => &[Some("logout+jwt"), None],
            Self::Proof => &[Some("dpop+jwt")],
            Self::RequestObject => &[Some("oauth-authz-req+jwt"), Some("JWT"), None],
            Self::SignedIntrospection => &[Some("token-introspection+jwt")],
        }
    }

    /// The claims of this type only. All types also have `iss`, `aud`, `iat` and `exp`.
    fn own(self) -> Value {
        match self {
            Self::AccessToken => json!({"sub": "c", "client_id": "app", "jti": "j", "scope": "a"}),
            Self::AuthorizationResponse => json!({"code": "c", "state": "s"}),
            Self::ClientAssertion => json!({"sub": "app", "jti": "j"}),
            Self::IdToken => json!({"sub": "c", "nonce": "n"}),
            Self::LogoutToken => json!({"sub": "c", "jti": "j", "events": {}}),
            Self::Proof => json!({"jti": "j", "htm": "GET", "htu": "https://bank.example/"}),
            Self::RequestObject => json!({"client_id": "app", "nonce": "n", "state": "s"}),
            Self::SignedIntrospection => json!({"token_introspection": {"active": true}}),
        }
    }

    fn token(self, typ: Option<&str>) -> String {
        let now = NOW.as_seconds();
        let common =
            json!({"iss": "https://bank.example", "aud": "app", "iat": now, "exp": now + 60});
        let payload = changed(common, self.own());
        let mut header = json!({"alg": "EdDSA"});
        if let Some(typ) = typ {
            header["typ"] = typ.into();
        }
        if self == Self::Proof {
            header["jwk"] = serde_json::from_str(EDDSA.public().proof_jwk()).unwrap();
        }
        forged(&header.to_string(), str::from_utf8(&payload).unwrap())
    }

    /// The types whose readers accept the token.
    fn taken_for(token: &str) -> Vec<Self> {
        let issuer = &Issuer::parse("https://bank.example").unwrap();
        let (backend, keys) = (backend::ring(), &public_keys());
        let jwt = JwtExpectation::new(issuer, "app", NOW);
        let id_token = IdTokenExpectation::new(jwt).with_nonce(Some("n"));
        let verdicts = [
            (Self::IdToken, IdToken::verify(token, &id_token, backend, keys).is_ok()),
            (
                Self::AuthorizationResponse,
                AuthorizationResponse::verify(token, &jwt, backend, keys).is_ok(),
            ),
            (
                Self::SignedIntrospection,
                SignedIntrospection::verify(token, &jwt, backend, keys).is_ok(),
            ),
            (Self::Proof, Jws::parse_proof(token).is_ok()),
        ];
        verdicts.into_iter().filter_map(|(kind, passes)| passes.then_some(kind)).collect()
    }
}

#[test]
fn each_token_type_passes_only_as_itself() {
    let read =
        [Token::IdToken, Token::AuthorizationResponse, Token::SignedIntrospection, Token::Proof];
    for kind in Token::ALL {
        for typ in kind.types() {
            let own: Vec<Token> = read.into_iter().filter(|read| *read == kind).collect();
            assert_eq!(Token::taken_for(&kind.token(*typ)), own, "{kind:?} as {typ:?}");
        }
    }
}

#[test]
fn typ_alone_separates_token_types() {
    // Even a token with the claims of all types is accepted only as the type of its typ.
    let now = NOW.as_seconds();
    let mut claims =
        json!({"iss": "https://bank.example", "aud": "app", "iat": now, "exp": now + 60});
    for kind in Token::ALL {
        claims = serde_json::from_slice(&changed(claims, kind.own())).unwrap();
    }
    for (typ, kinds) in [
        ("at+jwt", vec![]),
        ("client-authentication+jwt", vec![]),
        ("oauth-authz-req+jwt", vec![]),
        ("logout+jwt", vec![]),
        ("dpop+jwt", vec![]),
        ("unknown+jwt", vec![]),
        ("oauth-authz-resp+jwt", vec![Token::AuthorizationResponse]),
        ("token-introspection+jwt", vec![Token::SignedIntrospection]),
    ] {
        let token = forged(&json!({"alg": "EdDSA", "typ": typ}).to_string(), &claims.to_string());
        assert_eq!(Token::taken_for(&token), kinds, "{typ}");
    }
}
