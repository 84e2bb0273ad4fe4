//! `fdx consents export`: all receipts, or all consents with their tokens.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use fdx_rar::ConsentReceipt;
use fdx_store::Tenant;
use fdx_store::consents::{ConsentRow, Filter, list_consents};
use fdx_store::receipts::{
    Contents, ExportHeader, ExportWriter, Scope, WriteError, heads, history,
};
use fdx_store::seal::KeyRing;
use fdx_store::transfer::{ExportedConsent, read_tokens};
use fdx_transport_hyper::system_now;
use fdx_wire::Secret;
use serde::Serialize;

use crate::args::stored::ExportArgs;
use crate::consents::chain::PAGE;
use crate::error::Failure;
use crate::files;
use crate::print::{Progress, counted, message, pretty, result};
use crate::store::{Store, record};

/// The output of `--json` for receipts.
#[derive(Serialize)]
struct Receipts<'a> {
    file: &'a Path,
    chains: u64,
    entries: u64,
}

/// The output of `--json` for consents with tokens.
#[derive(Serialize)]
struct Consents<'a> {
    file: &'a Path,
    consents: u64,
    left_out: &'a [LeftOut],
}

/// A consent without usable tokens.
#[derive(Serialize)]
struct LeftOut {
    id: String,
    why: String,
}

pub(super) fn run(args: &ExportArgs) -> Result<(), Failure> {
    let store = Store::open(args.store.store.as_deref())?;
    let ring = if args.tokens { Some(store.key_ring()?) } else { None };
    files::check_directory_of(&args.out)?;
    let file = files::create_new(&args.out)?;
    let mut out = Out { file: BufWriter::new(file), path: &args.out };
    match ring {
        Some(ring) => consents(args, &store, &ring, &mut out),
        None => receipts(args, &store, &mut out),
    }
}

struct Out<'a> {
    file: BufWriter<File>,
    path: &'a Path,
}

impl Out<'_> {
    fn write(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| self.failed(&error))
    }

    /// Fails unless everything is on the disk.
    fn finish(&mut self) -> Result<(), Failure> {
        let flushed = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        flushed.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::failed(
            format!("{} could not be written: {error}", self.path.display()),
            "remove this file, and free space or choose another path",
        )
    }
}

fn receipts(args: &ExportArgs, store: &Store, out: &mut Out<'_>) -> Result<(), Failure> {
    let scope = Scope::Tenant(Tenant::default());
    let header = ExportHeader {
        contents: Contents::Entries,
        scope: scope.clone(),
        exported_at: system_now(),
        keys: None,
    };
    let (mut writer, line) = ExportWriter::begin(header);
    out.write(&line)?;
    let (mut chains, mut entries) = (0, 0);
    let mut progress = Progress::begin("Writing chains of receipts");
    let mut after = None;
    loop {
        let page = store.run(heads(scope.clone(), after, None, PAGE))?;
        for head in &page.heads {
            out.write(&writer.head(head).map_err(unordered)?)?;
            let mut next = Some(0);
            while let Some(number) = next {
                let page = store.run(history(head.key.clone(), number, PAGE))?;
                for entry in &page.entries {
                    if let Some(line) = writer.entry(entry).map_err(unordered)? {
                        out.write(&line)?;
                        entries += 1;
                    }
                }
                next = page.next;
            }
            chains += 1;
            progress.step();
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    out.write(&writer.end())?;
    out.finish()?;
    drop(progress);
    match args.store.json {
        true => result(&pretty(&Receipts { file: out.path, chains, entries })),
        false => result(&format!(
            "Wrote {} of {} to {}",
            counted(entries, "receipt"),
            counted(chains, "consent"),
            out.path.display()
        )),
    }
    Ok(())
}

fn unordered(error: WriteError) -> Failure {
    let what = format!("the receipts of the store: {error}");
    Failure::stored("store.unexpected_rows", what, "restore a backup")
}

fn consents(
    args: &ExportArgs,
    store: &Store,
    ring: &KeyRing,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let (mut written, mut left_out) = (0, Vec::new());
    let mut progress = Progress::begin("Writing consents");
    let mut after = None;
    loop {
        let page = store.run(list_consents(Tenant::default(), Filter::All, after, PAGE))?;
        for row in page.consents.iter().filter(|row| !row.state.has_ended()) {
            match line(store, ring, row)? {
                Ok(line) => {
                    out.write(line.expose())?;
                    out.write("\n")?;
                    written += 1;
                }
                Err(why) => left_out.push(LeftOut { id: row.id.to_string(), why }),
            }
            progress.step();
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    out.finish()?;
    drop(progress);
    for LeftOut { id, why } in &left_out {
        message(&format!("left out {id}: {why}"));
    }
    match args.store.json {
        true => {
            let left_out = &left_out;
            result(&pretty(&Consents { file: out.path, consents: written, left_out }));
        }
        false => result(&format!(
            "Wrote {} with tokens to {}. Do not refresh them here any more: fdx keeper pause",
            counted(written, "consent"),
            out.path.display()
        )),
    }
    Ok(())
}

/// The line of a consent, or why it can't be moved.
fn line(
    store: &Store,
    ring: &KeyRing,
    row: &ConsentRow,
) -> Result<Result<Secret, String>, Failure> {
    let Some(tokens) = store.run(read_tokens(record(&row.id)))? else {
        return Ok(Err("it has no tokens".to_owned()));
    };
    let tokens = match tokens.open(ring) {
        Ok(tokens) => tokens,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let receipt = row.access.as_deref().and_then(|json| ConsentReceipt::from_json(json).ok());
    let line = ExportedConsent::new(&row.id, &row.customer)
        .dialect(row.dialect.as_deref())
        .consent_expires_at(row.consent_expires_at)
        .receipt(receipt.as_ref())
        .to_line(&tokens);
    Ok(line.map_err(|error| error.to_string()))
}
