/// The paths of an institution's endpoints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Paths {
    /// `authorization_endpoint`; the page's form goes to `decision` below it.
    pub authorize: &'static str,
    /// Where the customer's decision goes.
    pub decision: &'static str,
    /// Below it are the resources.
    pub fdx: &'static str,
    /// `introspection_endpoint`.
    pub introspect: &'static str,
    /// `jwks_uri`.
    pub jwks: &'static str,
    /// `pushed_authorization_request_endpoint`.
    pub par: &'static str,
    /// `registration_endpoint`; clients are managed below it.
    pub register: &'static str,
    /// `revocation_endpoint`.
    pub revoke: &'static str,
    /// `token_endpoint`.
    pub token: &'static str,
}

impl Paths {
    /// Short ones, and the FDX API at `/fdx/v6`.
    pub const FDX: Self = Self {
        authorize: "/authorize",
        decision: "/authorize/decision",
        fdx: "/fdx/v6",
        introspect: "/introspect",
        jwks: "/jwks",
        par: "/par",
        register: "/register",
        revoke: "/revoke",
        token: "/token",
    };
}
