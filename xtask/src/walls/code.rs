//! Source text as the compiler sees it: without comments, strings and white space, so that prose
//! about a forbidden name does not count as using it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A source file of ours, comments and texts taken out.
pub(super) struct Source {
    pub(super) path: PathBuf,
    code: String,
}

impl Source {
    /// Every source below `dir` that is not a test's.
    pub(super) fn below(dir: &Path) -> Result<Vec<Self>, Failure> {
        let mut found = Vec::new();
        let mut open = vec![dir.to_path_buf()];
        while let Some(dir) = open.pop() {
            let entries = fs::read_dir(&dir).map_err(|error| unreadable(&dir, &error))?;
            for entry in entries.filter_map(Result::ok) {
                let path = entry.path();
                if path.file_stem().is_some_and(|name| name == "tests") {
                    continue;
                }
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text =
                        fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
                    let code = code(&text);
                    found.push(Self { path, code });
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Whether a path begins with this crate, or `use` names it.
    pub(super) fn uses(&self, name: &str) -> bool {
        words(&self.code, name).any(|(before, after)| {
            let named = before.ends_with("use ") || before.ends_with("crate ");
            let begins = !before.ends_with("::") || before.ends_with("use::");
            begins && (named || after.starts_with("::"))
        })
    }

    pub(super) fn has(&self, code: &str) -> bool {
        self.code.contains(code)
    }

    /// Whether it names `path`, such as `std::fs`, whole or inside a `use std::{..}` group.
    pub(super) fn names(&self, path: &str) -> bool {
        if mentions(&self.code, path) {
            return true;
        }
        let Some((root, leaf)) = path.split_once("::") else {
            return false;
        };
        let group = format!("{root}::{{");
        self.code.match_indices(&group).any(|(at, _)| {
            let inside = self.code.get(at + group.len()..).unwrap_or_default();
            items(inside).any(|item| mentions(item, leaf) && item.starts_with(leaf))
        })
    }
}

/// Whether `path` stands in `code` as whole words.
fn mentions(code: &str, path: &str) -> bool {
    words(code, path).next().is_some()
}

/// What stands before and after each `path` in `code` that is whole words.
fn words<'c>(code: &'c str, path: &str) -> impl Iterator<Item = (&'c str, &'c str)> {
    let word = |char: char| char.is_alphanumeric() || char == '_';
    let around = code
        .match_indices(path)
        .filter_map(|(at, path)| Some((code.get(..at)?, code.get(at + path.len()..)?)));
    around.filter(move |(before, after)| !before.ends_with(word) && !after.starts_with(word))
}

/// The items of a `{a,b::{c,d}}` group whose opening brace was taken off.
fn items(inside: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let mut end = inside.len();
    let mut commas = Vec::new();
    for (at, char) in inside.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => {
                end = at;
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => commas.push(at),
            _ => {}
        }
    }
    let starts = std::iter::once(0).chain(commas.clone().into_iter().map(|at| at + 1));
    let ends = commas.into_iter().chain(std::iter::once(end));
    starts.zip(ends).filter_map(move |(start, end)| inside.get(start..end))
}

fn code(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let skip = comment(rest).or_else(|| literal(rest, &kept));
        if skip.is_none() && (!char.is_whitespace() || between_words(&kept, rest)) {
            kept.push(if char.is_whitespace() { ' ' } else { char });
        }
        rest = rest.get(skip.unwrap_or(char.len_utf8())..).unwrap_or_default();
    }
    kept
}

/// White space that keeps two words apart, such as in `use std`.
fn between_words(kept: &str, rest: &str) -> bool {
    let word = |char: char| char.is_alphanumeric() || char == '_';
    kept.ends_with(word) && rest.trim_start().starts_with(word)
}

/// The bytes of the comment that `text` begins with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if depth == 0 {
            return None;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next()?.len_utf8();
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The bytes of the text or character that `text` begins with; a lifetime is neither.
fn literal(text: &str, kept: &str) -> Option<usize> {
    let raw = text
        .strip_prefix('r')
        .filter(|_| !kept.ends_with(char::is_alphanumeric) || kept.ends_with('b'));
    if let Some(raw) = raw {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(body) = raw.get(hashes..).and_then(|raw| raw.strip_prefix('"')) {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = body.find(&end)? + end.len();
            return Some(1 + hashes + 1 + length);
        }
    }
    let quote = text.chars().next().filter(|char| matches!(char, '"' | '\''))?;
    let mut chars = text.char_indices().skip(1);
    let mut count = 0;
    while let Some((at, char)) = chars.next() {
        count += 1;
        if char == '\\' {
            chars.next();
        } else if char == quote {
            return Some(at + 1);
        } else if quote == '\'' && count > 1 {
            return None;
        }
    }
    None
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} could not be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, path: &str) -> bool {
        let source = Source { path: PathBuf::new(), code: code(text) };
        source.names(path)
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
    fn a_crate_is_told_from_what_bears_its_name() {
        let uses = |text| Source { path: PathBuf::new(), code: code(text) }.uses("ring");
        for text in [
            "use ring::rand;",
            "use ::ring::rand;",
            "use ring as r;",
            "extern crate ring;",
            "use {ring::aead, std::fmt};",
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
