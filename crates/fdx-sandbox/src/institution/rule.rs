//! The rules that the institution checks, as one table, so that a test sees each of them.

use http::StatusCode;

/// Declares the rules: a name, the error of a violation, the clause, and the rule in one sentence.
macro_rules! rules {
    ($($name:ident: $reason:ident, $clause:literal, $text:literal;)+) => {
        /// A rule that the institution checks.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Rule {
            $($name,)+
        }

        impl Rule {
            const ALL: &[Self] = &[$(Self::$name,)+];

            /// The error of a request that violates the rule.
            pub(crate) fn reason(self) -> Reason {
                match self {
                    $(Self::$name => Reason::$reason,)+
                }
            }

            pub(crate) fn clause(self) -> &'static str {
                match self {
                    $(Self::$name => $clause,)+
                }
            }

            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

rules! {
    // How the client authenticates: `client_authentication.rs`.
    ClientCredentials: InvalidClient, "FAPI 2.0 SP 5.3.2.1-6",
        "the client authenticates by private_key_jwt, or by its registered certificate";
    AssertionJws: InvalidClient, "FAPI 2.0 SP 5.4.1-1",
        "the assertion is a compact JWS under PS256, ES256 or EdDSA without crit or embedded keys";
    AssertionType: InvalidClient, "RFC 8725 3.11",
        "the assertion's typ is absent, client-authentication+jwt or JWT";
    AssertionClaims: InvalidClient, "RFC 7523 3",
        "the assertion has iss, sub, aud, exp and jti, each of its type";
    AssertionIssuer: InvalidClient, "RFC 7523 3-1", "the assertion's iss is a registered client";
    AssertionMethod: InvalidClient, "RFC 7591 2",
        "the client authenticates by its registered token_endpoint_auth_method";
    AssertionSubject: InvalidClient, "RFC 7523 3-2",
        "the assertion's iss and sub and the client_id are equal";
    AssertionSignature: InvalidClient, "RFC 7523 3-9",
        "the assertion is signed by one of the client's keys";
    AssertionAudience: InvalidClient, "FAPI 2.0 SP 5.3.2.1-8",
        "the assertion's aud is the issuer, as one string";
    AssertionUse: InvalidClient, "RFC 7523 3-7",
        "the assertion's jti has 1 to 256 bytes and was not used before";
    AssertionExpiry: InvalidClient, "RFC 7523 3-4",
        "the assertion has not expired and expires within an hour";
    AssertionTimes: InvalidClient, "FAPI 2.0 SP 5.3.2.1-13",
        "the assertion's iat and nbf are at most 60 seconds ahead";
    CertificatePresent: InvalidClient, "RFC 8705 5",
        "a client that authenticates by certificate uses the endpoint's mTLS alias with one";
    CertificateSubject: InvalidClient, "RFC 8705 2.1.2",
        "the certificate has the subject that the client registered";
    CertificateRegistered: InvalidClient, "RFC 8705 2.2",
        "the certificate is one that the client registered";
    ClientSecret: InvalidClient, "RFC 6749 2.3.1",
        "the client secret is correct and only in its registered place";

    // DPoP proofs: `dpop.rs`.
    ProofPresent: InvalidDpopProof, "RFC 9449 4.3-1", "exactly one DPoP header is present";
    ProofType: InvalidDpopProof, "RFC 9449 4.3-4", "the proof's typ is dpop+jwt";
    ProofJws: InvalidDpopProof, "RFC 9449 4.3-2",
        "the proof is a JWS under PS256, ES256 or EdDSA with a public jwk and no private member";
    ProofSignature: InvalidDpopProof, "RFC 9449 4.3-6", "the proof is signed by the key in its jwk";
    ProofClaims: InvalidDpopProof, "RFC 9449 4.3-3",
        "the proof has jti, htm, htu and iat, each of its type";
    ProofUse: InvalidDpopProof, "RFC 9449 11.1",
        "the proof's jti has 1 to 256 bytes and was not used before";
    ProofNonceUnexpected: InvalidDpopProof, "RFC 9449 4.2",
        "the proof has no nonce that this server did not issue";
    ProofNonceOfAuthorizationServer: UseDpopNonce, "RFC 9449 8",
        "the proof has the latest nonce of this server";
    ProofNonceOfResourceServer: UseDpopNonce, "RFC 9449 9",
        "the proof has the latest nonce of this server";
    ProofMethod: InvalidDpopProof, "RFC 9449 4.3-8", "the proof's htm is the request's method";
    ProofTarget: InvalidDpopProof, "RFC 9449 4.3-9",
        "the proof's htu is the request's URL, query and fragment aside";
    ProofIssuedAt: InvalidDpopProof, "RFC 9449 4.3-11",
        "the proof's iat is at most 60 seconds ahead and less than 300 seconds old";
    ProofNotBefore: InvalidDpopProof, "FAPI 2.0 SP 5.3.2.1-13",
        "the proof's nbf is absent or at most 60 seconds ahead";
    ProofExpiry: InvalidDpopProof, "RFC 7519 4.1.4", "the proof's exp is absent or in the future";
    ProofTokenHashUnexpected: InvalidDpopProof, "RFC 9449 4.2",
        "the proof has ath only with an access token";
    ProofTokenHash: InvalidDpopProof, "RFC 9449 4.3-12",
        "the proof's ath is the SHA-256 of the access token";

    // Forms: `received.rs`.
    FormType: InvalidRequest, "RFC 6749 appendix B",
        "the body is application/x-www-form-urlencoded";
    FormEncoding: InvalidRequest, "RFC 6749 appendix B",
        "the form is percent-encoded UTF-8 of at most 64 KiB";
    FormDuplicate: InvalidRequest, "RFC 6749 3.2", "no parameter but resource occurs more than once";

    // What is requested: `requested.rs`.
    DetailsPresent: InvalidAuthorizationDetails, "FDX Consent API, ConsentRequest",
        "authorization_details is present, unless fdx sandbox has --optional authorization-details";
    DetailsSyntax: InvalidAuthorizationDetails, "RFC 9396 5",
        "authorization_details is a JSON array of well-formed objects, each with a type";
    DetailsTypes: InvalidAuthorizationDetails, "RFC 9396 5",
        "every type in authorization_details is supported";
    DetailsMembers: InvalidAuthorizationDetails, "RFC 9396 5",
        "every detail has only members that its type defines, each of its kind";
    DetailsConsentRequest: InvalidAuthorizationDetails, "FDX Consent API, ConsentRequest",
        "there is one consentRequest with supported data clusters and resource types";
    ScopeSyntax: InvalidScope, "RFC 6749 3.3", "scope consists of scope tokens";
    ScopePresent: InvalidScope, "RFC 6749 3.3",
        "scope is present if authorization_details are absent";
    ScopeRegistered: InvalidScope, "RFC 6749 3.3", "every scope is registered for the client";
    ScopeOfClusters: InvalidScope, "FDX Security Model v5",
        "the scopes are those of the data clusters in the consentRequest";

    // The authorization endpoint and its page: `authorize.rs`.
    AuthorizationQuery: InvalidRequest, "RFC 6749 3.1",
        "the query is percent-encoded UTF-8 of at most 8 KiB";
    AuthorizationDuplicate: InvalidRequest, "RFC 6749 3.1",
        "client_id and request_uri occur at most once";
    // RFC 6749 3.1, RFC 9101 6.3: the institution ignores the other parameters.
    AuthorizationParameters: InvalidRequest, "FAPI 2.0 SP 5.3.3.2-6",
        "the client sends no parameters but client_id and request_uri";
    AuthorizationClient: InvalidRequest, "RFC 6749 3.1.2.4", "client_id is a registered client";
    RequestUriIssued: InvalidRequest, "FAPI 2.0 SP 5.3.2.2-3",
        "request_uri was issued to this client by the PAR endpoint";
    RequestUriUsed: InvalidRequest, "RFC 9126 4", "request_uri was not used to completion before";
    RequestUriExpired: InvalidRequest, "RFC 9126 2.2", "request_uri has not expired";
    DecisionOrigin: InvalidRequest, "RFC 9700 4.16",
        "the decision comes from this institution's page";
    DecisionPage: InvalidRequest, "RFC 9126 4", "the page was loaded and awaits its decision";
    DecisionChoices: InvalidRequest, "FDX Consent API 1.3",
        "the customer chooses only what was requested";
    DecisionWord: InvalidRequest, "FDX Consent API 1.3", "the decision is allow or refuse";
    JarmKey: InvalidRequest, "JARM 3",
        "the institution has a key for authorization_signed_response_alg";

    // Client metadata: `client_metadata.rs`.
    MetadataClientName: InvalidClientMetadata, "FDX API 6, recipient registration",
        "client_name is present";
    MetadataRedirectUris: InvalidRedirectUri, "FAPI 2.0 SP 5.3.2.2-8",
        "redirect_uris is not empty, and each is https or a loopback http URI";
    MetadataGrantTypes: InvalidClientMetadata, "FAPI 2.0 SP 5.3.2.1-1",
        "grant_types contains authorization_code and only supported grants";
    MetadataResponseTypes: InvalidClientMetadata, "FAPI 2.0 SP 5.3.2.2-1",
        "the only response type is code";
    MetadataDetailsTypes: InvalidClientMetadata, "RFC 9396 10",
        "the only type of authorization details is fdx_v1.0";
    MetadataScopes: InvalidClientMetadata, "RFC 7591 2", "every scope is supported";
    MetadataAuthMethod: InvalidClientMetadata, "FAPI 2.0 SP 5.3.2.1-6",
        "token_endpoint_auth_method is private_key_jwt or a method by certificate";
    MetadataCredential: InvalidClientMetadata, "RFC 8705 2.1.2",
        "the metadata contains the client's key, certificate or certificate name";
    MetadataBinding: InvalidClientMetadata, "FAPI 2.0 SP 5.3.2.1-5",
        "access tokens are bound either by DPoP or by certificate";
    MetadataSigningAlgorithms: InvalidClientMetadata, "FAPI 2.0 SP 5.4.1-1.2",
        "every signing algorithm is PS256, ES256 or EdDSA";
    MetadataIdTokenAlgorithm: InvalidClientMetadata, "OIDC Registration 2",
        "openid comes with id_token_signed_response_alg, whose default is RS256";
    MetadataServerKeys: InvalidClientMetadata, "RFC 7591 2",
        "the institution has a key for every algorithm of its signatures";
    MetadataEncryption: InvalidClientMetadata, "RFC 7591 2",
        "the metadata requests no encryption, which is not supported";
    MetadataJwksPlace: InvalidClientMetadata, "RFC 7591 2",
        "a JWK Set is in jwks or at jwks_uri, and not in both";
    MetadataJwksPublic: InvalidClientMetadata, "RFC 7591 2", "the keys in the JWK Set are public";
    MetadataJwksRsa: InvalidClientMetadata, "FAPI 2.0 SP 5.4.1-2",
        "the RSA keys in the JWK Set have at least 2,048 bits";

    // The consent API: `consent_api.rs`.
    ConsentActive: ConsentEnded, "FDX Consent API, PUT revocation",
        "the consent is active, so that it can be revoked";
    ConsentOfToken: ConsentNotFound, "FDX Consent API, GET /consents/{consentId}",
        "the consent is that of the access token";
    ConsentOfClient: ConsentNotFound, "FDX Consent API, GET /consents/{consentId}",
        "the consent was given to the client of the access token";
    ConsentRevocationBody: InvalidRequest, "FDX Consent API, ConsentRevocationRequest",
        "the body is a JSON object, with a valid reason and initiator if present";

    // Accounts and transactions: `customer_resources.rs`.
    AccountExists: AccountNotFound, "FDX Core API, accounts", "the account exists";
    ConsentCovers: NotAuthorized, "FAPI 2.0 SP 5.3.4-4", "the consent covers the requested data";

    // Introspection and revocation: `introspection.rs`.
    IntrospectionToken: InvalidRequest, "RFC 7662 2.1", "the token parameter is present";
    IntrospectionAlgorithm: InvalidRequest, "RFC 9701 6",
        "the client registered an introspection_signed_response_alg that this institution supports";
    RevocationToken: InvalidRequest, "RFC 7009 2.1", "the token parameter is present";
    RevocationClient: InvalidRequest, "RFC 7009 2.1", "the token was issued to this client";

    // Pushed authorization requests: `par.rs`.
    ChallengeFresh: InvalidRequest, "FAPI 2.0 SP 5.3.3.2-4",
        "code_challenge is fresh: the client did not push it before";
    PushWithoutDpop: InvalidRequest, "FAPI 2.0 SP 5.3.2.1-5",
        "a client whose tokens are bound by certificate sends no DPoP";
    DpopJktSyntax: InvalidRequest, "RFC 9449 10", "dpop_jkt is a SHA-256 JWK thumbprint";
    DpopJktKey: InvalidDpopProof, "RFC 9449 10.1",
        "dpop_jkt is the thumbprint of the key in the proof";
    PushRedirectUri: InvalidRequest, "FAPI 2.0 SP 5.3.2.2-6",
        "redirect_uri is one of the client's, byte for byte but for a loopback port";
    PushState: InvalidRequest, "RFC 6749 4.1.1", "state has at most 2,048 bytes";
    PushNonce: InvalidRequest, "FAPI 2.0 SP 5.3.2.2-14", "nonce has at most 64 characters";
    PushResponseType: UnsupportedResponseType, "FAPI 2.0 SP 5.3.2.2-1", "response_type is code";
    PushResponseMode: InvalidRequest, "OAuth 2.0 Multiple Response Types 2.1",
        "response_mode is absent, query, jwt or query.jwt";
    PushResponseAlgorithm: InvalidRequest, "JARM 3",
        "the client registered an authorization_signed_response_alg that this institution supports";
    PushChallengeMethod: InvalidRequest, "FAPI 2.0 SP 5.3.2.2-5", "code_challenge_method is S256";
    PushChallenge: InvalidRequest, "RFC 7636 4.2", "code_challenge is base64url of 32 bytes";
    PushResource: InvalidTarget, "RFC 8707 2", "every resource is the FDX base URL";
    PushPrompt: InvalidRequest, "OIDC Core 3.1.2.1",
        "prompt contains only login, consent and select_account";
    PushMaxAge: InvalidRequest, "OIDC Core 3.1.2.1", "max_age is absent or a number of seconds";

    // Registration: `registration.rs`.
    InitialAccessToken: InvalidToken, "RFC 7591 3", "the initial access token is valid";
    RegistrationAccessToken: InvalidToken, "RFC 7592 2",
        "the registration access token is the latest of this client";
    UpdateClientId: InvalidClientMetadata, "RFC 7592 2.2",
        "the update contains the client_id of its URL";
    UpdateMembers: InvalidClientMetadata, "RFC 7592 2.2",
        "the update contains no member that only the server sets";
    RegistrationBody: InvalidRequest, "RFC 7591 3.1",
        "the body is a JSON object of at most 64 KiB without duplicate members";
    RegistrationInteractionId: InvalidRequest, "FDX API 6, recipient registration",
        "x-fapi-interaction-id is absent or a UUID";

    // Request objects: `request_object.rs`.
    PushRequestUri: InvalidRequest, "RFC 9126 2.1", "request_uri is not pushed";
    RequestObjectPresent: InvalidRequest, "RFC 9101 10.5",
        "a request object is present if one is required";
    RequestObjectAlone: InvalidRequest, "RFC 9126 3",
        "the only parameters next to a request object are client_id and the client's credentials";
    RequestObjectJws: InvalidRequestObject, "FAPI 2.0 SP 5.4.1-1",
        "the request object is a compact JWS under PS256, ES256 or EdDSA without crit or a key";
    RequestObjectJson: InvalidRequestObject, "RFC 9101 4",
        "the request object's claims are a JSON object without duplicate members";
    RequestObjectClaims: InvalidRequestObject, "FAPI 2.0 MS 5.3.2",
        "the request object has iss, aud, nbf and exp, each of its type";
    RequestObjectTypes: InvalidRequestObject, "RFC 9101 4",
        "max_age is a number, authorization_details an array, every other parameter is text";
    RequestObjectClientId: InvalidRequestObject, "RFC 9126 3",
        "the client_id in the request object is the client that authenticated";
    RequestObjectUse: InvalidRequestObject, "RFC 7519 4.1.7",
        "the request object's jti is absent, or has 1 to 256 bytes and was not used before";
    RequestObjectType: InvalidRequestObject, "FAPI 2.0 MS 5.3.2-5",
        "the request object's typ is absent or oauth-authz-req+jwt";
    RequestObjectAlgorithm: InvalidRequestObject, "OIDC Registration 2",
        "the request object's alg is the registered request_object_signing_alg";
    RequestObjectSignature: InvalidRequestObject, "RFC 9101 6.2",
        "the request object is signed by one of the client's keys";
    RequestObjectNested: InvalidRequestObject, "RFC 9101 4",
        "the request object contains neither request nor request_uri";
    RequestObjectSubject: InvalidRequestObject, "RFC 9101 10.8",
        "the request object has no sub, so that it can not serve as a client assertion";
    RequestObjectIssuer: InvalidRequestObject, "RFC 9101 4",
        "the request object's iss is the client";
    RequestObjectAudience: InvalidRequestObject, "FAPI 2.0 MS 5.3.2-2",
        "the request object's aud is or contains the issuer";
    RequestObjectTimes: InvalidRequestObject, "FAPI 2.0 SP 5.3.2.1-13",
        "the request object's iat and nbf are at most 60 seconds ahead";
    RequestObjectNotBefore: InvalidRequestObject, "FAPI 2.0 MS 5.3.2-3",
        "the request object's nbf is at most 60 minutes ago";
    RequestObjectExpiry: InvalidRequestObject, "FAPI 2.0 MS 5.3.2-4",
        "the request object has not expired, and exp is at most 60 minutes after nbf";

    // Requests with an access token: `resources.rs`.
    TokenOfCustomer: NotAuthorized, "FAPI 2.0 SP 5.3.4-4",
        "the access token belongs to a customer's consent";
    TokenInQuery: InvalidRequest, "FAPI 2.0 SP 5.3.4-2", "the query contains no access token";
    TokenPresent: NoCredentials, "FAPI 2.0 SP 5.3.4-1",
        "exactly one access token is present, in the Authorization header";
    TokenValid: InvalidToken, "FAPI 2.0 SP 5.3.4-3",
        "the access token was issued here, is not revoked and has not expired";
    TokenConsentActive: InvalidToken, "FDX Security Model v5", "the token's consent is active";
    KeyBoundScheme: InvalidToken, "RFC 9449 7.1",
        "a token that is bound to a key has the scheme DPoP";
    KeyBoundAuthority: InvalidToken, "RFC 8705 5",
        "a token that is bound to a key is not used at the mTLS authority";
    KeyBoundKey: InvalidToken, "RFC 9449 7.1", "the proof has the key that the token is bound to";
    CertificateBoundScheme: InvalidToken, "RFC 6750 2.1",
        "a token that is bound to a certificate has the scheme Bearer";
    CertificateBoundCertificate: InvalidToken, "RFC 8705 3",
        "the client uses the certificate that the token is bound to";
    UnboundScheme: InvalidToken, "RFC 6750 2.1", "an unbound token has the scheme Bearer";
    InteractionId: InvalidRequest, "FDX API 6, headers", "x-fapi-interaction-id is a UUID";
    ActorType: InvalidRequest, "FDX API 6, headers", "FDX-API-Actor-Type is absent, USER or BATCH";
    PartyIds: InvalidRequest, "FDX API 6, headers",
        "the ids of provider and recipient are absent or have 1 to 256 characters";
    AuthDate: InvalidRequest, "FAPI 1.0 Baseline 6.2.2",
        "x-fapi-auth-date is absent or an HTTP date in its fixed form";
    CustomerIpAddress: InvalidRequest, "FAPI 1.0 Baseline 6.2.2",
        "x-fapi-customer-ip-address is absent or an address of IPv4 or IPv6";

    // The token endpoint: `token.rs`.
    GrantType: UnsupportedGrantType, "FAPI 2.0 SP 5.3.2.2-1",
        "grant_type is authorization_code, refresh_token or client_credentials";
    TokenCertificateRegistered: InvalidRequest, "RFC 8705 3",
        "the client uses its registered certificate at the mTLS token endpoint";
    TokenCertificatePresent: InvalidRequest, "RFC 8705 3",
        "the client uses a certificate at the mTLS token endpoint";
    CodeClient: InvalidGrant, "RFC 6749 4.1.3", "the code was issued to this client";
    CodeUsed: InvalidGrant, "FAPI 2.0 SP 5.3.2.2-9", "the code was not used before";
    CodeAge: InvalidGrant, "FAPI 2.0 SP 5.3.2.1-11", "the code is less than 60 seconds old";
    CodeRedirectUri: InvalidGrant, "RFC 6749 4.1.3", "redirect_uri is the pushed one";
    CodeVerifier: InvalidGrant, "RFC 7636 4.6", "code_verifier matches code_challenge";
    CodeKey: InvalidGrant, "RFC 9449 10", "the proof has the key that the code is bound to";
    RefreshTokenClient: InvalidGrant, "RFC 6749 6", "the refresh token was issued to this client";
    RefreshTokenValid: InvalidGrant, "RFC 9700 4.14.2",
        "the refresh token is not revoked, expired or replaced 60 or more seconds ago";
    RefreshTokenConsent: InvalidGrant, "FDX Security Model v5",
        "the refresh token's consent is active";
    RefreshScope: InvalidScope, "RFC 6749 6", "scope is absent or contains only granted scopes";
    ClientCredentialsScope: InvalidScope, "RFC 6749 4.4.2",
        "scope is absent, or is registered and needs no customer";
}

/// Returns the clause and the text of every rule that the institution checks, as in its
/// [verdicts](crate::Verdict). The rules of single providers are not among them.
pub fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    Rule::ALL.iter().map(|rule| (rule.clause(), rule.text()))
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    AccountNotFound,
    ConsentEnded,
    ConsentNotFound,
    InvalidAuthorizationDetails,
    InvalidClient,
    InvalidClientMetadata,
    InvalidDpopProof,
    InvalidGrant,
    InvalidRedirectUri,
    InvalidRequest,
    InvalidRequestObject,
    InvalidScope,
    InvalidTarget,
    InvalidToken,
    NoCredentials,
    NotAuthorized,
    UnsupportedGrantType,
    UnsupportedResponseType,
    UseDpopNonce,
}

impl Reason {
    /// The `error` of RFC 6749 section 5.2 and its extensions.
    pub(crate) fn error(self) -> &'static str {
        match self {
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::InvalidClient => "invalid_client",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken | Self::NoCredentials => "invalid_token",
            Self::NotAuthorized => "insufficient_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::AccountNotFound
            | Self::ConsentEnded
            | Self::ConsentNotFound
            | Self::InvalidRequest => "invalid_request",
        }
    }

    /// The status at the authorization server's endpoints.
    pub(crate) fn oauth_status(self) -> StatusCode {
        match self {
            // RFC 6749 5.2: invalid_client may be answered with 401.
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The status and the FDX error code at the resources.
    pub(crate) fn fdx(self) -> (StatusCode, &'static str) {
        match self {
            Self::AccountNotFound => (StatusCode::NOT_FOUND, "701"),
            // FDX has no codes for these: the status takes their place.
            Self::ConsentEnded => (StatusCode::CONFLICT, "409"),
            Self::ConsentNotFound => (StatusCode::NOT_FOUND, "404"),
            Self::InvalidDpopProof
            | Self::InvalidToken
            | Self::NoCredentials
            | Self::UseDpopNonce => (StatusCode::UNAUTHORIZED, "603"),
            Self::NotAuthorized => (StatusCode::FORBIDDEN, "602"),
            _ => (StatusCode::BAD_REQUEST, "401"),
        }
    }
}
