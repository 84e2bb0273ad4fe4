use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// How long an answer may take: the longest is that of RSA keys being made.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Node.js program that lives as long as this value, and speaks in lines.
pub(crate) struct Script {
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
}

impl Script {
    /// Starts `scripts`/`name`.mjs with `run` as its argument; what it says on standard error goes
    /// to `scripts`/`name`.log.
    pub(crate) fn start(scripts: &Path, name: &str, run: &Path) -> Result<Self, Failure> {
        let log = scripts.join(format!("{name}.log"));
        let stderr = File::create(&log).map_err(|error| {
            Failure::new(format!("{} could not be written: {error}", log.display()))
        })?;
        // It ends with its standard input, so none outlives us however we end.
        let mut child = Command::new("node")
            .arg(scripts.join(format!("{name}.mjs")))
            .arg(run)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(|error| Failure::new(format!("node could not be started: {error}")))?;
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

    /// Says a line to it, and hears the answer.
    pub(crate) fn ask<T: DeserializeOwned>(&self, line: &str) -> Result<T, Failure> {
        if let Some(mut stdin) = self.child.stdin.as_ref() {
            writeln!(stdin, "{line}")?;
        }
        self.hear()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
