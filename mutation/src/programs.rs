//! The tests of the copy: built once, run one at a time, each in a process of its own.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use wait_timeout::ChildExt;

use crate::tree::Tree;
use crate::verdicts::spread;

/// No test takes as long as this without a mutant.
const LONGEST: Duration = Duration::from_secs(300);

pub(crate) struct Programs {
    pub(crate) tests: Vec<Test>,
}

pub(crate) struct Test {
    program: PathBuf,
    folder: PathBuf,
    pub(crate) name: String,
}

/// What a test does where no mutant is on.
pub(crate) struct Reach {
    pub(crate) took: Duration,
    /// The mutants that it comes by.
    pub(crate) mutants: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Endless,
    /// The machine would not: that says nothing about a mutant.
    NotRun,
}

#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
    manifest_path: Option<PathBuf>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

impl Programs {
    pub(crate) fn build(tree: &Tree, packages: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut build = Command::new(env!("CARGO"));
        build.args(["test", "--no-run", "--quiet", "--message-format=json", "--all-features"]);
        build.args(packages.iter().flat_map(|package| ["-p", package]));
        let built = build.current_dir(&tree.root).stderr(Stdio::inherit()).output()?;
        if !built.status.success() {
            return Err("the copy's tests do not compile".into());
        }
        let mut tests = Vec::new();
        for line in String::from_utf8(built.stdout)?.lines() {
            let Ok(artifact) = serde_json::from_str::<Artifact>(line) else { continue };
            let test = artifact.profile.is_some_and(|profile| profile.test);
            let folder = artifact.manifest_path.as_deref().and_then(Path::parent);
            if let (Some(program), Some(folder), true) = (artifact.executable, folder, test) {
                let listed = Command::new(&program)
                    .args(["--list", "--format", "terse"])
                    .current_dir(folder)
                    .output()?;
                let names = String::from_utf8(listed.stdout)?;
                let names = names.lines().filter_map(|line| line.strip_suffix(": test"));
                tests.extend(names.map(|name| Test {
                    program: program.clone(),
                    folder: folder.to_owned(),
                    name: name.to_owned(),
                }));
            }
        }
        Ok(Self { tests })
    }

    /// Runs every test once without a mutant.
    pub(crate) fn reach(&self, work: &Path) -> Result<Vec<Reach>, Box<dyn Error>> {
        let folder = work.join("reached");
        fs::create_dir_all(&folder)?;
        let ran = spread(self.tests.len(), "tests", |number| {
            let file = folder.join(number.to_string());
            let _ = fs::remove_file(&file);
            let start = Instant::now();
            let test = &self.tests[number];
            let outcome = test.run("MUTANTS_REACHED", &file.to_string_lossy(), LONGEST);
            let reached = fs::read_to_string(&file).unwrap_or_default();
            let mutants = reached.lines().filter_map(|line| line.parse().ok()).collect();
            (outcome, Reach { took: start.elapsed(), mutants })
        });
        let failed =
            ran.iter().zip(&self.tests).filter(|((outcome, _), _)| *outcome != Outcome::Passed);
        let failed: Vec<&str> = failed.map(|(_, test)| test.name.as_str()).collect();
        if failed.is_empty() {
            Ok(ran.into_iter().map(|(_, reach)| reach).collect())
        } else {
            Err(format!("these tests fail without any mutant: {}", failed.join(", ")).into())
        }
    }
}

impl Test {
    /// Runs it, with one variable more in its environment, for at most so long.
    pub(crate) fn run(&self, variable: &str, value: &str, most: Duration) -> Outcome {
        let child = Command::new(&self.program)
            .args(["--exact", &self.name, "--test-threads=1"])
            .env_remove("MUTANT")
            .env_remove("MUTANTS_REACHED")
            // Fewer than usual: what they miss is a miss too many, never one too few.
            .env("PROPTEST_CASES", "64")
            .env("RUST_BACKTRACE", "0")
            .env(variable, value)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else { return Outcome::NotRun };
        match child.wait_timeout(most) {
            Ok(Some(status)) if status.success() => Outcome::Passed,
            Ok(Some(_)) => Outcome::Failed,
            Err(_) => Outcome::NotRun,
            Ok(None) => {
                let _ = child.kill().and_then(|()| child.wait());
                Outcome::Endless
            }
        }
    }
}
