use std::fs::{self, DirBuilder, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::failure::Failure;
use crate::tls;

/// How long the server may take to make its keys and listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server, running, and the directory that holds what this run made.
pub(crate) struct Lab {
    server: Child,
    scripts: PathBuf,
    run: PathBuf,
    pub(crate) at: Addresses,
}

/// The line that the server prints when it is ready.
#[derive(Debug, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) issuer: String,
    /// The FDX base URL of the listener that asks for no certificate.
    pub(crate) fdx: String,
    /// The FDX base URL of the listener that demands one.
    pub(crate) fdx_mtls: String,
}

impl Lab {
    /// Makes certificates in `scripts`/run, then starts the server and waits until it listens.
    pub(crate) fn start(scripts: &Path) -> Result<Self, Failure> {
        let run = scripts.join("run");
        fresh(&run)?;
        tls::write(&run)?;
        let log = scripts.join("server.log");
        let stderr = File::create(&log).map_err(|error| {
            Failure::new(format!("{} could not be written: {error}", log.display()))
        })?;
        // It ends with its standard input, so no server outlives us however we end.
        let mut server = Command::new("node")
            .arg(scripts.join("server.mjs"))
            .arg(&run)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(|error| Failure::new(format!("node could not be started: {error}")))?;
        match ready(&mut server) {
            Some(at) => Ok(Self { server, scripts: scripts.to_path_buf(), run, at }),
            None => {
                let _ = server.kill();
                let _ = server.wait();
                Err(Failure::new("the server did not get ready")
                    .next(format!("read {}", log.display())))
            }
        }
    }

    /// A file of this run: `ca.pem`, `client.pem` and `client.key`, and `CLIENT_ID.pem` for each
    /// client's own key.
    pub(crate) fn read(&self, name: &str) -> Result<String, Failure> {
        let path = self.run.join(name);
        fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("{} could not be read: {error}", path.display())))
    }

    /// Where the scripts are, and where this run's files are.
    pub(crate) fn places(&self) -> (&Path, &Path) {
        (&self.scripts, &self.run)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// An empty directory for its owner alone.
fn fresh(dir: &Path) -> Result<(), Failure> {
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(|error| {
            Failure::new(format!("{} could not be emptied: {error}", dir.display()))
        })?;
    }
    DirBuilder::new()
        .mode(0o700)
        .create(dir)
        .map_err(|error| Failure::new(format!("{} could not be made: {error}", dir.display())))
}

fn ready(server: &mut Child) -> Option<Addresses> {
    let stdout = server.stdout.take()?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        // Reads on after the first line, so that the server never writes into a closed pipe.
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    serde_json::from_str(&told.recv_timeout(PATIENCE).ok()?).ok()
}
