use fdx_par::{Client, StoredGrant, fdx_api::RevocationOutcome};
use fdx_rar::{ConsentRevocationRequest, PartyType, RevocationReason, Scopes};

use super::walk::{Walk, kebab};
use super::{Stop, Wire};

impl<W: Wire> Walk<'_, W> {
    /// Revokes the consent with the client's own token, and reads its revocations.
    pub(super) async fn consent_ended(
        &mut self,
        client: &Client,
        grant: &StoredGrant,
    ) -> Result<(), Stop> {
        let Some(id) = grant.consent_id() else {
            return Err(Stop::of("consent", "its id was not reported"));
        };
        let now = self.wire.now();
        let draft = client.client_credentials(&Scopes::new(), self.wire.draw(), now)?;
        let own = self.wire.run(draft).await?;
        let token = own.access_token();

        let request =
            ConsentRevocationRequest::new(RevocationReason::UserAction, PartyType::DataRecipient);
        let draft = client.revoke_consent(id, token, &request, self.wire.draw(), now)?;
        let revoked = self.wire.run(draft).await?;
        self.report(revoked.notices());
        if revoked.outcome() != RevocationOutcome::Revoked {
            self.reported.push(kebab(&format!("{:?}", revoked.outcome())));
        }

        let draft = client.list_revocations(id, token, self.wire.draw(), now)?;
        let revocations = self.wire.run(draft).await?;
        self.report(revocations.notices());
        match revocations.list() {
            None => self.reported.push("not-listed".to_owned()),
            Some([]) => self.reported.push("none".to_owned()),
            Some(_) => {}
        }
        Ok(())
    }
}
