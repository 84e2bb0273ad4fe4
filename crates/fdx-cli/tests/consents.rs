//! Stored consents: `fdx connect`, `fdx consents` and `fdx keeper` on one store.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that can't be set up has failed"
)]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use common::{Connect, Sandbox, directory, fdx, run, stderr, stdout};
use fdx_sandbox::customer::Decision;
use fdx_store::{Action, Statement};
use fdx_store_sqlite::Options;
use serde_json::Value;

/// A sandbox, and a store with one consent of it.
struct Stored {
    sandbox: Sandbox,
    config: String,
    store: String,
    id: String,
    /// The output of `fdx connect`.
    report: Value,
}

impl Stored {
    fn new() -> Self {
        let sandbox = Sandbox::start(&[]);
        let (config, store) = (sandbox.path("connect-dpop.toml"), sandbox.path("consents.db"));
        let options = ["--callback", "stdin", "--json", "--store", &store, "--customer", "c-17"];
        let mut connect = Connect::start(&config, &options);
        let callback = sandbox.customer(&connect.url, &Decision::less_than_requested());
        connect.paste(&callback);
        let (code, stdout, stderr) = connect.finish();
        assert_eq!(code, 0, "{stderr}");
        let report: Value = serde_json::from_str(&stdout).unwrap();
        let id = report["id"].as_str().unwrap().to_owned();
        Self { sandbox, config, store, id, report }
    }

    /// Runs `fdx consents` on the store.
    fn consents(&self, arguments: &[&str]) -> Output {
        run(&[&["consents"], arguments, &["--store", &self.store]].concat())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        json(&self.consents(&[arguments, &["--json"]].concat()))
    }

    fn keeper(&self, arguments: &[&str]) -> Output {
        run(&[&["keeper"], arguments, &["--store", &self.store]].concat())
    }

    fn refresh(&self) -> Output {
        self.consents(&["refresh", &self.id, "--config", &self.config])
    }

    fn events(&self) -> Vec<String> {
        let history = self.json(&["history", &self.id]);
        let entries = history["entries"].as_array().unwrap().iter();
        entries.map(|it| it["event"].as_object().unwrap().keys().next().unwrap().clone()).collect()
    }

    /// Runs a statement of the test's own. Returns how many rows it read or changed.
    fn sql(&self, sql: &'static str) -> usize {
        let mut database = Options::new().open_existing(Path::new(&self.store)).unwrap();
        database.perform(&Action::Begin).unwrap();
        let statement = Action::Run(vec![Statement::new(sql)]);
        let rows = database.perform(&statement).unwrap().remove(0);
        database.perform(&Action::Commit).unwrap();
        rows.rows.len().max(usize::try_from(rows.changed).unwrap())
    }

    /// Makes the consent due for a refresh.
    fn make_due(&self) {
        assert_eq!(self.sql("UPDATE fdx_consents SET due_at = 1"), 1);
    }

    /// Waits until a refresh has stored that it will be sent.
    fn wait_for_an_attempt(&self) {
        while self.sql("SELECT id FROM fdx_consents WHERE attempt IS NOT NULL") == 0 {
            std::thread::yield_now();
        }
    }

    /// Exports the receipts.
    fn exported(&self) -> PathBuf {
        let file = self.sandbox.directory.join("receipts.jsonl");
        succeeds(&self.consents(&["export", "--out", file.to_str().unwrap()]));
        file
    }
}

fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    stdout(output)
}

/// The text of a failure.
fn fails(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(output), stderr(output));
    stderr(output)
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&succeeds(output)).unwrap()
}

/// Verifies a file, in an empty home directory.
fn verified(file: &Path) -> Output {
    let home = directory();
    std::fs::create_dir_all(&home).unwrap();
    let mut command = fdx(&["consents", "verify", file.to_str().unwrap()]);
    command.env_remove("XDG_DATA_HOME").env("HOME", &home);
    let output = command.output().unwrap();
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 0, "verifying writes nothing");
    std::fs::remove_dir(&home).unwrap();
    output
}

#[test]
fn connect_stores_the_consent_and_list_and_show_print_it() {
    let stored = Stored::new();
    let list = stored.json(&["list"]);
    let [consent] = list["consents"].as_array().unwrap().as_slice() else { unreachable!() };
    assert_eq!((&consent["id"], &consent["state"]), (&stored.report["id"], &"active".into()));
    assert_eq!((&consent["customer"], &list["more"]), (&"c-17".into(), &false.into()));
    for (filter, found) in [
        (&["--customer", "c-17"][..], 1),
        (&["--customer", "c-18"], 0),
        (&["--state", "active"], 1),
        (&["--state", "suspect"], 0),
    ] {
        let list = stored.json(&[&["list"], filter].concat());
        assert_eq!(list["consents"].as_array().unwrap().len(), found, "{filter:?}");
    }
    let show = stored.json(&["show", &stored.id]);
    assert_eq!(show["receipt"], stored.report["receipt"]);
    assert_eq!(show["consent_id"], stored.report["consent_id"]);
    let text = succeeds(&stored.consents(&["list"]));
    assert!(text.contains(&stored.id) && text.lines().all(|line| line.len() <= 80), "{text}");
    let text = succeeds(&stored.consents(&["show", &stored.id]));
    assert!(text.contains("TRANSACTIONS") || text.contains("granted"), "{text}");
    let missing = stored.consents(&["show", "another"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("fdx consents list"), "{}", stderr(&missing));
}

#[test]
fn no_token_is_readable_in_the_files_of_the_store() {
    let stored = Stored::new();
    let tokens: Value = serde_json::from_str(&stored.sandbox.read("app-dpop-tokens.json")).unwrap();
    for name in ["access_token", "refresh_token"] {
        let token = tokens[name].as_str().unwrap().as_bytes();
        for suffix in ["", "-wal", "-key"] {
            let file = std::fs::read(format!("{}{suffix}", stored.store)).unwrap_or_default();
            assert!(!file.windows(token.len()).any(|part| part == token), "{name} {suffix}");
        }
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_store_and_its_key() {
    use std::os::unix::fs::PermissionsExt;

    let stored = Stored::new();
    for suffix in ["", "-key"] {
        let file = format!("{}{suffix}", stored.store);
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_lost_key_is_never_replaced() {
    let stored = Stored::new();
    std::fs::remove_file(format!("{}-key", stored.store)).unwrap();
    assert!(fails(&stored.refresh()).contains("the key of the store is missing"));
    assert!(!Path::new(&format!("{}-key", stored.store)).exists());
}

#[test]
fn refresh_replaces_the_tokens_and_is_no_event() {
    let stored = Stored::new();
    for generation in [1, 2] {
        let said = succeeds(&stored.refresh());
        assert!(said.contains(&format!("generation {generation}")), "{said}");
    }
    assert_eq!(stored.json(&["show", &stored.id])["generation"], 2);
    assert_eq!(stored.events(), ["granted"]);
    // Another client's configuration.
    let other = stored.sandbox.path("connect.toml");
    let refused = stored.consents(&["refresh", &stored.id, "--config", &other]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("is of client app-dpop"), "{}", stderr(&refused));
}

#[test]
fn revoke_ends_each_part_and_erase_destroys_the_tokens() {
    let stored = Stored::new();
    let early = stored.consents(&["erase", &stored.id]);
    assert_eq!(early.status.code(), Some(2));
    assert!(stderr(&early).contains("fdx consents revoke first"), "{}", stderr(&early));
    let revoked = stored.json(&["revoke", &stored.id, "--config", &stored.config]);
    assert_eq!(revoked["by"], "customer");
    for part in ["consent_api", "refresh_token", "access_token"] {
        assert_eq!(revoked[part], "revoked", "{revoked}");
    }
    assert_eq!(stored.json(&["show", &stored.id])["state"], "revoked");
    assert!(fails(&stored.refresh()).contains("is revoked"));
    assert_eq!(stored.events(), ["granted", "revoked"]);
    for _ in 0..2 {
        assert_eq!(stored.json(&["erase", &stored.id])["state"], "erased");
    }
    assert_eq!(stored.events(), ["granted", "revoked", "erased"]);
    succeeds(&stored.consents(&["verify"]));
}

#[test]
fn an_export_of_receipts_verifies_alone_and_a_changed_one_names_the_record() {
    let stored = Stored::new();
    succeeds(&stored.consents(&["revoke", &stored.id, "--config", &stored.config]));
    let file = stored.exported();
    let said = succeeds(&verified(&file));
    assert!(said.contains("Verified 2 receipts of 1 consent"), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    let tampered = stored.sandbox.directory.join("tampered.jsonl");
    for (from, to, code) in [
        (r#""by":"customer""#, r#""by":"recipient""#, "receipts.chain.head"),
        ("TRANSACTIONS", "TRANSACTION_", "receipts.chain.previous"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&tampered, text.replace(from, to)).unwrap();
        let said = fails(&verified(&tampered));
        assert!(said.contains(code) && said.contains(&stored.id), "{said}");
    }
    let cut: Vec<_> = text.lines().collect();
    std::fs::write(&tampered, cut[..cut.len() - 1].join("\n")).unwrap();
    assert!(fails(&verified(&tampered)).contains("receipts.export.cut_off"));
}

#[test]
fn consents_move_to_another_store_and_are_refreshed_there() {
    let stored = Stored::new();
    succeeds(&stored.refresh());
    let file = stored.sandbox.path("consents.jsonl");
    let report = stored.json(&["export", "--tokens", "--out", &file]);
    assert_eq!((&report["consents"], &report["left_out"]), (&1.into(), &Value::Array(vec![])));
    let moved = Stored { store: stored.sandbox.path("moved.db"), ..stored };
    for (imported, already) in [(1, 0), (0, 1)] {
        let report = moved.json(&["import", &file]);
        assert_eq!(report["imported"], imported);
        assert_eq!(report["already_stored"], already);
        assert_eq!(report["without_receipt"], 0);
    }
    assert_eq!(moved.events(), ["granted"]);
    succeeds(&moved.refresh());
    // Neither an unknown member nor a line without tokens is lost silently, and nothing is stored.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{}", text.replace("\"customer\"", "\"custmer\"")))
        .unwrap();
    let empty = Stored { store: moved.sandbox.path("empty.db"), ..moved };
    assert!(fails(&empty.consents(&["import", &file])).contains("store.import.unknown_member"));
    assert!(!Path::new(&empty.store).exists());
}

#[test]
fn a_pause_stops_refreshes_until_an_operator_resumes() {
    let stored = Stored::new();
    succeeds(&stored.keeper(&["pause", "--reason", "the database moves"]));
    assert!(fails(&stored.refresh()).contains("the database moves"));
    let queues = stored.json(&["queues"]);
    let paused = &queues["queues"][0];
    assert_eq!((&paused["queue"], &paused["count"]), (&"paused".into(), &1.into()), "{queues}");
    let text = succeeds(&stored.consents(&["queues"]));
    assert!(text.contains("the database moves") && text.lines().all(|it| it.len() <= 80), "{text}");
    succeeds(&stored.keeper(&["resume"]));
    succeeds(&stored.refresh());
}

#[test]
fn a_restored_database_refreshes_nothing_until_an_operator_resumes() {
    let stored = Stored::new();
    let backup = stored.sandbox.path("backup.db");
    // The log is in the database after the last process has closed it.
    std::fs::copy(&stored.store, &backup).unwrap();
    succeeds(&stored.refresh());
    std::fs::copy(&backup, &stored.store).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", stored.store));
    }
    for _ in 0..2 {
        let said = fails(&stored.refresh());
        assert!(said.contains("the database was restored from a backup"), "{said}");
    }
    succeeds(&stored.keeper(&["resume"]));
    // The institution of the test accepts the old refresh token.
    succeeds(&stored.refresh());
}

/// A running keeper.
struct Keeper {
    child: Child,
    messages: BufReader<std::process::ChildStderr>,
}

impl Keeper {
    fn start(stored: &Stored) -> Self {
        let mut command = fdx(&["keeper", "run", "--config", &stored.config]);
        command.args(["--store", &stored.store]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let messages = BufReader::new(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with("Keeping "), "{line}");
        child.stdout = Some(stdout.into_inner());
        Self { child, messages }
    }

    /// Waits for a message with this text.
    fn says(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(self.messages.read_line(&mut line).unwrap() > 0, "{text} was not said");
        }
    }

    fn signal(&self, signal: &str) {
        common::signal(&self.child, signal);
    }

    /// Waits for its end: the exit code, and the rest of its messages.
    fn finish(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.messages.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

#[test]
fn renew_links_the_new_consent_and_revokes_the_old_one_afterwards() {
    let stored = Stored::new();
    let renew = |decision: &Decision| {
        let command = fdx(&["consents", "renew", &stored.id, "--config", &stored.config]);
        let options = ["--callback", "stdin", "--json", "--store", &stored.store];
        let mut connect = Connect::start_with(command, &options);
        let callback = stored.sandbox.customer(&connect.url, decision);
        connect.paste(&callback);
        connect.finish()
    };
    let (code, _, said) = renew(&Decision::refuse());
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("denied the request"), "{said}");
    assert_eq!(stored.json(&["show", &stored.id])["state"], "active");

    let (code, report, said) = renew(&Decision::everything());
    assert_eq!(code, 0, "{said}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(
        (&report["renews"], &report["renewed_is_revoked"]),
        (&stored.id.as_str().into(), &true.into())
    );
    let old = stored.json(&["show", &stored.id]);
    assert_eq!((&old["state"], &old["revocation"]["by"]), (&"revoked".into(), &"recipient".into()));
    assert_eq!(stored.events(), ["granted", "renewed", "revoked"]);
    let new = stored.json(&["show", report["id"].as_str().unwrap()]);
    assert_eq!((&new["state"], &new["customer"]), (&"active".into(), &"c-17".into()));
    assert_eq!((&new["renews"], &new["receipt"]), (&stored.id.as_str().into(), &report["receipt"]));
    succeeds(&stored.consents(&["verify"]));
}

#[cfg(unix)]
#[test]
fn a_keeper_finishes_what_it_has_sent_before_sigterm_ends_it() {
    let stored = Stored::new();
    let mut keeper = Keeper::start(&stored);
    // The institution stops, and responds to nothing.
    stored.sandbox.signal("-STOP");
    stored.make_due();
    stored.wait_for_an_attempt();
    keeper.signal("-TERM");
    keeper.says("Stopping after 1 procedure;");
    stored.sandbox.signal("-CONT");
    let (code, rest) = keeper.finish();
    assert_eq!(code, Some(0), "{rest}");
    assert!(rest.contains("refreshed: generation 1"), "{rest}");
    assert_eq!(stored.json(&["show", &stored.id])["generation"], 1);
}

#[cfg(unix)]
#[test]
fn a_keeper_refreshes_what_is_due_and_stops_on_sigterm() {
    let stored = Stored::new();
    // An imported consent whose access token has expired, and that has no refresh token, is due now.
    let tokens: Value = serde_json::from_str(&stored.sandbox.read("app-dpop-tokens.json")).unwrap();
    let line = serde_json::json!({
        "id": "due", "customer": "c-18", "issuer": tokens["issuer"], "client_id": "app-dpop",
        "access_token": "expired", "token_type": "DPoP", "bound_to": tokens["bound_to"],
        "scope": "openid", "expires_at": 1,
    });
    let file = stored.sandbox.path("due.jsonl");
    std::fs::write(&file, line.to_string()).unwrap();
    let report = stored.json(&["import", &file]);
    assert_eq!(report["without_receipt"], 1);
    assert!(stored.json(&["show", "due"])["reason"].as_str().unwrap().contains("coverage"));
    let mut keeper = Keeper::start(&stored);
    keeper.says(" due at ");
    keeper.signal("-TERM");
    let (code, rest) = keeper.finish();
    assert_eq!(code, Some(0), "{rest}");
    assert!(rest.contains("Stopping after 0 procedures;"), "{rest}");
    succeeds(&stored.refresh());
}

#[test]
fn without_a_store_the_next_step_is_named() {
    let store = directory();
    for command in [&["list"][..], &["queues"], &["verify"], &["export", "--out", "x"]] {
        let output = run(&[&["consents"], command, &["--store", store.to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(stderr(&output).contains("there is no store at"), "{}", stderr(&output));
    }
}

#[test]
fn the_url_of_a_database_is_no_store_and_is_not_printed() {
    let home = directory();
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("consents.jsonl"), "").unwrap();
    for command in [&["list"][..], &["import", "consents.jsonl"]] {
        let mut command = fdx(&[&["consents"], command].concat());
        command.args(["--store", "postgres://u:s3cret@localhost/consents"]).current_dir(&home);
        let output = command.output().unwrap();
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("name a SQLite file") && !said.contains("s3cret"), "{said}");
    }
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 1);
    std::fs::remove_dir_all(&home).unwrap();
}
