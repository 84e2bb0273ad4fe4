//! FDX v6 consent over FAPI 2.0, the data recipient's side, without I/O.

mod callback;
mod client;
mod discovery;
mod error;
mod exchange;
mod fdx_api;
mod granted;
mod introspection;
mod notice;
mod pending;
mod push;
mod redirect;
mod server_keys;
mod token;
mod verify;

pub use callback::{Accepted, Callback};
pub use client::{
    Client, ClientAuthentication, ClientConfig, Endpoint, MtlsEndpoints, SenderConstraint, Target,
};
pub use discovery::{MtlsEndpointAliases, ServerMetadata, WellKnown, discover};
pub use error::{
    CallbackFault, CallerFault, Error, Excerpt, NextStep, Refusal, RefusalKind, Refused, Said,
    SealFault, ServerFault, ServerRule,
};
pub use exchange::{ClientCertificate, Draft, NonceMemory, Output, Request, Sent, Step};
pub use fdx_api::{ConsentRead, ResourceAnswer, ResourceRequest};
pub use granted::Granted;
pub use introspection::Introspection;
pub use notice::Notice;
pub use pending::{FlowId, Pending};
pub use push::{AuthorizationRequest, Pushed};
pub use redirect::AuthorizationUrl;
pub use server_keys::ServerKeys;
pub use token::{AccessToken, BoundBy, Exchanged, Tokens};
pub use verify::{Verification, Verified};
