use crate::failure::Failure;
use crate::shell;

/// Runs the workspace's tests and doctests with every feature, then the fuzz targets over their
/// corpora.
pub(crate) fn run() -> Result<(), Failure> {
    shell::watch(shell::cargo(&["test", "--workspace", "--all-features"]))?;
    shell::watch(shell::cargo(&["test", "--manifest-path", "fuzz/Cargo.toml"]))
}
