//! What is read from sources, manifests and the README, a row for each thing that is wrong.

use std::fs;
use std::path::Path;

use super::code::Source;
use super::graph::Tree;
use super::manifest::{self, Workspace};
use crate::failure::Failure;
use crate::shell;

/// A row for each thing that `find` sees in a source of the core.
pub(super) fn sources(
    workspace: &Workspace,
    crates: &[&str],
    find: impl Fn(&Source) -> Vec<String>,
) -> Result<Vec<String>, Failure> {
    let root = shell::root();
    let mut broken = Vec::new();
    for name in crates {
        for source in Source::below(&workspace.package(name)?.src())? {
            let path = source.path.strip_prefix(&root).unwrap_or(&source.path).display();
            broken.extend(find(&source).iter().map(|found| format!("{path} names {found}")));
        }
    }
    Ok(broken)
}

/// Crates without the attribute.
pub(super) fn with_std(workspace: &Workspace, crates: &[&str]) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for name in crates {
        if !text(&workspace.package(name)?.src().join("lib.rs"))?.contains("\n#![no_std]\n") {
            broken.push(format!("{name} has no #![no_std]"));
        }
    }
    Ok(broken)
}

/// Dependencies without a reason.
pub(super) fn unexplained(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for package in workspace.published() {
        let manifest = text(package.manifest())?;
        let lines = manifest::unexplained(&manifest);
        broken.extend(lines.iter().map(|(line, name)| {
            format!("{}/Cargo.toml:{line}: {name} has no reason", package.name)
        }));
    }
    Ok(broken)
}

/// Rows such as "| `fdx-pkce` | what it is | 11 |", one for each crate and counted feature.
pub(super) fn miscounted(trees: &[Tree]) -> Result<Vec<String>, Failure> {
    let readme = text(&shell::root().join("README.md"))?;
    let stated = |title: &str| {
        let start = format!("| {title} |");
        let row = readme.lines().find_map(|line| line.strip_prefix(&start))?;
        row.trim_end_matches([' ', '|']).rsplit(' ').next()?.parse::<usize>().ok()
    };
    Ok(trees
        .iter()
        .map(|tree| (tree.title(), tree.third_party().len()))
        .filter(|(title, count)| stated(title) != Some(*count))
        .map(|(title, count)| format!("README.md: {title} brings {count}"))
        .collect())
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{} could not be read: {error}", path.display())))
}
