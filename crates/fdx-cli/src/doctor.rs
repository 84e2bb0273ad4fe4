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
use crate::connect::{discovery, setup, source};
use crate::dialect::name;
use crate::dialect::that_allow;
use crate::error::{Description, Failure};
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
    /// The only path to use, if there is a configuration.
    discovery: Option<WellKnown>,
}

pub(crate) async fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let checker = Checker::load(args)?;
    let (found, issuer) = if args.target.contains("://") {
        let issuer = issuer(&args.target)?;
        let found = checker.fetch(&issuer).await.map_err(|failure| match args.config {
            Some(_) => failure,
            None => failure.instead_of("root_certificates", "--ca"),
        })?;
        (found, Some(issuer))
    } else {
        let text = files::text(Path::new(&args.target), "the metadata")?;
        (Found { place: args.target.clone(), bytes: text.expose().into() }, None)
    };
    let readiness = Readiness::of(&found.bytes, issuer.as_ref(), checker.client.as_ref());
    let expected = issuer.as_ref().or(checker.client.as_ref().map(|client| &client.issuer));
    let failure = match readiness.worst() {
        Severity::Fine | Severity::Advice => None,
        Severity::BreaksFapi => Some(broken("this metadata breaks FAPI 2.0")),
        Severity::BreaksClient => Some(broken("this client can't obtain a consent there")),
    };
    let other = expected.and_then(|expected| discovery::other_issuer(expected, &found.bytes));
    let failure = match (failure, &other) {
        (Some(failure), Some(other)) => Some(failure.but(other)),
        (failure, _) => failure,
    };
    print(args, &found.place, &readiness, failure.as_ref());
    failure.map_or(Ok(()), |failure| Err(failure.reported()))
}

impl Checker {
    fn load(args: &DoctorArgs) -> Result<Self, Failure> {
        let (client, mut driver, discovery) = match &args.config {
            Some(path) => {
                let config = source::read(path)?;
                let setup = setup::Setup::load(&config, path)?;
                (Some(setup.client), setup.driver, Some(config.well_known()))
            }
            None => {
                let driver = Driver { transport: transport(Transport::builder())?, keys: vec![] };
                (None, driver, None)
            }
        };
        if let Some(path) = &args.ca {
            let roots = Roots::pem(files::text(path, "the CA")?.expose()).map_err(|error| {
                let what = format!("{} can't be used: {error}", path.display());
                Failure::usage(what, "name a PEM file of certificates")
            })?;
            driver.transport = transport(Transport::builder().root_certificates(roots))?;
        }
        Ok(Self { client, driver, discovery })
    }

    /// Fetches the metadata from the configured well-known URL. Without a configuration, from the
    /// first of the two that has it.
    async fn fetch(&self, issuer: &Issuer) -> Result<Found, Failure> {
        let mut first = None;
        let both = [WellKnown::OAuthAuthorizationServer, WellKnown::OpenidConfiguration];
        let configured = self.discovery.as_slice();
        for &well_known in if configured.is_empty() { &both[..] } else { configured } {
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
            Some(error) => {
                let failure = Failure::protocol("fetching the metadata", &error);
                match self.discovery {
                    Some(tried) => discovery::hint(failure, &self.driver, issuer, tried).await,
                    None => failure,
                }
            }
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

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    /// The file, or the well-known URL and the issuer.
    source: &'a str,
    /// The severity of the worst row.
    worst: &'static str,
    findings: Vec<Row<'a>>,
    /// The failure of the command, or null.
    error: Option<Description<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    member: &'static str,
    clause: &'static str,
    /// JSON, escaped, or `absent`.
    found: &'a str,
    wanted: &'static str,
    /// `fine`, `advice`, `breaks-fapi` or `breaks-client`.
    severity: &'static str,
    /// The member of a dialect that would allow it, or null.
    allowed_by: Option<&'static str>,
}

fn print(args: &DoctorArgs, source: &str, readiness: &Readiness, failure: Option<&Failure>) {
    let findings = readiness.findings();
    if args.json {
        let findings = findings.iter().map(Row::of).collect();
        let error = failure.map(Failure::description);
        let report = Report { source, worst: readiness.worst().name(), findings, error };
        result(&pretty(&report));
        return;
    }
    result(&format!("{source}\n"));
    let mut table = Table::new(&["result", "member", "found", "clause"]);
    for row in findings {
        let mut lines = wrapped(&row.found).into_iter();
        let first = lines.next().unwrap_or_default();
        table.row([row.severity.name(), row.member, &first, row.clause]);
        lines.for_each(|line| table.row(["", "", &line, ""]));
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

/// Breaks a value into lines for a column, after commas where possible. Nothing is left out.
fn wrapped(found: &str) -> Vec<String> {
    const MAX_CHARS: usize = 44;
    let mut lines = vec![String::new()];
    let mut length = 0;
    for part in found.split_inclusive(',') {
        if length > 0 && length + part.chars().count() > MAX_CHARS {
            lines.push(String::new());
            length = 0;
        }
        for char in part.chars() {
            if length == MAX_CHARS {
                lines.push(String::new());
                length = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(char);
            }
            length += 1;
        }
    }
    lines
}
