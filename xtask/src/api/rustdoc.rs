//! Reads the names of other crates from rustdoc's JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// The members of rustdoc's JSON that are the same in all versions. The rest is walked generically.
#[derive(Deserialize)]
pub(super) struct Crate {
    index: BTreeMap<String, Item>,
    paths: BTreeMap<String, Summary>,
    external_crates: BTreeMap<String, External>,
}

#[derive(Deserialize)]
struct Item {
    crate_id: u32,
    name: Option<String>,
    span: Option<Span>,
    inner: Value,
}

#[derive(Deserialize)]
struct Span {
    filename: String,
    begin: (u32, u32),
}

#[derive(Deserialize)]
struct Summary {
    crate_id: u32,
    path: Vec<String>,
    kind: String,
}

#[derive(Deserialize)]
struct External {
    name: String,
}

/// A name of another crate in the public API.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Mention {
    pub(super) krate: String,
    pub(super) kind: String,
    pub(super) path: String,
    at: String,
}

impl Crate {
    pub(super) fn parse(json: &str) -> Result<Self, Failure> {
        serde_json::from_str(json)
            .map_err(|error| Failure::new(format!("rustdoc's JSON has an unknown format: {error}")))
    }

    /// All names of other crates in public items: in types, bounds, implemented traits and
    /// re-exports. rustdoc omits private items.
    pub(super) fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for item in self.index.values() {
            if item.crate_id == 0 && !is_given(&item.inner) {
                self.walk(&item.inner, item, &mut mentions);
            }
        }
        mentions
    }

    fn walk(&self, value: &Value, item: &Item, mentions: &mut Vec<Mention>) {
        match value {
            Value::Array(values) => {
                values.iter().for_each(|value| self.walk(value, item, mentions));
            }
            Value::Object(members) => {
                // A type or trait has `path`, a re-export has `source`. Both have `id`.
                let written = members.get("path").or(members.get("source")).and_then(Value::as_str);
                if let (Some(written), Some(id)) = (written, members.get("id")) {
                    mentions.extend(self.mention(&id.to_string(), written, item));
                }
                members.values().for_each(|value| self.walk(value, item, mentions));
            }
            _ => {}
        }
    }

    fn mention(&self, id: &str, written: &str, item: &Item) -> Option<Mention> {
        let (krate, kind, path) = match self.paths.get(id) {
            Some(known) if known.crate_id == 0 => return None,
            Some(known) => {
                let external = self.external_crates.get(&known.crate_id.to_string());
                let krate = external.map_or("(unknown)", |external| external.name.as_str());
                (krate.to_owned(), known.kind.clone(), known.path.join("::"))
            }
            // An own item without a path, such as an associated item.
            None if self.index.contains_key(id) => return None,
            // A re-exported crate, or a module of one.
            None => {
                let krate = written.trim_start_matches("::").split("::").next().unwrap_or_default();
                let is_crate = self.external_crates.values().any(|known| known.name == krate);
                if !is_crate {
                    return None;
                }
                (krate.to_owned(), String::new(), written.to_owned())
            }
        };
        Some(Mention { krate, kind, path, at: item.place() })
    }
}

/// Whether an impl exists for every type: auto traits and blanket impls.
fn is_given(inner: &Value) -> bool {
    inner.get("impl").is_some_and(|body| {
        let is = |name: &str| body.get(name).is_some_and(|it| !it.is_null() && it != false);
        is("blanket_impl") || is("is_synthetic") || is("synthetic")
    })
}

impl Item {
    fn place(&self) -> String {
        let other = if self.inner.get("use").is_some() { "use" } else { "impl" };
        let name = self.name.as_deref().unwrap_or(other);
        match &self.span {
            Some(Span { filename, begin: (line, _) }) => format!("{filename}:{line}: {name}"),
            None => name.to_owned(),
        }
    }
}

impl fmt::Display for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} names {}", self.at, self.path)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The names in one public item with this content.
    fn named(inner: Value) -> Vec<String> {
        let api = json!({
            "format_version": 0,
            "index": {
                "1": {"crate_id": 0, "name": "f", "span": null, "inner": inner},
                "2": {"crate_id": 7, "name": "theirs", "span": null, "inner": {"path": "x", "id": 30}},
            },
            "paths": {
                "10": {"crate_id": 0, "path": ["ours", "T"], "kind": "struct"},
                "30": {"crate_id": 7, "path": ["them", "m", "T"], "kind": "struct"},
            },
            "external_crates": {"7": {"name": "them"}},
        });
        let mentions = Crate::parse(&api.to_string()).unwrap().mentions();
        mentions.iter().map(|mention| format!("{} {}", mention.krate, mention.path)).collect()
    }

    #[test]
    fn finds_a_type_of_another_crate_everywhere() {
        let theirs = json!({"path": "T", "id": 30, "args": null});
        for inner in [
            json!({"function": {"sig": {"inputs": [["x", {"resolved_path": theirs}]]}}}),
            json!({"struct": {"generics": {"params": [{"kind": {"bounds": [{"trait": theirs}]}}]}}}),
            json!({"impl": {"trait": theirs, "blanket_impl": null, "is_synthetic": false}}),
            json!({"use": {"source": "them::m::T", "name": "T", "id": 30, "is_glob": false}}),
            json!({"function": {"sig": {"output": {"resolved_path": {
                "path": "T", "id": 10, "args": {"x": [{"resolved_path": theirs}]}}}}}}),
        ] {
            assert_eq!(named(inner.clone()), ["them them::m::T"], "{inner}");
        }
        let whole = json!({"use": {"source": "them", "name": "them", "id": 99, "is_glob": false}});
        assert_eq!(named(whole), ["them them"]);
    }

    #[test]
    fn ignores_own_types_and_blanket_impls() {
        let theirs = json!({"path": "T", "id": 30, "args": null});
        for inner in [
            json!({"function": {"sig": {"inputs": [["x", {"resolved_path": {"path": "T", "id": 10}}]]}}}),
            json!({"impl": {"trait": theirs, "blanket_impl": {"generic": "T"}, "is_synthetic": false}}),
            json!({"impl": {"trait": theirs, "blanket_impl": null, "is_synthetic": true}}),
        ] {
            assert_eq!(named(inner.clone()), Vec::<String>::new(), "{inner}");
        }
    }
}
