//! Responses to dynamic registration and its management (RFC 7591, RFC 7592).

use http::StatusCode;
use serde_json::{Value, json};

use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// Defects and peculiarities of responses to registration and its management.
    WrongRegistration {
        WithoutClientId: "registration-without-client-id", "RFC 7591 3.2.1",
            Refuse("rfc7591.client_id"), "registers the client without a client_id";
        EmptyClientId: "registration-empty-client-id", "RFC 7591 3.2.1",
            Refuse("rfc7591.client_id"), "registers the client with an empty client_id";
        ClientIdInjection: "registration-client-id-injection", "RFC 6749 A.1",
            Refuse("rfc7591.client_id"), "returns a client_id that contains a line break and a header";
        StatusOk: "registration-status-ok", "RFC 7591 3.2.1", Refuse("rfc7591.status"),
            "registers the client with 200 instead of 201";
        Refused: "registration-refused", "RFC 7591 3.2.2", Refuse("rfc6749.error"),
            "refuses the client metadata";
        WithoutToken: "registration-without-token", "RFC 7592 3",
            Report("registration-unmanaged"),
            "returns no registration access token, which is optional";
        UriElsewhere: "registration-uri-elsewhere", "RFC 7592 3",
            Refuse("rfc7592.uri.elsewhere"),
            "returns a registration_client_uri on another origin, which would receive the \
             registration access token";
        ClientSecret: "registration-client-secret", "FAPI 2.0 SP 5.3.2.1-6",
            Report("client-secret-dropped"), "returns a client secret, which was not requested";
        UnknownMember: "registration-unknown-member", "RFC 7591 3.2.1", Accept,
            "returns an unknown member";
        NarrowScope: "registration-narrow-scope", "RFC 7591 3.2.1",
            Report("registration-scope-other"), "registers only the scope openid";
        IdTokenAlgorithm: "registration-id-token-rs256", "FAPI 2.0 SP 5.4.1",
            Refuse("rfc7591.id_token_signed_response_alg"),
            "registers RS256 for ID tokens instead of the requested algorithm";
        IdTokenUnsigned: "registration-id-token-none", "FAPI 2.0 SP 5.4.1",
            Refuse("rfc7591.id_token_signed_response_alg"),
            "registers ID tokens without a signature";
        WithoutIdTokenAlgorithm: "registration-without-id-token-alg", "OIDC Registration 2",
            Refuse("rfc7591.id_token_signed_response_alg"),
            "returns no algorithm for ID tokens, which means RS256";
        IntrospectionUnsigned: "registration-introspection-none", "RFC 9701 6",
            Refuse("rfc7591.introspection_signed_response_alg"),
            "registers introspection without a signature";
        AuthenticationMethod: "registration-client-secret-basic", "FAPI 2.0 SP 5.3.2.1-6",
            Refuse("rfc7591.token_endpoint_auth_method"),
            "registers client_secret_basic instead of private_key_jwt";
        WithoutAuthenticationMethod: "registration-without-auth-method", "RFC 7591 2",
            Refuse("rfc7591.token_endpoint_auth_method"),
            "returns no authentication method, which means client_secret_basic";
        Unbound: "registration-unbound-tokens", "FAPI 2.0 SP 5.3.2.1-4; RFC 9449 5.2",
            Refuse("rfc7591.dpop_bound_access_tokens"),
            "registers unbound access tokens";
        WithoutBinding: "registration-without-binding", "RFC 9449 5.2",
            Report("registration-member-other"),
            "returns no token binding: a client checks each token when it arrives";
        RedirectUriMore: "registration-redirect-uri-more", "RFC 9700 2.1",
            Refuse("rfc7591.redirect_uris"), "registers a foreign redirect URI in addition to the client's";
        RedirectUriOther: "registration-redirect-uri-other", "RFC 9700 2.1",
            Refuse("rfc7591.redirect_uris"), "registers a foreign redirect URI";
        WithoutRedirectUris: "registration-without-redirect-uris", "RFC 7591 2",
            Refuse("rfc7591.redirect_uris"), "registers no redirect URI";
        GrantMore: "registration-grant-implicit", "RFC 9700 2.1.2",
            Refuse("rfc7591.grant_types"), "registers the implicit grant in addition to the others";
        ResponseTypeMore: "registration-response-type-token", "RFC 9700 2.1.2",
            Refuse("rfc7591.response_types"), "registers the response type token in addition to code";
        OtherKeys: "registration-keys-other", "RFC 7591 2", Refuse("rfc7591.jwks"),
            "registers a JWK Set without the client's key";
        ReadOtherClientId: "registration-read-client-id-other", "RFC 7592 3",
            Refuse("rfc7592.client_id.other"), "returns the registration of another client";
        ReadWithoutClientId: "registration-read-without-client-id", "RFC 7592 3",
            Refuse("rfc7591.client_id"),
            "returns a registration without a client_id";
        ReadUriElsewhere: "registration-read-uri-elsewhere", "RFC 7592 3",
            Report("registration-uri-elsewhere"),
            "moves the registration to another origin at a read";
        ReadWithoutToken: "registration-read-without-token", "RFC 7592 3", Accept,
            "returns no new registration access token, so that the earlier one stays valid";
        ReadWeakened: "registration-read-weakened", "RFC 7592 3", Refuse("rfc7591.redirect_uris"),
            "returns a foreign redirect URI in addition to the client's at a read";
        ReadGone: "registration-read-token-refused", "RFC 7592 2.1", Refuse("rfc6750.challenge"),
            "rejects the registration access token";
        UpdateOtherClientId: "registration-update-client-id-other", "RFC 7592 3",
            Refuse("rfc7592.client_id.other"),
            "returns the registration of another client at an update";
        UpdateWeakened: "registration-update-weakened", "RFC 7592 2.2",
            Refuse("rfc7591.redirect_uris"),
            "returns a foreign redirect URI in addition to the client's at an update";
        UpdateElsewhere: "registration-update-uri-elsewhere", "RFC 7592 3",
            Report("registration-uri-elsewhere"),
            "moves the registration to another origin at an update";
        DeletionOk: "registration-deletion-status-ok", "RFC 7592 2.3", Refuse("rfc9110.status"),
            "ends the registration with 200 instead of 204";
    }
}

const STRANGER: &str = "https://evil.example/callback";

impl WrongRegistration {
    fn moment(self) -> Moment {
        match self {
            Self::ReadOtherClientId
            | Self::ReadWithoutClientId
            | Self::ReadUriElsewhere
            | Self::ReadWithoutToken
            | Self::ReadWeakened
            | Self::ReadGone => Moment::RegistrationRead,
            Self::UpdateOtherClientId | Self::UpdateWeakened | Self::UpdateElsewhere => {
                Moment::RegistrationUpdate
            }
            Self::DeletionOk => Moment::RegistrationDeletion,
            _ => Moment::Registration,
        }
    }

    pub(crate) fn flow(self) -> Flow {
        self.moment().flow()
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(self.moment()) {
            return None;
        }
        let id_token = "id_token_signed_response_alg";
        let introspection = "introspection_signed_response_alg";
        let method = "token_endpoint_auth_method";
        let bound = "dpop_bound_access_tokens";
        let uri = "registration_client_uri";
        match self {
            Self::WithoutClientId | Self::ReadWithoutClientId => stage.without("client_id"),
            Self::EmptyClientId => stage.member("client_id", json!("")),
            Self::ClientIdInjection => stage.member("client_id", json!("c\r\nx-injected: 1")),
            Self::ReadOtherClientId | Self::UpdateOtherClientId => {
                stage.member("client_id", json!("another-client"))
            }
            Self::StatusOk | Self::DeletionOk => {
                stage.status(StatusCode::OK);
                Some(())
            }
            Self::Refused => {
                stage.status(StatusCode::BAD_REQUEST);
                stage.body(json!({ "error": "invalid_client_metadata" }).to_string());
                Some(())
            }
            Self::WithoutToken | Self::ReadWithoutToken => {
                stage.without("registration_access_token")
            }
            Self::UriElsewhere | Self::ReadUriElsewhere | Self::UpdateElsewhere => {
                stage.member(uri, json!("https://evil.example/register/1"))
            }
            Self::ClientSecret => stage.member("client_secret", json!("a-secret-of-the-server-s")),
            Self::UnknownMember => stage.member("favourite_colour", json!("mauve")),
            Self::NarrowScope => stage.member("scope", json!("openid")),
            Self::IdTokenAlgorithm => stage.member(id_token, json!("RS256")),
            Self::IdTokenUnsigned => stage.member(id_token, json!("none")),
            Self::WithoutIdTokenAlgorithm => stage.without(id_token),
            Self::IntrospectionUnsigned => stage.member(introspection, json!("none")),
            Self::AuthenticationMethod => stage.member(method, json!("client_secret_basic")),
            Self::WithoutAuthenticationMethod => stage.without(method),
            Self::Unbound => stage.member(bound, json!(false)),
            Self::WithoutBinding => stage.without(bound),
            Self::RedirectUriMore | Self::ReadWeakened | Self::UpdateWeakened => {
                more(stage, "redirect_uris", STRANGER)
            }
            Self::RedirectUriOther => stage.member("redirect_uris", json!([STRANGER])),
            Self::WithoutRedirectUris => stage.without("redirect_uris"),
            Self::GrantMore => more(stage, "grant_types", "implicit"),
            Self::ResponseTypeMore => more(stage, "response_types", "token"),
            Self::OtherKeys => {
                let key = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
                stage.member("jwks", json!({ "keys": [key] }))
            }
            Self::ReadGone => {
                stage.status(StatusCode::UNAUTHORIZED);
                stage.header("www-authenticate", "Bearer error=\"invalid_token\"");
                stage.body("");
                Some(())
            }
        }
    }
}

/// Adds a string to a list in the body.
fn more(stage: &mut Stage<'_>, name: &str, text: &str) -> Option<()> {
    stage.json(|body| {
        let list = body.get_mut(name).and_then(Value::as_array_mut);
        list.into_iter().for_each(|list| list.push(json!(text)));
    })
}
