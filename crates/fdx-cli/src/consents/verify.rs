//! `fdx consents verify`: the receipts of the store, or of an export.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use fdx_jose::{Jwks, backend};
use fdx_store::Tenant;
use fdx_store::receipts::{
    ChainVerifier, Contents, Export, ExportError, ExportHeader, ExportVerifier, ExportWriter,
    KeySource, Scope, heads, history,
};
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::args::stored::VerifyArgs;
use crate::consents::chain::{PAGE, broken};
use crate::error::Failure;
use crate::files;
use crate::print::{Progress, counted, message, pretty, result};
use crate::store::Store;

/// The output of `--json`.
#[derive(Serialize)]
struct Report {
    chains: u64,
    entries: u64,
    /// SHA-256 over all heads, as in a root.
    heads: String,
    roots: usize,
}

/// Longer than every line of an export.
const MAX_LINE: u64 = 4 * 1024 * 1024;

pub(super) fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let export = match &args.file {
        Some(file) => exported(file, args.keys.as_deref())?,
        None => stored(&Store::open(args.store.store.as_deref())?)?,
    };
    let counts = export.counts;
    if args.store.json {
        result(&pretty(&Report {
            chains: counts.chains,
            entries: counts.entries,
            heads: counts.heads.to_string(),
            roots: export.roots.len(),
        }));
        return Ok(());
    }
    let (entries, chains) = (counted(counts.entries, "receipt"), counted(counts.chains, "consent"));
    result(&format!("Verified {entries} of {chains}"));
    result(&format!("  heads  SHA-256 {}", counts.heads));
    match (export.roots.len(), export.keys) {
        (0, _) => message("note: no root: receipts at the end of a chain may be missing"),
        (_, KeySource::Export) => {
            message("note: the roots verify with the file's own keys: give the published --keys");
        }
        (_, KeySource::Caller) => {}
    }
    Ok(())
}

/// Verifies a file, line by line.
fn exported(path: &Path, keys: Option<&Path>) -> Result<Export, Failure> {
    let keys = keys.map(|path| {
        let text = files::text(path, "the keys")?;
        Jwks::parse(text.expose().as_bytes()).map_err(|error| {
            Failure::usage(format!("{}: {error}", path.display()), "name a JWK Set")
        })
    });
    let unreadable = |why: String| {
        let what = format!("the export {} can't be read: {why}", path.display());
        Failure::usage(what, "name a file that fdx consents export has written")
    };
    let mut verifier = ExportVerifier::new(backend::ring(), keys.transpose()?);
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let (mut reader, mut line) = (BufReader::new(file), String::new());
    let mut progress = Progress::begin("Verifying lines");
    loop {
        line.clear();
        let read = reader.by_ref().take(MAX_LINE).read_line(&mut line);
        if read.map_err(|error| unreadable(error.to_string()))? == 0 {
            break;
        }
        let text = line.strip_suffix('\n').unwrap_or(&line);
        verifier.line(text).map_err(|error| wrong(path, &error))?;
        progress.step();
    }
    verifier.finish().map_err(|error| wrong(path, &error))
}

/// Verifies the rows of the store, with all their columns, as its export would be.
fn stored(store: &Store) -> Result<Export, Failure> {
    let scope = Scope::Tenant(Tenant::default());
    let header = ExportHeader {
        contents: Contents::Heads,
        scope: scope.clone(),
        exported_at: system_now(),
        keys: None,
    };
    let (mut writer, line) = ExportWriter::begin(header);
    let mut list = ExportVerifier::new(backend::ring(), None);
    let here = store.path();
    let mut check =
        |line: &str| list.line(line.trim_end()).map(drop).map_err(|error| wrong(here, &error));
    check(&line)?;
    let mut progress = Progress::begin("Verifying chains of receipts");
    let mut after = None;
    loop {
        let page = store.run(heads(scope.clone(), after, None, PAGE))?;
        for head in &page.heads {
            let mut chain = ChainVerifier::new(head.key.clone());
            let mut next = Some(0);
            while let Some(number) = next {
                let page = store.run(history(head.key.clone(), number, PAGE))?;
                // An entry that was appended after the head was read is checked the next time.
                for entry in page.entries.iter().filter(|it| it.sequence <= head.sequence) {
                    chain.check_row(entry).map_err(|error| broken(&error))?;
                }
                next = page.next;
            }
            chain.check_head(head).map_err(|error| broken(&error))?;
            let line = writer.head(head).map_err(|error| {
                let what = format!("the receipts of the store: {error}");
                Failure::stored("store.unexpected_rows", what, "restore a backup")
            })?;
            check(&line)?;
            progress.step();
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    check(&writer.end())?;
    list.finish().map_err(|error| wrong(here, &error))
}

const KEEP: &str = "keep this file, and compare it with an earlier export or a backup";

fn wrong(path: &Path, error: &ExportError) -> Failure {
    Failure::stored(error.fault.code(), format!("{}: {error}", path.display()), KEEP)
}
