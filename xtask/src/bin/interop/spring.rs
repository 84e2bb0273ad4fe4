//! The client against Spring Authorization Server, a program of ours with its defaults.

use std::fs;

use fdx_jose::Algorithm;
use fdx_par::{
    AuthorizationRequest, InitialAccess, Registered, Registrar, Registration, TokenTypeHint,
    dialect,
};
use fdx_rar::Scopes;
use fdx_transport_hyper::{RunError, system_now};
use fdx_wire::{Entropy, HttpsUrl};

use crate::combination::{Authentication, Binding, Combination, Request, Response};
use crate::failure::Failure;
use crate::flow::{check, refused};
use crate::jvm::{Jvm, free_port};
use crate::lab::{Addresses, Lab};
use crate::product::{Product, client_keys, combinations};
use crate::recipient::Recipient;
use crate::report::Row;
use crate::script::Script;

pub(crate) const NAME: &str = "spring-authorization-server";

pub(crate) const NOT_SUPPORTED: [&str; 6] = [
    "spring-authorization-server: EdDSA: its lists of algorithms have RS, ES and PS alone",
    "spring-authorization-server: JAR: it does not read a pushed request object (RFC 9101)",
    "spring-authorization-server: JARM and signed introspection: there are none",
    "spring-authorization-server: iss in the callback: it has no RFC 9207, so it is no FAPI 2.0 \
     server and needs the dialect",
    "spring-authorization-server: authorization_details: they are ignored (RFC 9396)",
    "spring-authorization-server: tls_client_auth with its own order of converters: a token \
     request with a code_verifier counts as a public client's, so our program changes the order",
];

const ALGORITHMS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::Ps256];
const SCOPE: &str = "offline_access fdx:accountbasic:read fdx:transactions:read";

/// Runs every case, with one server for all.
pub(crate) fn rows(lab: &Lab, jvm: &Jvm) -> Vec<Row> {
    jvm.rows_of(NAME, "7.0.6", || Spring::start(lab, jvm), |spring| spring.rows(lab, jvm))
}

struct Spring {
    product: Product,
    port: u16,
    script: Option<Script>,
}

impl Spring {
    fn start(lab: &Lab, jvm: &Jvm) -> Result<Self, Failure> {
        for algorithm in ALGORITHMS {
            fs::write(jvm.run.join(format!("{algorithm}.jwks")), client_keys(lab, algorithm)?)?;
        }
        let port = free_port()?;
        let (script, at) = run(jvm, port)?;
        let dialect = dialect::SPRING_AUTHORIZATION_SERVER.with_options();
        let resource = &["accounts", "acc-1"];
        let revoked_with_proof = TokenTypeHint::RefreshToken;
        let product = Product { at, dialect, scope: SCOPE, revoked_with_proof, resource };
        Ok(Self { product, port, script: Some(script) })
    }

    fn rows(&mut self, lab: &Lab, jvm: &Jvm) -> Vec<Row> {
        let base = Combination::BASE;
        let name = |what: &str| format!("{NAME}: {what}");
        let product = &self.product;
        // The server remembers what the customer once allowed a client.
        let refused =
            Row::of(&name("the customer refuses"), || product.customer_refuses(lab, base));
        let mut rows = vec![refused];
        rows.extend(
            combinations(&ALGORITHMS, Request::Plain, Response::Query)
                .map(|at| Row::of(&name(&at.to_string()), || product.whole(lab, at))),
        );
        let what = name("refused: a pushed request object");
        rows.push(Row::of(&what, || request_object_refused(product, lab)));
        for binding in [Binding::Dpop, Binding::Mtls] {
            let at = Combination { binding, ..base };
            let what = format!("the client restarted in the flow, {binding}");
            rows.push(Row::of(&name(&what), || product.client_restarted(lab, at)));
        }
        let mtls = Combination { binding: Binding::Mtls, ..base };
        let certificate = Authentication::SelfSignedTlsClientAuth;
        let certificate = Combination { authentication: certificate, ..base };
        for (what, at, openid, code) in [
            ("RS256 for ID tokens", base, true, "rfc7591.id_token_signed_response_alg"),
            (
                "no certificate binding",
                mtls,
                false,
                "rfc7591.tls_client_certificate_bound_access_tokens",
            ),
            ("no certificate", certificate, false, "rfc7591.token_endpoint_auth_method"),
        ] {
            let what = name(&format!("refused: registered with {what}"));
            rows.push(Row::of(&what, || weaker(product, lab, at, openid, code)));
        }
        let what = name("registered by jwks_uri for OAuth alone, and used");
        rows.push(Row::of(&what, || registered(product, lab, base)));
        let what = name("the server restarted before the exchange");
        rows.push(Row::of(&what, || self.restarted(lab, jvm)));
        rows
    }

    /// It keeps codes in memory, so the code is unknown after a restart.
    fn restarted(&mut self, lab: &Lab, jvm: &Jvm) -> Result<String, Failure> {
        let mut recipient = self.product.recipient(lab, Combination::BASE)?;
        let accepted = recipient.accepted()?;
        self.script = None; // ends it
        let (script, _) = run(jvm, self.port)?;
        self.script = Some(script);
        let draft = recipient.client.exchange(accepted, Entropy::from_os()?, system_now())?;
        let said = refused(recipient.run(draft), "invalid_grant")?;
        // The same client obtains another consent, also with the server's new keys.
        self.product.used(&mut recipient)?;
        Ok(format!("{said}; then a new consent"))
    }
}

fn run(jvm: &Jvm, port: u16) -> Result<(Script, Addresses), Failure> {
    let script = jvm.start(NAME, "fdx.interop.AuthorizationServer", &[port.to_string()])?;
    let at = script.hear()?;
    Ok((script, at))
}

/// To the server it is no push at all: it redirects to the login page.
fn request_object_refused(product: &Product, lab: &Lab) -> Result<String, Failure> {
    let at = Combination { request: Request::Jar, ..Combination::BASE };
    let config = product.config(lab, at, &Combination::BASE.to_string())?;
    let recipient = product.of(lab, at, config)?;
    match recipient.run(recipient.push()?) {
        Err(RunError::Protocol(error)) if error.code() == "fapi2.back_channel.redirect" => {
            Ok(error.to_string())
        }
        Err(other) => Err(Failure::new(format!("not rejected as a redirect: {other}"))),
        Ok(_) => Err(Failure::new("the push was accepted")),
    }
}

/// Registers for OAuth alone, with a token of the client credentials grant, and uses the
/// registration.
fn registered(product: &Product, lab: &Lab, at: Combination) -> Result<String, Failure> {
    let owner = product.recipient(lab, at)?;
    let (registrar, registered) = register(product, lab, &owner, at, false)?;
    let mut recipient = product.of(lab, at, registrar.client_config(&registered)?)?;
    recipient.request = AuthorizationRequest::of_scopes(Scopes::parse(product.scope)?);
    product.used(&mut recipient)
}

/// Checks that the client rejects a registration that is weaker than requested.
fn weaker(
    product: &Product,
    lab: &Lab,
    at: Combination,
    openid: bool,
    expected: &str,
) -> Result<String, Failure> {
    let owner = product.recipient(lab, at)?;
    let (registrar, registered) = register(product, lab, &owner, at, openid)?;
    match registrar.client_config(&registered) {
        Ok(_) => Err(Failure::new("the registration was accepted")),
        Err(error) => {
            check(error.code() == expected, &error.to_string())?;
            Ok(error.to_string())
        }
    }
}

/// The scope `client.create` opens the registration endpoint once.
fn register(
    product: &Product,
    lab: &Lab,
    owner: &Recipient<'_>,
    at: Combination,
    openid: bool,
) -> Result<(Registrar, Registered), Failure> {
    // An initial access token is sent as a bearer token, so only a certificate can bind it.
    let creator = product.recipient(lab, Combination { binding: Binding::Mtls, ..at })?;
    let scope = Scopes::parse("client.create")?;
    let draft = creator.client.client_credentials(&scope, Entropy::from_os()?, system_now())?;
    let token = creator.run(draft)?;
    let initial = InitialAccess::Token(token.access_token().token().clone());

    let mut config = product.config(lab, at, "")?;
    let mut scope = format!("openid {}", product.scope);
    if !openid {
        config.id_token_signed_response_alg = None;
        scope = product.scope.to_owned();
    }
    let jwks = HttpsUrl::parse(&format!("{}/jwks/{}", product.at.issuer, at.algorithm))?;
    let described = Registration::new("Budget").scope(Scopes::parse(&scope)?).jwks_uri(jwks);
    let registrar = Registrar::new(config, &described, owner.client.metadata().clone())?;
    let draft = registrar.register(initial, Entropy::from_os()?, system_now())?;
    let registered = owner.run(draft)?;
    Ok((registrar, registered))
}
