//! Members of JSON objects, each with its class: the table behind every reader of untrusted JSON.
//!
//! | class | the reader |
//! |---|---|
//! | [`Protective`] | is strict; each rule has an error code of its own |
//! | [`Required`] | needs the value now; the error names member, place and kind |
//! | [`Informative`] | keeps the rest of the message: a value that it can't understand becomes [`NotUnderstood`] |
//!
//! For informative members `null`, `""`, `[]` and `{}` count as absent. *Not understood* is not
//! *absent*: no default replaces such a value.
//!
//! [`members!`](macro@crate::members) declares the members of one message. An [`Object`] returns a value
//! only for such a declaration, so a member without a row does not compile.
//!
//! ```
//! use fdx_wire::json::Limits;
//! use fdx_wire::members::{Object, Value};
//!
//! fdx_wire::members! {
//!     /// The push response (RFC 9126 section 2.2).
//!     mod push = "push response" {
//!         Required REQUEST_URI = "request_uri", "a text", "RFC 9126 section 2.2";
//!         Informative NOTE = "note", "a text", "none";
//!     }
//! }
//!
//! let object = Object::parse(br#"{"request_uri":7,"note":[1]}"#, &Limits::default())?;
//! let fault = object.required(&push::REQUEST_URI, Value::to_text).unwrap_err();
//! assert_eq!(fault.to_string(), "member request_uri is a number, not a text (line 1, column 16)");
//!
//! let mut not_understood = Vec::new();
//! assert_eq!(object.informative(&push::NOTE, &mut not_understood, Value::to_text), None);
//! assert_eq!(not_understood[0].member(), "note");
//! # Ok::<(), fdx_wire::json::JsonError>(())
//! ```

mod excerpt;
mod fault;
mod object;
mod row;
mod value;

pub use excerpt::{Excerpt, NotUnderstood};
pub use fault::{Found, MemberFault, ReadError};
pub use object::Object;
pub use row::{Class, Informative, Member, Protective, Required, Row};
pub use value::Value;

#[cfg(test)]
mod tests;
