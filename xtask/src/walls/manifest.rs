//! The packages of the workspace, and their manifests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;
use crate::shell;

/// The packages that `cargo metadata` reports.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// Absent for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self, Failure> {
        let args = ["metadata", "--format-version", "1", "--no-deps"];
        let text = shell::read(shell::cargo(&args))?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("unexpected output of cargo metadata: {error}")))
    }

    /// The packages under `crates/`, by name.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        let crates = shell::root().join("crates");
        let mut packages: Vec<_> = self
            .packages
            .iter()
            .filter(|package| package.manifest_path.starts_with(&crates))
            .collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        packages.into_iter()
    }

    pub(super) fn package(&self, name: &str) -> Result<&Package, Failure> {
        self.packages
            .iter()
            .find(|package| package.name == name)
            .ok_or_else(|| Failure::new(format!("the workspace has no package {name}")))
    }

    pub(super) fn is_sibling(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }
}

impl Package {
    pub(super) fn manifest(&self) -> &Path {
        &self.manifest_path
    }

    /// The directory of its sources.
    pub(super) fn src(&self) -> PathBuf {
        self.manifest_path.with_file_name("src")
    }

    /// The normal dependencies in its manifest, including optional ones.
    pub(super) fn direct(&self) -> BTreeSet<&str> {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.kind.is_none())
            .map(|dependency| dependency.name.as_str())
            .collect()
    }
}

/// Line numbers and names of dependencies without a purpose after a `#`.
pub(super) fn unexplained(manifest: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(manifest.lines()) {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if inside && line.contains('=') && !line.starts_with('#') {
            let reason = line.split_once(" # ").map_or("", |(_, reason)| reason.trim());
            if reason.is_empty() {
                found.push((number, line.split(['=', '.', ' ']).next().unwrap_or(line)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_dependency_without_a_purpose() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = \"1\" # why\n\
                        [dev-dependencies]\nc = { version = \"1\" }\n[lints]\nworkspace = true\n";
        assert_eq!(unexplained(manifest), [(4, "a"), (7, "c")]);
    }
}
