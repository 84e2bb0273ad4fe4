//! The commands about stored consents.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use fdx_store::{ConsentState, RecordId};

use crate::args::browser::BrowserArgs;

#[derive(Subcommand)]
pub(crate) enum ConsentsCommand {
    List(ListArgs),
    /// Show a stored consent, and the receipt of what was granted
    ///
    /// With --json: the members of `fdx consents list`, "revocation" and "receipt".
    #[command(after_help = SHOW, verbatim_doc_comment)]
    Show(OneArgs),
    /// Show the receipts of a consent in their order, verified
    ///
    /// With --json: {"id", "entries"}, the entries as they are stored.
    #[command(after_help = HISTORY, verbatim_doc_comment)]
    History(OneArgs),
    Queues(QueuesArgs),
    Verify(VerifyArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Refresh(OnlineArgs),
    Renew(RenewArgs),
    Revoke(RevokeArgs),
    Erase(EraseArgs),
}

impl ConsentsCommand {
    pub(crate) fn prints_json(&self) -> bool {
        match self {
            Self::List(args) => args.store.json,
            Self::Show(args) | Self::History(args) => args.store.json,
            Self::Queues(args) => args.store.json,
            Self::Verify(args) => args.store.json,
            Self::Export(args) => args.store.json,
            Self::Import(args) => args.store.json,
            Self::Refresh(args) => args.one.store.json,
            Self::Renew(args) => args.online.one.store.json,
            Self::Revoke(args) => args.online.one.store.json,
            Self::Erase(args) => args.one.store.json,
        }
    }
}

/// Which store, and how the result is printed.
#[derive(Args)]
pub(crate) struct StoreArgs {
    /// The store: a SQLite file [default: fdx/consents.db in the user's data directory]
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// List stored consents
///
/// With --json: {"consents": [{"id", "customer", "institution", "state", ...}], "more"}.
#[derive(Parser)]
#[command(after_help = LIST, verbatim_doc_comment)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Only consents of this customer
    #[arg(long, value_name = "REF", conflicts_with_all = ["state", "institution"])]
    pub(crate) customer: Option<String>,
    /// Only consents in this state
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub(crate) state: Option<ConsentState>,
    /// Only consents at the institution with this issuer
    #[arg(long, value_name = "ISSUER", requires = "state")]
    pub(crate) institution: Option<String>,
    /// How many consents at most
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

/// One stored consent
#[derive(Parser)]
pub(crate) struct OneArgs {
    /// The id of the record: see `fdx consents list`
    #[arg(value_name = "ID", value_parser = record_id)]
    pub(crate) id: RecordId,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Count the consents that wait for something, with reason and age
///
/// With --json: {"queues": [{"queue", "institution", "key_id", "count", "oldest", "reason"}]}.
#[derive(Parser)]
#[command(after_help = QUEUES, verbatim_doc_comment)]
pub(crate) struct QueuesArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Verify the receipts of the store, or an export of them
///
/// Compares each receipt with the digest in the next one. With FILE, reads nothing but FILE. The
/// first receipt that does not verify is named, and the exit code is 1.
///
/// With --json: {"chains", "entries", "heads", "roots"}.
#[derive(Parser)]
#[command(after_help = VERIFY, verbatim_doc_comment)]
pub(crate) struct VerifyArgs {
    /// An export of receipts [default: the receipts of the store]
    #[arg(value_name = "FILE", conflicts_with = "store")]
    pub(crate) file: Option<PathBuf>,
    /// The public keys (JWK Set) of the roots in FILE, as their owner published them
    #[arg(long, value_name = "FILE", requires = "file")]
    pub(crate) keys: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Write all receipts, or all consents with their tokens, to a file
///
/// Receipts contain no token: anyone can verify them with `fdx consents verify FILE`. A file with
/// tokens is as secret as they are: `fdx consents import` reads it. Both are JSON Lines.
///
/// With --json: {"file", "chains", "entries"} or {"file", "consents", "left_out"}.
#[derive(Parser)]
#[command(after_help = EXPORT, verbatim_doc_comment)]
pub(crate) struct ExportArgs {
    /// The new file, which only its owner can read
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Write the consents with their tokens, to move to another store or program
    #[arg(long)]
    pub(crate) tokens: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Store consents that another program obtained
///
/// Reads JSON Lines, one consent in each: see the manual of fdx-store, "transfer". Stop the program
/// that refreshes these tokens first. All lines are checked before the first consent is stored. The
/// same file can be imported again: consents that are stored already stay as they are.
///
/// With --json: {"imported", "already_stored", "without_receipt"}.
#[derive(Parser)]
#[command(after_help = IMPORT, verbatim_doc_comment)]
pub(crate) struct ImportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Refresh the tokens of a consent
///
/// With --json: {"id", "generation", "access_expires_at"}.
#[derive(Parser)]
#[command(after_help = REFRESH, verbatim_doc_comment)]
pub(crate) struct OnlineArgs {
    #[command(flatten)]
    pub(crate) one: OneArgs,
    /// The configuration of the client, as for `fdx connect`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Ask the customer for a new consent in the place of an old one
///
/// Pushes the request of the configuration, and sends the customer to the institution, as `fdx
/// connect` does. The new record is linked to the old one. The old consent is revoked after the new
/// grant is stored, and stays as it is if the customer denies the new one.
///
/// With --json: {"id", "renews", "renewed_is_revoked", "consent_id", "requested", "granted", ...}, as
/// `fdx connect`.
#[derive(Parser)]
#[command(after_help = RENEW, verbatim_doc_comment)]
pub(crate) struct RenewArgs {
    #[command(flatten)]
    pub(crate) online: OnlineArgs,
    #[command(flatten)]
    pub(crate) browser: BrowserArgs,
}

/// Revoke a consent: at the institution's consent API, then its tokens
///
/// The record and its receipts stay. If the institution does not respond, run it again: parts that
/// have an outcome are not repeated, and `fdx keeper run` continues as well.
///
/// With --json: {"id", "by", "consent_api", "refresh_token", "access_token"}.
#[derive(Parser)]
#[command(after_help = REVOKE, verbatim_doc_comment)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    pub(crate) online: OnlineArgs,
    /// The recipient ends the consent [default: the customer]
    #[arg(long)]
    pub(crate) by_recipient: bool,
}

/// Destroy the tokens of a consent, and the key that opens them
///
/// The receipts stay. A backup from before still contains both: see the manual.
///
/// With --json: {"id", "state"}.
#[derive(Parser)]
#[command(after_help = ERASE, verbatim_doc_comment)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) one: OneArgs,
    /// Erase a consent that has not ended: afterwards no token is left to revoke
    #[arg(long)]
    pub(crate) unrevoked: bool,
}

fn state(name: &str) -> Result<ConsentState, String> {
    ConsentState::by_name(name).ok_or_else(|| {
        let names: Vec<_> = ConsentState::ALL.iter().map(|state| state.name()).collect();
        format!("the states are {}", names.join(", "))
    })
}

fn record_id(text: &str) -> Result<RecordId, String> {
    RecordId::new(text).map_err(|error| error.to_string())
}

pub(crate) const CONSENTS: &str = "\
Examples:
  fdx connect --config connect.toml             stores a consent
  fdx consents list
  fdx consents show ID
  fdx consents refresh ID --config connect.toml
  fdx consents export --out receipts.jsonl && fdx consents verify receipts.jsonl";

const LIST: &str = "\
Examples:
  fdx consents list --customer c-17
  fdx consents list --state suspect
  fdx consents list --json | jq -r '.consents[].id'";

const SHOW: &str = "\
Examples:
  fdx consents show ID
  fdx consents show ID --json | jq .receipt.granted";

const HISTORY: &str = "\
Examples:
  fdx consents history ID";

const QUEUES: &str = "\
Examples:
  fdx consents queues
  fdx consents queues --json | jq '.queues[] | select(.queue == \"suspect\")'";

const ERASE: &str = "\
Examples:
  fdx consents revoke ID --config connect.toml && fdx consents erase ID";

const VERIFY: &str = "\
Examples:
  fdx consents verify
  fdx consents verify receipts.jsonl --keys published-jwks.json";

const EXPORT: &str = "\
Examples:
  fdx consents export --out receipts.jsonl
  fdx consents export --tokens --out consents.jsonl";

const IMPORT: &str = "\
Examples:
  fdx consents import consents.jsonl";

const REFRESH: &str = "\
Examples:
  fdx consents refresh ID --config connect.toml";

const RENEW: &str = "\
Examples:
  fdx consents list --state renewal_due
  fdx consents renew ID --config connect.toml --open";

const REVOKE: &str = "\
Examples:
  fdx consents revoke ID --config connect.toml
  fdx consents revoke ID --config connect.toml --by-recipient";

#[derive(Subcommand)]
pub(crate) enum KeeperCommand {
    Run(KeeperRunArgs),
    Pause(PauseArgs),
    Resume(ResumeArgs),
}

/// Refresh what is due, until SIGTERM or ctrl-c
///
/// Reads the store for consents that are due: to keep refresh tokens alive, to repeat failed
/// refreshes, to complete and to revoke consents. Several keepers may run on one store. After a
/// signal, what runs is finished first. Prints a line for each consent on standard error.
///
/// While refreshes are paused, it only completes and revokes consents.
#[derive(Parser)]
#[command(after_help = KEEPER, verbatim_doc_comment)]
pub(crate) struct KeeperRunArgs {
    /// The configuration of a client, as for `fdx connect`; one for each institution
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) config: Vec<PathBuf>,
    /// The store: a SQLite file [default: fdx/consents.db in the user's data directory]
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<PathBuf>,
}

/// Refresh nothing until `fdx keeper resume`, in all processes that use the store
///
/// Access tokens serve until they expire. Revocations go on.
#[derive(Parser)]
#[command(after_help = KEEPER, verbatim_doc_comment)]
pub(crate) struct PauseArgs {
    /// Only consents at the institution with this issuer
    #[arg(long, value_name = "ISSUER")]
    pub(crate) institution: Option<String>,
    /// Why: it is shown with each consent that waits
    #[arg(long, value_name = "TEXT", default_value = "an operator paused it")]
    pub(crate) reason: String,
    /// The store: a SQLite file [default: fdx/consents.db in the user's data directory]
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<PathBuf>,
}

/// Refresh again, after `fdx keeper pause` or after the database was restored or moved
///
/// After a restore, the tokens of the backup may be older than those at the institutions, which may
/// end a grant whose old refresh token is used.
#[derive(Parser)]
#[command(after_help = KEEPER, verbatim_doc_comment)]
pub(crate) struct ResumeArgs {
    /// Only consents at the institution with this issuer
    #[arg(long, value_name = "ISSUER")]
    pub(crate) institution: Option<String>,
    /// The store: a SQLite file [default: fdx/consents.db in the user's data directory]
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<PathBuf>,
}

pub(crate) const KEEPER: &str = "\
Examples:
  fdx keeper run --config bank/connect.toml
  fdx keeper pause --reason 'the database moves'
  fdx keeper resume";
