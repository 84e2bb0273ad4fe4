use std::collections::{BTreeMap, BTreeSet};

use super::manifest::Workspace;
use crate::failure::Failure;
use crate::shell;

/// The dependencies of one crate, as cargo resolves them: normal dependencies on this target, with
/// default features and optionally one more.
pub(super) struct Tree {
    root: String,
    feature: Option<&'static str>,
    /// Every crate except the root, with its dependants.
    dependants: BTreeMap<String, BTreeSet<String>>,
    siblings: BTreeSet<String>,
    versions: BTreeSet<String>,
}

impl Tree {
    pub(super) fn of(
        root: &str,
        feature: Option<&'static str>,
        workspace: &Workspace,
    ) -> Result<Self, Failure> {
        let mut args = vec!["tree", "--package", root, "--edges", "normal", "--prefix", "depth"];
        args.extend(feature.into_iter().flat_map(|feature| ["--features", feature]));
        let text = shell::read(shell::cargo(&args))?;
        let tree = Self::parse(root, &text, |name| workspace.is_sibling(name))?;
        Ok(Self { feature, ..tree })
    }

    fn parse(root: &str, text: &str, sibling: impl Fn(&str) -> bool) -> Result<Self, Failure> {
        let mut tree = Self {
            root: root.to_owned(),
            feature: None,
            dependants: BTreeMap::new(),
            siblings: BTreeSet::new(),
            versions: BTreeSet::new(),
        };
        let mut path: Vec<&str> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (depth, name, version) = node(line).ok_or_else(|| {
                Failure::new(format!("cargo tree printed an unexpected line: {line}"))
            })?;
            path.truncate(depth);
            if let Some(parent) = path.last() {
                let dependants = tree.dependants.entry(name.to_owned()).or_default();
                dependants.insert((*parent).to_owned());
                if sibling(name) {
                    tree.siblings.insert(name.to_owned());
                } else {
                    tree.versions.insert(format!("{name} {version}"));
                }
            }
            path.push(name);
        }
        Ok(tree)
    }

    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// The crate as the README's table names it.
    pub(super) fn title(&self) -> String {
        match self.feature {
            Some(feature) => format!("`{}` with `{feature}`", self.root),
            None => format!("`{}`", self.root),
        }
    }

    /// Third-party crates, as `name version`.
    pub(super) fn third_party(&self) -> Vec<&str> {
        self.versions.iter().map(String::as_str).collect()
    }

    /// Crates of this workspace.
    pub(super) fn siblings(&self) -> impl Iterator<Item = &str> {
        self.siblings.iter().map(String::as_str)
    }

    /// The name of every crate, with its dependants.
    pub(super) fn dependants(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.dependants.iter().map(|(name, by)| (name.as_str(), by))
    }
}

/// `2serde v1.0.229 (*)` is depth 2, `serde`, `v1.0.229`.
fn node(line: &str) -> Option<(usize, &str, &str)> {
    let digits = line.find(|char: char| !char.is_ascii_digit())?;
    let (depth, rest) = line.split_at_checked(digits)?;
    let mut words = rest.split(' ');
    Some((depth.parse().ok()?, words.next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dependants_from_a_tree() {
        let text = "0fdx-par v0.1.0 (/x)\n1fdx-jose v0.1.0 (/x)\n2ring v0.17.14\n3getrandom v0.2.17\n\
                    1http v1.5.0\n1ring v0.17.14 (*)\n";
        let tree = Tree::parse("fdx-par", text, |name| name.starts_with("fdx-")).unwrap();
        assert_eq!(tree.third_party(), ["getrandom v0.2.17", "http v1.5.0", "ring v0.17.14"]);
        assert_eq!(tree.siblings().collect::<Vec<_>>(), ["fdx-jose"]);
        let by =
            |crate_: &str| tree.dependants.get(crate_).unwrap().iter().cloned().collect::<Vec<_>>();
        assert_eq!(by("ring"), ["fdx-jose", "fdx-par"]);
        assert_eq!(by("getrandom"), ["ring"]);
    }
}
