//! The command line.

pub(crate) mod browser;
pub(crate) mod stored;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use fdx_jose::Algorithm;
use fdx_par::Dialect;
use fdx_sandbox::Misbehaviour;
use fdx_wire::{RedirectUri, UrlError};

use crate::args::browser::BrowserArgs;
use crate::args::stored::{ConsentsCommand, KeeperCommand};
use crate::dialect;

/// FDX v6 consent over FAPI 2.0, from the data recipient's side
#[derive(Parser)]
#[command(name = "fdx", version, after_help = FDX)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Sandbox(SandboxArgs),
    Connect(ConnectArgs),
    /// List, refresh, revoke, export and verify stored consents
    #[command(subcommand, after_help = stored::CONSENTS)]
    Consents(ConsentsCommand),
    /// Refresh stored consents when they are due, or pause that
    #[command(subcommand, after_help = stored::KEEPER)]
    Keeper(KeeperCommand),
    Doctor(DoctorArgs),
    Dialects(DialectsArgs),
    /// Generate keys and certificate requests, and show public keys
    #[command(subcommand, after_help = KEYS)]
    Keys(KeysCommand),
}

impl Command {
    /// Whether `--json` was given.
    pub(crate) fn prints_json(&self) -> bool {
        match self {
            Self::Demo(args) => args.json,
            Self::Keeper(_) | Self::Sandbox(_) => false,
            Self::Connect(args) => args.json,
            Self::Consents(command) => command.prints_json(),
            Self::Doctor(args) => args.json,
            Self::Dialects(args) => args.json,
            Self::Keys(KeysCommand::New(args)) => args.json,
            Self::Keys(KeysCommand::Show(args)) => args.json,
        }
    }
}

/// Run a complete consent against an institution inside this program
///
/// Starts an institution on loopback with fresh keys and certificates, plays a customer who grants
/// less than was requested, runs the complete flow over TLS, issues the receipt, calls one granted
/// and one withheld resource, and revokes the consent. Its store is in a temporary folder, which it
/// removes.
#[derive(Parser)]
#[command(after_help = DEMO, verbatim_doc_comment)]
pub(crate) struct DemoArgs {
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// How the tokens are bound
    #[arg(long, value_name = "HOW", value_enum, default_value_t = BindingName::Mtls)]
    pub(crate) binding: BindingName,
    /// The provider to play, with its dialect
    #[arg(long, value_name = "NAME", default_value = "fdx", conflicts_with = "binding",
        value_parser = dialect::playable)]
    pub(crate) dialect: Dialect,
}

/// Run an institution for any client, on loopback
///
/// Writes its CA, client certificates with keys, the clients' signing key, the registered clients
/// and a working configuration of `fdx connect` for each of them into DIR. Prints its URLs, and
/// serves until ctrl-c.
#[derive(Parser)]
#[command(after_help = SANDBOX, verbatim_doc_comment)]
pub(crate) struct SandboxArgs {
    /// The address, on loopback; the next port accepts client certificates (port 0: any two ports)
    #[arg(long, value_name = "ADDR", value_parser = listen, required_unless_present = "list")]
    pub(crate) listen: Option<SocketAddr>,
    /// The directory for the files; created if missing; existing files are never overwritten
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    pub(crate) dir: Option<PathBuf>,
    /// Whether DPoP proofs need a nonce from the server: at every endpoint, each once, or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = NoncesName::Demand)]
    pub(crate) nonces: NoncesName,
    /// A redirect_uri of the clients, by default http://127.0.0.1:8765/callback; may be repeated
    #[arg(long, value_name = "URI", default_value = "http://127.0.0.1:8765/callback",
        hide_default_value = true, value_parser = redirect_uri)]
    pub(crate) redirect_uri: Vec<RedirectUri>,
    /// The provider to play, by default fdx; every other one has one client, app-1
    #[arg(long, value_name = "NAME", default_value = "fdx", hide_default_value = true,
        value_parser = dialect::playable)]
    pub(crate) dialect: Dialect,
    /// Client metadata (RFC 7591) with a client_id and jwks, or an array of them; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "dialect")]
    pub(crate) client: Vec<PathBuf>,
    /// Accept client certificates of this authority, too: a PEM file; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "dialect")]
    pub(crate) client_ca: Vec<PathBuf>,
    /// Answer requests without this, which FDX requires and FAPI does not; may be repeated
    #[arg(long, value_name = "WHAT", value_enum, conflicts_with = "dialect")]
    pub(crate) optional: Vec<OptionalName>,
    /// Misbehave in one way, to test how a client reacts; `--list` lists the names
    #[arg(long, value_name = "NAME", conflicts_with = "dialect",
        value_parser = misbehaviour)]
    pub(crate) misbehave: Option<Misbehaviour>,
    /// List every misbehaviour with the reaction that a client must show, and exit
    #[arg(long, conflicts_with_all = ["listen", "dir", "nonces", "redirect_uri", "dialect",
        "client", "client_ca", "optional", "misbehave"])]
    pub(crate) list: bool,
}

/// Obtain a consent from a customer of a real institution
///
/// Discovers the institution, pushes the request, prints the URL for the customer's browser,
/// receives the callback, exchanges the code, and reads the grant. Stores the flow before the
/// redirect, the tokens before they are verified, and the grant with its receipt: `fdx consents` and
/// `fdx keeper` go on from there. Writes the receipt to a file that it never overwrites.
///
/// If it listens for the callback, the URL is its own start page: it works once, in one browser, and
/// only that browser can deliver the callback.
///
/// With --json: {"id", "store", "state", "consent_id", "requested", "granted", "withheld",
/// "granted_resources", "withheld_from_resources", "granted_scopes", "receipt", "receipt_sha256",
/// "receipt_file", "tokens_file"}.
#[derive(Parser)]
#[command(after_help = CONNECT, verbatim_doc_comment)]
pub(crate) struct ConnectArgs {
    /// The configuration (TOML); `--example` prints one
    #[arg(long, value_name = "FILE", required_unless_present = "example")]
    pub(crate) config: Option<PathBuf>,
    /// Print a commented configuration, and exit
    #[arg(long, conflicts_with_all = ["config", "print_url", "open", "callback", "json", "resume"])]
    pub(crate) example: bool,
    #[command(flatten)]
    pub(crate) browser: BrowserArgs,
    /// Continue an earlier run whose tokens are stored; with --callback stdin, paste its callback
    #[arg(long, conflicts_with_all = ["print_url", "open"])]
    pub(crate) resume: bool,
    /// The store: a SQLite file [default: fdx/consents.db in the user's data directory]
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<PathBuf>,
    /// Your own reference to the customer, in the store
    #[arg(long, value_name = "REF", default_value = "customer-1")]
    pub(crate) customer: String,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Compare an institution's metadata with FAPI 2.0
///
/// Compares each member with its clause: fine, advice, breaks FAPI 2.0, or prevents the client
/// whose configuration is given. The exit code is 1 for the last two. The metadata is what a server
/// claims, not what it does.
///
/// With --json: {"source", "worst", "findings": [{"member", "clause", "found", "wanted",
/// "severity", "allowed_by"}], "error"}; severities are fine, advice, breaks-fapi and breaks-client.
#[derive(Parser)]
#[command(after_help = DOCTOR, verbatim_doc_comment)]
pub(crate) struct DoctorArgs {
    /// The institution's issuer, an https URL, or a file with its metadata
    #[arg(value_name = "ISSUER_OR_FILE")]
    pub(crate) target: String,
    /// The client to check: a configuration of `fdx connect`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Trusted authorities (PEM), instead of the public ones
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the providers that deviate from FAPI 2.0, or the deviations of one provider
///
/// not-fapi marks a dialect with members that give up protection of FAPI 2.0.
///
/// With --json, all: [{"name", "provider", "members", "fapi", "evidence"}]; one: {"name",
/// "provider", "fapi", "evidence": {"kind", "program", "date"}, "discovery", "members": [{"name",
/// "clause", "source"}], "options", "needs", "notes", "refresh_token_lifetime_seconds"}.
#[derive(Parser)]
#[command(after_help = DIALECTS, verbatim_doc_comment)]
pub(crate) struct DialectsArgs {
    /// The dialect to show in full
    #[arg(value_name = "NAME", value_parser = dialect::named)]
    pub(crate) name: Option<Dialect>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    New(KeysNewArgs),
    Show(KeysShowArgs),
}

/// Generate a key, and print its public JWK Set
///
/// Writes the private key into DIR as PEM (PKCS#8), readable only by its owner, and never
/// overwrites a file. All files are named after the key id. Prints the JWK Set to standard output.
#[derive(Parser)]
#[command(after_help = KEYS_NEW, verbatim_doc_comment)]
pub(crate) struct KeysNewArgs {
    /// The signature algorithm: ES256, EdDSA or PS256
    #[arg(long, value_name = "ALG", value_parser = algorithm)]
    pub(crate) algorithm: Algorithm,
    /// The key id [default: the thumbprint, RFC 7638]
    #[arg(long, value_name = "KID")]
    pub(crate) kid: Option<String>,
    /// The directory for the files; created if missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Also write a certificate request for this name, for tls_client_auth
    #[arg(long, value_name = "CN")]
    pub(crate) certificate_request: Option<String>,
    /// Also write a self-signed certificate for this name, for self_signed_tls_client_auth
    #[arg(long, value_name = "CN")]
    pub(crate) self_signed: Option<String>,
    /// The validity of the self-signed certificate
    #[arg(long, value_name = "DAYS", default_value_t = 365, requires = "self_signed",
        value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print the public JWK Set and the thumbprints of keys
///
/// Each FILE is a PEM (PKCS#8, PKCS#1 or a public key), a private or public JWK, or a JWK Set. The
/// JWK Set on standard output contains only public keys, and keeps their certificates (x5c).
#[derive(Parser)]
#[command(after_help = KEYS_SHOW, verbatim_doc_comment)]
pub(crate) struct KeysShowArgs {
    /// The files with keys
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The key id of a PEM, which does not contain one [default: the thumbprint, RFC 7638]
    #[arg(long, value_name = "KID")]
    pub(crate) kid: Option<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

fn algorithm(name: &str) -> Result<Algorithm, &'static str> {
    let known = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256];
    known.into_iter().find(|known| known.name() == name).ok_or("use ES256, EdDSA or PS256")
}

fn misbehaviour(name: &str) -> Result<Misbehaviour, &'static str> {
    Misbehaviour::by_name(name).ok_or("fdx sandbox --list lists every misbehaviour")
}

fn listen(address: &str) -> Result<SocketAddr, &'static str> {
    address.parse().map_err(|_| "write an IP address and a port, such as 127.0.0.1:8443")
}

/// Parses a redirect_uri. The error also states where `http` is allowed.
pub(crate) fn redirect_uri(text: &str) -> Result<RedirectUri, String> {
    RedirectUri::parse(text).map_err(|error| match error {
        UrlError::Scheme => format!("{error}, nor with http:// and 127.0.0.1 or [::1]"),
        other => other.to_string(),
    })
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum BindingName {
    /// A client certificate (RFC 8705)
    Mtls,
    /// A key that signs each request, with nonces required (RFC 9449)
    Dpop,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum OptionalName {
    // A push without them requests the data of its scopes.
    AuthorizationDetails,
    // The header in calls of the FDX API.
    InteractionId,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum NoncesName {
    // Not doc comments: the help stays short.
    Demand,
    Silent,
}

const FDX: &str = "\
Examples:
  fdx demo
  fdx sandbox --listen 127.0.0.1:8443 --dir bank
  fdx connect --config bank/connect.toml --open
  fdx doctor https://bank.example
  fdx keys new --algorithm ES256 --out keys

The exit code is 0, 1 after a failure, or 2 if the command line or a configuration is wrong.
After a failure, --json prints {\"error\": {\"code\", \"clause\", \"message\", \"next_step\"}}.";

const DEMO: &str = "\
Examples:
  fdx demo                   tokens bound to a client certificate, over mutual TLS
  fdx demo --binding dpop    tokens bound to a key, DPoP nonces required
  fdx demo --dialect mastercard   the complete lifecycle of another provider
  fdx demo --json | jq .withheld";

const SANDBOX: &str = "\
Examples:
  fdx sandbox --listen 127.0.0.1:8443 --dir bank
  fdx sandbox --listen 127.0.0.1:0 --dir bank --dialect mastercard
  fdx sandbox --listen 127.0.0.1:0 --dir bank --optional authorization-details
  fdx sandbox --list                                  every misbehaviour
  fdx sandbox --listen 127.0.0.1:0 --dir bank --misbehave id-token-without-exp
  fdx connect --config bank/connect.toml              in another terminal, bound to a certificate
  fdx connect --config bank/connect-dpop.toml         bound to a DPoP key
  fdx connect --config bank/connect-signed.toml       DPoP, request and callback signed
  fdx connect --config bank/connect-tls.toml          authenticated by a certificate of the CA
  fdx connect --config bank/connect-self-signed.toml  authenticated by a self-signed certificate";

const CONNECT: &str = "\
Examples:
  fdx connect --example > connect.toml
  fdx connect --config connect.toml --open
  fdx connect --config connect.toml --callback stdin --json";

const DOCTOR: &str = "\
Examples:
  fdx doctor https://bank.example
  fdx doctor https://127.0.0.1:8443 --ca bank/ca.pem
  fdx doctor https://127.0.0.1:8443 --config bank/connect.toml
  fdx doctor metadata.json --json | jq .worst";

const DIALECTS: &str = "\
Examples:
  fdx dialects
  fdx dialects mastercard
  fdx dialects mx --json | jq '.members[].name'";

const KEYS: &str = "\
Examples:
  fdx keys new --algorithm ES256 --kid 2026-11 --out keys > jwks.json
  fdx keys show keys/2026-11.pem --kid 2026-11";

const KEYS_NEW: &str = "\
Examples:
  fdx keys new --algorithm ES256 --out keys
  fdx keys new --algorithm PS256 --kid 2026-11 --out keys > jwks.json
  fdx keys new --algorithm ES256 --out keys --certificate-request app.example
  fdx keys new --algorithm ES256 --out keys --self-signed app.example";

const KEYS_SHOW: &str = "\
Examples:
  fdx keys show keys/*.pem > jwks.json
  fdx keys show keys/2026-11.pem --kid 2026-11 --json | jq .keys";
