use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// How long an answer may take: the longest is that of a server product that starts.
const PATIENCE: Duration = Duration::from_secs(180);

/// A program that lives as long as this value, and speaks in lines.
pub(crate) struct Script {
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
}

impl Script {
    /// Starts `scripts`/`name`.mjs with `run` as its argument; what it says on standard error goes
    /// to `scripts`/`name`.log.
    pub(crate) fn start(scripts: &Path, name: &str, run: &Path) -> Result<Self, Failure> {
        let mut node = Command::new("node");
        node.arg(scripts.join(format!("{name}.mjs"))).arg(run);
        Self::spawn(node, scripts.join(format!("{name}.log")))
    }

    /// Starts a program that ends with its standard input, so none outlives us however we end.
    /// What it says on standard error goes to `log`.
    pub(crate) fn spawn(mut command: Command, log: PathBuf) -> Result<Self, Failure> {
        let stderr = File::create(&log).map_err(|error| {
            Failure::new(format!("{} could not be written: {error}", log.display()))
        })?;
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).spawn().map_err(
                |error| Failure::new(format!("{program} could not be started: {error}")),
            )?;
        let (tell, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    let _ = tell.send(line);
                }
            });
        }
        Ok(Self { child, lines, log })
    }

    /// The next line that it says, which is JSON.
    pub(crate) fn hear<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let line = self.lines.recv_timeout(PATIENCE);
        line.ok().and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(|| {
            Failure::new("a script did not answer").next(format!("read {}", self.log.display()))
        })
    }

    /// Waits until it says a line with these words.
    pub(crate) fn hear_words(&self, words: &str) -> Result<(), Failure> {
        let until = Instant::now() + PATIENCE;
        while let Ok(line) =
            self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            if line.contains(words) {
                return Ok(());
            }
        }
        Err(Failure::new(format!("a program did not say '{words}'"))
            .next(format!("read {}", self.log.display())))
    }

    /// Says a line to it, and hears the answer.
    pub(crate) fn ask<T: DeserializeOwned>(&self, line: &str) -> Result<T, Failure> {
        if let Some(mut stdin) = self.child.stdin.as_ref() {
            writeln!(stdin, "{line}")?;
        }
        self.hear()
    }
}

/// The last lines of a log, for the output of a failure.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 60;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    format!("the end of {}:\n{}", log.display(), last.join("\n"))
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
