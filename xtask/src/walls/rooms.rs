//! The order of a crate's rooms: each module imports only modules below it, and no two files import
//! each other, directly or through others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::shell;

/// The rooms inside one module of a crate, from the top to the bottom.
struct Floors {
    name: &'static str,
    /// The module whose children are the rooms. Empty for the crate itself.
    module: &'static str,
    rooms: &'static [&'static str],
}

const FLOORS: [Floors; 5] = [
    Floors {
        name: "fdx-cli",
        module: "",
        rooms: &[
            "main",
            "doctor",
            "keys",
            "sandbox",
            "keeper",
            "consents",
            "connect",
            "demo",
            "dialects",
            "bank",
            "described",
            "store",
            "flow",
            "credentials",
            "consent",
            "interrupt",
            "files",
            "print",
            "error",
            "args",
            "dialect",
        ],
    },
    Floors {
        name: "fdx-par",
        module: "",
        rooms: &[
            "manual",
            "not_fapi",
            "registration",
            "readiness",
            "consent",
            "fdx_api",
            "tokens",
            "client",
            "dialect",
            "discovery",
            "exchange",
            "error",
        ],
    },
    Floors {
        name: "fdx-sandbox",
        module: "",
        rooms: &[
            "server",
            "sandbox",
            "misbehaviour",
            "provider",
            "institution",
            "pages",
            "document",
            "answer",
        ],
    },
    Floors {
        name: "fdx-sandbox",
        module: "institution",
        rooms: &[
            "router",
            "described_client",
            "routes",
            "client_authentication",
            "state",
            "dpop",
            "place",
            "signing",
            "received",
            "config",
            "consent",
            "records",
            "requested",
            "client",
            "customer_data",
            "verdict",
            "rule",
            "form",
            "detail_members",
            "target",
            "numeric_date",
            "memory",
            "expiry",
            "randomness",
        ],
    },
    Floors {
        name: "fdx-store-sqlite",
        module: "",
        rooms: &["options", "store", "origin", "tables", "witness", "files", "failure"],
    },
];

/// The imports of a crate: by file, as module paths such as `institution::dpop`, the modules that
/// its `use crate::` lines name.
struct Imports(BTreeMap<String, BTreeSet<String>>);

/// Every import that goes up, and every cycle.
pub(super) fn violations() -> Result<Vec<String>, Failure> {
    let mut violations = Vec::new();
    for floors in &FLOORS {
        let imports = Imports::of(floors.name)?;
        violations.extend(imports.upward(floors));
        if floors.module.is_empty() {
            violations.extend(imports.cycles(floors.name));
        }
    }
    Ok(violations)
}

impl Imports {
    fn of(name: &str) -> Result<Self, Failure> {
        let source = shell::root().join("crates").join(name).join("src");
        let mut texts = BTreeMap::new();
        read(&source, "", &mut texts)?;
        Ok(Self::read(&texts))
    }

    fn read(texts: &BTreeMap<String, String>) -> Self {
        let files: BTreeSet<&str> = texts.keys().map(String::as_str).collect();
        let imports = texts.iter().map(|(file, text)| {
            let named = paths(text).into_iter().filter_map(|path| owner(&path, &files));
            (file.clone(), named.filter(|named| named != file).collect())
        });
        Self(imports.collect())
    }

    fn upward(&self, floors: &Floors) -> Vec<String> {
        let mut violations = Vec::new();
        for (file, named) in &self.0 {
            let Some(from) = room(floors.module, file) else { continue };
            let Some(floor) = floors.rooms.iter().position(|room| *room == from) else {
                violations.push(format!("{}: {file} is in no room of the table", floors.name));
                continue;
            };
            let above = floors.rooms.get(..floor).unwrap_or_default();
            for import in named {
                if room(floors.module, import).is_some_and(|room| above.contains(&room)) {
                    violations.push(format!("{}: {file} imports {import}, above it", floors.name));
                }
            }
        }
        violations
    }

    /// The files of each cycle.
    fn cycles(&self, name: &str) -> Vec<String> {
        // What is left after files without imports are removed again and again is in a cycle, or
        // above one.
        let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (file, named) in &self.0 {
            left.insert(file, named.iter().map(String::as_str).collect());
        }
        for upwards in [false, true] {
            loop {
                let targets: BTreeSet<&str> = left.values().flatten().copied().collect();
                let before = left.len();
                left.retain(|file, named| match upwards {
                    true => targets.contains(file),
                    false => !named.is_empty(),
                });
                let kept: BTreeSet<&str> = left.keys().copied().collect();
                left.values_mut().for_each(|named| named.retain(|file| kept.contains(file)));
                if left.len() == before {
                    break;
                }
            }
        }
        let files: Vec<_> = left.into_keys().collect();
        let cycle = format!("{name}: these files import each other: {}", files.join(", "));
        (!files.is_empty()).then_some(cycle).into_iter().collect()
    }
}

/// The room of a module: its part below `module`. `None` for `module` itself and what is outside.
fn room<'p>(module: &str, path: &'p str) -> Option<&'p str> {
    let below = match module {
        "" => path,
        _ => path.strip_prefix(module)?.strip_prefix("::")?,
    };
    below.split("::").next().filter(|room| !room.is_empty())
}

/// Reads every source file of a crate but its tests, by module path. The crate root and `mod.rs`
/// files only declare and re-export, so they are left out.
fn read(
    directory: &Path,
    module: &str,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let module = match module {
            "" => stem.to_owned(),
            _ => format!("{module}::{stem}"),
        };
        if path.is_dir() && stem != "tests" {
            read(&path, &module, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["lib", "mod", "tests"].contains(&stem)
        {
            texts.insert(module, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The paths below `crate::` in the top-level `use` lines, groups expanded by one level.
fn paths(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for start in ["\nuse crate::", "\npub use crate::", "\npub(crate) use crate::"] {
        // The file itself may begin with the first `use`.
        let text = format!("\n{text}");
        for found in text.split(start).skip(1) {
            let path = found.split(';').next().unwrap_or_default();
            match path.split_once('{') {
                None => paths.push(path.to_owned()),
                Some((before, group)) => {
                    let items = group.trim_end_matches('}').split(',').map(str::trim);
                    let items = items.filter(|item| !item.is_empty());
                    paths.extend(items.map(|item| format!("{before}{item}")));
                }
            }
        }
    }
    paths
}

/// The file that declares `path`: the longest module path that is a file.
fn owner(path: &str, files: &BTreeSet<&str>) -> Option<String> {
    let ends = path.match_indices("::").map(|(at, _)| at).chain([path.len()]);
    let modules = ends.filter_map(|end| path.get(..end));
    modules.filter(|module| files.contains(module)).last().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Imports {
        let texts = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
        Imports::read(&texts.collect())
    }

    const HOUSE: Floors = Floors { name: "house", module: "", rooms: &["roof", "cellar"] };

    #[test]
    fn import_of_a_higher_room_is_a_violation() {
        let house = imports(&[
            ("roof::tiles", "use crate::cellar::Wine;\nuse std::fmt;\n"),
            ("cellar", "use crate::{\n    roof::tiles::Tile,\n};\n"),
        ]);
        assert_eq!(house.upward(&HOUSE), ["house: cellar imports roof::tiles, above it"]);
    }

    #[test]
    fn room_outside_the_table_is_a_violation() {
        let house = imports(&[("attic", "")]);
        assert_eq!(house.upward(&HOUSE), ["house: attic is in no room of the table"]);
    }

    #[test]
    fn order_inside_a_module_ignores_other_modules() {
        let floors = Floors { name: "house", module: "roof", rooms: &["tiles", "beams"] };
        let house = imports(&[
            ("roof::tiles", "use crate::roof::beams::{self, Beam};\n"),
            ("roof::beams", "use crate::cellar::Wine;\n"),
            ("cellar", "use crate::roof::tiles::Tile;\n"),
        ]);
        assert!(house.upward(&floors).is_empty());
    }

    #[test]
    fn cycle_is_a_violation_and_files_around_it_are_not_named() {
        let house = imports(&[
            ("above", "use crate::a::A;\n"),
            ("a", "use crate::b::B;\n"),
            ("b", "use crate::c::C;\n"),
            ("c", "use crate::a::A;\nuse crate::below::Below;\n"),
            ("below", ""),
        ]);
        let cycles = house.cycles("house");
        assert_eq!(cycles, ["house: these files import each other: a, b, c"]);
    }
}
