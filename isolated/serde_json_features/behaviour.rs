//! The tests across crates that read what a server or a client sent.

#[path = "../../tests/tests/bad_input/mod.rs"]
mod bad_input;
#[path = "../../tests/tests/limits.rs"]
mod limits;
#[path = "../../tests/tests/one_reader.rs"]
mod one_reader;
#[path = "../../tests/tests/registration/mod.rs"]
mod registration;
#[path = "../../tests/tests/token_issuer.rs"]
mod token_issuer;
