use std::fmt;

use fdx_jose::Algorithm;

/// One cell of the matrix. Its text is the registered `client_id`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Combination {
    pub(crate) authentication: Authentication,
    pub(crate) binding: Binding,
    pub(crate) request: Request,
    pub(crate) response: Response,
    /// The algorithm of everything that is signed: assertion, request object, DPoP proof, ID token,
    /// authorization response and introspection.
    pub(crate) algorithm: Algorithm,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Authentication {
    PrivateKeyJwt,
    TlsClientAuth,
    SelfSignedTlsClientAuth,
}

/// How tokens are bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Binding {
    Dpop,
    Mtls,
}

/// How the request is pushed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Request {
    Plain,
    Jar,
}

/// The form of the callback.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Response {
    Query,
    Jarm,
}

const AUTHENTICATIONS: [Authentication; 3] = [
    Authentication::PrivateKeyJwt,
    Authentication::TlsClientAuth,
    Authentication::SelfSignedTlsClientAuth,
];
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa];

impl Combination {
    /// The combination of the rows outside the matrix.
    pub(crate) const BASE: Self = Self {
        authentication: Authentication::PrivateKeyJwt,
        binding: Binding::Dpop,
        request: Request::Plain,
        response: Response::Query,
        algorithm: Algorithm::Es256,
    };

    /// The complete matrix.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for authentication in AUTHENTICATIONS {
            for binding in [Binding::Dpop, Binding::Mtls] {
                for request in [Request::Plain, Request::Jar] {
                    for response in [Response::Query, Response::Jarm] {
                        all.extend(ALGORITHMS.map(|algorithm| Self {
                            authentication,
                            binding,
                            request,
                            response,
                            algorithm,
                        }));
                    }
                }
            }
        }
        all
    }

    /// Each authentication method with each binding. The rest is as in `self`.
    pub(crate) fn authenticated_and_bound(self) -> impl Iterator<Item = Self> {
        AUTHENTICATIONS.into_iter().flat_map(move |authentication| {
            [Binding::Dpop, Binding::Mtls].map(|binding| Self { authentication, binding, ..self })
        })
    }
}

impl fmt::Display for Combination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { authentication, binding, request, response, algorithm } = self;
        write!(f, "{authentication}.{binding}.{request}.{response}.{algorithm}")
    }
}

impl fmt::Display for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        })
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dpop => "dpop",
            Self::Mtls => "mtls",
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Jar => "jar",
        })
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "query",
            Self::Jarm => "jarm",
        })
    }
}
