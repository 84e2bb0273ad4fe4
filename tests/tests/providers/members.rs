//! Strict stays strict: without a member the flow fails, with it it passes.

use fdx_par::dialect::{self, Line};
use fdx_par::{Dialect, Error};
use fdx_sandbox::customer::Decision;
use fdx_tests::World;
use fdx_tests::providers::{PROVIDED, Provided};
use http::StatusCode;

/// Where a flow fails that lacks one member.
enum Off {
    /// At the client, under this code.
    Client(&'static str),
    /// At the server, with this error.
    Server(&'static str),
    /// At the customer: no page is shown.
    #[expect(dead_code, reason = "the providers that refuse there follow")]
    Page,
}

struct Row {
    dialect: &'static str,
    member: &'static str,
    off: Off,
    /// How the provider behaves where it behaves in two ways.
    when: fn(&mut World),
}

const fn row(dialect: &'static str, member: &'static str, off: Off) -> Row {
    Row { dialect, member, off, when: |_| () }
}

impl Row {
    const fn when(self, when: fn(&mut World)) -> Self {
        Self { when, ..self }
    }
}

/// As the provider's document has it, where its server says 201.
fn pushes_are_answered_with_200(world: &mut World) {
    world.tamper_at("/oauth2/par", |mut answer| {
        if answer.status() == StatusCode::CREATED {
            *answer.status_mut() = StatusCode::OK;
        }
        answer
    });
}

const ROWS: &[Row] = &[
    row(
        "mastercard",
        "authorization-details-beside-request-object",
        Off::Server("INVALID_PAR_REQUEST"),
    ),
    row("mastercard", "callback-without-iss", Off::Client("rfc9207.iss.missing")),
    row("mastercard", "consent-token-without-scheme", Off::Server("401")),
    row("mastercard", "endpoint-path", Off::Client("rfc9110.error")),
    row("mastercard", "id-token-typ", Off::Client("oidc.id_token.typ")),
    row("mastercard", "push-status-ok", Off::Client("rfc9126.status"))
        .when(pushes_are_answered_with_200),
    row("mastercard", "not-fapi.unbound-tokens", Off::Client("fdx.dialect.not_fapi")),
];

/// The dialect without one of its members. Rows are few, so what is leaked is little.
pub(crate) fn without(dialect: Dialect, member: &str) -> Dialect {
    let kept: Vec<Line> =
        dialect.members().iter().filter(|line| line.member.name() != member).copied().collect();
    dialect.with_members(Vec::leak(kept))
}

/// From discovery to the accounts.
fn flow(provided: &Provided, dialect: Dialect, when: fn(&mut World)) -> Result<(), Failed> {
    let mut world = (provided.world)(dialect);
    when(&mut world);
    let client = world.client()?;
    let (url, pending) = world.push(&client, &(provided.request)())?;
    let page = world.bank.handle(&http::Request::get(&url).body(vec![]).unwrap(), None, world.now);
    if page.status() != StatusCode::OK {
        return Err(Failed::Page);
    }
    let callback = world.customer(&url, &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback)?;
    let verified = world.verify(&client, exchanged).map_err(Error::from)?;
    let granted = world.granted(&client, verified)?;
    world.accounts(&client, granted.tokens().access_token())?;
    Ok(())
}

#[derive(Debug)]
enum Failed {
    Error(Error),
    Page,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Off {
    fn is(&self, failed: &Failed) -> bool {
        match (self, failed) {
            (Self::Client(code), Failed::Error(error)) => error.code() == *code,
            (Self::Server(code), Failed::Error(Error::Refusal(refusal))) => refusal.is(code),
            (Self::Page, Failed::Page) => true,
            _ => false,
        }
    }
}

#[test]
fn each_member_on_passes_and_off_fails_as_its_row_says() {
    for provided in PROVIDED {
        let dialect = provided.dialect;
        for line in dialect.members() {
            let name = line.member.name();
            let row = ROWS.iter().find(|row| row.dialect == dialect.name() && row.member == name);
            let row = row.unwrap_or_else(|| panic!("{}: {name} has no row", dialect.name()));
            flow(provided, dialect, row.when)
                .unwrap_or_else(|failed| panic!("{name} on: {failed:?}"));
            let failed = flow(provided, without(dialect, name), row.when);
            let failed = failed.expect_err(&format!("{}: {name} off passes", dialect.name()));
            assert!(row.off.is(&failed), "{}: {name}: {failed:?}", dialect.name());
        }
    }
}

#[test]
fn every_row_is_a_member_of_its_dialect() {
    for row in ROWS {
        let dialect = dialect::by_name(row.dialect).unwrap();
        assert!(
            dialect.members().iter().any(|line| line.member.name() == row.member),
            "{}",
            row.member
        );
    }
}
