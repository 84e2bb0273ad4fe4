//! Generates a copy of the workspace in which the simulation can switch checks off.
//!
//! A comment on a line of its own marks a check by its name: `// check: State`. The names are those
//! of `simulation/src/checks.rs`. The code below the comment must have one of these forms, where `N`
//! is the number of the check:
//!
//! | form | in the copy |
//! |---|---|
//! | `if REFUSED { .. }` | `if (REFUSED) && !off(N) { .. }` |
//! | `CHECK?;` | `waive(N, CHECK)?;` |
//! | a condition: the value of a `let`, an argument, an element of an array, or the last expression of a block | `(CONDITION) \|\| off(N)` |
//! | a closure that returns a condition, in the same places | the same for its body |
//! | a value in the same places, below `// check: NAME, weakened to OTHER` | `if off(N) { OTHER } else { VALUE }` |
//!
//! Any other code, an unknown name, and a name that marks nothing are errors. The crates themselves
//! contain no switch.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprArray, ExprCall, ExprIf, ExprMethodCall, Stmt, Token};

use crate::failure::Failure;
use crate::shell;

#[path = "../../simulation/src/checks.rs"]
#[expect(dead_code, reason = "the simulation prints the other fields")]
mod checks;
#[path = "../../exploration/src/rules.rs"]
#[expect(dead_code, reason = "the exploration prints the other fields")]
mod rules;

/// Folders with marked checks.
const MARKED: [&str; 2] = ["crates", "simulation"];
/// The rest of the workspace, which the manifest of its root names.
const COPIED: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "examples",
    "exploration",
    "processes",
    "testkit",
    "tests",
    "xtask",
];

const MARKER: &str = "// check: ";
const SWITCHES: &str = "simulation/src/switches.rs";
const RULE_SWITCHES: &str = "exploration/src/switches.rs";

/// The names of the simulation's checks, then of the exploration's rules. The number of each is its
/// place.
fn names() -> impl Iterator<Item = &'static str> {
    let checks = checks::ALL.iter().map(|check| check.marker);
    checks.chain(rules::ALL.iter().map(|rule| rule.marker))
}

/// Runs a search in the weakened copy of the workspace, and compares its output with a chapter of the
/// manual. `BLESS=1` writes the chapter. `command` is the one to run again.
pub(crate) fn search(mut search: Command, chapter: &str, command: &str) -> Result<(), Failure> {
    let copy = shell::target().join("weakened");
    generate(&copy)?;
    search.env("CARGO_TARGET_DIR", copy.join("target")).current_dir(copy);
    let found = shell::read(search)?;
    let path = shell::root().join(chapter);
    if std::env::var_os("BLESS").is_some() {
        return Ok(fs::write(path, found)?);
    }
    print!("{found}");
    if fs::read_to_string(path).is_ok_and(|written| written == found) {
        return Ok(());
    }
    Err(Failure::new(format!("{chapter} differs from the result"))
        .next(format!("run 'BLESS=1 {command}' and read the difference")))
}

/// Writes the copy into `copy`.
fn generate(copy: &Path) -> Result<(), Failure> {
    let mut unmarked: BTreeSet<&str> = names().collect();
    for name in MARKED.iter().chain(&COPIED) {
        let to = copy.join(name);
        if to.is_dir() {
            // Files that moved in the workspace must not remain in the copy.
            fs::remove_dir_all(&to)?;
        }
        copy_below(&shell::root().join(name), &to)?;
    }
    for name in MARKED {
        weaken_below(&copy.join(name), &mut unmarked)?;
    }
    if let Some(name) = unmarked.first() {
        return Err(Failure::new(format!("no check is marked '{MARKER}{name}'"))
            .next("mark the code that makes it, or remove it from the list of checks or rules"));
    }
    // The switches are a module of the crate that all marked crates depend on.
    let wire = copy.join("crates/fdx-wire/src");
    fs::rename(copy.join(SWITCHES), wire.join("switches.rs"))?;
    let root = fs::read_to_string(wire.join("lib.rs"))?;
    fs::write(wire.join("lib.rs"), format!("{root}\npub mod switches;\n"))?;
    let reexport = "//! The switches of the weakened copy.\n\npub use fdx_wire::switches::*;\n\n\
                    /// Whether this is the weakened copy.\npub const WEAKENED: bool = true;\n";
    fs::write(copy.join(SWITCHES), reexport)?;
    let first = checks::ALL.len();
    let rules = format!(
        "//! The switches of the weakened copy.\n\npub(crate) const WEAKENED: bool = true;\n\n\
         pub(crate) fn switch_off(rules: u64) {{\n    fdx_wire::switches::switch_off(rules << {first});\n}}\n"
    );
    Ok(fs::write(copy.join(RULE_SWITCHES), rules)?)
}

fn copy_below(from: &Path, to: &Path) -> Result<(), Failure> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        fs::copy(from, to)?;
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy_below(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn weaken_below(path: &Path, unmarked: &mut BTreeSet<&str>) -> Result<(), Failure> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            weaken_below(&entry?.path(), unmarked)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path)?;
        let (weakened, names) = weaken(&text).map_err(|error| {
            Failure::new(format!("{}: {error}", path.display()))
                .next("xtask/src/weaken.rs lists what '// check: NAME' may mark")
        })?;
        for name in &names {
            unmarked.remove(name);
        }
        if !names.is_empty() {
            fs::write(path, weakened)?;
        }
    }
    Ok(())
}

/// Returns the text with a switch at every marked check, and the names of these checks.
fn weaken(text: &str) -> Result<(String, Vec<&'static str>), String> {
    let markers = markers(text)?;
    if markers.is_empty() {
        return Ok((text.to_owned(), Vec::new()));
    }
    let names = markers.values().map(|marker| marker.name).collect();
    let mut weakener = Weakener { markers, inserted: Vec::new() };
    weakener.visit_file(&syn::parse_file(text).map_err(|error| error.to_string())?);
    if let Some(marker) = weakener.markers.values().next() {
        return Err(format!("line {}: '{MARKER}{}' marks no check", marker.line, marker.name));
    }
    weakener.inserted.sort_by_key(|(at, _)| *at);
    let (mut weakened, mut read) = (String::with_capacity(text.len() * 2), 0);
    for (at, inserted) in weakener.inserted {
        weakened.push_str(text.get(read..at).unwrap_or_default());
        weakened.push_str(&inserted);
        read = at;
    }
    weakened.push_str(text.get(read..).unwrap_or_default());
    Ok((weakened, names))
}

struct Marker<'a> {
    name: &'static str,
    number: usize,
    weakened_to: Option<&'a str>,
    line: usize,
}

/// The markers of a text, by the place of the code that they mark.
fn markers(text: &str) -> Result<BTreeMap<usize, Marker<'_>>, String> {
    let mut markers = BTreeMap::new();
    let (mut at, mut waiting) = (0, None);
    for (line, code) in text.split_inclusive('\n').enumerate() {
        let trimmed = code.trim_start();
        if let Some(marker) = trimmed.strip_prefix(MARKER) {
            let (name, weakened_to) = match marker.trim_end().split_once(", weakened to ") {
                Some((name, other)) => (name, Some(other)),
                None => (marker.trim_end(), None),
            };
            let found = names().enumerate().find(|(_, marker)| *marker == name);
            let line = line + 1;
            let (number, name) =
                found.ok_or_else(|| format!("line {line}: no check is named '{name}'"))?;
            if waiting.replace(Marker { name, number, weakened_to, line }).is_some() {
                return Err(format!("line {line}: the marker above marks no code"));
            }
        } else if !trimmed.is_empty() && !trimmed.starts_with("//") {
            let start = at + code.len() - trimmed.len();
            markers.extend(waiting.take().map(|marker| (start, marker)));
        }
        at += code.len();
    }
    match waiting {
        Some(marker) => Err(format!("line {}: the marker marks no code", marker.line)),
        None => Ok(markers),
    }
}

struct Weakener<'a> {
    markers: BTreeMap<usize, Marker<'a>>,
    inserted: Vec<(usize, String)>,
}

impl<'a> Weakener<'a> {
    fn marker(&mut self, code: impl Spanned) -> Option<Marker<'a>> {
        self.markers.remove(&code.span().byte_range().start)
    }

    fn wrap(&mut self, code: impl Spanned, before: String, after: String) {
        let Range { start, end } = code.span().byte_range();
        self.inserted.push((start, before));
        self.inserted.push((end, after));
    }

    fn weaken_value(&mut self, marker: &Marker<'_>, value: &Expr) {
        let number = marker.number;
        match (marker.weakened_to, value) {
            (None, Expr::Closure(closure)) => self.weaken_value(marker, &closure.body),
            (None, _) => {
                self.wrap(value, "(".to_owned(), format!(") || fdx_wire::switches::off({number})"));
            }
            (Some(other), _) => {
                let before = format!("if fdx_wire::switches::off({number}) {{ {other} }} else {{ ");
                self.wrap(value, before, " }".to_owned());
            }
        }
    }

    fn weaken_marked(&mut self, values: &Punctuated<Expr, Token![,]>) {
        for value in values {
            if let Some(marker) = self.marker(value) {
                self.weaken_value(&marker, value);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Weakener<'_> {
    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        match statement {
            Stmt::Local(local) => {
                if let Some(init) = local.init.as_ref().filter(|init| init.diverge.is_none())
                    && let Some(marker) = self.marker(local)
                {
                    self.weaken_value(&marker, &init.expr);
                }
            }
            Stmt::Expr(Expr::If(ExprIf { cond, .. }), _) => {
                if let Some(Marker { number, .. }) = self.marker(statement) {
                    let after = format!(") && !fdx_wire::switches::off({number})");
                    self.wrap(cond, "(".to_owned(), after);
                }
            }
            Stmt::Expr(Expr::Try(check), Some(_)) => {
                if let Some(Marker { number, .. }) = self.marker(statement) {
                    let before = format!("fdx_wire::switches::waive({number}, ");
                    self.wrap(&check.expr, before, ")".to_owned());
                }
            }
            _ => {}
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        if let Some(Stmt::Expr(value, None)) = block.stmts.last()
            && !matches!(value, Expr::If(_))
            && let Some(marker) = self.marker(value)
        {
            self.weaken_value(&marker, value);
        }
        visit::visit_block(self, block);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        self.weaken_marked(&call.args);
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.weaken_marked(&call.args);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_array(&mut self, array: &'ast ExprArray) {
        self.weaken_marked(&array.elems);
        visit::visit_expr_array(self, array);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of a function, weakened; `off` and `waive` without their path and number.
    fn weakened(body: &str) -> Result<String, String> {
        let (text, _) = weaken(&format!("fn f() {{\n{body}\n}}"))?;
        let number = checks::ALL.iter().position(|check| check.marker == "State").unwrap();
        let text = text.replace("fdx_wire::switches::", "").replace(&format!("({number}"), "(N");
        let text = text.trim_start_matches("fn f() {").trim_end_matches('}').trim();
        Ok(text.lines().skip_while(|line| line.contains("//")).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn puts_a_switch_into_each_form() {
        for (code, expected) in [
            ("if a || b { return c; }", "if (a || b) && !off(N) { return c; }"),
            ("check(ä, b)?;", "waive(N, check(ä, b))?;"),
            ("// Why.\nlet holds = a == b;", "let holds = (a == b) || off(N);"),
            ("let holds = |a| a == b;", "let holds = |a| (a == b) || off(N);"),
            ("a == b", "(a == b) || off(N)"),
        ] {
            assert_eq!(weakened(&format!("// check: State\n{code}")).unwrap(), expected);
        }
        for (code, expected) in [
            ("f(a,\n// check: State\nb == c);", "f(a,\n// check: State\n(b == c) || off(N));"),
            ("a.f(\n// check: State\n|b| b);", "a.f(\n// check: State\n|b| (b) || off(N));"),
            (
                "[\n// check: State, weakened to c\nb]",
                "[\n// check: State, weakened to c\nif off(N) { c } else { b }]",
            ),
        ] {
            assert_eq!(weakened(code).unwrap(), expected);
        }
    }

    #[test]
    fn rejects_a_marker_above_other_code() {
        for code in ["match a {}\nb", "check(a);", "let Some(a) = b else { c };", "x = a;", ""] {
            assert!(weakened(&format!("// check: State\n{code}")).is_err(), "{code}");
        }
        assert!(weakened("// check: State\n// check: State\ncheck(a)?;").is_err());
        assert!(weakened("match a {\n// check: State\nb if c => d, _ => e }").is_err());
    }

    #[test]
    fn rejects_an_unknown_name() {
        assert!(weakened("// check: Stat\ncheck(a)?;").unwrap_err().contains("'Stat'"));
    }
}
