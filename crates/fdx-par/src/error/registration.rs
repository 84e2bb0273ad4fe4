use crate::error::faults::faults;

faults! {
    /// Registered metadata that is weaker than requested. The registration is kept: it can be
    /// updated or deleted.
    RegistrationFault {
        AuthorizationSignedResponseAlg: "rfc7591.authorization_signed_response_alg",
            "JARM section 3", "authorization responses would be signed by another algorithm";
        DpopBoundAccessTokens: "rfc7591.dpop_bound_access_tokens",
            "RFC 9449 section 5.2", "the value is not true: access tokens would not have to be bound by DPoP";
        GrantTypes: "rfc7591.grant_types",
            "RFC 7591 section 2", "the value is not a list of requested grant types with authorization_code";
        IdTokenEncryptedResponseAlg: "rfc7591.id_token_encrypted_response_alg",
            "OpenID Connect Registration section 2", "ID tokens would not be encrypted as requested";
        IdTokenEncryptedResponseEnc: "rfc7591.id_token_encrypted_response_enc",
            "OpenID Connect Registration section 2", "ID tokens would be encrypted by another content encryption";
        IdTokenSignedResponseAlg: "rfc7591.id_token_signed_response_alg",
            "OpenID Connect Registration section 2", "ID tokens would be signed by another algorithm";
        IntrospectionSignedResponseAlg: "rfc7591.introspection_signed_response_alg",
            "RFC 9701 section 6", "introspection would be signed by another algorithm, or not at all";
        Jwks: "rfc7591.jwks",
            "RFC 7591 section 2", "other keys than the client's are registered";
        JwksUri: "rfc7591.jwks_uri",
            "RFC 7591 section 2", "another URL of the client's keys is registered";
        RedirectUris: "rfc7591.redirect_uris",
            "RFC 7591 section 2", "the value is not the list of the requested redirect URIs";
        RequestObjectSigningAlg: "rfc7591.request_object_signing_alg",
            "OpenID Connect Registration section 2", "request objects would have to be signed by another algorithm";
        RequirePushedAuthorizationRequests: "rfc7591.require_pushed_authorization_requests",
            "RFC 9126 section 6", "the value is not true: authorization requests would not have to be pushed";
        RequireSignedRequestObject: "rfc7591.require_signed_request_object",
            "RFC 9101 section 10.5", "the value is not true: authorization requests would not have to be signed";
        ResponseModes: "rfc7591.response_modes",
            "FAPI 2.0 Message Signing 5.3.3", "the value is not the list of the requested response modes";
        ResponseTypes: "rfc7591.response_types",
            "RFC 7591 section 2", "the value is not a list of the response type code, and of none at most";
        TlsClientAuthName: "rfc7591.tls_client_auth",
            "RFC 8705 section 2.1.2", "another name for the client's certificate is registered";
        TlsClientCertificateBoundAccessTokens: "rfc7591.tls_client_certificate_bound_access_tokens",
            "RFC 8705 section 3.4", "the value is not true: access tokens would not have to be bound to the certificate";
        TokenEndpointAuthMethod: "rfc7591.token_endpoint_auth_method",
            "RFC 7591 section 2", "another method of client authentication is registered";
        TokenEndpointAuthSigningAlg: "rfc7591.token_endpoint_auth_signing_alg",
            "OpenID Connect Registration section 2", "client assertions would have to be signed by another algorithm";
    }
}
