//! Calls of the FDX API under the consent, and the end of the consent.

use fdx_par::{Client, Error, Granted, NextStep, ResourceRequest, fdx_api::RevocationOutcome};
use fdx_rar::{ConsentRevocationRequest, PartyType, ResourceType, RevocationReason};
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::demo::scene::Scene;
use crate::error::Failure;
use crate::flow::entropy;
use crate::print::Table;

/// A call of a resource, and its outcome.
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

/// Calls a resource that the customer granted, and one that the customer withheld.
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
        let what = format!("the institution does not follow the consent: {withheld:?}");
        return Err(Failure::failed(what, "please report this defect of fdx"));
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
        // The customer granted less than was requested: this is not a failure.
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
    let mut table = Table::new(&["GET", "response", "outcome"]);
    for call in calls {
        let (response, outcome) = match (call.outcome, &call.code) {
            (Outcome::Served, _) => (call.status.to_string(), "served"),
            (Outcome::Withheld, code) => {
                let code = code.as_deref().unwrap_or("-");
                (format!("{}, FDX {code}", call.status), "withheld, as in the consent")
            }
        };
        table.row([call.path.clone(), response, outcome.to_owned()]);
    }
    table
}

/// The end of the consent: the status of its revocation, of the next call and of a refresh.
#[derive(Debug, Serialize)]
pub(crate) struct End {
    revocation_status: u16,
    status_of_the_next_call: u16,
    status_of_the_refresh: u16,
}

/// Revokes the consent, and shows that its tokens are no longer accepted.
pub(crate) async fn revoke(
    scene: &Scene,
    client: &Client,
    granted: &Granted,
) -> Result<End, Failure> {
    const REVOKING: &str = "revoking the consent";
    let access_token = granted.tokens().access_token();
    let consent_id =
        granted.consent_id().ok_or_else(|| unexpected("the institution reported no consent id"))?;
    let request =
        ConsentRevocationRequest::new(RevocationReason::UserAction, PartyType::DataRecipient);
    let draft = client.revoke_consent(consent_id, access_token, &request, entropy()?, system_now());
    let revoked = scene.driver.run(REVOKING, draft).await?;
    if revoked.outcome() != RevocationOutcome::Revoked {
        return Err(unexpected(&format!("the revocation ended as {:?}", revoked.outcome())));
    }

    const CALLING: &str = "calling after the revocation";
    let url = client.config().fdx_base.join_segment("accounts");
    let url = url.map_err(|error| unexpected(&error.to_string()))?;
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

/// Returns the status of a refusal with this next step.
fn refused<T>(answered: Result<T, Error>, next_step: NextStep) -> Result<u16, Failure> {
    match answered {
        Err(Error::Refusal(refusal)) if refusal.next_step == next_step => Ok(refusal.said.status),
        Err(error) => Err(unexpected(&format!("unexpected error after the revocation: {error}"))),
        Ok(_) => Err(unexpected("a token of a revoked consent was accepted")),
    }
}

fn unexpected(what: &str) -> Failure {
    Failure::failed(what.to_owned(), "please report this defect of fdx")
}

impl End {
    /// Describes the end in one line.
    pub(crate) fn sentence(&self) -> String {
        let Self { revocation_status, status_of_the_next_call, status_of_the_refresh } = self;
        format!(
            "Consent revoked ({revocation_status}): the next call was refused \
             ({status_of_the_next_call}), and so was a refresh ({status_of_the_refresh})."
        )
    }
}
