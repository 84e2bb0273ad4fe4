//! The rules, and their violations.

use super::graph::Tree;
use super::manifest::Workspace;
use super::{Rule, rooms, texts};
use crate::failure::Failure;
use crate::shell;

/// The crates that compile without I/O, clocks, threads and runtimes.
const CORE: [&str; 6] = ["fdx-wire", "fdx-pkce", "fdx-rar", "fdx-jose", "fdx-par", "fdx-store"];
/// Core crates that must not depend on each other.
const STRANGERS: [&str; 3] = ["fdx-pkce", "fdx-rar", "fdx-jose"];
/// Crates that need only `alloc`.
const NO_STD: [&str; 3] = ["fdx-wire", "fdx-pkce", "fdx-rar"];
const BACKENDS: [&str; 2] = ["ring", "aws-lc-rs"];
/// Crates that the core must not depend on. A trailing `*` matches any ending.
const OUTSIDERS: [&str; 17] = [
    "async-*",
    "futures*",
    "getrandom",
    "hyper*",
    "libsqlite3-sys",
    "mio",
    "openssl*",
    "postgres*",
    "rand",
    "reqwest",
    "rsa",
    "rusqlite",
    "rustls*",
    "smol",
    "sqlx*",
    "tokio*",
    "url",
];
/// Drivers of databases, and the only published crate that may depend on each.
const DRIVERS: [(&str, &str); 2] =
    [("libsqlite3-sys", "fdx-store-sqlite"), ("rusqlite", "fdx-store-sqlite")];
/// Paths that no source of the core may name.
const OUTSIDE: [&str; 6] =
    ["std::env", "std::fs", "std::net", "std::thread", "Instant::now", "SystemTime::now"];

/// The maximum number of third-party crates that a crate may bring.
pub(super) fn limit(name: &str) -> Option<usize> {
    match name {
        "fdx-pkce" => Some(12),
        _ if CORE.contains(&name) => Some(40),
        _ => None,
    }
}

pub(super) fn all(workspace: &Workspace, trees: &[Tree]) -> Result<Vec<Rule>, Failure> {
    Ok(vec![
        Rule {
            rule: "no core crate exceeds its limit of third-party crates",
            broken: trees.iter().filter_map(too_many).collect(),
        },
        Rule {
            rule: "fdx-pkce, fdx-rar and fdx-jose do not depend on each other",
            broken: siblings(trees, |root, other| {
                STRANGERS.contains(&root) && STRANGERS.contains(&other)
            }),
        },
        Rule {
            rule: "fdx-pkce depends on no sibling",
            broken: siblings(trees, |root, _| root == "fdx-pkce"),
        },
        Rule {
            rule: "the core depends only on the core",
            broken: siblings(trees, |root, other| CORE.contains(&root) && !CORE.contains(&other)),
        },
        Rule {
            rule: "fdx-sandbox does not depend on fdx-par",
            broken: siblings(trees, |root, other| root == "fdx-sandbox" && other == "fdx-par"),
        },
        Rule {
            rule: "the core has no runtime, network, database or random source (except ring's getrandom)",
            broken: core(trees).flat_map(outsiders).collect(),
        },
        Rule { rule: "only fdx-store-sqlite depends on rusqlite", broken: drivers(workspace) },
        Rule {
            rule: "in the core, only fdx-jose depends on ring or aws-lc-rs",
            broken: backends(workspace)?,
        },
        Rule {
            rule: "only fdx-jose/src/backend names ring and aws-lc-rs",
            broken: texts::sources(workspace, &CORE, |source| {
                let backend = source.path.components().any(|part| part.as_os_str() == "backend");
                BACKENDS
                    .iter()
                    .map(|name| name.replace('-', "_"))
                    .filter(|name| !backend && source.uses(name))
                    .collect()
            })?,
        },
        Rule { rule: "with aws-lc-rs alone, no crate brings ring", broken: ring_with_aws_lc_rs()? },
        Rule {
            rule: "sources of the core use no file, socket, environment, thread or clock",
            broken: texts::sources(workspace, &CORE, |source| {
                let named = OUTSIDE.iter().filter(|path| source.names(path));
                named.map(ToString::to_string).collect()
            })?,
        },
        Rule {
            rule: "fdx-wire, fdx-pkce and fdx-rar are no_std",
            broken: texts::with_std(workspace, &NO_STD)?,
        },
        Rule {
            rule: "each dependency states its purpose on its line",
            broken: texts::unexplained(workspace)?,
        },
        Rule {
            rule: "each room imports only rooms below it, and no files import each other",
            broken: rooms::violations()?,
        },
        Rule { rule: "the counts in the README are correct", broken: texts::miscounted(trees)? },
    ])
}

fn too_many(tree: &Tree) -> Option<String> {
    let (count, limit) = (tree.third_party().len(), limit(tree.root())?);
    (count > limit).then(|| format!("{} brings {count}, at most {limit}", tree.root()))
}

fn siblings(trees: &[Tree], forbidden: impl Fn(&str, &str) -> bool) -> Vec<String> {
    trees
        .iter()
        .flat_map(|tree| tree.siblings().map(|other| (tree.root(), other)))
        .filter(|(root, other)| forbidden(root, other))
        .map(|(root, other)| format!("{root} depends on {other}"))
        .collect()
}

fn core(trees: &[Tree]) -> impl Iterator<Item = &Tree> {
    trees.iter().filter(|tree| CORE.contains(&tree.root()))
}

fn outsiders(tree: &Tree) -> Vec<String> {
    tree.dependants()
        .filter(|(name, by)| {
            // ring needs getrandom; the core itself generates no random bytes.
            let by_backend = by.iter().all(|by| BACKENDS.contains(&by.as_str()));
            is_outsider(name) && !(*name == "getrandom" && by_backend)
        })
        .map(|(name, by)| {
            let by: Vec<_> = by.iter().map(String::as_str).collect();
            format!("{} brings {name}, by {}", tree.root(), by.join(", "))
        })
        .collect()
}

fn is_outsider(name: &str) -> bool {
    OUTSIDERS.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

fn backends(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for name in CORE.iter().filter(|name| **name != "fdx-jose") {
        let direct = workspace.package(name)?.direct();
        let named = BACKENDS.iter().filter(|backend| direct.contains(*backend));
        broken.extend(named.map(|backend| format!("{name} depends on {backend}")));
    }
    Ok(broken)
}

/// Dependencies on a driver by another crate than its own, including optional ones.
fn drivers(workspace: &Workspace) -> Vec<String> {
    let mut broken = Vec::new();
    for package in workspace.published() {
        let direct = package.direct();
        let others = DRIVERS
            .iter()
            .filter(|(driver, only)| direct.contains(driver) && package.name != *only);
        broken.extend(others.map(|(driver, _)| format!("{} depends on {driver}", package.name)));
    }
    broken
}

/// Crates that bring ring with `aws-lc-rs` and without default features. The crates of the core are checked with the dependencies of their tests.
fn ring_with_aws_lc_rs() -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for (package, edges) in [
        ("fdx-jose", "normal"),
        ("fdx-par", "normal,dev"),
        ("fdx-store-sqlite", "normal"),
        ("fdx-transport-hyper", "normal"),
    ] {
        let args = ["tree", "--package", package, "--edges", edges, "--prefix", "none"];
        let features = ["--no-default-features", "--features", "aws-lc-rs"];
        let tree = shell::read(shell::cargo(&[&args[..], &features[..]].concat()))?;
        if tree.lines().any(|line| line.starts_with("ring v")) {
            broken.push(format!("{package} --no-default-features --features aws-lc-rs"));
        }
    }
    Ok(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_star_matches_any_ending() {
        for (name, expected) in [
            ("tokio", true),
            ("tokio-util", true),
            ("rand", true),
            ("rand_core", false),
            ("urlencoding", false),
        ] {
            assert_eq!(is_outsider(name), expected, "{name}");
        }
    }
}
