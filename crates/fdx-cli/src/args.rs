use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use fdx_jose::Algorithm;
use fdx_par::Dialect;
use fdx_sandbox::Misbehaviour;
use fdx_wire::{RedirectUri, UrlError};

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
    Doctor(DoctorArgs),
    Dialects(DialectsArgs),
    /// Make keys and certificate requests, and show what is public of them
    #[command(subcommand, after_help = KEYS)]
    Keys(KeysCommand),
}

/// Watch a whole consent, against an institution inside this program
///
/// It starts an institution on loopback with fresh keys and certificates, plays a customer who
/// grants less than was asked, runs the whole flow over TLS, makes out the receipt, calls one
/// granted and one withheld resource, and revokes the consent. Nothing is written to disk.
#[derive(Parser)]
#[command(after_help = DEMO, verbatim_doc_comment)]
pub(crate) struct DemoArgs {
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// What the tokens are bound to
    #[arg(long, value_name = "HOW", value_enum, default_value_t = BindingName::Mtls)]
    pub(crate) binding: BindingName,
    /// Which provider's institution it is, and which dialect is spoken to it
    #[arg(long, value_name = "NAME", default_value = "fdx", conflicts_with = "binding",
        value_parser = dialect::named)]
    pub(crate) dialect: Dialect,
}

/// Run the institution for any client, on loopback
///
/// It writes its CA, client certificates with keys, the clients' signing key, the registered clients
/// and a working configuration of `fdx connect` for each of them into DIR, prints where it is, and
/// serves until ctrl-c.
#[derive(Parser)]
#[command(after_help = SANDBOX, verbatim_doc_comment)]
pub(crate) struct SandboxArgs {
    /// Where to listen, on loopback; the port after it takes client certificates (0: any two)
    #[arg(long, value_name = "ADDR", value_parser = listen, required_unless_present = "list")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where the files go; made where it is missing, and nothing in it is ever overwritten
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    pub(crate) dir: Option<PathBuf>,
    /// Whether DPoP proofs need a nonce of the server's
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = NoncesName::Demand)]
    pub(crate) nonces: NoncesName,
    /// Where the clients' customers may come back to; may be repeated
    #[arg(long, value_name = "URI", default_value = "http://127.0.0.1:8765/callback",
        value_parser = redirect_uri)]
    pub(crate) redirect_uri: Vec<RedirectUri>,
    /// Which provider's manners it has; of any but fdx there is one client, app-1
    #[arg(long, value_name = "NAME", default_value = "fdx", value_parser = dialect::named)]
    pub(crate) dialect: Dialect,
    /// Be wrong in this one way, to see what a client does about it; `--list` names them
    #[arg(long, value_name = "NAME", conflicts_with = "dialect",
        value_parser = misbehaviour)]
    pub(crate) misbehave: Option<Misbehaviour>,
    /// Print every way to be wrong, with what a client has to do about it, and do nothing else
    #[arg(long, conflicts_with_all = ["listen", "dir", "nonces", "redirect_uri", "dialect",
        "misbehave"])]
    pub(crate) list: bool,
}

/// Ask a customer of a real institution for a consent
///
/// It discovers the institution, pushes the request, gives the URL for the customer's browser,
/// takes the callback, exchanges the code, reads what was granted, and keeps the receipt and the
/// tokens in files that it never overwrites. Where it listens for the callback, the URL is its own:
/// it works once, in one browser, and only that browser can bring the callback.
#[derive(Parser)]
#[command(after_help = CONNECT, verbatim_doc_comment)]
pub(crate) struct ConnectArgs {
    /// The configuration (TOML); `--example` prints one
    #[arg(long, value_name = "FILE", required_unless_present = "example")]
    pub(crate) config: Option<PathBuf>,
    /// Print a commented configuration, and do nothing else
    #[arg(long, conflicts_with_all = ["config", "print_url", "open", "callback", "json", "resume"])]
    pub(crate) example: bool,
    /// Print the URL for the customer's browser on standard error (what is done anyway)
    #[arg(long, conflicts_with = "open")]
    pub(crate) print_url: bool,
    /// Print the URL, and have xdg-open or open show a page that only you can read, which leads there
    #[arg(long)]
    pub(crate) open: bool,
    /// Where the callback comes from [default: listen where redirect_uri is http, else stdin]
    #[arg(long, value_name = "HOW", value_enum)]
    pub(crate) callback: Option<CallbackName>,
    /// Verify the tokens that an earlier run kept and could not verify, and go on from there
    #[arg(long, conflicts_with_all = ["print_url", "open", "callback"])]
    pub(crate) resume: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Hold an institution's metadata against what FAPI 2.0 asks for
///
/// Each member is laid beside its clause: fine, worth asking about (advice), against FAPI 2.0, or in
/// the way of the client whose configuration is given. It ends with 1 where one of the last two is
/// there. The metadata is what a server says, not what it does.
///
/// With --json: {"source", "worst", "findings": [{"member", "clause", "found", "wanted",
/// "severity", "allowed_by"}]}; severities are fine, advice, breaks-fapi and breaks-client.
#[derive(Parser)]
#[command(after_help = DOCTOR, verbatim_doc_comment)]
pub(crate) struct DoctorArgs {
    /// The institution's issuer, an https URL, or a file with its metadata
    #[arg(value_name = "ISSUER_OR_FILE")]
    pub(crate) target: String,
    /// What a client is about to do there: a configuration of `fdx connect`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The authorities (PEM) to trust instead of the public ones
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the providers that differ from FAPI 2.0, or what one of them does otherwise
///
/// With --json, of all: [{"name", "provider", "members", "fapi"}]; of one: {"name", "provider",
/// "fapi", "members": [{"name", "clause", "source"}], "needs", "notes",
/// "refresh_token_lifetime_seconds"}.
#[derive(Parser)]
#[command(after_help = DIALECTS, verbatim_doc_comment)]
pub(crate) struct DialectsArgs {
    /// The one to be shown in full
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

/// Make a key, and print its public JWK Set
///
/// The private key goes into DIR as PEM (PKCS#8), readable by its owner alone, never over a file
/// that exists. All files are named after the key id. The JWK Set goes to standard output.
#[derive(Parser)]
#[command(after_help = KEYS_NEW, verbatim_doc_comment)]
pub(crate) struct KeysNewArgs {
    /// What it signs with: ES256, EdDSA or PS256
    #[arg(long, value_name = "ALG", value_parser = algorithm)]
    pub(crate) algorithm: Algorithm,
    /// The key's id [default: its thumbprint, RFC 7638]
    #[arg(long, value_name = "KID")]
    pub(crate) kid: Option<String>,
    /// Where the files go; made where it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Also write a certificate request for this name, for tls_client_auth
    #[arg(long, value_name = "CN")]
    pub(crate) certificate_request: Option<String>,
    /// Also write a self-signed certificate for this name, for self_signed_tls_client_auth
    #[arg(long, value_name = "CN")]
    pub(crate) self_signed: Option<String>,
    /// How long the self-signed certificate is good
    #[arg(long, value_name = "DAYS", default_value_t = 365, requires = "self_signed",
        value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print the public JWK Set of keys, and their thumbprints
///
/// Each FILE is a PEM (PKCS#8, or PKCS#1), a JWK, private or public, or a JWK Set. The JWK Set goes
/// to standard output, and nothing private is in it.
#[derive(Parser)]
#[command(after_help = KEYS_SHOW, verbatim_doc_comment)]
pub(crate) struct KeysShowArgs {
    /// The keys
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The id of a key in PEM, which does not hold it [default: its thumbprint, RFC 7638]
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
    Misbehaviour::by_name(name).ok_or("fdx sandbox --list names every way to be wrong")
}

fn listen(address: &str) -> Result<SocketAddr, &'static str> {
    address.parse().map_err(|_| "write an IP address and a port, such as 127.0.0.1:8443")
}

/// Says of `http` where it is allowed, which the library's own error leaves to its documentation.
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
    /// A key that signs each request, with nonces demanded (RFC 9449)
    Dpop,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum NoncesName {
    /// At every endpoint, each nonce once
    Demand,
    /// Never
    Silent,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum CallbackName {
    /// A small listener on the redirect_uri's port
    Listen,
    /// The URL, pasted
    Stdin,
}

const FDX: &str = "\
Examples:
  fdx demo
  fdx sandbox --listen 127.0.0.1:8443 --dir bank
  fdx connect --config bank/connect.toml --open
  fdx doctor https://bank.example
  fdx keys new --algorithm ES256 --out keys

It ends with 0, with 1 where something failed, with 2 where the command line or a configuration
can't be right.";

const DEMO: &str = "\
Examples:
  fdx demo                   tokens bound to a client certificate, over mutual TLS
  fdx demo --binding dpop    tokens bound to a key, DPoP nonces demanded
  fdx demo --dialect mastercard   a provider that differs, to the end of its lifecycle
  fdx demo --json | jq .withheld";

const SANDBOX: &str = "\
Examples:
  fdx sandbox --listen 127.0.0.1:8443 --dir bank
  fdx sandbox --listen 127.0.0.1:0 --dir bank --redirect-uri https://app.example/callback
  fdx sandbox --listen 127.0.0.1:0 --dir bank --dialect mastercard
  fdx sandbox --list                                  every way in which it can be wrong
  fdx sandbox --listen 127.0.0.1:0 --dir bank --misbehave id-token-without-exp
  fdx connect --config bank/connect.toml              in another terminal, by certificate
  fdx connect --config bank/connect-dpop.toml         the same by DPoP
  fdx connect --config bank/connect-signed.toml       by DPoP, request and callback signed
  fdx connect --config bank/connect-tls.toml          known by a certificate of the CA
  fdx connect --config bank/connect-self-signed.toml  known by a certificate of its own";

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
