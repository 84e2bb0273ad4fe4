use std::fs;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::shell;

/// Tests every package in `isolated/`. They need features of a dependency, or `unsafe`, that the
/// workspace must not have.
pub(crate) fn run() -> Result<(), Failure> {
    // One target directory for all packages avoids rebuilding the crates.
    let target = shell::target().join("isolated");
    let target = target.to_string_lossy();
    for manifest in manifests()? {
        let manifest = manifest.to_string_lossy();
        let args = ["test", "--manifest-path", &manifest, "--target-dir", &target];
        shell::watch(shell::cargo(&args))?;
    }
    Ok(())
}

/// The manifests of the packages in `isolated/`, in order.
pub(crate) fn manifests() -> Result<Vec<PathBuf>, Failure> {
    let mut manifests = Vec::new();
    for entry in fs::read_dir(shell::root().join("isolated"))? {
        let manifest = entry?.path().join("Cargo.toml");
        if manifest.is_file() {
            manifests.push(manifest);
        }
    }
    manifests.sort();
    if manifests.is_empty() {
        return Err(Failure::new("isolated/ has no packages").next("restore it from the history"));
    }
    Ok(manifests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_package_by_its_manifest() {
        let found = manifests().unwrap();
        let expected = shell::root().join("isolated/serde_json_features/Cargo.toml");
        assert!(found.contains(&expected), "{found:?}");
        for manifest in found {
            let text = fs::read_to_string(&manifest).unwrap();
            assert!(text.contains("\n[workspace]\n"), "{}", manifest.display());
        }
    }
}
