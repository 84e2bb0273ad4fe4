use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::report::Row;
use crate::script::{Script, tail};

/// Programs in Java. Each is built in a directory of its name in `scripts`/java.
pub(crate) struct Jvm {
    java: PathBuf,
    /// Certificates, keys and logs of this run.
    pub(crate) run: PathBuf,
    /// What is missing to run them.
    pub(crate) missing: Option<String>,
}

impl Jvm {
    pub(crate) fn new(scripts: &Path, missing: Option<String>) -> Self {
        Self { java: scripts.join("java"), run: scripts.join("run"), missing }
    }

    /// The directory of a program.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        self.java.join(name)
    }

    /// The log of a program.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.run.join(format!("{name}.log"))
    }

    /// What a program writes to standard error.
    pub(crate) fn errors(&self, name: &str) -> PathBuf {
        self.run.join(format!("{name}.errors.log"))
    }

    /// Starts a server, runs its rows, and shows the end of its log if one failed.
    pub(crate) fn rows_of<S>(
        &self,
        name: &str,
        version: &str,
        start: impl FnOnce() -> Result<S, Failure>,
        rows: impl FnOnce(&mut S) -> Vec<Row>,
    ) -> Vec<Row> {
        let mut server = None;
        let mut all = vec![Row::of(&format!("{name}: started"), || {
            server = Some(start()?);
            Ok(version.to_owned())
        })];
        all.extend(server.as_mut().map(rows).unwrap_or_default());
        drop(server);
        if all.iter().any(Row::failed) {
            eprintln!("{}", tail(&self.log(name)));
        }
        all
    }

    /// Starts a program of ours, with the run's directory as its first argument.
    pub(crate) fn start(
        &self,
        name: &str,
        class: &str,
        arguments: &[String],
    ) -> Result<Script, Failure> {
        let dir = self.dir(name);
        let packages = fs::read_to_string(dir.join("target/classpath"))?;
        let classes = dir.join("target/classes");
        let mut java = Command::new("java");
        // Small and soon ready: a program lives for a minute.
        java.args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
            .arg(format!("{}:{}", classes.display(), packages.trim()))
            .arg(class)
            .arg(&self.run)
            .args(arguments);
        Script::spawn(java, self.errors(name))
    }
}

/// A port of loopback that is free now.
pub(crate) fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
