//! `fdx doctor`: compares an institution's metadata with FAPI 2.0.

use std::path::Path;

use fdx_par::{
    ClientConfig, Readiness, WellKnown,
    discovery::discover_document,
    error::Deviation,
    readiness::{Finding, Severity},
};
use fdx_transport_hyper::{Roots, Transport, system_now};
use fdx_wire::Issuer;
use serde::Serialize;

use crate::args::DoctorArgs;
use crate::connect::{setup, source};
use crate::dialect::that_allow;
use crate::error::Failure;
use crate::files;
use crate::flow::Driver;
use crate::print::{Table, message, pretty, result};

/// A metadata document and its source.
struct Found {
    place: String,
    bytes: Vec<u8>,
}

/// The client to check, if there is a configuration, and a driver.
struct Checker {
    client: Option<ClientConfig>,
    driver: Driver,
}

pub(crate) async fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let checker = Checker::load(args)?;
    let (found, issuer) = if args.target.contains("://") {
        let issuer = issuer(&args.target)?;
        (checker.fetch(&issuer).await?, Some(issuer))
    } else {
        let text = files::text(Path::new(&args.target), "the metadata")?;
        (Found { place: args.target.clone(), bytes: text.expose().into() }, None)
    };
    let readiness = Readiness::of(&found.bytes, issuer.as_ref(), checker.client.as_ref());
    print(args, &found.place, &readiness);
    match readiness.worst() {
        Severity::Fine | Severity::Advice => Ok(()),
        Severity::BreaksFapi => Err(broken("this metadata breaks FAPI 2.0")),
        Severity::BreaksClient => Err(broken("this client can't obtain a consent there")),
    }
}

impl Checker {
    fn load(args: &DoctorArgs) -> Result<Self, Failure> {
        let (client, mut driver) = match &args.config {
            Some(path) => {
                let setup = setup::Setup::load(&source::read(path)?, path)?;
                (Some(setup.client), setup.driver)
            }
            None => (None, Driver { transport: transport(Transport::builder())?, keys: vec![] }),
        };
        if let Some(path) = &args.ca {
            let roots = Roots::pem(files::text(path, "the CA")?.expose()).map_err(|error| {
                let what = format!("{} can't be used: {error}", path.display());
                Failure::usage(what, "name a PEM file of certificates")
            })?;
            driver.transport = transport(Transport::builder().root_certificates(roots))?;
        }
        Ok(Self { client, driver })
    }

    /// Fetches the metadata from the first of the two well-known URLs that has it.
    async fn fetch(&self, issuer: &Issuer) -> Result<Found, Failure> {
        let mut first = None;
        for well_known in [WellKnown::OAuthAuthorizationServer, WellKnown::OpenidConfiguration] {
            let draft = discover_document(issuer, well_known, system_now());
            let place = format!("{} of {issuer}", name(well_known));
            match self.driver.try_run("fetching the metadata", draft).await? {
                Ok(document) => return Ok(Found { place, bytes: document.as_bytes().to_vec() }),
                Err(error) => {
                    message(&format!("note: nothing at {place}"));
                    first.get_or_insert(error);
                }
            }
        }
        Err(match first {
            Some(error) => Failure::protocol("fetching the metadata", &error),
            None => broken("there is no metadata"),
        })
    }
}

fn transport(builder: fdx_transport_hyper::TransportBuilder) -> Result<Transport, Failure> {
    builder
        .build()
        .map_err(|error| Failure::failed(error.to_string(), "please report this defect of fdx"))
}

fn issuer(text: &str) -> Result<Issuer, Failure> {
    Issuer::parse_loopback(text).map_err(|error| {
        let what = format!("the issuer is not valid: {error}");
        Failure::usage(what, "write it exactly like the institution, with https://; or name a file")
    })
}

fn broken(what: &str) -> Failure {
    Failure::failed(what, "show the institution the rows above, or use a dialect")
}

fn name(well_known: WellKnown) -> &'static str {
    match well_known {
        WellKnown::OAuthAuthorizationServer => "oauth-authorization-server",
        WellKnown::OpenidConfiguration => "openid-configuration",
    }
}

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    /// The file, or the well-known URL and the issuer.
    source: &'a str,
    /// The severity of the worst row.
    worst: &'static str,
    findings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    member: &'static str,
    clause: &'static str,
    /// JSON, bounded and escaped, or `absent`.
    found: &'a str,
    wanted: &'static str,
    /// `fine`, `advice`, `breaks-fapi` or `breaks-client`.
    severity: &'static str,
    /// The member of a dialect that would allow it, or null.
    allowed_by: Option<&'static str>,
}

fn print(args: &DoctorArgs, source: &str, readiness: &Readiness) {
    let findings = readiness.findings();
    if args.json {
        let findings = findings.iter().map(Row::of).collect();
        let report = Report { source, worst: readiness.worst().name(), findings };
        result(&pretty(&report));
        return;
    }
    result(&format!("{source}\n"));
    let mut table = Table::new(&["result", "member", "found", "clause"]);
    for row in findings {
        table.row([row.severity.name(), row.member, &short(row.found.as_str()), row.clause]);
    }
    result(&format!("{table}\n"));
    let unusual = || findings.iter().filter(|row| row.severity != Severity::Fine);
    for row in unusual() {
        let allowed = row.allowed_by.map(|by| format!(" ({})", that_allow(by)));
        result(&format!("{}: wanted {}{}", row.member, row.wanted, allowed.unwrap_or_default()));
    }
    let count = |severity| findings.iter().filter(|row| row.severity == severity).count();
    let rows = findings.len();
    let between = if unusual().next().is_some() { "\n" } else { "" };
    result(&format!(
        "{between}{rows} rows: {} fine, {} advice, {} break FAPI 2.0, {} break this client",
        count(Severity::Fine),
        count(Severity::Advice),
        count(Severity::BreaksFapi),
        count(Severity::BreaksClient),
    ));
}

impl<'a> Row<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            member: finding.member,
            clause: finding.clause,
            found: finding.found.as_str(),
            wanted: finding.wanted,
            severity: finding.severity.name(),
            allowed_by: finding.allowed_by.map(Deviation::name),
        }
    }
}

/// Shortens a value for a column. `--json` has all of it.
fn short(found: &str) -> String {
    const MAX_CHARS: usize = 44;
    let mut short: String = found.chars().take(MAX_CHARS).collect();
    if short.len() < found.len() {
        short.push_str("...");
    }
    short
}
