use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Serialize;

use crate::args::{Args, Output};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shell;
use crate::table::Table;

/// The one binary of `fuzz/`. The environment variable `FUZZ_TARGET` names the target that it runs.
const BINARY: &str = "target";

/// The named fuzz targets, or all, each for some seconds and as many at a time as there are cores,
/// and what came of them.
pub(crate) fn run(mut args: Args) -> Result<Outcome, Failure> {
    let (seconds, output) = (args.seconds(20)?, args.json());
    let named = args.rest();
    let nightly = "'rustup toolchain install nightly --profile minimal'";
    if !shell::is_there(fuzz(&["--version"], Toolchain::Alone)) {
        return Ok(Outcome::left_out("no nightly toolchain, which libFuzzer needs", nightly));
    }
    if !shell::is_there(fuzz(&["--version"], Toolchain::WithFuzz)) {
        return Ok(Outcome::left_out("no cargo-fuzz", "'cargo install --locked cargo-fuzz'"));
    }
    let list = shell::cargo(&["run", "--quiet", "--manifest-path", "fuzz/Cargo.toml"]);
    let targets = chosen(&shell::read(list)?, &named)?;
    shell::watch(fuzz(&["build", BINARY], Toolchain::WithFuzz))?;
    let found = all(&targets, seconds)?;
    match output {
        Output::Json => println!("{}", serde_json::to_string_pretty(&found)?),
        Output::Table => print!("{}", table(&found)),
    }
    let crashed = found.iter().filter(|found| found.crashes > 0);
    let crashed: Vec<_> = crashed.map(|found| found.target.as_str()).collect();
    if crashed.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(Failure::new(format!("these targets crashed: {}", crashed.join(", "))).next(format!(
        "run 'FUZZ_TARGET=name cargo +nightly fuzz run {BINARY} fuzz/artifacts/name/crash-...'"
    )))
}

/// Those of the list that are named, or all where none is.
fn chosen(list: &str, named: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<_> = list.lines().map(|line| line.trim().to_owned()).collect();
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        return Err(Failure::new(format!("there is no fuzz target '{unknown}'"))
            .next(format!("the targets are {}", known.join(", "))));
    }
    Ok(if named.is_empty() { known } else { named.to_vec() })
}

/// In the order of `targets`, whichever ends first.
fn all(targets: &[String], seconds: u64) -> Result<Vec<Found>, Failure> {
    let waiting = Mutex::new(targets.iter().enumerate());
    let work = || {
        let mut done = Vec::new();
        while let Some((place, target)) = next(&waiting) {
            eprintln!("{target}: {seconds} s");
            done.push((place, one(target, seconds)?));
        }
        Ok::<_, Failure>(done)
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut found = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_fold(Vec::new(), |mut found, worker| {
            let done = worker.join().map_err(|_| Failure::new("a target's thread panicked"))?;
            found.extend(done?);
            Ok::<_, Failure>(found)
        })
    })?;
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

fn next<I: Iterator>(waiting: &Mutex<I>) -> Option<I::Item> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).next()
}

fn table(found: &[Found]) -> Table {
    let mut table = Table::new(&["target", "executions", "coverage", "features", "crashes"]);
    for Found { target, executions, coverage, features, crashes } in found {
        let figures = [executions, coverage, features].map(|figure| match figure {
            Some(figure) => figure.to_string(),
            None => "?".to_owned(),
        });
        let cells = [target.clone()].into_iter().chain(figures).chain([crashes.to_string()]);
        table.row(cells.collect());
    }
    table
}

/// What one run of a target came to, as far as libFuzzer said it.
#[derive(Debug, Eq, PartialEq, Serialize)]
struct Found {
    target: String,
    executions: Option<u64>,
    coverage: Option<u64>,
    features: Option<u64>,
    crashes: usize,
}

fn one(target: &str, seconds: u64) -> Result<Found, Failure> {
    let known = crashes(target);
    let limit = format!("-max_total_time={seconds}");
    // Words of JSON do no harm to a target that reads something else.
    let words = format!("-dict={}", shell::root().join("fuzz/json.dict").display());
    let corpus = format!("fuzz/corpus/{target}");
    let artifacts = artifacts(target);
    fs::create_dir_all(&artifacts)?;
    let prefix = format!("-artifact_prefix={}/", artifacts.display());
    let args = ["run", BINARY, &corpus, "--", &prefix, &limit, &words, "-print_final_stats=1"];
    let mut command = fuzz(&args, Toolchain::WithFuzz);
    command.env("FUZZ_TARGET", target);
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let crashes = crashes(target).saturating_sub(known);
    if !output.status.success() && crashes == 0 {
        let end = said.lines().rev().take(20).collect::<Vec<_>>();
        let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
        // An input that is known to crash is written again under the same name.
        return match said.contains("artifact_prefix=") {
            true => Ok(read(target, &said, 1)),
            false => Err(Failure::new(format!("'{target}' did not run:\n{end}"))),
        };
    }
    Ok(read(target, &said, crashes))
}

/// `#123 DONE cov: 45 ft: 67 ...` and `stat::number_of_executed_units: 123`.
fn read(target: &str, said: &str, crashes: usize) -> Found {
    let after = |line: &str, word: &str| {
        let mut words = line.split_whitespace().skip_while(|it| *it != word);
        words.nth(1).and_then(|figure| figure.parse().ok())
    };
    let last = |word: &str| said.lines().rev().find_map(|line| after(line, word));
    Found {
        target: target.to_owned(),
        executions: last("stat::number_of_executed_units:"),
        coverage: last("cov:"),
        features: last("ft:"),
        crashes,
    }
}

/// How many inputs are kept that made the target crash, hang or run out of memory.
fn crashes(target: &str) -> usize {
    fs::read_dir(artifacts(target)).map_or(0, Iterator::count)
}

fn artifacts(target: &str) -> PathBuf {
    shell::root().join("fuzz/artifacts").join(target)
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
        let found = read("jws", said, 0);
        let figures = (found.executions, found.coverage, found.features, found.crashes);
        assert_eq!(figures, (Some(9), Some(20), Some(31), 0));
        assert_eq!(read("jws", "", 0).executions, None);
        assert_eq!(
            table(&[read("jws", "", 1)]).to_string().lines().last(),
            Some("jws     ?           ?         ?         1")
        );
    }

    #[test]
    fn targets_are_known_ones_or_all() {
        let named = |names: &[&str]| {
            chosen("jwks\njws\n", &names.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(named(&["jws"]).unwrap(), ["jws"]);
        assert_eq!(named(&[]).unwrap(), ["jwks", "jws"]);
        assert!(named(&["jwt"]).is_err());
    }
}
