use core::time::Duration;

use crate::dialect::detail_text::DetailConsent;
#[cfg(test)]
use crate::dialect::detail_text::DetailText;
use crate::dialect::not_fapi::departure::Departure;
#[cfg(test)]
use crate::dialect::not_fapi::departure::DocumentedEndpoints;
use crate::discovery::endpoint::Endpoint;
use crate::error::deviation::Deviation;

/// A deviation from FAPI 2.0, with its details, that changes what a client sends or accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Member {
    /// Client assertions have no `typ`.
    AssertionWithoutTyp,
    /// The `aud` of assertions and request objects is the token endpoint, not the issuer. The
    /// endpoint must be on the issuer's origin, because another server's metadata may name it too.
    AudienceTokenEndpoint,
    /// The push repeats `authorization_details` next to the request object.
    AuthorizationDetailsBesideRequestObject,
    /// The authorization URL has these parameters in addition to `client_id` and `request_uri`.
    AuthorizationUrlParameters(&'static [UrlParameter]),
    /// The callback may lack `iss`, unless the server's metadata promises it. If present, it is
    /// still verified.
    CallbackWithoutIss,
    /// The client presents its certificate to every endpoint, alias or not.
    CertificateEverywhere,
    /// The client generates the consent id inside the authorization details, at this place. The token
    /// response must repeat it.
    ConsentIdInDetails(&'static DetailConsent),
    /// The consent API expects `Authorization` to hold the access token without a scheme.
    ConsentTokenWithoutScheme,
    /// `authorization_details` of responses repeat the requested ones, whatever was granted. They are
    /// no source of what was granted.
    DetailsRepeatTheRequest,
    /// The endpoint is this path on the issuer's origin, and the metadata's URL is ignored.
    EndpointPath(Endpoint, &'static str),
    /// The `typ` of an ID token may have this value.
    IdTokenTyp(&'static str),
    /// The server uses plain `http` on a loopback address.
    LoopbackHttp,
    /// A deviation that is not FAPI 2.0 at all.
    NotFapi(Departure),
    /// The push repeats all parameters next to the request object.
    ParametersBesideRequestObject,
    /// The push is a JSON object.
    PushAsJson,
    /// The push has the header `x-fapi-interaction-id`.
    PushInteractionId,
    /// The response to an accepted push may be 200.
    PushStatusOk,
    /// The push has no `client_id` next to the request object.
    PushWithoutClientId,
    /// Before its first push a client registers by its certificate, at this path on the origin of
    /// the push endpoint.
    RegistrationByCertificate(&'static str),
    /// The response to a registration has fixed values of these members, which are not those that
    /// the server uses. The requested values count. Each response is still checked against them.
    RegistrationMisreports(&'static [&'static str]),
    /// The response to an accepted registration may be 200.
    RegistrationStatusOk,
    /// The server refuses a registration with these members, so they are omitted. None of them may
    /// concern keys, algorithms, authentication or binding.
    RegistrationWithout(&'static [&'static str]),
    /// How far the `nbf` of a request object is backdated before its `iat`.
    RequestObjectBackdated(Duration),
    /// A signed authorization response may have `iss` twice, as two identical strings.
    RepeatedIss,
    /// Request objects have no `typ`.
    RequestObjectWithoutTyp,
    /// RFC 8707's `resource` is an array named `resources`.
    ResourcesPlural,
    /// A revocation proves possession of the key that the token is bound to: with a DPoP proof, or
    /// with the client's certificate.
    RevocationBound,
    /// FDX scopes, each with the provider's spelling.
    ScopeSpelling(&'static [(&'static str, &'static str)]),
}

/// A parameter of the authorization URL in addition to `client_id` and `request_uri`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum UrlParameter {
    /// The name, and the value for every request.
    Fixed(&'static str, &'static str),
    /// The name of a pushed parameter, whose value is repeated. A parameter that was not pushed, or
    /// that is not text, is not added.
    Pushed(&'static str),
}

impl UrlParameter {
    /// The name of the parameter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed(name, _) | Self::Pushed(name) => name,
        }
    }
}

impl Member {
    /// The deviation that this member allows, without its details.
    #[must_use]
    pub const fn deviation(self) -> Deviation {
        match self {
            Self::AssertionWithoutTyp => Deviation::AssertionWithoutTyp,
            Self::AudienceTokenEndpoint => Deviation::AudienceTokenEndpoint,
            Self::AuthorizationDetailsBesideRequestObject => {
                Deviation::AuthorizationDetailsBesideRequestObject
            }
            Self::AuthorizationUrlParameters(_) => Deviation::AuthorizationUrlParameters,
            Self::CallbackWithoutIss => Deviation::CallbackWithoutIss,
            Self::CertificateEverywhere => Deviation::CertificateEverywhere,
            Self::ConsentIdInDetails(_) => Deviation::ConsentIdInDetails,
            Self::ConsentTokenWithoutScheme => Deviation::ConsentTokenWithoutScheme,
            Self::DetailsRepeatTheRequest => Deviation::DetailsRepeatTheRequest,
            Self::EndpointPath(..) => Deviation::EndpointPath,
            Self::IdTokenTyp(_) => Deviation::IdTokenTyp,
            Self::LoopbackHttp => Deviation::LoopbackHttp,
            Self::NotFapi(departure) => departure.deviation(),
            Self::ParametersBesideRequestObject => Deviation::ParametersBesideRequestObject,
            Self::PushAsJson => Deviation::PushAsJson,
            Self::PushInteractionId => Deviation::PushInteractionId,
            Self::PushStatusOk => Deviation::PushStatusOk,
            Self::PushWithoutClientId => Deviation::PushWithoutClientId,
            Self::RegistrationMisreports(_) => Deviation::RegistrationMisreports,
            Self::RegistrationByCertificate(_) => Deviation::RegistrationByCertificate,
            Self::RegistrationStatusOk => Deviation::RegistrationStatusOk,
            Self::RegistrationWithout(_) => Deviation::RegistrationWithout,
            Self::RequestObjectBackdated(_) => Deviation::RequestObjectBackdated,
            Self::RepeatedIss => Deviation::RepeatedIss,
            Self::RequestObjectWithoutTyp => Deviation::RequestObjectWithoutTyp,
            Self::ResourcesPlural => Deviation::ResourcesPlural,
            Self::RevocationBound => Deviation::RevocationBound,
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
impl Member {
    /// One member for each deviation.
    pub(crate) const EACH: &[Self] = &[
        Self::AssertionWithoutTyp,
        Self::AudienceTokenEndpoint,
        Self::AuthorizationDetailsBesideRequestObject,
        Self::AuthorizationUrlParameters(&[UrlParameter::Fixed("response_type", "code")]),
        Self::CallbackWithoutIss,
        Self::CertificateEverywhere,
        Self::ConsentIdInDetails(&DetailConsent {
            id: DetailText { type_prefix: "consent", paths: &[&["id"]], clause: "this test" },
            status: None,
            expiration: None,
        }),
        Self::ConsentTokenWithoutScheme,
        Self::DetailsRepeatTheRequest,
        Self::EndpointPath(Endpoint::Token, "/token"),
        Self::IdTokenTyp("at+jwt"),
        Self::LoopbackHttp,
        Self::NotFapi(Departure::ClientSecretBasic),
        Self::NotFapi(Departure::ClientSecretPost),
        Self::NotFapi(Departure::DocumentedEndpoints(DocumentedEndpoints {
            authorization: "/authorize",
            token: "/token",
            revocation: "/revoke",
        })),
        Self::NotFapi(Departure::NotPushed),
        Self::NotFapi(Departure::OpenidWithoutIdToken),
        Self::NotFapi(Departure::UnboundTokens),
        Self::ParametersBesideRequestObject,
        Self::PushAsJson,
        Self::PushInteractionId,
        Self::PushStatusOk,
        Self::PushWithoutClientId,
        Self::RegistrationByCertificate("/register"),
        Self::RegistrationMisreports(&["id_token_signed_response_alg"]),
        Self::RegistrationStatusOk,
        Self::RegistrationWithout(&["response_modes"]),
        Self::RequestObjectBackdated(Duration::from_secs(10)),
        Self::RepeatedIss,
        Self::RequestObjectWithoutTyp,
        Self::ResourcesPlural,
        Self::RevocationBound,
        Self::ScopeSpelling(&[("fdx:accountbasic:read", "basic")]),
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_deviation_has_one_member_and_one_name() {
        // A deviation without a member could never be allowed by a dialect.
        let mut deviations: Vec<_> = Member::EACH.iter().map(|member| member.deviation()).collect();
        deviations.sort_unstable();
        assert_eq!(deviations, Deviation::ALL);
        let names: BTreeSet<_> = Deviation::ALL.iter().map(|deviation| deviation.name()).collect();
        assert_eq!(names.len(), Deviation::ALL.len());
    }

    #[test]
    fn names_of_departures_say_that_they_are_not_fapi() {
        for member in Member::EACH {
            let departs = matches!(member, Member::NotFapi(_));
            assert_eq!(member.name().starts_with("not-fapi."), departs, "{member:?}");
        }
    }
}
