use core::fmt;

/// Declares the deviations as rows of name and clause.
macro_rules! deviations {
    ($($variant:ident: $name:literal, $clause:literal;)+) => {
        /// A kind of difference between a provider and FAPI 2.0, without its details.
        ///
        /// Errors and readiness findings name the deviation that would allow what they report;
        /// each [`Member`](crate::dialect::Member) of a dialect has one.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Deviation {
            $(#[doc = concat!("`", $name, "`, from ", $clause, ".")] $variant,)+
        }

        impl Deviation {
            /// Every deviation, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable name, such as `callback-without-iss`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The clause that a provider with this deviation departs from.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$variant => $clause,)+ }
            }
        }
    };
}

deviations! {
    AssertionWithoutTyp: "assertion-without-typ", "RFC 10070";
    AudienceTokenEndpoint: "audience-token-endpoint", "FAPI 2.0 Security Profile 5.3.3.1-5";
    AuthorizationDetailsBesideRequestObject: "authorization-details-beside-request-object", "RFC 9126 section 3";
    AuthorizationUrlParameters: "authorization-url-parameters", "FAPI 2.0 Security Profile 5.3.3.2-6";
    CallbackWithoutIss: "callback-without-iss", "FAPI 2.0 Security Profile 5.3.3.2-5";
    CertificateEverywhere: "certificate-everywhere", "RFC 8705 section 5";
    ClientSecretBasic: "not-fapi.client-secret-basic", "FAPI 2.0 Security Profile 5.3.3.1-2";
    ClientSecretPost: "not-fapi.client-secret-post", "FAPI 2.0 Security Profile 5.3.3.1-2";
    ConsentIdInDetails: "consent-id-in-details", "FDX Consent API";
    ConsentTokenWithoutScheme: "consent-token-without-scheme", "RFC 6750 section 2.1";
    DetailsRepeatTheRequest: "details-repeat-the-request", "RFC 9396 section 7";
    DocumentedEndpoints: "not-fapi.documented-endpoints", "FAPI 2.0 Security Profile 5.3.3.1-9";
    EndpointPath: "endpoint-path", "FAPI 2.0 Security Profile 5.3.3.1-9";
    IdTokenTyp: "id-token-typ", "RFC 8725 section 3.11";
    LoopbackHttp: "loopback-http", "FAPI 2.0 Security Profile 5.2.1-1";
    NotPushed: "not-fapi.not-pushed", "FAPI 2.0 Security Profile 5.3.3.2-2";
    OpenidWithoutIdToken: "not-fapi.openid-without-id-token", "OpenID Connect Core 3.1.3.3";
    ParametersBesideRequestObject: "parameters-beside-request-object", "RFC 9126 section 3";
    PushAsJson: "push-as-json", "RFC 9126 section 2.1";
    PushInteractionId: "push-interaction-id", "RFC 9126 section 2.1";
    PushStatusOk: "push-status-ok", "RFC 9126 section 2.2";
    PushWithoutClientId: "push-without-client-id", "RFC 9126 section 2.1";
    RegistrationByCertificate: "registration-by-certificate", "RFC 7591 section 3.1";
    RegistrationMisreports: "registration-misreports", "RFC 7591 section 3.2.1";
    RegistrationStatusOk: "registration-status-ok", "RFC 7591 section 3.2.1";
    RegistrationWithout: "registration-without", "RFC 7591 section 2";
    RepeatedIss: "repeated-iss", "RFC 7519 section 4";
    RequestObjectBackdated: "request-object-backdated", "FAPI 2.0 Message Signing 5.3.2-2";
    RequestObjectWithoutTyp: "request-object-without-typ", "RFC 9101 section 10.8";
    ResourcesPlural: "resources-plural", "RFC 8707 section 2";
    RevocationBound: "revocation-bound", "RFC 7009 section 2.1";
    ScopeSpelling: "scope-spelling", "FDX API, scopes";
    UnboundTokens: "not-fapi.unbound-tokens", "FAPI 2.0 Security Profile 5.3.3.1-1";
}

impl fmt::Display for Deviation {
    /// Writes the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
