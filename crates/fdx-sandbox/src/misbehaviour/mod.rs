//! Misbehaviours of a server, each with the correct reaction of a client.
//!
//! The strict institution does not know them. A [`Misbehaviour`] intercepts requests, sets policies
//! and changes responses from outside. Without one, nothing here runs.
//!
//! Each is one row: its name, what the server does, the clause that it violates or uses, and the
//! correct reaction. The rows include the client tests of the FAPI 2.0 certification suite, also
//! those that a client must accept: their clause contains `suite`. A CVE is a known weakness of
//! other implementations.
//!
#![doc = include_str!("table.md")]
//!
//! # Weaknesses without a row
//!
//! Known weaknesses of other implementations that no response of a server can show. Other tests
//! cover them.
//!
#![doc = include_str!("weaknesses.md")]

pub(crate) mod active;
mod answer;
mod callback;
pub(crate) mod catalogue;
mod consent;
mod id_token;
mod id_token_change;
mod introspection;
mod jwt;
mod keys;
mod metadata;
mod moment;
mod needs;
mod nonce;
mod push;
mod registration;
mod row;
mod stage;
mod token;

pub use crate::misbehaviour::active::Aftermath;
pub use crate::misbehaviour::answer::WrongAnswer;
pub use crate::misbehaviour::callback::{WrongAuthorizationResponse, WrongCallback};
pub use crate::misbehaviour::catalogue::Misbehaviour;
pub use crate::misbehaviour::consent::{WrongConsent, WrongConsentRevocation};
pub use crate::misbehaviour::id_token::WrongIdToken;
pub use crate::misbehaviour::introspection::WrongIntrospection;
pub use crate::misbehaviour::keys::WrongKeys;
pub use crate::misbehaviour::metadata::WrongMetadata;
pub use crate::misbehaviour::moment::{Flow, Moment};
pub use crate::misbehaviour::nonce::WrongNonce;
pub use crate::misbehaviour::push::WrongPush;
pub use crate::misbehaviour::registration::WrongRegistration;
pub use crate::misbehaviour::row::Right;
pub use crate::misbehaviour::token::{WrongRefresh, WrongToken};
