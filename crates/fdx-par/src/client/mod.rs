//! A data recipient at one institution: its configuration, checked against the metadata and
//! compiled.

pub(crate) mod authentication;
pub(crate) mod binding;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod encrypted;
pub(crate) mod endpoints;
pub(crate) mod fdx_headers;
pub(crate) mod fit;
pub(crate) mod owner;
pub(crate) mod redirect_uri;
pub(crate) mod sender_constraint;
pub(crate) mod verification;

pub use binding::BoundBy;
pub use client::Client;
pub use config::{
    ClientAuthentication, ClientConfig, IdTokenEncryption, MtlsEndpoints, RequestObjects,
    ResponseMode, SenderConstraint,
};
pub use encrypted::Encrypted;
pub use endpoints::Target;
pub use fdx_headers::{ActorType, FdxHeaders};
pub use verification::{Unverified, Verification};
