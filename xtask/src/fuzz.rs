use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};

use crate::args::Args;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shell;
use crate::table::Table;

/// Each fuzz target for some seconds, one after the other, and what came of it as a table.
pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    let seconds = args.seconds(20)?;
    let nightly = "'rustup toolchain install nightly --profile minimal'";
    if !shell::is_there(fuzz(&["--version"], Toolchain::Alone)) {
        return Ok(Outcome::left_out("no nightly toolchain, which libFuzzer needs", nightly));
    }
    if !shell::is_there(fuzz(&["--version"], Toolchain::WithFuzz)) {
        return Ok(Outcome::left_out("no cargo-fuzz", "'cargo install --locked cargo-fuzz'"));
    }
    let targets = shell::read(fuzz(&["list"], Toolchain::WithFuzz))?;
    shell::watch(fuzz(&["build"], Toolchain::WithFuzz))?;
    let mut table = Table::new(&["target", "executions", "coverage", "features", "crashes"]);
    let mut crashed = Vec::new();
    for target in targets.lines().map(str::trim) {
        eprintln!("{target}: {seconds} s");
        let found = one(target, seconds)?;
        let cells = [found.executions, found.coverage, found.features, found.crashes.to_string()];
        table.row([target.to_owned()].into_iter().chain(cells).collect());
        if found.crashes > 0 {
            crashed.push(target.to_owned());
        }
    }
    print!("{table}");
    if crashed.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(Failure::new(format!("these targets crashed: {}", crashed.join(", ")))
        .next("run 'cargo +nightly fuzz run TARGET fuzz/artifacts/TARGET/crash-...' to see how"))
}

/// What one run of a target came to, numbers as libFuzzer wrote them.
#[derive(Debug, Eq, PartialEq)]
struct Found {
    executions: String,
    coverage: String,
    features: String,
    crashes: usize,
}

fn one(target: &str, seconds: u64) -> Result<Found, Failure> {
    let known = crashes(target);
    let limit = format!("-max_total_time={seconds}");
    let mut command =
        fuzz(&["run", target, "--", &limit, "-print_final_stats=1"], Toolchain::WithFuzz);
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let crashes = crashes(target).saturating_sub(known);
    if !output.status.success() && crashes == 0 {
        let end = said.lines().rev().take(20).collect::<Vec<_>>();
        let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
        // An input that is known to crash is written again under the same name.
        return match said.contains("artifact_prefix=") {
            true => Ok(Found { crashes: 1, ..read(&said, 1) }),
            false => Err(Failure::new(format!("'{target}' did not run:\n{end}"))),
        };
    }
    Ok(read(&said, crashes))
}

/// `#123 DONE cov: 45 ft: 67 ...` and `stat::number_of_executed_units: 123`.
fn read(said: &str, crashes: usize) -> Found {
    let after = |line: &str, word: &str| {
        let mut words = line.split_whitespace().skip_while(|it| *it != word);
        words.nth(1).map(str::to_owned)
    };
    let last = |word: &str| said.lines().rev().find_map(|line| after(line, word));
    let unknown = || "?".to_owned();
    Found {
        executions: last("stat::number_of_executed_units:").unwrap_or_else(unknown),
        coverage: last("cov:").unwrap_or_else(unknown),
        features: last("ft:").unwrap_or_else(unknown),
        crashes,
    }
}

/// How many inputs are kept that made the target crash, hang or run out of memory.
fn crashes(target: &str) -> usize {
    let artifacts = shell::root().join("fuzz/artifacts").join(target);
    fs::read_dir(artifacts).map_or(0, Iterator::count)
}

#[derive(Clone, Copy)]
enum Toolchain {
    Alone,
    WithFuzz,
}

/// `cargo +nightly fuzz`, in a process that does not inherit the toolchain that runs us.
fn fuzz(args: &[&str], toolchain: Toolchain) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]);
    if let Toolchain::WithFuzz = toolchain {
        command.arg("fuzz");
    }
    command.args(args.iter().map(OsStr::new)).current_dir(shell::root());
    for inherited in ["CARGO", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(inherited);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figures_count() {
        let said = "#2\tINITED cov: 10 ft: 11 corp: 1/1b\n#9\tDONE   cov: 20 ft: 31 corp: 1/1b\n\
                    stat::number_of_executed_units: 9\n";
        let found = read(said, 0);
        assert_eq!((found.executions.as_str(), found.coverage.as_str()), ("9", "20"));
        assert_eq!((found.features.as_str(), found.crashes), ("31", 0));
        assert_eq!(read("", 0).executions, "?");
    }
}
