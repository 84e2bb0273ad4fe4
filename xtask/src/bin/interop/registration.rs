//! A client that registers itself (RFC 7591) and manages its registration (RFC 7592).

use fdx_jose::Jwks;
use fdx_par::{
    Client, InitialAccess, Notice, Registered, Registrar, Registration, WellKnown, discover,
    registration::TlsClientAuthName,
};
use fdx_rar::{DurationType, FDX_V1_0, Scopes};
use fdx_transport_hyper::{RunError, system_now};
use fdx_wire::json::{self, Limits};
use fdx_wire::{Entropy, Secret};

use crate::combination::{Authentication, Combination};
use crate::failure::Failure;
use crate::flow::{check, refused};
use crate::identities::{Generation, Identity};
use crate::lab::Lab;
use crate::recipient::{self, Recipient};

/// The same value as in `configuration.mjs`.
const INITIAL: &str = "fdx-interop-initial-access-token";
const SCOPE: &str = "openid offline_access fdx:accountbasic:read fdx:transactions:read";

/// Registers, reads, updates, runs a flow, and deletes the registration.
pub(crate) fn life(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    let applicant = Applicant::new(lab, combination)?;
    let first = applicant.registered()?;
    let read = applicant.run(applicant.registrar.read(&first, entropy()?, system_now())?)?;
    // This server changes the token only with an update.
    check(token(&first) == token(&read), "the token of a read is another")?;
    let read = applicant.registrar.restore(read.to_json().expose())?;
    let updated = applicant.run(applicant.registrar.update(&read, entropy()?, system_now())?)?;
    check(updated.client_id() == first.client_id(), "the update belongs to another client")?;
    check(token(&updated) != token(&read), "the server did not rotate the token")?;

    let mut recipient = applicant.recipient(&updated)?;
    let granted = recipient.granted()?;
    recipient.is_served(granted.tokens().access_token())?;

    let deleted = applicant.registrar.delete(&updated, entropy()?, system_now())?;
    let _ = applicant.run(deleted)?;
    let pushed = recipient.run(recipient.push()?);
    let seen = refused(pushed, "invalid_client")?;
    Ok(format!("a push after it: {seen}"))
}

/// Checks that members of FDX that the server does not know cause a notice, not an error.
pub(crate) fn differences(lab: &Lab) -> Result<String, Failure> {
    let applicant = Applicant::new(lab, Combination::BASE)?;
    let registered = applicant.registered()?;
    check(applicant.registrar.weakened(&registered).is_empty(), "it weakens a member")?;
    let otherwise = applicant.registrar.otherwise(&registered);
    let notice = registered.notices().contains(&Notice::RegistrationMemberOther);
    check(notice && otherwise.iter().any(|name| name == "duration_type"), "FDX's are kept")?;
    Ok(format!("omitted: {}", otherwise.join(", ")))
}

/// Checks that the endpoint needs a token.
pub(crate) fn without_token(lab: &Lab) -> Result<String, Failure> {
    let applicant = Applicant::new(lab, Combination::BASE)?;
    let other = InitialAccess::Token(Secret::new("another".to_owned()));
    let draft = applicant.registrar.register(other, entropy()?, system_now())?;
    refused(applicant.run(draft), "invalid_token")
}

/// Checks that an update returns a new token and invalidates the old one.
pub(crate) fn old_token(lab: &Lab) -> Result<String, Failure> {
    let applicant = Applicant::new(lab, Combination::BASE)?;
    let first = applicant.registered()?;
    let _ = applicant.run(applicant.registrar.update(&first, entropy()?, system_now())?)?;
    let again = applicant.registrar.read(&first, entropy()?, system_now())?;
    refused(applicant.run(again), "invalid_token")
}

/// A recipient that has no `client_id` yet.
struct Applicant<'l> {
    lab: &'l Lab,
    identity: &'l Identity,
    /// A client for discovery, not registered yet.
    client: Client,
    registrar: Registrar,
}

impl<'l> Applicant<'l> {
    fn new(lab: &'l Lab, combination: Combination) -> Result<Self, Failure> {
        let identity = lab.identities.of(combination.authentication, Generation::First);
        let config = recipient::config(lab, &lab.at, combination, "", Generation::First, identity)?;
        let draft = discover(&config.issuer, WellKnown::OpenidConfiguration, system_now())?;
        let run = identity.transport.run(draft, &lab.keys, system_now);
        let metadata = lab.runtime.block_on(run)?;
        let described = described(lab, combination, identity)?;
        let registrar = Registrar::new(config.clone(), &described, metadata.clone())?;
        let client = Client::new(config, metadata)?;
        Ok(Self { lab, identity, client, registrar })
    }

    fn registered(&self) -> Result<Registered, Failure> {
        let initial = InitialAccess::Token(Secret::new(INITIAL.to_owned()));
        Ok(self.run(self.registrar.register(initial, entropy()?, system_now())?)?)
    }

    /// The registered client.
    fn recipient(&self, registered: &Registered) -> Result<Recipient<'l>, Failure> {
        let config = self.registrar.client_config(registered)?;
        let client = Client::new(config, self.client.metadata().clone())?;
        Recipient::of(self.lab, self.identity, client)
    }

    fn run<T: fdx_par::Output>(&self, draft: fdx_par::Draft<T>) -> Result<T, RunError> {
        let run = self.identity.transport.run(draft, &self.lab.keys, system_now);
        Ok(self.lab.runtime.block_on(run)?)
    }
}

fn described(
    lab: &Lab,
    combination: Combination,
    identity: &Identity,
) -> Result<Registration, Failure> {
    let registration = Registration::new("Budget")
        .scope(Scopes::parse(SCOPE)?)
        // oidc-provider refuses other types in a push.
        .authorization_details_types([FDX_V1_0])
        .contact("security@recipient.example")
        .duration_type(DurationType::TimeBound)
        .duration_period(90);
    Ok(match combination.authentication {
        Authentication::PrivateKeyJwt => registration,
        Authentication::TlsClientAuth => {
            let name = "CN=fdx interop client".to_owned();
            // The server needs the keys of a client that signs requests.
            registration
                .jwks(jwks(lab, combination, None)?)?
                .tls_client_auth(TlsClientAuthName::SubjectDn(name))
        }
        Authentication::SelfSignedTlsClientAuth => {
            registration.jwks(jwks(lab, combination, Some(identity))?)?
        }
    })
}

/// The client's key, and its certificate's key if the server needs it.
fn jwks(
    lab: &Lab,
    combination: Combination,
    identity: Option<&Identity>,
) -> Result<json::RawJson, Failure> {
    let key = lab.key(combination.algorithm)?.public().clone();
    let jwks = Jwks::new(vec![key]).to_json();
    let jwks = match identity {
        Some(identity) => jwks.replacen("]}", &format!(",{}]}}", identity.jwk), 1),
        None => jwks,
    };
    Ok(json::from_slice(jwks.as_bytes(), &Limits::default())?)
}

fn token(registered: &Registered) -> Option<&str> {
    registered.access().map(|access| access.registration_access_token().expose())
}

fn entropy() -> Result<Entropy, Failure> {
    Ok(Entropy::from_os()?)
}
