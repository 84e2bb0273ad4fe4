//! Errors that the program itself causes, by what it has to correct. Nothing was sent.

use core::fmt;

use fdx_wire::members::Excerpt;

use crate::error::faults::faults;
use crate::error::next_step::NextStep;

faults! {
    /// A rule that the configuration breaks: by itself, or together with the institution's metadata
    /// or the dialect.
    ConfigurationFault {
        AlgorithmNotListed: "rfc8414.signing_alg_values",
            "RFC 8414 section 2", "the server's list of algorithms lacks that of this key";
        AudienceElsewhere: "fdx.dialect.audience_elsewhere",
            "RFC 7523 section 3", "the token endpoint, which would be the aud of assertions, is not on the issuer's origin";
        AuthorizationEndpointQuery: "fdx.dialect.authorization_endpoint",
            "RFC 6749 section 3.1", "the query of authorization_endpoint has a parameter that the dialect or the request adds";
        BaseQuery: "fdx.url.base",
            "FDX API base URL", "a base URL has a query, which would be lost: configure fdx_base and consent_base without it";
        CertificateOther: "rfc8705.certificate.other",
            "RFC 8705 section 3", "client authentication and token binding use different certificates: configure one certificate for both";
        DialectCertificate: "fdx.dialect.certificate",
            "the provider's dialect", "the provider requires a client certificate: configure SenderConstraint::Mtls";
        DialectClientSecret: "fdx.dialect.client_secret",
            "the provider's dialect", "the provider supports only client secrets: configure ClientAuthentication::NotFapi";
        DialectPrivateKeyJwt: "fdx.dialect.private_key_jwt",
            "the provider's dialect", "the provider requires private_key_jwt: configure ClientAuthentication::PrivateKeyJwt";
        DialectPs256: "fdx.dialect.ps256",
            "the provider's dialect", "the provider supports only PS256: configure an RSA key";
        DialectRequestObject: "fdx.dialect.request_object",
            "the provider's dialect", "the provider requires signed request objects: configure RequestObjects::signed";
        DialectUnboundTokens: "fdx.dialect.unbound_tokens",
            "the provider's dialect", "the provider does not bind its tokens: configure SenderConstraint::NotFapi";
        EndpointMissing: "rfc8414.endpoint.missing",
            "RFC 8414 section 2", "the metadata does not contain a URL that this call needs";
        EndpointNotHttps: "fapi2.endpoint.https.used",
            "FAPI 2.0 Security Profile 5.2.1-1", "the metadata has a URL that this call needs and that is not usable https";
        IssuerMismatch: "rfc8414.issuer.configured",
            "FAPI 2.0 Security Profile 5.3.3.1-11", "the metadata belongs to another issuer than the configured one";
        LoopbackHttp: "fapi2.https",
            "FAPI 2.0 Security Profile 5.2.1-1", "plain http, even to this machine, needs a dialect that allows it";
        MetadataPublished: "fdx.dialect.metadata",
            "the provider's dialect", "the dialect documents no endpoints: discover them";
        NotFapi: "fdx.dialect.not_fapi",
            "FAPI 2.0 Security Profile 5.3.3.1", "a client secret or an unbound token needs a dialect that allows it";
        RedirectUriQuery: "rfc6749.redirect_uri.query",
            "RFC 6749 section 3.1.2", "the query of redirect_uri has a parameter of a response, or can't be read: use another redirect_uri";
        RegistrationAlgorithm: "rfc7591.algorithm",
            "FAPI 2.0 Security Profile 5.4.1", "without a registered algorithm the server signs with RS256: configure the algorithm of ID tokens, or of JARM";
        RegistrationCertificate: "rfc8705.registration",
            "RFC 8705 section 2", "the registration lacks the name in the certificate, or the key set with the certificate";
        RegistrationJwksUri: "fdx.dialect.registration_jwks_uri",
            "the provider's dialect", "the provider refuses inline keys: publish the keys, and call Registration::jwks_uri";
        RegistrationKeys: "rfc7517.keys.public",
            "RFC 7517 section 5", "not a JWK Set of public keys";
        RegistrationSecret: "fdx.registration.secret",
            "FAPI 2.0 Security Profile 5.3.3.1-2", "a client with a client secret can't be registered: configure another authentication";
        RequestObjectNotPushed: "fdx.dialect.request_object_not_pushed",
            "FAPI 2.0 Message Signing 5.3.2-1", "request objects are pushed, and the provider does not accept pushed requests: configure RequestObjects::Unsigned";
    }
}

faults! {
    /// A rule that an argument of this call breaks, or a reason why this value does not support the
    /// call.
    CallFault {
        ConsentIdUnknown: "fdx.consent_id.unknown",
            "FDX Consent API", "no consent id is known: introspect the token, or continue without a grant";
        DetailsTypeNotListed: "rfc9396.type.not_listed",
            "RFC 9396 section 10", "authorization_details_types_supported does not list the type of these authorization details";
        ExtraReserved: "rfc9126.parameter.reserved",
            "RFC 9126 section 2.1", "the parameter belongs to the protocol and can't be an extra";
        HeaderReserved: "fdx.header.reserved",
            "RFC 9110 section 5", "the header belongs to the protocol, or is not a header";
        HeaderText: "fdx.header.text",
            "RFC 9110 section 5.5", "the value is empty, too long, or not printable ASCII";
        HintOther: "fdx.notification.other",
            "FDX Event Notifications", "the notification is about another consent than this grant's";
        NotPushed: "fdx.dialect.not_pushed",
            "FAPI 2.0 Security Profile 5.3.3.2-2", "the provider does not accept pushed requests: call not_fapi::authorize, which is not FAPI";
        OutsideFdxBase: "fdx.url.outside",
            "FDX API base URL", "the URL is neither below the configured FDX base URL nor below the consent API";
        ParameterJson: "rfc9101.parameter.json",
            "RFC 9101 section 4", "the parameter must be JSON, by its specification an object, of at most 64 KiB";
        ParameterText: "rfc6749.parameter.text",
            "RFC 6749 appendix A", "the parameter is empty, too long, or has control characters";
        MetadataProtective: "rfc7591.metadata.protective",
            "RFC 7591 section 2", "a member about redirect URIs, keys, algorithms, authentication or binding can't be omitted";
        MetadataReserved: "rfc7591.metadata.reserved",
            "RFC 7591 section 2", "the member is written by this crate or by a server, or was added before";
        RegistrationElsewhere: "rfc7592.uri.elsewhere",
            "RFC 7592 section 3", "registration_client_uri is not on the registration endpoint's origin: its token is not sent there";
        RegistrationUnmanaged: "rfc7592.access.missing",
            "RFC 7592 section 3", "this registration can't be managed: the server issued no URL and token for it";
        ResponseMode: "jarm.response_mode",
            "FAPI 2.0 Message Signing 5.4.2", "the callback is read in another response mode than the requested one";
        SignatureCount: "rfc7515.signatures.count",
            "RFC 7515 section 5.1", "the number of signatures differs from the number of signing inputs";
        UrlTooLong: "rfc9110.url.length",
            "RFC 9110 section 4.1", "the URL would be longer than 2,048 bytes";
    }
}

faults! {
    /// A reason why a value that was persisted or kept, such as a grant, tokens or a pending flow,
    /// can't be used here or any more.
    StoredStateFault {
        OtherClient: "fdx.flow.other_client",
            "RFC 9700 section 4.4", "the value belongs to another issuer, client or redirect_uri";
        OtherKey: "rfc9449.key.other",
            "RFC 9449 section 5", "the tokens or the code are bound to another key or certificate";
        RedirectTooLate: "rfc9126.request_uri.late",
            "RFC 9126 section 2.2", "the request_uri is about to expire: push again";
        RefreshTokenExpired: "rfc6749.refresh_token.expired",
            "RFC 6749 section 6", "the refresh token is older than the provider's documented lifetime: start over";
        RefreshTokenMissing: "rfc6749.refresh_token.missing",
            "RFC 6749 section 6", "there is no refresh token: call with offline_access, or start over";
        StoredGrant: "fdx.stored_grant",
            "fdx-par, stored grants", "not a stored grant, or of an unknown version";
        StoredPending: "fdx.stored_pending",
            "fdx-par, stored flows", "not a stored pending flow, or of an unknown version";
        StoredRegistration: "fdx.stored_registration",
            "fdx-par, stored registrations", "not a stored registration, or of an unknown version";
        StoredUnverified: "fdx.stored_grant.unverified",
            "OpenID Connect Core 3.1.3.7", "these tokens were stored before they were verified: call restore_unverified, then verify";
        StoredVerified: "fdx.stored_grant.verified",
            "fdx-par, stored grants", "this is a verified grant: call restore";
    }
}

impl StoredStateFault {
    pub(crate) fn next_step(self) -> NextStep {
        match self {
            Self::OtherClient
            | Self::OtherKey
            | Self::RedirectTooLate
            | Self::RefreshTokenExpired
            | Self::RefreshTokenMissing => NextStep::StartOver,
            Self::StoredGrant
            | Self::StoredPending
            | Self::StoredRegistration
            | Self::StoredUnverified
            | Self::StoredVerified => NextStep::Correct,
        }
    }
}

/// A member of the institution's metadata that this call, or this configuration, needs with another
/// value. Nothing was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct MetadataFault {
    /// [`ConfigurationFault::EndpointMissing`], [`ConfigurationFault::EndpointNotHttps`] or
    /// [`ConfigurationFault::AlgorithmNotListed`].
    pub fault: ConfigurationFault,
    /// The clause behind the fault, which for a list of algorithms is the one that defines the list.
    pub clause: &'static str,
    /// The member of the metadata, such as `jwks_uri` or `mtls_endpoint_aliases.token_endpoint`.
    pub member: &'static str,
    /// What the member is needed for, such as `to verify the ID token`.
    pub purpose: &'static str,
}

/// A parameter of the authorization request that can't be sent. Nothing was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ParameterFault {
    /// [`CallFault::ParameterText`], [`CallFault::ParameterJson`], [`CallFault::ExtraReserved`] or
    /// [`CallFault::DetailsTypeNotListed`].
    pub fault: CallFault,
    /// The name of the parameter, or the type of the authorization details.
    pub name: Excerpt,
    /// The largest value, in bytes, where the fault may be about it.
    pub limit: Option<usize>,
}

impl ParameterFault {
    pub(crate) fn new(fault: CallFault, name: &str) -> Self {
        Self { fault, name: Excerpt::of(name), limit: None }
    }
}

impl fmt::Display for ParameterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.fault, self.name.as_str())?;
        match self.limit {
            Some(limit) => write!(f, ", of at most {limit} bytes"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for MetadataFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, member, purpose, .. } = self;
        write!(f, "{fault}: {member}, needed {purpose}")
    }
}
