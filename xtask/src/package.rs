use std::process::Command;

use crate::failure::Failure;
use crate::shell;
use crate::walls::manifest::Workspace;

/// Packages every published crate, and checks the manifest that a registry would see. Other steps
/// build the crates.
pub(crate) fn run() -> Result<(), Failure> {
    let workspace = Workspace::load()?;
    let packages: Vec<_> = workspace.published().collect();
    // One command for all crates: none is published yet, so each needs its siblings.
    let mut args = vec!["package", "--quiet", "--offline", "--no-verify", "--allow-dirty"];
    args.extend(packages.iter().flat_map(|package| ["--package", &package.name]));
    shell::watch(shell::cargo(&args))?;
    let mut broken = Vec::new();
    for package in &packages {
        let full = format!("{}-{}", package.name, package.version);
        let archive = shell::target().join("package").join(format!("{full}.crate"));
        let mut tar = Command::new("tar");
        tar.arg("-xzOf").arg(archive).arg(format!("{full}/Cargo.toml"));
        let manifest = shell::read(tar)?;
        broken.extend(wrong(&manifest).into_iter().map(|what| format!("{full} {what}")));
    }
    match broken.as_slice() {
        [] => {
            println!("{} crates can be packaged", packages.len());
            Ok(())
        }
        broken => Err(Failure::new(broken.join("\n"))
            .next("correct the crate's Cargo.toml; a registry would refuse it or show nothing")),
    }
}

/// Returns the mistakes in a manifest that cargo has normalised, with a table for each dependency.
fn wrong(manifest: &str) -> Vec<String> {
    let has = |start: &str| manifest.lines().any(|line| line.starts_with(start));
    let mut wrong: Vec<_> =
        ["description = \"", "license = \"", "readme = \"", "rust-version = \""]
            .into_iter()
            .filter(|start| !has(start))
            .map(|start| format!("has no {}", start.trim_end_matches(" = \"")))
            .collect();
    let mut tables = manifest.split("\n[").skip(1);
    wrong.extend(tables.by_ref().filter_map(|table| {
        let (name, body) = table.split_once("]\n").unwrap_or((table, ""));
        let is_dependency = name.contains("dependencies.");
        let registry = body.lines().any(|line| line.starts_with("version = "))
            && !body.lines().any(|line| line.starts_with("path = "));
        (is_dependency && !registry).then(|| format!("has {name} from no registry"))
    }));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "[package]\nrust-version = \"1.88\"\ndescription = \"d\"\nreadme = \"R\"\n\
                         license = \"MIT\"\n\n[dependencies.a]\nversion = \"1\"\n\n\
                         [dev-dependencies.b]\nversion = \"2\"\n";

    #[test]
    fn accepts_a_complete_manifest() {
        assert_eq!(wrong(WHOLE), Vec::<String>::new());
    }

    #[test]
    fn reports_what_a_registry_needs() {
        for (from, to, said) in [
            ("description = \"d\"\n", "", "has no description"),
            ("license = \"MIT\"\n", "", "has no license"),
            ("readme = \"R\"\n", "readme = false\n", "has no readme"),
            ("rust-version = \"1.88\"\n", "", "has no rust-version"),
            ("version = \"2\"", "path = \"../b\"", "has dev-dependencies.b from no registry"),
            (
                "version = \"1\"",
                "version = \"1\"\npath = \"a\"",
                "has dependencies.a from no registry",
            ),
        ] {
            assert_eq!(wrong(&WHOLE.replace(from, to)), [said]);
        }
    }
}
