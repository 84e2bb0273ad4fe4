use fdx_par::{Client, Error, Granted, NextStep, ResourceRequest, RevocationOutcome};
use fdx_rar::{ConsentRevocationRequest, PartyType, RevocationReason};
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::demo::scene::Scene;
use crate::error::Failure;
use crate::flow::entropy;

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
