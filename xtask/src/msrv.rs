use std::fs;
use std::process::Command;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shell;

/// Checks the workspace with the stated rust-version, if that toolchain is installed.
pub(crate) fn run() -> Result<Outcome, Failure> {
    let version = stated()?;
    if !shell::is_there(toolchain(&version, &["--version"])) {
        let install = format!("'rustup toolchain install {version} --profile minimal'");
        let missing = format!("no toolchain {version}, which is the stated rust-version");
        return Ok(Outcome::left_out(&missing, &install));
    }
    // A separate directory: two compilers in one directory would always rebuild everything.
    let target = shell::target().join("msrv");
    let target = target.to_string_lossy();
    let args = ["check", "--workspace", "--all-features", "--locked", "--target-dir", &target];
    shell::watch(toolchain(&version, &args))?;
    Ok(Outcome::Passed)
}

/// Reads `rust-version` from the manifest of the workspace.
fn stated() -> Result<String, Failure> {
    let path = shell::root().join("Cargo.toml");
    let manifest = fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", path.display())))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    line.map(|version| version.trim_matches('"').to_owned())
        .ok_or_else(|| Failure::new("Cargo.toml states no rust-version"))
}

fn toolchain(version: &str, args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", version, "cargo"]).args(args).current_dir(shell::root());
    command.env_remove("RUSTUP_TOOLCHAIN");
    command
}
