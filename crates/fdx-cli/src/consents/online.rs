//! The commands that talk to an institution: `fdx consents refresh` and `revoke`.

use fdx_rar::{PartyType, RevocationReason};
use fdx_store::consents::ConsentRow;
use fdx_store::procedure::{Access, RevocationResult, Step};
use fdx_store::receipts::{PartOutcome, RevokedBy};
use fdx_store::revocation::StoredRevocation;
use fdx_store::{ConsentState, RecordId};
use fdx_transport_hyper::system_now;
use fdx_wire::UnixTime;
use serde::Serialize;

use crate::args::stored::{OnlineArgs, RevokeArgs};
use crate::connect::config::Config;
use crate::connect::institution::Institution;
use crate::connect::setup::Setup;
use crate::connect::source;
use crate::consents::show::revocation_text;
use crate::error::Failure;
use crate::flow::entropy;
use crate::interrupt::{finished_first, unless_interrupted};
use crate::print::{pretty, printable, result};
use crate::store::{Store, unknown};

/// The output of `--json` after a refresh.
#[derive(Serialize)]
struct Refreshed<'a> {
    id: &'a str,
    generation: i64,
    access_expires_at: Option<String>,
}

/// The output of `--json` after a revocation.
#[derive(Serialize)]
struct Revoked<'a> {
    id: &'a str,
    by: RevokedBy,
    consent_api: Option<PartOutcome>,
    refresh_token: Option<PartOutcome>,
    access_token: Option<PartOutcome>,
}

/// A store, and the institution of one of its consents.
pub(super) struct Online {
    pub(super) store: Store,
    pub(super) institution: Institution,
    pub(super) config: Config,
    /// The consent.
    pub(super) row: ConsentRow,
}

impl Online {
    /// Opens the store, and discovers the institution of the consent.
    pub(super) async fn open(args: &OnlineArgs) -> Result<Self, Failure> {
        let config = source::read(&args.config)?;
        let store = Store::open(args.one.store.store.as_deref())?;
        let row = store.find(&args.one.id)?;
        if (row.institution.as_str(), row.client_id.as_str())
            != (config.issuer.as_str(), config.client_id.as_str())
        {
            return Err(Failure::usage(
                format!(
                    "consent {} is of client {} at {}",
                    row.id,
                    printable(&row.client_id),
                    printable(&row.institution)
                ),
                "name the configuration of that client with --config",
            ));
        }
        let ring = store.key_ring()?;
        let setup = Setup::load(&config, &args.config)?;
        let institution = Institution::discovered(setup, &config, ring);
        let institution = unless_interrupted(institution).await?;
        Ok(Self { store, institution, config, row })
    }

    /// Runs a procedure to its end, also after a first signal.
    pub(super) async fn run<T>(&self, step: Step<T>) -> Result<T, Failure> {
        let driving = self.institution.driving(&self.store);
        finished_first(async { Ok(driving.run(step).await) }).await
    }
}

pub(super) async fn refresh(args: &OnlineArgs) -> Result<(), Failure> {
    let online = Online::open(args).await?;
    let id = &args.one.id;
    let step = online.institution.consents.refresh(id, entropy()?, system_now());
    let token = match online.run(step).await? {
        Access::Token(token) => token,
        other => return Err(no_token(&online.store, id, other)),
    };
    let expires_at = token.access_token().expires_at().map(UnixTime::to_rfc3339);
    let generation = token.generation;
    if args.one.store.json {
        let (id, access_expires_at) = (id.as_str(), expires_at);
        result(&pretty(&Refreshed { id, generation, access_expires_at }));
        return Ok(());
    }
    let until = expires_at.map_or_else(String::new, |time| format!(", until {time}"));
    result(&format!("Refreshed {id}: generation {generation}{until}"));
    Ok(())
}

/// Why there is no token, and what would help.
fn no_token(store: &Store, id: &RecordId, access: Access) -> Failure {
    let doing = format!("refreshing consent {id}");
    match access {
        Access::Later { until, reason } => {
            let next = format!("run it again after {}", until.to_rfc3339());
            Failure::failed(format!("{doing}: {reason}"), next)
        }
        Access::Paused { reason } => Failure::failed(
            format!("{doing}: refreshes are paused: {reason}"),
            "run fdx keeper resume when the cause is removed",
        ),
        Access::Suspect { until, reason, .. } => Failure::failed(
            format!("{doing}: the institution refused its refresh token: {reason}"),
            format!("its tokens are kept, and tried again after {}", until.to_rfc3339()),
        ),
        Access::Ended { state, reason } => ended(id, state, reason.as_deref()),
        Access::Incomplete => Failure::failed(
            format!("{doing}: its first tokens are not verified yet"),
            "run fdx keeper run, which verifies them",
        ),
        Access::NotVerified { error } => Failure::protocol(&doing, &error),
        Access::Locked(error) => store.locked(&doing, &error),
        Access::NotFound => unknown(id),
        Access::Store(error) => store.failure(&error),
        _ => Failure::failed(format!("{doing}: no token"), "run fdx consents show"),
    }
}

fn ended(id: &RecordId, state: ConsentState, reason: Option<&str>) -> Failure {
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    Failure::failed(
        format!("consent {id} is {state}{reason}"),
        "ask the customer for a new one, with fdx connect",
    )
}

pub(super) async fn revoke(args: &RevokeArgs) -> Result<(), Failure> {
    let online = Online::open(&args.online).await?;
    let id = &args.online.one.id;
    let (reason, initiator) = match args.by_recipient {
        true => (RevocationReason::BusinessRule, PartyType::DataRecipient),
        false => (RevocationReason::UserAction, PartyType::Individual),
    };
    let consents = &online.institution.consents;
    let step = consents.revoke(id, reason, initiator, entropy()?, system_now());
    report(args, id, &*revoked(&online.store, id, online.run(step).await?)?);
    Ok(())
}

/// The outcome of each part of a revocation, or why not all parts have one.
pub(super) fn revoked(
    store: &Store,
    id: &RecordId,
    result: RevocationResult,
) -> Result<Box<StoredRevocation>, Failure> {
    let doing = format!("revoking consent {id}");
    match result {
        RevocationResult::Revoked(stored)
        | RevocationResult::Ended { stored: Some(stored), .. } => Ok(stored),
        RevocationResult::Ended { state, stored: None } => Err(ended(id, state, None)),
        RevocationResult::Later { until, reason, .. } => Err(Failure::failed(
            format!("{doing}: {reason}; the consent is not used any more"),
            format!("run it again after {}: it continues", until.to_rfc3339()),
        )),
        RevocationResult::Locked(error) => Err(store.locked(&doing, &error)),
        RevocationResult::Store(error) => Err(store.failure(&error)),
        _ => Err(unknown(id)),
    }
}

fn report(args: &RevokeArgs, id: &RecordId, stored: &StoredRevocation) {
    let revocation = &stored.revocation;
    if args.online.one.store.json {
        result(&pretty(&Revoked {
            id: id.as_str(),
            by: revocation.by,
            consent_api: revocation.consent_api,
            refresh_token: revocation.refresh_token,
            access_token: revocation.access_token,
        }));
        return;
    }
    result(&format!("Revoked {id}{}", revocation_text(stored)));
}
