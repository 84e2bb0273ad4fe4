//! Several processes refresh the consents of one SQLite file, while their parent kills them at
//! random moments. `cargo xtask processes` builds it in a fast profile.

#[path = "../../exploration/src/bank.rs"]
mod bank;
mod child;
mod consent;
mod network;
mod node;
mod protocol;
mod random;
mod report;
mod world;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fdx_processes::{First, Folder, Recipient};
use fdx_store::consents::insert_consent;
use fdx_store_sqlite::SqliteStore;
use fdx_wire::{Entropy, UnixTime};

use bank::Class;
use protocol::{Start, record_id, token_text};
use report::Report;
use world::{BEGIN, World};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.split_first() {
        Some((first, rest)) if first == Start::CHILD => match Start::parse(rest) {
            Some(start) => child::run(&start).map(|()| true),
            None => Err("a child needs other arguments".into()),
        },
        _ => Settings::parse(&args).and_then(|settings| run(&settings)),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("processes: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments.
struct Settings {
    consents: u32,
    refreshes: u64,
    processes: u8,
    seed: u64,
    class: Class,
    /// The longest time that the run may take.
    seconds: u64,
    /// Where the temporary folder is created.
    folder: PathBuf,
    json: bool,
}

impl Settings {
    fn parse(args: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut settings = Self {
            consents: 1000,
            refreshes: 5000,
            processes: 4,
            seed: 1,
            class: Class::NewSuccessor,
            seconds: 600,
            folder: std::env::temp_dir(),
            json: false,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--json" {
                settings.json = true;
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
            match arg.as_str() {
                "--consents" => settings.consents = value.parse()?,
                "--refreshes" => settings.refreshes = value.parse()?,
                "--processes" => settings.processes = value.parse()?,
                "--seed" => settings.seed = value.parse()?,
                "--seconds" => settings.seconds = value.parse()?,
                "--folder" => settings.folder = value.into(),
                "--institution" => {
                    let named = |class: &Class| class.name().starts_with(value.as_str());
                    let class = Class::ALL.into_iter().find(named);
                    settings.class = class.ok_or("no institution has this name")?;
                }
                _ => return Err(format!("unknown argument '{arg}'").into()),
            }
        }
        if settings.class == Class::Strict {
            return Err(
                "a lost response ends the grant at this institution: no recipient can exclude it"
                    .into(),
            );
        }
        match settings.consents > 0 && settings.processes > 0 {
            true => Ok(settings),
            false => Err("at least one consent and one process are needed".into()),
        }
    }
}

/// Returns whether nothing was lost.
fn run(settings: &Settings) -> Result<bool, Box<dyn Error>> {
    let began = Instant::now();
    let folder = Folder::new(&settings.folder, "fdx-processes")?;
    bound(settings.seconds, folder.path().to_owned());
    // On average, one consent a second is due.
    let keep_alive = u64::from(settings.consents.max(100));
    let start = Start {
        file: folder.path().join("consents.sqlite"),
        class: settings.class,
        expires_in: keep_alive / 4 + 60,
        keep_alive,
        seed: settings.seed,
        incarnation: 0,
    };
    let recipient = Recipient::new(start.policy()?)?;
    let mut store = SqliteStore::open(&start.file)?;
    for consent in 0..settings.consents {
        insert(&recipient, &mut store, consent, keep_alive)?;
    }
    let mut world = World::new(start, settings.consents, settings.processes)?;
    let left = world.run(settings.refreshes)?;
    let report = Report::new(&world, &recipient, &mut store, &left, began.elapsed())?;
    match settings.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => report.print(),
    }
    Ok(report.is_success())
}

/// Stores a consent whose first tokens have expired. Consents are due one after the other.
fn insert(
    recipient: &Recipient,
    store: &mut SqliteStore,
    consent: u32,
    keep_alive: u64,
) -> Result<(), Box<dyn Error>> {
    let mut entropy = [9; 32];
    for (byte, part) in entropy.iter_mut().zip(consent.to_be_bytes()) {
        *byte = part;
    }
    let time = UnixTime::from_seconds;
    let first = First {
        id: record_id(consent)?,
        customer: format!("customer-{consent}"),
        refresh_token: &token_text(consent, 0),
        access_expires_at: time(BEGIN),
        due_at: time(BEGIN + 1 + u64::from(consent) % keep_alive),
    };
    let consent = recipient.consent(first, &Entropy::new(entropy))?;
    store.run(insert_consent(consent, time(BEGIN)))?;
    Ok(())
}

/// Ends the program after this time, whatever it waits for. Its children end with their pipes.
fn bound(seconds: u64, folder: PathBuf) {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(seconds));
        eprintln!("processes: it took longer than {seconds} s");
        // Nothing can be done about a failure here.
        let _ = std::fs::remove_dir_all(folder);
        std::process::exit(1);
    });
}
