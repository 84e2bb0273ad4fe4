use fdx_wire::{HttpsUrl, Issuer};

use crate::error::caller::CallFault;
use crate::error::error::Error;

/// Declares the endpoints as rows. Every list of endpoints in this crate is derived from them.
macro_rules! endpoints {
    ($($(#[$doc:meta])* $variant:ident, $field:ident: $member:literal, $purpose:literal;)+) => {
        /// An endpoint of the authorization server that the client posts to.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum Endpoint {
            $($(#[$doc])* $variant,)+
        }

        impl Endpoint {
            /// Every endpoint, in the order of the table.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// The member of the metadata, and of `mtls_endpoint_aliases`.
            pub(crate) const fn member(self) -> &'static str {
                match self { $(Self::$variant => $member,)+ }
            }

            /// What the endpoint is needed for.
            pub(crate) const fn purpose(self) -> &'static str {
                match self { $(Self::$variant => $purpose,)+ }
            }

            /// The path of the alias in the metadata.
            pub(crate) const fn alias_path(self) -> &'static str {
                match self { $(Self::$variant => concat!("mtls_endpoint_aliases.", $member),)+ }
            }
        }

        /// One value for each endpoint.
        #[derive(Clone, Debug, Default, Eq, PartialEq)]
        pub(crate) struct PerEndpoint<T> {
            $($field: T,)+
        }

        impl<T> PerEndpoint<T> {
            /// Creates the values in the order of the table, up to the first error.
            pub(crate) fn try_from_fn<E>(
                mut value: impl FnMut(Endpoint) -> Result<T, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($field: value(Endpoint::$variant)?,)+ })
            }

            pub(crate) fn get(&self, endpoint: Endpoint) -> &T {
                match endpoint { $(Endpoint::$variant => &self.$field,)+ }
            }

            pub(crate) fn set(&mut self, endpoint: Endpoint, value: T) {
                match endpoint { $(Endpoint::$variant => self.$field = value,)+ }
            }
        }
    };
}

endpoints! {
    /// RFC 6749 section 3.2.
    Token, token: "token_endpoint", "to get tokens";
    /// RFC 9126.
    PushedAuthorizationRequest, pushed_authorization_request:
        "pushed_authorization_request_endpoint", "to push the authorization request";
    /// RFC 7662.
    Introspection, introspection: "introspection_endpoint", "to introspect a token";
    /// RFC 7009.
    Revocation, revocation: "revocation_endpoint", "to revoke a token";
    /// RFC 7591. It needs no client authentication, because the client is not registered yet.
    Registration, registration: "registration_endpoint", "to register the client";
}

/// Returns the URL of a path on the issuer's own origin: a dialect never leads to another host.
///
/// # Errors
/// [`CallFault::UrlTooLong`].
pub(crate) fn on_origin(issuer: &Issuer, path: &str) -> Result<HttpsUrl, Error> {
    let text = format!("{}{path}", issuer.url().origin().as_str());
    let url = match issuer.is_loopback_http() {
        true => HttpsUrl::parse_loopback(&text),
        false => HttpsUrl::parse(&text),
    };
    url.map_err(|_| CallFault::UrlTooLong.into())
}
