//! The tests across crates that read what a server or a client sent.

#[path = "../../crates/fdx-par/tests/bad_input/mod.rs"]
mod bad_input;
#[path = "../../crates/fdx-par/tests/limits.rs"]
mod limits;
#[path = "../../crates/fdx-par/tests/one_reader.rs"]
mod one_reader;
#[path = "../../crates/fdx-par/tests/registration/mod.rs"]
mod registration;
#[path = "../../crates/fdx-par/tests/token_issuer.rs"]
mod token_issuer;
