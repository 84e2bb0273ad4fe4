//! Every error variant of every crate, and the test that provokes it through the public API.
//!
//! The tables say where each variant is provoked. They are held to the sources: a variant without
//! a row, a row without its test, and a test that does not name its variant all fail here.

mod jose;
mod par;
mod rar;
mod sandbox;
mod source;
mod transport;
mod wire;

use std::collections::BTreeMap;

use source::Source;

/// One error enum (or struct), and where each of its variants is provoked.
struct Table {
    /// The file that declares it.
    declared: &'static str,
    /// Its name.
    name: &'static str,
    /// Variant, file, test.
    rows: &'static [(&'static str, &'static str, &'static str)],
    /// Variant, and why no test can provoke it.
    never: &'static [(&'static str, &'static str)],
}

fn tables() -> impl Iterator<Item = &'static Table> {
    [wire::TABLES, rar::TABLES, jose::TABLES, par::TABLES, transport::TABLES, sandbox::TABLES]
        .into_iter()
        .flatten()
}

#[test]
fn every_variant_has_one_row_and_every_row_a_variant() {
    for table in tables() {
        let declared: Vec<_> =
            Source::read(table.declared).variants(table.name).into_iter().map(|v| v.name).collect();
        assert!(!declared.is_empty(), "{} is not in {}", table.name, table.declared);
        let mut told: Vec<_> = table.rows.iter().map(|row| row.0.to_owned()).collect();
        told.extend(table.never.iter().map(|(variant, _)| (*variant).to_owned()));
        let mut sorted = declared.clone();
        sorted.sort();
        told.sort();
        assert_eq!(told, sorted, "{} of {}", table.name, table.declared);
        assert!(table.never.iter().all(|(_, reason)| reason.len() > 20));
    }
}

#[test]
fn every_row_names_a_test_that_names_its_variant() {
    let mut sources = BTreeMap::new();
    for table in tables() {
        let variants = Source::read(table.declared).variants(table.name);
        for (variant, file, test) in table.rows {
            let source = sources.entry(*file).or_insert_with(|| Source::read(file));
            let declared = variants.iter().find(|declared| declared.name == *variant).unwrap();
            assert!(source.has_test(test), "{}::{variant}: no {test} in {file}", table.name);
            let named = source.names(test, table.name, declared);
            assert!(named, "{}::{variant} is not named by {test} in {file}", table.name);
        }
    }
}

/// An error type that nobody thought of: the public ones of all crates are in the tables.
#[test]
fn every_public_error_type_has_a_table() {
    for (file, name) in source::error_types() {
        let known = tables().any(|table| table.declared == file && table.name == name);
        // These two say where within another: their parts have the tables.
        let composed = ["JsonError"].contains(&name.as_str());
        // A program's own, which it prints; its tests are about what it prints.
        let printed = file.starts_with("crates/fdx-cli/");
        assert!(known || composed || printed, "{name} of {file} has no table");
    }
}
