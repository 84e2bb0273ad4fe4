use core::time::Duration;

use crate::dialect::not_fapi::departure::Departure;
use crate::discovery::endpoint::Endpoint;

/// One difference from FAPI 2.0 that a client takes part in: it sends something else, or takes
/// something else for an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Member {
    /// Assertions and request objects are for the token endpoint, not for the issuer. It has to be
    /// on the issuer's origin: another server's metadata might name it too.
    AudienceTokenEndpoint,
    /// `authorization_details` stands beside the request object too.
    AuthorizationDetailsBesideRequestObject,
    /// The authorization URL carries these parameters beside `client_id` and `request_uri`.
    AuthorizationUrlParameters(&'static [(&'static str, &'static str)]),
    /// The callback may come without `iss`, but for a server whose metadata says that it sends one.
    /// One that has it is checked as ever.
    CallbackWithoutIss,
    /// Every endpoint is shown the client's certificate, aliases or not.
    CertificateEverywhere,
    /// The consent API wants the access token alone in `Authorization`, without a scheme.
    ConsentTokenWithoutScheme,
    /// The endpoint is this path on the issuer's origin, whatever the metadata says.
    EndpointPath(Endpoint, &'static str),
    /// An ID token's `typ` may be this.
    IdTokenTyp(&'static str),
    /// The server speaks `http`, on a loopback address literal.
    LoopbackHttp,
    /// What is not FAPI 2.0 at all.
    NotFapi(Departure),
    /// All parameters stand beside the request object too.
    ParametersBesideRequestObject,
    /// The push is a JSON object.
    PushAsJson,
    /// The push carries `x-fapi-interaction-id`.
    PushInteractionId,
    /// A push that was taken may be answered with 200.
    PushStatusOk,
    /// The push has no `client_id` beside the request object.
    PushWithoutClientId,
    /// Before its first push a client registers by its certificate, at this path beside the push.
    RegistrationByCertificate(&'static str),
    /// A registration may be answered with 200.
    RegistrationStatusOk,
    /// `nbf` of a request object lies this much before `iat`.
    RequestObjectBackdated(Duration),
    /// RFC 8707's `resource` is an array named `resources`.
    ResourcesPlural,
    /// Scopes, and how they are spelled there.
    ScopeSpelling(&'static [(&'static str, &'static str)]),
}

impl Member {
    /// A name that is stable, such as `callback-without-iss`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AudienceTokenEndpoint => "audience-token-endpoint",
            Self::AuthorizationDetailsBesideRequestObject => {
                "authorization-details-beside-request-object"
            }
            Self::AuthorizationUrlParameters(_) => "authorization-url-parameters",
            Self::CallbackWithoutIss => "callback-without-iss",
            Self::CertificateEverywhere => "certificate-everywhere",
            Self::ConsentTokenWithoutScheme => "consent-token-without-scheme",
            Self::EndpointPath(..) => "endpoint-path",
            Self::IdTokenTyp(_) => "id-token-typ",
            Self::LoopbackHttp => "loopback-http",
            Self::NotFapi(departure) => departure.name(),
            Self::ParametersBesideRequestObject => "parameters-beside-request-object",
            Self::PushAsJson => "push-as-json",
            Self::PushInteractionId => "push-interaction-id",
            Self::PushStatusOk => "push-status-ok",
            Self::PushWithoutClientId => "push-without-client-id",
            Self::RegistrationByCertificate(_) => "registration-by-certificate",
            Self::RegistrationStatusOk => "registration-status-ok",
            Self::RequestObjectBackdated(_) => "request-object-backdated",
            Self::ResourcesPlural => "resources-plural",
            Self::ScopeSpelling(_) => "scope-spelling",
        }
    }

    /// The clause that it departs from.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::AudienceTokenEndpoint => "FAPI 2.0 Security Profile 5.3.3.1-5",
            Self::AuthorizationDetailsBesideRequestObject | Self::ParametersBesideRequestObject => {
                "RFC 9126 section 3"
            }
            Self::AuthorizationUrlParameters(_) => "FAPI 2.0 Security Profile 5.3.3.2-6",
            Self::CallbackWithoutIss => "FAPI 2.0 Security Profile 5.3.3.2-5",
            Self::CertificateEverywhere => "RFC 8705 section 5",
            Self::ConsentTokenWithoutScheme => "RFC 6750 section 2.1",
            Self::EndpointPath(..) => "FAPI 2.0 Security Profile 5.3.3.1-9",
            Self::IdTokenTyp(_) => "RFC 8725 section 3.11",
            Self::LoopbackHttp => "FAPI 2.0 Security Profile 5.2.1-1",
            Self::NotFapi(departure) => departure.clause(),
            Self::PushAsJson => "RFC 9126 section 2.1",
            Self::PushInteractionId => "RFC 9126 section 2.1",
            Self::PushStatusOk => "RFC 9126 section 2.2",
            Self::PushWithoutClientId => "RFC 9126 section 2.1",
            Self::RegistrationByCertificate(_) => "RFC 7591 section 3.1",
            Self::RegistrationStatusOk => "RFC 7591 section 3.2.1",
            Self::RequestObjectBackdated(_) => "FAPI 2.0 Message Signing 5.3.2-2",
            Self::ResourcesPlural => "RFC 8707 section 2",
            Self::ScopeSpelling(_) => "FDX API, scopes",
        }
    }
}
