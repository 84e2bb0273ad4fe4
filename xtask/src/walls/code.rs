//! The paths that a source names, read by the lexer of `proc-macro2`: comments, strings and longer
//! names do not count. Clippy's lists forbid single functions and types; a wall forbids a module.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::failure::Failure;

/// A source file of ours.
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Every path in it. A name that `use` or `extern crate` brings in alone ends in `self`.
    named: Vec<Vec<String>>,
}

impl Source {
    /// Every source below `dir` that is not a test's.
    pub(super) fn below(dir: &Path) -> Result<Vec<Self>, Failure> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).map_err(|error| unreadable(dir, error))? {
            let path = entry?.path();
            if path.file_stem().is_some_and(|name| name == "tests") {
                continue;
            }
            if path.is_dir() {
                found.extend(Self::below(&path)?);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
                let tokens = text.parse().map_err(|error| unreadable(&path, error))?;
                found.push(Self { path, named: named(tokens, &[], false) });
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Whether a path begins with this crate.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.named.iter().any(|path| path.len() > 1 && path.first().is_some_and(|it| it == name))
    }

    /// Whether it names `path`, such as `std::fs`, alone or as part of a longer path.
    pub(super) fn names(&self, path: &str) -> bool {
        let path: Vec<_> = path.split("::").collect();
        self.named.iter().any(|named| named.windows(path.len()).any(|part| part == path))
    }
}

/// The paths in `tokens`. In a group such as that of `use std::{fmt, fs}`, they begin with `before`.
fn named(tokens: TokenStream, before: &[String], in_use: bool) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut path = before.to_vec();
    let mut imported = in_use;
    // Two join a word to the path: the start of a group counts as `::`.
    let mut colons = 2;
    let mut end = |path: &mut Vec<String>, imported: bool| {
        if path.len() > before.len() {
            if imported && path.len() == 1 {
                path.push("self".to_owned());
            }
            found.push(std::mem::replace(path, before.to_vec()));
        }
    };
    let mut groups = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Ident(word) if word == "use" => {
                end(&mut path, imported);
                (imported, colons) = (true, 2);
            }
            TokenTree::Ident(word) => {
                if colons != 2 {
                    let is_extern = path.last().is_some_and(|word| word == "crate") && colons == 0;
                    end(&mut path, imported);
                    imported |= is_extern;
                }
                path.push(word.to_string());
                colons = 0;
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && colons == 2 => {
                groups.extend(named(group.stream(), &path, imported));
            }
            token => {
                end(&mut path, imported);
                (imported, colons) = (in_use, 2);
                if let TokenTree::Group(group) = token {
                    groups.extend(named(group.stream(), &[], false));
                }
            }
        }
    }
    end(&mut path, imported);
    found.extend(groups);
    found
}

fn unreadable(path: &Path, error: impl Display) -> Failure {
    Failure::new(format!("{} could not be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: PathBuf::new(), named: named(text.parse().unwrap(), &[], false) }
    }

    fn names(text: &str, path: &str) -> bool {
        source(text).names(path)
    }

    #[test]
    fn a_forbidden_path_is_found_however_it_is_written() {
        for text in [
            "use std::fs;",
            "use std::fs::File;",
            "let x = std :: fs\n::read(p);",
            "use std::{fmt, fs};",
            "use std::{collections::{BTreeMap, BTreeSet}, fs::{self, File}};",
            "let quote = '\"'; std::fs::read(p); // \"",
            "let url = \"https://bank.example\"; std::fs::read(p)",
            "fn f<'a>(x: &'a str) { std::fs::read(x) }",
        ] {
            assert!(names(text, "std::fs"), "{text}");
        }
    }

    #[test]
    fn a_crate_is_distinguished_from_items_of_its_name() {
        let uses = |text| source(text).uses("ring");
        for text in [
            "use ring::rand;",
            "use ::ring::rand;",
            "use ring as r;",
            "extern crate ring;",
            "use {ring::aead, std::fmt};",
            "use {std::fmt, ring};",
            "m!(ring::aead);",
            "let key: ring::hmac::Key = x;",
        ] {
            assert!(uses(text), "{text}");
        }
        for text in [
            "use fdx_jose::backend::ring;",
            "use fdx_jose::backend::{self, ring};",
            "let x: String = String::new(); backend::ring()",
            "ring()",
            "// ring::rand",
        ] {
            assert!(!uses(text), "{text}");
        }
    }

    #[test]
    fn prose_texts_and_longer_names_do_not_count() {
        for text in [
            "// never std::fs",
            "/* std::fs /* nested */ std::fs */ fn x() {}",
            "//! `std::fs`",
            "let x = \"std::fs\";",
            "let x = r#\"std::fs \" \"#;",
            "let x = br\"std::fs\";",
            "use std::fs_extra;",
            "use std::{fmt, ffi::{fs}};",
            "use my_std::fs;",
        ] {
            assert!(!names(text, "std::fs"), "{text}");
        }
    }
}
