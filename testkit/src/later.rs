use fdx_par::{
    AccessToken, Client, ConsentRead, Error, Exchanged, Refreshed, Refused, ResourceAnswer,
    ResourceRequest, Revoked, StoredGrant, TokenTypeHint, Tokens, UnverifiedTokens, Verification,
    fdx_api::{ConsentRevoked, Revocations},
    tokens::ClientToken,
};
use fdx_rar::{ConsentId, ConsentRevocationRequest, PartyType, RevocationReason, Scopes};
use fdx_sandbox::customer::Decision;
use fdx_wire::Secret;
use serde_json::Value;

use crate::wire::World;

/// The tokens in the text form of tokens that are not verified, as JSON members.
///
/// # Panics
/// If the text has another shape.
#[must_use]
pub fn persisted(text: &Secret) -> Value {
    let body: Value = serde_json::from_str(text.expose()).unwrap();
    assert!(body["grant"].is_object());
    body["grant"].clone()
}

/// The exchange in the text form of [`Exchanged::to_json`].
///
/// # Panics
/// If the text has another shape.
pub fn restored(client: &Client, text: &Secret) -> Exchanged {
    match client.restore_unverified(text.expose()).unwrap() {
        UnverifiedTokens::Exchanged(exchanged) => exchanged,
        UnverifiedTokens::Refreshed(_) => panic!("the tokens are of a refresh"),
    }
}

/// Uses of a grant.
impl World {
    /// Runs the usual flow, granted whole. Returns the client and the stored grant.
    ///
    /// # Panics
    /// If a step fails.
    pub fn stored(&mut self) -> (Client, StoredGrant) {
        let (client, granted) = self.flow(&Decision::everything()).unwrap();
        (client, granted.stored())
    }

    /// Refreshes, without verification.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn refresh(&mut self, client: &Client, grant: &StoredGrant) -> Result<Refreshed, Error> {
        let draft = client.refresh(grant, self.draw(), self.now)?;
        self.run(draft)
    }

    /// Refreshes tokens that were never verified.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn refresh_unverified(
        &mut self,
        client: &Client,
        tokens: &UnverifiedTokens,
    ) -> Result<UnverifiedTokens, Error> {
        let draft = client.refresh_unverified(tokens, self.draw(), self.now)?;
        self.run(draft)
    }

    /// Revokes a token of an exchange that is not verified.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn revoke_unverified(
        &mut self,
        client: &Client,
        exchanged: &Exchanged,
        which: TokenTypeHint,
    ) -> Result<Revoked, Error> {
        let draft = client.revoke(exchanged, which, self.draw(), self.now)?;
        self.run(draft)
    }

    /// Verifies a refresh, and fetches the keys once if they are needed.
    ///
    /// # Errors
    /// The error of verification, with the tokens.
    ///
    /// # Panics
    /// If the keys can't be fetched, or do not fit.
    pub fn verify_refreshed(
        &mut self,
        client: &Client,
        refreshed: Refreshed,
    ) -> Result<StoredGrant, Refused<Refreshed>> {
        let refreshed = match client.verify(refreshed, None, self.now)? {
            Verification::Done(grant) => return Ok(grant),
            Verification::FetchKeys(refreshed) => refreshed,
            Verification::Decrypt(_) => panic!("no encryption was registered"),
        };
        let draft = client.fetch_keys(self.now).unwrap();
        let keys = self.run(draft).unwrap();
        match client.verify(refreshed, Some(&keys), self.now)? {
            Verification::Done(grant) => Ok(grant),
            Verification::Decrypt(_) | Verification::FetchKeys(_) => {
                panic!("the keys do not fit")
            }
        }
    }

    /// Refreshes and verifies.
    ///
    /// # Panics
    /// If a step fails.
    pub fn renewed(&mut self, client: &Client, grant: &StoredGrant) -> StoredGrant {
        let refreshed = self.refresh(client, grant).unwrap();
        self.verify_refreshed(client, refreshed).unwrap()
    }

    /// Reads the accounts.
    ///
    /// # Errors
    /// The exchange's error.
    ///
    /// # Panics
    /// If the FDX base URL is too long.
    pub fn accounts(
        &mut self,
        client: &Client,
        access_token: &AccessToken,
    ) -> Result<ResourceAnswer, Error> {
        let url = client.config().fdx_base.join_segment("accounts").unwrap();
        let draft = client.call(access_token, ResourceRequest::get(url), self.draw(), self.now)?;
        self.run(draft)
    }

    /// Requests a token of the client's own.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn own_token(&mut self, client: &Client) -> Result<ClientToken, Error> {
        let draft = client.client_credentials(&Scopes::new(), self.draw(), self.now)?;
        self.run(draft)
    }

    /// Reads any consent.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn read_consent(
        &mut self,
        client: &Client,
        consent_id: &ConsentId,
        access_token: &AccessToken,
    ) -> Result<ConsentRead, Error> {
        let entropy = self.draw();
        let draft = client.read_consent_by_id(consent_id, access_token, entropy, self.now)?;
        self.run(draft)
    }

    /// Revokes a consent on behalf of the customer.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn revoke_consent(
        &mut self,
        client: &Client,
        consent_id: &ConsentId,
        access_token: &AccessToken,
    ) -> Result<ConsentRevoked, Error> {
        let (why, who) = (RevocationReason::UserAction, PartyType::DataRecipient);
        let request = ConsentRevocationRequest::new(why, who);
        let entropy = self.draw();
        let draft = client.revoke_consent(consent_id, access_token, &request, entropy, self.now)?;
        self.run(draft)
    }

    /// Lists a consent's revocations.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn list_revocations(
        &mut self,
        client: &Client,
        consent_id: &ConsentId,
        access_token: &AccessToken,
    ) -> Result<Revocations, Error> {
        let entropy = self.draw();
        let draft = client.list_revocations(consent_id, access_token, entropy, self.now)?;
        self.run(draft)
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn revoke(
        &mut self,
        client: &Client,
        tokens: &Tokens,
        which: TokenTypeHint,
    ) -> Result<Revoked, Error> {
        let draft = client.revoke(tokens, which, self.draw(), self.now)?;
        self.run(draft)
    }
}
