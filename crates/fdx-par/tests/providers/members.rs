//! Without a member of its dialect a provider's flow fails; with it the flow succeeds.

use core::time::Duration;

use fdx_par::dialect::{self, Line};
use fdx_par::{Dialect, Error, error::Deviation, not_fapi};
use fdx_sandbox::customer::Decision;
use fdx_testkit::providers::{PROVIDED, Provided};
use fdx_testkit::{World, entropy};
use http::StatusCode;

/// The step at which a flow fails without one member.
enum Off {
    /// At the client, with this error code.
    Client(&'static str),
    /// At the server, with this error.
    Server(&'static str),
    /// After verification: no consent id is reported.
    NoConsentId,
    /// At the customer's browser: the server shows no page.
    Page,
}

struct Row {
    dialect: &'static str,
    member: &'static str,
    off: Off,
    /// The behaviour of a provider that has two.
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

/// The text that Mastercard's server has in place of a code.
const INTERNAL_ERROR: &str = "We have encountered some internal error in processing your request.";

const ROWS: &[Row] = &[
    row("autional-client-secret", "authorization-url-parameters", Off::Page),
    row("autional-client-secret", "push-as-json", Off::Server("invalid_request")),
    row("autional-client-secret", "resources-plural", Off::Server("invalid_request")),
    row(
        "autional-client-secret",
        "not-fapi.client-secret-post",
        Off::Client("fdx.dialect.not_fapi"),
    ),
    row("autional", "authorization-url-parameters", Off::Page),
    row("autional", "push-as-json", Off::Server("invalid_request")),
    row("autional", "resources-plural", Off::Server("invalid_request")),
    row("mastercard", "assertion-without-typ", Off::Server("invalid_client")),
    row("mastercard", "authorization-details-beside-request-object", Off::Server(INTERNAL_ERROR)),
    row("mastercard", "authorization-url-parameters", Off::Page),
    row("mastercard", "callback-without-iss", Off::Client("rfc9207.iss.missing")),
    row("mastercard", "consent-token-without-scheme", Off::Server("Unauthorized")),
    row("mastercard", "endpoint-path", Off::Client("rfc9110.error")),
    row("mastercard", "id-token-typ", Off::Client("oidc.id_token.typ")),
    row(
        "mastercard",
        "registration-misreports",
        Off::Client("rfc7591.id_token_signed_response_alg"),
    ),
    row("mastercard", "request-object-without-typ", Off::Server("INVALID_PAR_REQUEST")),
    row("mastercard", "registration-status-ok", Off::Client("rfc7591.status"))
        .when(registrations_are_answered_with_200),
    row("mastercard", "push-status-ok", Off::Client("rfc9126.status"))
        .when(pushes_are_answered_with_200),
    row("mastercard", "not-fapi.unbound-tokens", Off::Client("fdx.dialect.not_fapi")),
    row("mastercard-mock", "assertion-without-typ", Off::Server("invalid_client")),
    row(
        "mastercard-mock",
        "authorization-details-beside-request-object",
        Off::Server(INTERNAL_ERROR),
    ),
    row("mastercard-mock", "authorization-url-parameters", Off::Page),
    row("mastercard-mock", "callback-without-iss", Off::Client("rfc9207.iss.missing")),
    row("mastercard-mock", "consent-token-without-scheme", Off::Server("Unauthorized")),
    row("mastercard-mock", "endpoint-path", Off::Client("rfc9110.error")),
    row("mastercard-mock", "id-token-typ", Off::Client("oidc.id_token.typ")),
    row(
        "mastercard-mock",
        "registration-misreports",
        Off::Client("rfc7591.id_token_signed_response_alg"),
    ),
    row("mastercard-mock", "request-object-without-typ", Off::Server("INVALID_PAR_REQUEST")),
    row("mastercard-mock", "registration-status-ok", Off::Client("rfc7591.status"))
        .when(registrations_are_answered_with_200),
    row("mastercard-mock", "push-status-ok", Off::Client("rfc9126.status"))
        .when(pushes_are_answered_with_200),
    row("mastercard-mock", "not-fapi.unbound-tokens", Off::Client("fdx.dialect.not_fapi")),
    row("mastercard-mock", "loopback-http", Off::Client("fapi2.https")),
    row("mx", "callback-without-iss", Off::Client("rfc9207.iss.missing")),
    row("mx", "not-fapi.client-secret-basic", Off::Client("fdx.dialect.not_fapi")),
    // The provider publishes no metadata.
    row("mx", "not-fapi.documented-endpoints", Off::Client("rfc9110.error")),
    row("mx", "not-fapi.not-pushed", Off::Client("rfc8414.endpoint.missing")),
    // A dialect without it needs the keys of ID tokens, which the provider does not publish.
    row("mx", "not-fapi.openid-without-id-token", Off::Client("rfc8414.endpoint.missing")),
    row("mx", "not-fapi.unbound-tokens", Off::Client("fdx.dialect.not_fapi")),
    row("uae", "certificate-everywhere", Off::Server("invalid_client")),
    row("uae", "consent-id-in-details", Off::NoConsentId),
    row("uae", "push-interaction-id", Off::Server("invalid_request")),
    row("uae", "push-status-ok", Off::Client("rfc9126.status")),
    row("uae", "push-without-client-id", Off::Server("invalid_request")),
    row("uae", "registration-by-certificate", Off::Server("unauthorized_client")),
    row("uae", "request-object-backdated", Off::Server("invalid_request_object"))
        .when(its_clock_is_behind),
];

/// Returns the dialect without one of its members. It leaks memory, which is little for few rows.
pub(crate) fn without(dialect: Dialect, member: &str) -> Dialect {
    let kept: Vec<Line> =
        dialect.members().iter().filter(|line| line.member.name() != member).copied().collect();
    dialect.with_members(Vec::leak(kept))
}

/// As the provider's document has it, where its server says 201.
fn registrations_are_answered_with_200(world: &mut World) {
    world.tamper_at("/fdx/v6/register", |mut answer| {
        if answer.status() == StatusCode::CREATED {
            *answer.status_mut() = StatusCode::OK;
        }
        answer
    });
}

/// By less than the backdating of the member.
fn its_clock_is_behind(world: &mut World) {
    world.bank_behind = Duration::from_secs(8);
}

/// Runs the flow from discovery to the accounts.
fn flow(provided: &Provided, dialect: Dialect, when: fn(&mut World)) -> Result<(), Failed> {
    let mut world = (provided.world)(dialect);
    when(&mut world);
    let client = world.client()?;
    let client = (provided.registers)(&mut world, client)?;
    let request = (provided.request)();
    let pushes = !world
        .config
        .dialect
        .members()
        .iter()
        .any(|line| line.member.name() == "not-fapi.not-pushed");
    let (url, pending) = if pushes {
        world.push(&client, &request)?
    } else {
        let (url, pending) = not_fapi::authorize(&client, &request, entropy(1), world.now)?;
        (url.as_str().to_owned(), pending)
    };
    let page = world.bank.handle(&http::Request::get(&url).body(vec![]).unwrap(), None, world.now);
    if page.status() != StatusCode::OK {
        return Err(Failed::Page);
    }
    let callback = world.customer(&url, &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback)?;
    let verified = world.verify(&client, exchanged).map_err(Error::from)?;
    let generates_id = provided.dialect.allows(Deviation::ConsentIdInDetails);
    if generates_id && verified.consent_id().is_none() {
        return Err(Failed::NoConsentId);
    }
    let granted = match verified.requested().consent() {
        Some(_) => world.granted(&client, verified)?,
        None => verified.without_grant(),
    };
    world.accounts(&client, granted.tokens().access_token())?;
    Ok(())
}

#[derive(Debug)]
enum Failed {
    Error(Error),
    NoConsentId,
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
            (Self::NoConsentId, Failed::NoConsentId) | (Self::Page, Failed::Page) => true,
            _ => false,
        }
    }
}

#[test]
fn each_member_is_needed_by_its_provider() {
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
