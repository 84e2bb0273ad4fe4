//! The flag that lets checks be switched off: where it may be named. Whatever else names it, a
//! manifest, a build script, a configuration of cargo's, could set it in a release.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::shell;

const FLAG: &str = "fdx_weakened";
/// The lint's list of flags, the switch, who plays with it, who sets it, and this rule.
const NAMES_IT: [&str; 5] = [
    "Cargo.toml",
    "crates/fdx-wire/src/weakened.rs",
    "simulation/src/",
    "xtask/src/simulate.rs",
    "xtask/src/walls/weakened.rs",
];
const NOT_OURS: [&str; 3] = [".git", "node_modules", "target"];

pub(super) fn named_elsewhere() -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    below(&shell::root(), &mut found)?;
    found.retain(|path| !is_allowed(path));
    Ok(found)
}

fn below(directory: &Path, found: &mut Vec<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() {
            if !NOT_OURS.contains(&name) {
                below(&path, found)?;
            }
        // What is no text can't say it to cargo.
        } else if fs::read_to_string(&path).is_ok_and(|text| text.contains(FLAG)) {
            let path = path.strip_prefix(shell::root()).unwrap_or(&path);
            found.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

fn is_allowed(path: &str) -> bool {
    NAMES_IT.iter().any(|allowed| match allowed.ends_with('/') {
        true => path.starts_with(allowed),
        false => path == *allowed,
    })
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn a_configuration_of_cargos_may_not_name_it() {
        for path in [".cargo/config.toml", "crates/fdx-par/Cargo.toml", "crates/fdx-par/build.rs"] {
            assert!(!is_allowed(path), "{path}");
        }
        assert!(is_allowed("simulation/src/minimal.rs"));
    }
}
