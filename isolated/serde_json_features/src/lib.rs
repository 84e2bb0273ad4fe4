//! Runs the readers' tests with features of serde_json that the workspace does not enable.
//!
//! Cargo builds one serde_json for a whole program, with the features of everyone who depends on
//! it. A crate that we do not know can therefore change the parser under our readers. These tests
//! are the crates' own; only the features differ. The package is outside the workspace, because
//! inside it the features would reach every other build.
