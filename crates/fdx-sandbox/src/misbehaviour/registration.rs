//! Responses to dynamic registration and its management (RFC 7591, RFC 7592).

use http::StatusCode;
use serde_json::{Value, json};

use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// What is wrong with the answer to a registration, or to its read.
    WrongRegistration {
        WithoutClientId: "registration-without-client-id", "RFC 7591 3.2.1",
            Refuse("rfc7591.client_id"), "registers the client and names no client_id";
        EmptyClientId: "registration-empty-client-id", "RFC 7591 3.2.1",
            Refuse("rfc7591.client_id"), "registers the client under an empty client_id";
        ClientIdInjection: "registration-client-id-injection", "RFC 6749 A.1",
            Refuse("rfc7591.client_id"), "names a client_id with a line break and a header in it";
        StatusOk: "registration-status-ok", "RFC 7591 3.2.1", Refuse("rfc7591.status"),
            "registers the client with 200 instead of 201";
        Refused: "registration-refused", "RFC 7591 3.2.2", Refuse("rfc6749.error"),
            "takes no client that is described so";
        WithoutToken: "registration-without-token", "RFC 7592 3",
            Report("registration-unmanaged"),
            "gives no token that manages the registration, which it need not";
        UriElsewhere: "registration-uri-elsewhere", "RFC 7592 3",
            Refuse("rfc7592.uri.elsewhere"),
            "names a place on another origin, to which the registration's token would be sent";
        ClientSecret: "registration-client-secret", "FAPI 2.0 SP 5.3.2.1-6",
            Report("client-secret-dropped"), "gives a client secret, and nobody asked for one";
        UnknownMember: "registration-unknown-member", "RFC 7591 3.2.1", Accept,
            "has a member that nobody knows";
        NarrowScope: "registration-narrow-scope", "RFC 7591 3.2.1",
            Report("registration-scope-other"), "registers the scope openid alone";
        IdTokenAlgorithm: "registration-id-token-rs256", "FAPI 2.0 SP 5.4.1",
            Refuse("rfc7591.id_token_signed_response_alg"),
            "registers RS256 for ID tokens in the place of what was asked";
        IdTokenUnsigned: "registration-id-token-none", "FAPI 2.0 SP 5.4.1",
            Refuse("rfc7591.id_token_signed_response_alg"),
            "registers ID tokens without a signature";
        WithoutIdTokenAlgorithm: "registration-without-id-token-alg", "OIDC Registration 2",
            Refuse("rfc7591.id_token_signed_response_alg"),
            "names no algorithm of ID tokens, by which it means RS256";
        IntrospectionUnsigned: "registration-introspection-none", "RFC 9701 6",
            Refuse("rfc7591.introspection_signed_response_alg"),
            "registers introspection without a signature";
        AuthenticationMethod: "registration-client-secret-basic", "FAPI 2.0 SP 5.3.2.1-6",
            Refuse("rfc7591.token_endpoint_auth_method"),
            "registers client_secret_basic in the place of private_key_jwt";
        WithoutAuthenticationMethod: "registration-without-auth-method", "RFC 7591 2",
            Refuse("rfc7591.token_endpoint_auth_method"),
            "names no authentication method, by which it means client_secret_basic";
        Unbound: "registration-unbound-tokens", "FAPI 2.0 SP 5.3.2.1-4; RFC 9449 5.2",
            Refuse("rfc7591.dpop_bound_access_tokens"),
            "registers that access tokens need not be bound";
        WithoutBinding: "registration-without-binding", "RFC 9449 5.2",
            Refuse("rfc7591.dpop_bound_access_tokens"),
            "does not say that access tokens are bound, by which it means that they need not be";
        RedirectUriMore: "registration-redirect-uri-more", "RFC 9700 2.1",
            Refuse("rfc7591.redirect_uris"), "registers another's redirect URI beside the client's";
        RedirectUriOther: "registration-redirect-uri-other", "RFC 9700 2.1",
            Refuse("rfc7591.redirect_uris"), "registers another's redirect URI";
        WithoutRedirectUris: "registration-without-redirect-uris", "RFC 7591 2",
            Refuse("rfc7591.redirect_uris"), "registers no redirect URI";
        GrantMore: "registration-grant-implicit", "RFC 9700 2.1.2",
            Refuse("rfc7591.grant_types"), "registers the implicit grant beside the others";
        ResponseTypeMore: "registration-response-type-token", "RFC 9700 2.1.2",
            Refuse("rfc7591.response_types"), "registers the response type token beside code";
        OtherKeys: "registration-keys-other", "RFC 7591 2", Refuse("rfc7591.jwks"),
            "registers a key set that does not have the client's key";
        ReadOtherClientId: "registration-read-client-id-other", "RFC 7592 3",
            Refuse("rfc7592.client_id.other"), "gives the registration of another client";
        ReadWithoutClientId: "registration-read-without-client-id", "RFC 7592 3",
            Refuse("rfc7591.client_id"),
            "gives a registration that does not say whose it is";
        ReadUriElsewhere: "registration-read-uri-elsewhere", "RFC 7592 3",
            Report("registration-uri-elsewhere"),
            "moves the registration to another origin, when it is read";
        ReadWithoutToken: "registration-read-without-token", "RFC 7592 3", Accept,
            "gives no new token with the registration, so that the one before is kept";
        ReadWeakened: "registration-read-weakened", "RFC 7592 3", Refuse("rfc7591.redirect_uris"),
            "has another's redirect URI beside the client's, when it is read";
        ReadGone: "registration-read-token-refused", "RFC 7592 2.1", Refuse("rfc6750.challenge"),
            "knows the registration's token no more";
        UpdateOtherClientId: "registration-update-client-id-other", "RFC 7592 3",
            Refuse("rfc7592.client_id.other"),
            "gives the registration of another client, when it is updated";
        UpdateWeakened: "registration-update-weakened", "RFC 7592 2.2",
            Refuse("rfc7591.redirect_uris"),
            "has another's redirect URI beside the client's, when it is updated";
        UpdateElsewhere: "registration-update-uri-elsewhere", "RFC 7592 3",
            Report("registration-uri-elsewhere"),
            "moves the registration to another origin, when it is updated";
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
            Self::OtherKeys => stage.member("jwks", json!({ "keys": [] })),
            Self::ReadGone => {
                stage.status(StatusCode::UNAUTHORIZED);
                stage.header("www-authenticate", "Bearer error=\"invalid_token\"");
                stage.body("");
                Some(())
            }
        }
    }
}

/// A list in the body with one text more.
fn more(stage: &mut Stage<'_>, name: &str, text: &str) -> Option<()> {
    stage.json(|body| {
        let list = body.get_mut(name).and_then(Value::as_array_mut);
        list.into_iter().for_each(|list| list.push(json!(text)));
    })
}
