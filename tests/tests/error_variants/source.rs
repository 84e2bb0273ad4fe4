//! Just enough of reading Rust to find enums and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file of the workspace.
pub(crate) struct Source {
    text: String,
    items: Vec<Item>,
}

/// A variant as it is declared.
pub(crate) struct Variant {
    pub(crate) name: String,
    /// The stable code, where the declaration has one.
    code: Option<String>,
}

/// A function or a constant.
struct Item {
    name: String,
    is_test: bool,
    body: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Source {
    pub(crate) fn read(file: &str) -> Self {
        let text = fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let items = items(&text);
        Self { text, items }
    }

    /// The variants of an enum, or the struct itself.
    pub(crate) fn variants(&self, name: &str) -> Vec<Variant> {
        let named = |name: &str| Variant { name: name.to_owned(), code: None };
        if self.text.contains(&format!("pub struct {name};")) {
            return vec![named(name)];
        }
        if let Some((_, rest)) = self.text.split_once(&format!("pub enum {name} {{\n")) {
            let body = rest.split("\n}").next().unwrap();
            let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
            let names = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
            return names.map(|line| named(line.split(|c| !word(c)).next().unwrap())).collect();
        }
        let Some((_, rest)) = self.text.split_once(&format!("    {name} {{\n")) else {
            return Vec::new();
        };
        let body = rest.split("\n    }").next().unwrap();
        let row = |line: &str| {
            let (name, rest) = line.trim().split_once(": \"")?;
            let name = name.chars().all(word).then(|| name.to_owned())?;
            Some(Variant { name, code: rest.split('"').next().map(str::to_owned) })
        };
        body.lines().filter_map(row).collect()
    }

    pub(crate) fn has_test(&self, name: &str) -> bool {
        self.items.iter().any(|item| item.is_test && item.name == name)
    }

    /// Whether the test, or a function or table that it uses, names the variant or its code.
    pub(crate) fn names(&self, test: &str, of: &str, variant: &Variant) -> bool {
        let Some(test) = self.items.iter().find(|item| item.name == test) else { return false };
        let used =
            self.items.iter().filter(|item| !item.is_test && has_word(&test.body, &item.name));
        let mut bodies = used.map(|item| &item.body).chain([&test.body]);
        let Variant { name, code } = variant;
        bodies.any(|body| {
            let by_code = code.as_ref().is_some_and(|code| body.contains(&format!("\"{code}\"")));
            let whole = name == of && has_word(body, name);
            // By its path, or alone where the enum's variants are imported.
            let paths = [format!("::{name}"), format!(", {name})"), format!("({name})")];
            by_code || whole || paths.iter().any(|path| has_word(body, path))
        })
    }
}

/// `file` and name of each public type that is called an error, a fault or a rule.
pub(crate) fn error_types() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let file = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.extend(declared(&text).map(|name| (file.clone(), name)));
            }
        }
    }
    found
}

fn declared(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let rest = line.strip_prefix("pub enum ").or_else(|| line.strip_prefix("pub struct "))?;
        let name = rest.split(|c| !word(c)).next()?;
        let called = ["Error", "Fault", "Rule"].iter().any(|end| name.ends_with(end));
        (called && name != "ServerFault").then(|| name.to_owned())
    })
}

fn items(text: &str) -> Vec<Item> {
    let lines: Vec<_> = text.lines().collect();
    let mut items = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some((indent, name)) = declaration(lines[at]) {
            let begins = at;
            let ends = |line: &str| {
                line.strip_prefix(indent)
                    .is_some_and(|rest| ["}", "];", ")};", "};"].contains(&rest.trim_end()))
            };
            while at + 1 < lines.len() && !ends(lines[at]) && !(at == begins && one_line(lines[at]))
            {
                at += 1;
            }
            let before = lines[..begins].iter().rev();
            let mut attributes = before.take_while(|line| line.trim().starts_with('#'));
            let is_test = attributes.any(|line| line.contains("test]") || line.contains("test("));
            items.push(Item { name, is_test, body: lines[begins..=at].join("\n") });
        }
        at += 1;
    }
    items
}

fn one_line(line: &str) -> bool {
    line.ends_with(';') || line.ends_with('}')
}

/// Indentation and name of what a line begins to declare.
fn declaration(line: &str) -> Option<(&str, String)> {
    let trimmed = line.trim_start();
    let indent = &line[..line.len() - trimmed.len()];
    let mut words = trimmed
        .split_whitespace()
        .skip_while(|word| word.starts_with("pub") || *word == "async" || *word == "unsafe");
    let kind = words.next().filter(|word| ["fn", "const", "static"].contains(word))?;
    let name = words.next()?.split(|c| !word(c)).next()?;
    (indent.len() <= 4 && !kind.is_empty() && !name.is_empty()).then(|| (indent, name.to_owned()))
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn has_word(text: &str, needle: &str) -> bool {
    text.match_indices(needle).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + needle.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(word);
        !(needle.starts_with(word) && inside(before) || needle.ends_with(word) && inside(after))
    })
}
