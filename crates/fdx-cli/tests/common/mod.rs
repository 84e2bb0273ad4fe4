#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]
#![expect(dead_code, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use fdx_sandbox::customer::{ConsentPage, Decision, visit};
use fdx_transport_hyper::{Roots, Transport};
use fdx_wire::HttpsUrl;

/// `fdx` with these arguments.
pub(crate) fn fdx(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fdx"));
    command.args(arguments).stdin(Stdio::null());
    // Not the store of the user who runs the tests.
    command.env("XDG_DATA_HOME", data());
    command
}

/// The data directory of this test program's user.
fn data() -> PathBuf {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(directory).clone()
}

/// `fdx` with these arguments, to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    fdx(arguments).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The path of a new directory for this test. It does not exist yet.
pub(crate) fn directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("fdx-{}-{number}", std::process::id());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

/// A running `fdx sandbox`. Dropping this ends it.
pub(crate) struct Sandbox {
    pub(crate) child: Child,
    pub(crate) directory: PathBuf,
}

impl Sandbox {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let directory = directory();
        let mut command = fdx(&["sandbox", "--listen", "127.0.0.1:0", "--dir"]);
        let command = command.arg(&directory).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.unwrap().starts_with("files"));
        assert!(ready, "the sandbox did not start");
        Self { child, directory }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.join(name)).unwrap()
    }

    /// The metadata, as it is published.
    pub(crate) fn metadata(&self) -> String {
        let config = self.read("connect.toml");
        let issuer = config.lines().find_map(|line| line.strip_prefix("issuer = \"")).unwrap();
        let place = "/.well-known/oauth-authorization-server";
        let url = format!("{}{place}", issuer.trim_end_matches('"'));
        let roots = Roots::pem(&self.read("ca.pem")).unwrap();
        let browser = Transport::builder().root_certificates(roots).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = HttpsUrl::parse(&url).unwrap();
        let answer = runtime.block_on(browser.send_plain(visit(&url), 1 << 20)).unwrap();
        String::from_utf8(answer.into_body()).unwrap()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// The customer's part: where the browser is sent back to.
    pub(crate) fn customer(&self, url: &str, decision: &Decision) -> String {
        let roots = Roots::pem(&self.read("ca.pem")).unwrap();
        let browser = Transport::builder().root_certificates(roots).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let url = HttpsUrl::parse(url).unwrap();
            let page = browser.send_plain(visit(&url), 1 << 20).await.unwrap();
            let form = ConsentPage::read(&page).unwrap().decide(decision).unwrap();
            let back = browser.send_plain(form, 1 << 20).await.unwrap();
            back.headers()["location"].to_str().unwrap().to_owned()
        })
    }
}

/// Sends a signal to a process.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A running `fdx connect`.
pub(crate) struct Connect {
    child: Child,
    messages: BufReader<std::process::ChildStderr>,
    /// The URL for the customer's browser.
    pub(crate) url: String,
    /// The messages before the URL.
    pub(crate) before: String,
}

impl Connect {
    /// Starts it, and waits for the URL.
    pub(crate) fn start(config: &str, arguments: &[&str]) -> Self {
        Self::start_with(fdx(&["connect", "--config", config]), arguments)
    }

    /// Starts a command that already has its configuration, and waits for the URL.
    pub(crate) fn start_with(mut command: std::process::Command, arguments: &[&str]) -> Self {
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut messages = BufReader::new(child.stderr.take().unwrap());
        let (mut line, mut before) = (String::new(), String::new());
        while !line.starts_with("http") {
            before.push_str(&line);
            line.clear();
            assert!(messages.read_line(&mut line).unwrap() > 0, "no URL was printed: {before}");
        }
        Self { child, messages, url: line.trim().to_owned(), before }
    }

    /// Pastes a line.
    pub(crate) fn paste(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Interrupts it like ctrl-c.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        signal(&self.child, "-INT");
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end: the exit code, standard output, and the rest of standard error.
    pub(crate) fn finish(mut self) -> (i32, String, String) {
        drop(self.child.stdin.take());
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.messages.read_to_string(&mut stderr).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.child.wait().unwrap().code().unwrap(), stdout, stderr)
    }
}
