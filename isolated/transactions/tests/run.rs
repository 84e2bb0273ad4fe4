//! Runs each program, and checks what it prints.

#![allow(clippy::unwrap_used, reason = "a test panics to fail")]

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, process};

/// The second attempt finds the consent that the other process moved in, and changes nothing.
const PRINTED: &str = "attempts     2
consent      record-17 of customer-17, active
old rows     0
";

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let (printed, errors) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    assert_eq!((printed.unwrap().as_str(), errors.unwrap().as_str()), (PRINTED, ""));
    assert!(output.status.success());
}

#[test]
fn rusqlite_repeats_its_transaction() {
    run(env!("CARGO_BIN_EXE_with_rusqlite"), &[]);
}

#[test]
fn sqlx_repeats_its_transaction() {
    run(env!("CARGO_BIN_EXE_with_sqlx"), &[]);
}

#[test]
fn tokio_postgres_repeats_its_transaction() {
    let Some(cluster) = Cluster::start() else {
        eprintln!("left out: no PostgreSQL in /usr/lib/postgresql");
        return;
    };
    let settings = format!("host=127.0.0.1 port={} user=app dbname=postgres", cluster.port);
    run(env!("CARGO_BIN_EXE_with_tokio_postgres"), &[&settings]);
}

/// A private PostgreSQL on loopback, which ends with the value.
struct Cluster {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Cluster {
    fn start() -> Option<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let programs = versions.map(|it| it.unwrap().path().join("bin"));
        let programs = programs.filter(|it| it.join("initdb").exists()).max()?;
        let data = env::temp_dir().join(format!("fdx-postgres-{}", process::id()));
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let cluster = Self { programs, data, port };
        cluster.call("initdb", "--auth=trust --username=app --no-sync");
        let settings = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off";
        let options = format!("-w -o \"-p {port} {settings}\" -l /dev/null");
        cluster.call("pg_ctl", &format!("{options} start"));
        Some(cluster)
    }

    /// Calls a program of PostgreSQL, which refuses to run as root.
    fn call(&self, program: &str, arguments: &str) {
        let program = self.programs.join(program);
        let text = format!("{} -D {} {arguments}", program.display(), self.data.display());
        let id = Command::new("id").arg("-u").output().unwrap().stdout;
        let mut command = match id.trim_ascii() {
            b"0" => Command::new("su"),
            _ => Command::new("sh"),
        };
        if id.trim_ascii() == b"0" {
            command.args(["postgres", "-s", "/bin/sh"]);
        }
        let status = command.args(["-c", &text]).current_dir("/").stdout(process::Stdio::null());
        assert!(status.status().unwrap().success(), "{text}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.call("pg_ctl", "-m immediate -w stop");
        let _ = fs::remove_dir_all(&self.data);
    }
}
