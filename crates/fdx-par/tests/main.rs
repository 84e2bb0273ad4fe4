//! Tests of the client against the sandbox in memory, with one module for each behaviour. All are
//! one program, because linking each of many programs would take seconds.
#![allow(clippy::disallowed_types, reason = "tests compare with serde_json::Value")]
#![allow(clippy::disallowed_methods, reason = "tests read recorded texts")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are tests too"
)]

mod authorization_endpoint;
mod bad_input;
mod callback;
mod consent_id;
mod consent_lifecycle;
mod determinism;
mod dialect_fit;
mod dialect_table;
mod encrypted_id_tokens;
mod endpoints;
mod errors;
mod fdx_headers;
mod flow;
mod granted_access;
mod headers;
mod imported_grant;
mod introspection;
mod key_rotation;
mod limits;
mod loopback_issuer;
mod members;
mod next_steps;
mod no_response;
mod notices;
mod notifications;
mod one_reader;
mod planted_secrets;
mod printed;
mod profile_configuration;
mod profile_message_signing;
mod profile_requests;
mod properties;
mod providers;
mod readiness;
mod refresh;
mod refusal_bodies;
mod registration;
mod request_objects;
mod requested;
mod response_mode;
mod retry;
mod revocation;
mod rollover;
mod sealed;
mod signed_callbacks;
mod signed_introspection;
mod stored_grant;
mod stored_pending;
mod token_issuer;
mod token_responses;
mod unsafe_calls;
mod unusual_callbacks;
mod unverified_tokens;
mod what_errors_say;
