//! Types that serde both writes and reads. `tests/properties.md` names a test for each, which reads
//! back what was written.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemEnum, ItemImpl, ItemMacro, ItemStruct, Type};

use crate::failure::Failure;
use crate::shell;

const TABLE: &str = "tests/properties.md";
const CRATES: [&str; 5] = ["fdx-wire", "fdx-pkce", "fdx-rar", "fdx-jose", "fdx-par"];

/// Checks that the table has exactly these types.
pub(crate) fn check() -> Result<(), Failure> {
    let mut found = BTreeSet::new();
    for name in CRATES {
        let source = shell::root().join("crates").join(name).join("src");
        types_below(&source, &name.replace('-', "_"), &mut found)?;
    }
    let table = fs::read_to_string(shell::root().join(TABLE))?;
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `fdx_"));
    let listed: BTreeSet<_> =
        rows.filter_map(|row| Some(format!("fdx_{}", row.split_once('`')?.0))).collect();
    let without: Vec<_> = found.difference(&listed).map(String::as_str).collect();
    let gone: Vec<_> = listed.difference(&found).map(String::as_str).collect();
    if without.is_empty() && gone.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{TABLE} lacks: {}. It has, but serde does not both write and read: {}",
        without.join(", "),
        gone.join(", ")
    ))
    .next("add a test that reads the type back, and a row that names the test"))
}

fn types_below(dir: &Path, module: &str, found: &mut BTreeSet<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let inner = match stem.as_str() {
            "lib" | "mod" => module.to_owned(),
            name => format!("{module}::{name}"),
        };
        if path.is_dir() {
            types_below(&path, &inner, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let types = Types::of(&fs::read_to_string(&path)?)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            let both = types.written.intersection(&types.read);
            found.extend(both.map(|name| format!("{inner}::{name}")));
        }
    }
    Ok(())
}

/// The types of one file that serde writes and reads. Several files have a `Claims` of their own,
/// so both traits must be in one file.
#[derive(Default)]
struct Types {
    written: BTreeSet<String>,
    read: BTreeSet<String>,
}

impl Types {
    fn of(source: &str) -> syn::Result<Self> {
        let mut types = Self::default();
        types.visit_file(&syn::parse_file(source)?);
        Ok(types)
    }

    fn derived(&mut self, attributes: &[Attribute], name: &str) {
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
            // The paths may have several segments: the last is the trait.
            let _ = attribute.parse_nested_meta(|derived| {
                if let Some(last) = derived.path.segments.last() {
                    self.add(&last.ident.to_string(), name);
                }
                Ok(())
            });
        }
    }

    fn add(&mut self, of: &str, name: &str) {
        match of {
            "Serialize" => drop(self.written.insert(name.to_owned())),
            "Deserialize" => drop(self.read.insert(name.to_owned())),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.derived(&item.attrs, &item.ident.to_string());
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.derived(&item.attrs, &item.ident.to_string());
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let (Some((path, _)), Type::Path(of)) = (&item.trait_, &*item.self_ty)
            && let (Some(of_trait), Some(name)) = (path.segments.last(), of.path.segments.last())
        {
            self.add(&of_trait.ident.to_string(), &name.ident.to_string());
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        // Both macros implement both traits.
        let name = match item.mac.path.get_ident() {
            Some(ident) if ident == "open_enum" => after_enum(item.mac.tokens.clone()),
            Some(ident) if ident == "text_form" => item.mac.tokens.clone().into_iter().next(),
            _ => None,
        };
        if let Some(name) = name {
            self.add("Serialize", &name.to_string());
            self.add("Deserialize", &name.to_string());
        }
    }
}

fn after_enum(tokens: TokenStream) -> Option<TokenTree> {
    let mut tokens = tokens.into_iter();
    tokens.find(|token| token.to_string() == "enum")?;
    tokens.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_derived_and_implemented_traits() {
        let types = Types::of(
            "#[derive(Clone, serde::Serialize, Deserialize)] struct Both<T>(T);
             #[derive(Serialize)] enum Written { A }
             impl Serialize for a::Own<u8> {}
             impl<'de> serde::Deserialize<'de> for Own<u8> {}
             open_enum! { /// An enum.
                 pub enum Open { A = \"a\" } }
             text_form!(Text);
             macro_rules! other { () => { impl Serialize for $type {} } }",
        )
        .unwrap();
        let both: Vec<_> = types.written.intersection(&types.read).map(String::as_str).collect();
        assert_eq!(both, ["Both", "Open", "Own", "Text"]);
    }
}
