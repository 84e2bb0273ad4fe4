//! Calls of the FDX API under the consent, and the end of the consent.

use fdx_par::{Client, Error, Granted, NextStep, ResourceRequest, RevocationOutcome};
use fdx_rar::{ConsentRevocationRequest, PartyType, ResourceType, RevocationReason};
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::demo::scene::Scene;
use crate::error::Failure;
use crate::flow::entropy;
use crate::print::Table;

/// A resource that was called, and what came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Call {
    path: String,
    outcome: Outcome,
    status: u16,
    /// The code of FDX's error.
    code: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Served,
    Withheld,
}

/// Calls a resource that the customer granted, and one that the customer did not.
pub(crate) async fn make(
    scene: &Scene,
    client: &Client,
    granted: &Granted,
) -> Result<Vec<Call>, Failure> {
    let mut triples = granted.coverage().granted().iter();
    let account = triples.find(|triple| triple.resource_type == ResourceType::Account);
    let account = account.map_or("", |triple| triple.resource_id.as_str());
    let served = call(scene, client, granted, &["accounts", account]).await?;
    let withheld = call(scene, client, granted, &["accounts", account, "transactions"]).await?;
    if (served.outcome, withheld.outcome) != (Outcome::Served, Outcome::Withheld) {
        let what = format!("the institution does not keep to the consent: {withheld:?}");
        return Err(Failure::failed(what, "this is a defect of ours: please report it"));
    }
    Ok(vec![served, withheld])
}

async fn call(
    scene: &Scene,
    client: &Client,
    granted: &Granted,
    segments: &[&str],
) -> Result<Call, Failure> {
    const DOING: &str = "calling a resource";
    let base = client.config().fdx_base.clone();
    let url = segments.iter().try_fold(base, |url, segment| url.join_segment(segment));
    let url = url.map_err(|error| Failure::failed(error.to_string(), "please report it"))?;
    let path = url.path().to_owned();
    let request = ResourceRequest::get(url);
    let token = granted.tokens().access_token();
    let draft = client.call(token, request, entropy()?, system_now());
    match scene.driver.try_run(DOING, draft).await? {
        Ok(answer) => {
            let status = answer.status().as_u16();
            Ok(Call { path, outcome: Outcome::Served, status, code: None })
        }
        // A customer who granted less than was asked: nothing has failed.
        Err(Error::Refusal(refusal)) if refusal.is_withheld() => Ok(Call {
            path,
            outcome: Outcome::Withheld,
            status: refusal.said.status,
            code: refusal.said.error.map(|code| code.as_str().to_owned()),
        }),
        Err(error) => Err(Failure::protocol(DOING, &error)),
    }
}

pub(crate) fn table(calls: &[Call]) -> Table {
    let mut table = Table::new(&["GET", "answer", "outcome"]);
    for call in calls {
        let (answer, outcome) = match (call.outcome, &call.code) {
            (Outcome::Served, _) => (call.status.to_string(), "served"),
            (Outcome::Withheld, code) => {
                let code = code.as_deref().unwrap_or("-");
                (format!("{}, FDX {code}", call.status), "withheld, as the consent says")
            }
        };
        table.row([call.path.clone(), answer, outcome.to_owned()]);
    }
    table
}

/// The consent's end: how its revocation was answered, and the call after it.
#[derive(Debug, Serialize)]
pub(crate) struct End {
    revocation_status: u16,
    status_of_the_next_call: u16,
    status_of_the_refresh: u16,
}

/// Revokes the consent, as the customer of a recipient does, and shows that its tokens open nothing
/// any more.
pub(crate) async fn revoke(
    scene: &Scene,
    client: &Client,
    granted: &Granted,
) -> Result<End, Failure> {
    const REVOKING: &str = "revoking the consent";
    let access_token = granted.tokens().access_token();
    let consent_id = granted.consent_id().ok_or_else(|| odd("no consent id was told"))?;
    let request =
        ConsentRevocationRequest::new(RevocationReason::UserAction, PartyType::DataRecipient);
    let draft = client.revoke_consent(consent_id, access_token, &request, entropy()?, system_now());
    let revoked = scene.driver.run(REVOKING, draft).await?;
    if revoked.outcome() != RevocationOutcome::Revoked {
        return Err(odd(&format!("the revocation ended as {:?}", revoked.outcome())));
    }

    const CALLING: &str = "calling after the revocation";
    let url = client.config().fdx_base.join_segment("accounts");
    let url = url.map_err(|error| odd(&error.to_string()))?;
    let draft = client.call(access_token, ResourceRequest::get(url), entropy()?, system_now());
    let called = scene.driver.try_run(CALLING, draft).await?;
    let status_of_the_next_call = refused(called, NextStep::Refresh)?;

    const REFRESHING: &str = "refreshing after the revocation";
    let draft = client.refresh(&granted.stored(), entropy()?, system_now());
    let refreshed = scene.driver.try_run(REFRESHING, draft).await?;
    let status_of_the_refresh = refused(refreshed, NextStep::StartOver)?;
    let revocation_status = revoked.said().status;
    Ok(End { revocation_status, status_of_the_next_call, status_of_the_refresh })
}

/// The status of a refusal after which there is this to do, and nothing else.
fn refused<T>(answered: Result<T, Error>, next_step: NextStep) -> Result<u16, Failure> {
    match answered {
        Err(Error::Refusal(refusal)) if refusal.next_step == next_step => Ok(refusal.said.status),
        Err(error) => Err(odd(&format!("an ended consent is told otherwise: {error}"))),
        Ok(_) => Err(odd("a token of an ended consent was taken")),
    }
}

fn odd(what: &str) -> Failure {
    Failure::failed(what.to_owned(), "this is a defect of ours: please report it")
}

impl End {
    /// One line.
    pub(crate) fn sentence(&self) -> String {
        let Self { revocation_status, status_of_the_next_call, status_of_the_refresh } = self;
        format!(
            "Consent revoked ({revocation_status}): the next call was refused \
             ({status_of_the_next_call}), and so was a refresh ({status_of_the_refresh})."
        )
    }
}
