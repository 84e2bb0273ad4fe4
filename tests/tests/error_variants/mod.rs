//! Every error variant of every crate, and the test that provokes it through the public API.
//!
//! The tables say where each variant is provoked. They are held to the sources: a variant without
//! a row, a row without its test, and a test that does not name its variant all fail here.

mod jose;
mod par;
mod rar;
mod sandbox;
mod transport;
mod wire;

use std::collections::BTreeMap;

use crate::source::{Item, files, items, root};

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

/// A variant as it is declared.
struct Variant {
    name: String,
    /// The stable code as a literal, if the declaration has one.
    code: Option<String>,
}

/// The public error types that an item declares: enums, structs and the rows of `faults!`.
fn declared(item: &Item) -> Option<(String, Vec<Variant>)> {
    let plain = |name| Variant { name, code: None };
    match &*item.kind {
        "enum" => Some((item.head[0].clone(), item.variants().into_iter().map(plain).collect())),
        "struct" => Some((item.head[0].clone(), vec![plain(item.head[0].clone())])),
        "faults" => {
            let name = item.body.windows(2).find(|pair| pair[1] == "{")?[0].clone();
            let rows = item.body.windows(3);
            let rows = rows.filter(|row| row[1] == ":" && row[2].starts_with('"'));
            let variants =
                rows.map(|row| Variant { name: row[0].clone(), code: Some(row[2].clone()) });
            Some((name, variants.collect()))
        }
        _ => None,
    }
}

/// What `table` is about, read from the source.
fn variants(table: &Table) -> Vec<Variant> {
    let items = items(&root().join(table.declared));
    let mut found = items.iter().filter_map(declared).filter(|(name, _)| name == table.name);
    found.next().unwrap_or_else(|| panic!("{} is not in {}", table.name, table.declared)).1
}

/// Whether the test, or a function or table that it uses, names the variant or its code.
fn names(file: &[Item], test: &Item, of: &str, Variant { name, code }: &Variant) -> bool {
    let used = file.iter().filter(|item| {
        ["fn", "const", "static"].contains(&&*item.kind)
            && !item.is_test()
            && test.has(&[&item.head[0]])
    });
    // By its path, or alone where the enum's variants are imported.
    let paths: [&[&str]; 3] = [&[":", ":", name], &[",", name, ")"], &["(", name, ")"]];
    used.chain([test]).any(|item| {
        let by_code = code.as_ref().is_some_and(|code| item.has(&[code]));
        let whole = name == of && item.has(&[name]);
        by_code || whole || paths.iter().any(|path| item.has(path))
    })
}

#[test]
fn every_variant_has_one_row_and_every_row_a_variant() {
    for table in tables() {
        let mut declared: Vec<_> = variants(table).into_iter().map(|v| v.name).collect();
        let mut listed: Vec<_> = table.rows.iter().map(|row| row.0.to_owned()).collect();
        listed.extend(table.never.iter().map(|(variant, _)| (*variant).to_owned()));
        declared.sort();
        listed.sort();
        assert_eq!(listed, declared, "{} of {}", table.name, table.declared);
        assert!(table.never.iter().all(|(_, reason)| reason.len() > 20));
    }
}

#[test]
fn every_row_names_a_test_that_names_its_variant() {
    let mut read = BTreeMap::new();
    for table in tables() {
        let variants = variants(table);
        for (variant, file, test) in table.rows {
            let file_items = read.entry(*file).or_insert_with(|| items(&root().join(file)));
            let declared = variants.iter().find(|declared| declared.name == *variant).unwrap();
            let found = file_items.iter().find(|item| item.is_test() && item.is("fn", test));
            let found = found
                .unwrap_or_else(|| panic!("{}::{variant}: no test {test} in {file}", table.name));
            let named = names(file_items, found, table.name, declared);
            assert!(named, "{}::{variant} is not named by {test} in {file}", table.name);
        }
    }
}

/// A new error type needs a table.
#[test]
fn every_public_error_type_has_a_table() {
    let mut found = 0;
    for file in files(&root().join("crates")) {
        // The errors of a program are printed, and its tests check the text.
        if file.starts_with(root().join("crates/fdx-cli")) {
            continue;
        }
        let items = items(&file);
        let public = items.iter().filter(|item| item.is_public || item.kind == "faults");
        for (name, _) in public.filter_map(declared) {
            let is_error = ["Error", "Fault", "Rule"].iter().any(|end| name.ends_with(end));
            // These two consist of types that have a table.
            let composed = ["JsonError", "ServerFault"].contains(&&*name);
            if is_error && !composed {
                let here =
                    |table: &Table| table.name == name && root().join(table.declared) == file;
                assert!(tables().any(here), "{name} of {} has no table", file.display());
                found += 1;
            }
        }
    }
    assert!(found > 30, "{found} error types");
}
