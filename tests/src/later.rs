use fdx_par::{
    AccessToken, Client, Error, RefreshVerification, Refreshed, Refused, ResourceAnswer,
    ResourceRequest, Revoked, StoredGrant, TokenTypeHint, Tokens,
};
use fdx_sandbox::customer::Decision;

use crate::wire::World;

/// What a recipient does with a grant once it has one.
impl World {
    /// The usual request, granted whole, and what is kept of it.
    ///
    /// # Panics
    /// Where a step fails.
    pub fn stored(&mut self) -> (Client, StoredGrant) {
        let (client, granted) = self.flow(&Decision::everything()).unwrap();
        (client, granted.stored())
    }

    /// Refreshes, as far as the tokens.
    ///
    /// # Errors
    /// What it ends in.
    pub fn refresh(&mut self, client: &Client, grant: &StoredGrant) -> Result<Refreshed, Error> {
        let draft = client.refresh(grant, self.draw(), self.now)?;
        self.run(draft)
    }

    /// Verifies a refresh, with one fetch of the keys where it asks for them.
    ///
    /// # Errors
    /// What it ends in, with the tokens.
    ///
    /// # Panics
    /// Where the keys can't be had, or don't help.
    pub fn verify_refreshed(
        &mut self,
        client: &Client,
        refreshed: Refreshed,
    ) -> Result<StoredGrant, Refused<Refreshed>> {
        let refreshed = match client.verify_refreshed(refreshed, None, self.now)? {
            RefreshVerification::Verified(grant) => return Ok(grant),
            RefreshVerification::FetchKeys(refreshed) => refreshed,
            RefreshVerification::Decrypt(_) => panic!("no encryption was registered"),
        };
        let draft = client.fetch_keys(self.now).unwrap();
        let keys = self.run(draft).unwrap();
        match client.verify_refreshed(refreshed, Some(&keys), self.now)? {
            RefreshVerification::Verified(grant) => Ok(grant),
            RefreshVerification::Decrypt(_) | RefreshVerification::FetchKeys(_) => {
                panic!("the keys do not fit")
            }
        }
    }

    /// Refreshes and verifies.
    ///
    /// # Panics
    /// Where a step fails.
    pub fn renewed(&mut self, client: &Client, grant: &StoredGrant) -> StoredGrant {
        let refreshed = self.refresh(client, grant).unwrap();
        self.verify_refreshed(client, refreshed).unwrap()
    }

    /// Asks for the accounts.
    ///
    /// # Errors
    /// What it ends in.
    ///
    /// # Panics
    /// Where the FDX base URL is too long.
    pub fn accounts(
        &mut self,
        client: &Client,
        access_token: &AccessToken,
    ) -> Result<ResourceAnswer, Error> {
        let url = client.config().fdx_base.join_segment("accounts").unwrap();
        let draft = client.call(access_token, ResourceRequest::get(url), self.draw(), self.now)?;
        self.run(draft)
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// What it ends in.
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
