use core::time::Duration;

use crate::dialect::not_fapi::departure::Departure;
use crate::discovery::endpoint::Endpoint;
use crate::error::deviation::Deviation;

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
    /// The deviation that this member allows, without its details.
    #[must_use]
    pub const fn deviation(self) -> Deviation {
        match self {
            Self::AudienceTokenEndpoint => Deviation::AudienceTokenEndpoint,
            Self::AuthorizationDetailsBesideRequestObject => {
                Deviation::AuthorizationDetailsBesideRequestObject
            }
            Self::AuthorizationUrlParameters(_) => Deviation::AuthorizationUrlParameters,
            Self::CallbackWithoutIss => Deviation::CallbackWithoutIss,
            Self::CertificateEverywhere => Deviation::CertificateEverywhere,
            Self::ConsentTokenWithoutScheme => Deviation::ConsentTokenWithoutScheme,
            Self::EndpointPath(..) => Deviation::EndpointPath,
            Self::IdTokenTyp(_) => Deviation::IdTokenTyp,
            Self::LoopbackHttp => Deviation::LoopbackHttp,
            Self::NotFapi(departure) => departure.deviation(),
            Self::ParametersBesideRequestObject => Deviation::ParametersBesideRequestObject,
            Self::PushAsJson => Deviation::PushAsJson,
            Self::PushInteractionId => Deviation::PushInteractionId,
            Self::PushStatusOk => Deviation::PushStatusOk,
            Self::PushWithoutClientId => Deviation::PushWithoutClientId,
            Self::RegistrationByCertificate(_) => Deviation::RegistrationByCertificate,
            Self::RegistrationStatusOk => Deviation::RegistrationStatusOk,
            Self::RequestObjectBackdated(_) => Deviation::RequestObjectBackdated,
            Self::ResourcesPlural => Deviation::ResourcesPlural,
            Self::ScopeSpelling(_) => Deviation::ScopeSpelling,
        }
    }

    /// The stable name of the deviation, such as `callback-without-iss`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.deviation().name()
    }

    /// The clause that the provider departs from.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        self.deviation().clause()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::not_fapi::departure::{Departure, DocumentedEndpoints};
    use crate::discovery::endpoint::Endpoint;

    #[test]
    fn each_deviation_has_one_member_and_one_name() {
        // A deviation without a member could never be allowed by a dialect.
        let paths = DocumentedEndpoints { authorization: "/a", token: "/t", revocation: "/r" };
        let members = [
            Member::AudienceTokenEndpoint,
            Member::AuthorizationDetailsBesideRequestObject,
            Member::AuthorizationUrlParameters(&[]),
            Member::CallbackWithoutIss,
            Member::CertificateEverywhere,
            Member::ConsentTokenWithoutScheme,
            Member::EndpointPath(Endpoint::Token, "/token"),
            Member::IdTokenTyp("at+jwt"),
            Member::LoopbackHttp,
            Member::NotFapi(Departure::ClientSecretBasic),
            Member::NotFapi(Departure::ClientSecretPost),
            Member::NotFapi(Departure::DocumentedEndpoints(paths)),
            Member::NotFapi(Departure::NotPushed),
            Member::NotFapi(Departure::OpenidWithoutIdToken),
            Member::NotFapi(Departure::UnboundTokens),
            Member::ParametersBesideRequestObject,
            Member::PushAsJson,
            Member::PushInteractionId,
            Member::PushStatusOk,
            Member::PushWithoutClientId,
            Member::RegistrationByCertificate("/register"),
            Member::RegistrationStatusOk,
            Member::RequestObjectBackdated(Duration::from_secs(10)),
            Member::ResourcesPlural,
            Member::ScopeSpelling(&[]),
        ];
        let mut of_members = members.map(Member::deviation).to_vec();
        of_members.sort_unstable();
        assert_eq!(of_members, Deviation::ALL);
        for departure in members.iter().filter(|member| matches!(member, Member::NotFapi(_))) {
            assert!(departure.name().starts_with("not-fapi."), "{departure:?}");
        }
        let names: std::collections::BTreeSet<_> =
            Deviation::ALL.iter().map(|deviation| deviation.name()).collect();
        assert_eq!(names.len(), Deviation::ALL.len());
    }
}
