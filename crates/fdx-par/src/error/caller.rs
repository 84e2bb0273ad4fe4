use crate::error::faults::faults;
use crate::error::next_step::NextStep;

faults! {
    /// What is wrong with a configuration or a call, before anything was sent.
    CallerFault {
        AlgorithmNotListed: "rfc8414.signing_alg_values",
            "RFC 8414 section 2", "the server does not list the algorithm of this key";
        AudienceElsewhere: "fdx.dialect.audience_elsewhere",
            "RFC 7523 section 3", "assertions would be for a token endpoint on another origin than the issuer's: another server might take them";
        AuthorizationEndpointQuery: "fdx.dialect.authorization_endpoint",
            "RFC 6749 section 3.1", "the query of authorization_endpoint names a parameter that the dialect or the request adds";
        CertificateOther: "rfc8705.certificate.other",
            "RFC 8705 section 3", "one certificate authenticates the client and another binds its tokens, and a connection shows one";
        ConsentIdUnknown: "fdx.consent_id.unknown",
            "FDX Consent API", "no consent id is known: introspect the token, or go on without one";
        DialectCertificate: "fdx.dialect.certificate",
            "the provider's dialect", "the provider wants a client certificate: configure SenderConstraint::Mtls";
        DialectClientSecret: "fdx.dialect.client_secret",
            "the provider's dialect", "the provider knows client secrets alone: configure ClientAuthentication::NotFapi";
        DialectPrivateKeyJwt: "fdx.dialect.private_key_jwt",
            "the provider's dialect", "the provider wants private_key_jwt: configure ClientAuthentication::PrivateKeyJwt";
        DialectPs256: "fdx.dialect.ps256",
            "the provider's dialect", "the provider takes PS256 alone: configure an RSA key";
        DialectRequestObject: "fdx.dialect.request_object",
            "the provider's dialect", "the provider wants signed request objects: configure RequestObjects::signed";
        DialectUnboundTokens: "fdx.dialect.unbound_tokens",
            "the provider's dialect", "the provider binds its tokens to nothing: configure SenderConstraint::NotFapi";
        DetailsTypeNotListed: "rfc9396.type.not_listed",
            "RFC 9396 section 10", "the server does not list the type of these authorization details";
        EndpointMissing: "rfc8414.endpoint.missing",
            "RFC 8414 section 2", "the metadata names no such endpoint";
        ExtraReserved: "rfc9126.parameter.reserved",
            "RFC 9126 section 2.1", "the parameter belongs to the protocol and can't be an extra";
        HeaderReserved: "fdx.header.reserved",
            "RFC 9110 section 5", "the header belongs to the protocol, or is not a header";
        HeaderText: "fdx.header.text",
            "RFC 9110 section 5.5", "the value is empty, too long, or not printable ASCII";
        HintOther: "fdx.notification.other",
            "FDX Event Notifications", "the notification is about another consent than this grant's";
        IssuerMismatch: "rfc8414.issuer.configured",
            "FAPI 2.0 Security Profile 5.3.3.1-11", "the metadata is another issuer's";
        LoopbackHttp: "fapi2.https",
            "FAPI 2.0 Security Profile 5.2.1-1", "plain http, to this machine too, needs a dialect that names it";
        MetadataPublished: "fdx.dialect.metadata",
            "the provider's dialect", "the dialect documents no endpoints: discover them";
        NotFapi: "fdx.dialect.not_fapi",
            "FAPI 2.0 Security Profile 5.3.3.1", "a client secret or an unbound token needs a dialect that names it";
        NotPushed: "fdx.dialect.not_pushed",
            "FAPI 2.0 Security Profile 5.3.3.2-2", "the provider takes no pushed requests: not_fapi::authorize, which is not FAPI, is its way";
        OutsideFdxBase: "fdx.url.outside",
            "FDX API base URL", "the URL is not below the configured FDX base URL";
        OtherClient: "fdx.flow.other_client",
            "RFC 9700 section 4.4", "the value belongs to another issuer, client or redirect_uri";
        OtherKey: "rfc9449.key.other",
            "RFC 9449 section 5", "the tokens or the code are bound to another key or certificate";
        ParameterText: "rfc6749.parameter.text",
            "RFC 6749 appendix A", "the parameter is empty, too long, or has control characters";
        RedirectUriQuery: "rfc6749.redirect_uri.query",
            "RFC 6749 section 3.1.2", "the query of redirect_uri names a parameter of a response, or can't be read: use another redirect_uri";
        RefreshTokenExpired: "rfc6749.refresh_token.expired",
            "RFC 6749 section 6", "the refresh token is older than the provider lets one become: start over";
        RefreshTokenMissing: "rfc6749.refresh_token.missing",
            "RFC 6749 section 6", "there is no refresh token: call with offline_access, or start over";
        RegistrationAlgorithm: "rfc7591.algorithm",
            "FAPI 2.0 Security Profile 5.4.1", "what is not registered is signed with RS256: configure the algorithm of ID tokens, or of JARM";
        RegistrationCertificate: "rfc8705.registration",
            "RFC 8705 section 2", "the registration lacks the name in the certificate, or the key set with the certificate";
        RegistrationElsewhere: "rfc7592.uri.elsewhere",
            "RFC 7592 section 3", "registration_client_uri is not on the registration endpoint's origin: its token is not sent there";
        RegistrationKeys: "rfc7517.keys.public",
            "RFC 7517 section 5", "not a JWK Set of public keys";
        RegistrationSecret: "fdx.registration.secret",
            "FAPI 2.0 Security Profile 5.3.3.1-2", "client secrets are not registered";
        RegistrationUnmanaged: "rfc7592.access.missing",
            "RFC 7592 section 3", "the server gave nothing to manage this registration with";
        StoredGrant: "fdx.stored_grant",
            "fdx-par, stored grants", "not a stored grant, or of a version that is not known";
        StoredUnverified: "fdx.stored_grant.unverified",
            "OpenID Connect Core 3.1.3.7", "these tokens were stored before they were verified: call restore_unverified, then verify";
        StoredVerified: "fdx.stored_grant.verified",
            "fdx-par, stored grants", "this is a verified grant: call restore";
        StoredRegistration: "fdx.stored_registration",
            "fdx-par, stored registrations", "not a stored registration, or of a version that is not known";
        RedirectTooLate: "rfc9126.request_uri.late",
            "RFC 9126 section 2.2", "the request_uri is about to expire: push again";
        RequestObjectNotPushed: "fdx.dialect.request_object_not_pushed",
            "FAPI 2.0 Message Signing 5.3.2-1", "request objects are pushed, and the provider takes no pushed requests: configure RequestObjects::Unsigned";
        ResponseMode: "jarm.response_mode",
            "FAPI 2.0 Message Signing 5.4.2", "the callback is read in another response mode than was asked for";
        SignatureCount: "rfc7515.signatures.count",
            "RFC 7515 section 5.1", "not one signature for each signing input";
        UrlTooLong: "rfc9110.url.length",
            "RFC 9110 section 4.1", "the URL would be longer than 2,048 bytes";
    }
}

impl CallerFault {
    pub(crate) fn next_step(self) -> NextStep {
        match self {
            Self::RefreshTokenExpired
            | Self::RefreshTokenMissing
            | Self::RedirectTooLate
            | Self::OtherClient
            | Self::OtherKey => NextStep::StartOver,
            _ => NextStep::Correct,
        }
    }
}
