//! `fdx consents import`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use fdx_par::dialect;
use fdx_store::Tenant;
use fdx_store::consents::Inserted;
use fdx_store::refresh::RefreshPolicy;
use fdx_store::transfer::{ImportedConsent, Importer, Obtained};
use fdx_transport_hyper::system_now;
use fdx_wire::Entropy;
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::args::stored::ImportArgs;
use crate::error::Failure;
use crate::files;
use crate::flow::entropy;
use crate::print::{Progress, counted, pretty, result};
use crate::store::Store;

/// The output of `--json`.
#[derive(Default, Serialize)]
struct Report {
    imported: u64,
    already_stored: u64,
    /// Of the imported ones: their coverage is unknown.
    without_receipt: u64,
}

/// Longer than every line that an import accepts.
const MAX_LINE: u64 = 4 * 1024 * 1024;

pub(super) fn run(args: &ImportArgs) -> Result<(), Failure> {
    let path = args.file.as_path();
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    files::warn_of_readers(path);
    // The ids of records without one follow from the file: a repetition finds its own records. The
    // file has tokens, so no one without the file can compute them.
    let seed = digest(&mut file).map_err(|error| unreadable(path, &error))?;
    // A wrong line is reported before anything is stored.
    let mut progress = Progress::begin("Checking lines");
    each(path, &mut file, seed, |_| {
        progress.step();
        Ok(())
    })?;
    drop(progress);
    let store = Store::create(args.store.store.as_deref())?;
    let ring = store.key_ring()?;
    let mut report = Report::default();
    let mut progress = Progress::begin("Importing consents");
    each(path, &mut file, seed, |consent| {
        let dialect = consent.dialect().and_then(dialect::by_name).unwrap_or_default();
        let policy = RefreshPolicy::new(dialect.refresh_tokens());
        let (random, now) = (entropy()?, system_now());
        let obtained = Obtained::from(&consent);
        let insert = obtained.insert(Tenant::default(), &ring, &policy, &random, now);
        let insert = insert.map_err(|error| {
            Failure::failed(format!("sealing consent {}: {error}", consent.id()), "run it again")
        })?;
        match store.run(insert)? {
            Inserted::New => {
                report.imported += 1;
                report.without_receipt += u64::from(!consent.coverage_is_known());
            }
            Inserted::Exists => report.already_stored += 1,
        }
        progress.step();
        Ok(())
    })?;
    drop(progress);
    let Report { imported, already_stored, without_receipt } = report;
    match args.store.json {
        true => result(&pretty(&report)),
        false => result(&format!(
            "Imported {}, of which {without_receipt} without a receipt of what was granted; \
             {already_stored} stored before",
            counted(imported, "consent")
        )),
    }
    Ok(())
}

fn digest(file: &mut File) -> std::io::Result<[u8; 32]> {
    let (mut hash, mut chunk) = (Sha256::new(), Zeroizing::new(vec![0; 64 * 1024]));
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}

/// Reads each consent, from the first line on.
fn each(
    path: &Path,
    file: &mut File,
    seed: [u8; 32],
    mut take: impl FnMut(ImportedConsent) -> Result<(), Failure>,
) -> Result<(), Failure> {
    file.rewind().map_err(|error| unreadable(path, &error))?;
    let mut importer = Importer::new(Entropy::new(seed));
    let (mut reader, mut line) = (BufReader::new(file), Zeroizing::new(Vec::new()));
    loop {
        line.clear();
        let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(path, &error))? == 0 {
            return Ok(());
        }
        let consent = importer.read(&line).map_err(|error| {
            let what = format!("{}: {error}", path.display());
            Failure::stored(error.code(), what, "correct that line, and import the file again")
        })?;
        consent.map_or(Ok(()), &mut take)?;
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let what = format!("the import {} can't be read: {error}", path.display());
    Failure::usage(what, "name a file with one consent in each line")
}
