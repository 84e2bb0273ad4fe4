//! Our own source as tokens, for three rules that no type can express: each test that a table names
//! exists, each error variant has a test that names it, and each type that serde writes and reads
//! has a law.
//!
//! The lexer is that of `proc-macro2`, so comments and texts are never taken for code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A declaration of any kind, as far as it has a body.
pub(crate) struct Item {
    /// `fn`, `const`, `static`, `enum`, `struct`, `impl`, or the name of a macro.
    pub(crate) kind: String,
    /// Whether it is `pub`, with no restriction.
    pub(crate) is_public: bool,
    /// Its name, or the words before the body of an `impl` or in a macro.
    pub(crate) head: Vec<String>,
    /// The words of its attributes.
    pub(crate) attributes: Vec<String>,
    /// The words of its body.
    pub(crate) body: Vec<String>,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file below `folder`.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The items of a file: at the top, in modules, `impl`s and macros, but not in functions.
pub(crate) fn items(file: &Path) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let tokens = text.parse().unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

/// Whether `file`, a path from the root, has a test of this name. Files are read once.
pub(crate) fn has_test(file: &str, name: &str) -> bool {
    static TESTS: Mutex<BTreeMap<String, BTreeSet<String>>> = Mutex::new(BTreeMap::new());
    let mut tests = TESTS.lock().unwrap_or_else(PoisonError::into_inner);
    let tests = tests.entry(file.to_owned()).or_insert_with(|| {
        let items = items(&root().join(file)).into_iter().filter(Item::is_test);
        items.map(|test| test.head.concat()).collect()
    });
    tests.contains(name)
}

fn collect(tokens: TokenStream, found: &mut Vec<Item>) {
    let (mut before, mut attributes) = (Vec::new(), Vec::new());
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket && hash(&before) => {
                before.clear();
                attributes.extend(words(group.stream()));
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inside = group.stream();
                let item = item(&before, &attributes, words(inside.clone()));
                if item.as_ref().is_none_or(|item| !["enum", "fn"].contains(&&*item.kind)) {
                    collect(inside, found);
                }
                found.extend(item);
                (before, attributes) = (Vec::new(), Vec::new());
            }
            TokenTree::Punct(end) if end.as_char() == ';' => {
                found.extend(item(&before, &attributes, before.clone()));
                (before, attributes) = (Vec::new(), Vec::new());
            }
            token => before.extend(words(token.into())),
        }
    }
}

fn hash(before: &[String]) -> bool {
    before.last().is_some_and(|word| word == "#")
}

fn item(before: &[String], attributes: &[String], body: Vec<String>) -> Option<Item> {
    const KINDS: [&str; 6] = ["enum", "fn", "const", "impl", "static", "struct"];
    let macro_name = before.iter().position(|word| word == "!").filter(|at| *at > 0);
    let at = before.iter().position(|word| KINDS.contains(&&**word));
    // `const fn` is a function.
    let at = match at {
        Some(at) if before.get(at + 1).is_some_and(|word| word == "fn") => Some(at + 1),
        at => at,
    };
    let (kind, head) = match (at, macro_name) {
        (Some(at), _) if before[at] == "impl" => ("impl", &before[at + 1..]),
        (Some(at), _) => (&*before[at], before.get(at + 1..at + 2)?),
        (None, Some(at)) => (&*before[at - 1], &before[at + 1..]),
        (None, None) => return None,
    };
    let is_public = before[0] == "pub" && before.get(1).is_none_or(|word| word != "(");
    let (kind, head, attributes) = (kind.to_owned(), head.to_vec(), attributes.to_vec());
    Some(Item { kind, is_public, head, attributes, body })
}

/// Every token inside, groups flattened.
fn words(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                let inside = words(group.stream());
                [vec![open.to_owned()], inside, vec![close.to_owned()]].concat()
            }
            token => vec![token.to_string()],
        })
        .collect()
}

impl Item {
    pub(crate) fn is_test(&self) -> bool {
        self.kind == "fn" && self.attributes.iter().any(|word| word == "test")
    }

    pub(crate) fn is(&self, kind: &str, name: &str) -> bool {
        self.kind == kind && self.head.first().is_some_and(|head| head == name)
    }

    /// The variants of an enum: the word that each row begins with.
    pub(crate) fn variants(&self) -> Vec<String> {
        let (mut depth, mut begins, mut found) = (0_usize, true, Vec::new());
        for word in &self.body {
            match &**word {
                "(" | "{" | "[" => depth += 1,
                ")" | "}" | "]" => depth -= 1,
                "," if depth == 0 => begins = true,
                "#" => {}
                word if depth == 0 && begins => {
                    found.push(word.to_owned());
                    begins = false;
                }
                _ => {}
            }
        }
        found
    }

    /// Whether the words stand in the body, one after another.
    pub(crate) fn has(&self, words: &[&str]) -> bool {
        self.body.windows(words.len()).any(|window| window == words)
    }
}

/// The control: what looks like a test, an enum or an attribute and is not one.
#[test]
fn items_are_read_as_the_compiler_reads_them() {
    let mut found = Vec::new();
    let text = r##"
        #![allow(unused)]
        /// #[test] fn comment() {}
        fn helper() { let text = "#[test] fn text() {}"; }
        #[test] #[ignore] const fn real() { matches!(x, E::V) }
        mod inner { #[tokio::test(start_paused = true)] async fn timed() {} }
        proptest! { #![config] #[test] fn generated(x in 0..1) {} }
        #[derive(Clone)] pub enum E<T> { #[doc = "a, b"] V(T, T), W { v: T }, }
        pub struct Unit;
        impl<'de> Read<'de> for E<u8> { fn read() {} }
        written!(E);
    "##;
    collect(text.parse().unwrap(), &mut found);
    let tests: Vec<_> = found.iter().filter(|item| item.is_test()).map(|it| &it.head[0]).collect();
    assert_eq!(tests, ["real", "timed", "generated"]);
    assert!(found.iter().any(|item| item.is("fn", "real") && item.has(&[":", ":", "V"])));
    assert!(found.iter().any(|item| item.is("struct", "Unit")));
    assert!(found.iter().any(|item| item.kind == "written" && item.head[1] == "E"));
    assert!(found.iter().any(|item| item.kind == "impl" && item.head.contains(&"Read".to_owned())));
    let e = found.iter().find(|item| item.is("enum", "E")).unwrap();
    assert_eq!((e.variants(), &*e.attributes[0]), (vec!["V".to_owned(), "W".to_owned()], "derive"));
}
