//! The flow from push to grant, step by step. Each step fetches the server's keys if it needs them.

use fdx_par::{
    Accepted, AccessToken, Callback, Exchanged, Granted, Introspection, ResourceAnswer,
    ResourceRequest, StoredGrant, Verification, Verified,
};
use fdx_transport_hyper::{RunError, system_now};
use fdx_wire::Entropy;

use crate::combination::Combination;
use crate::failure::Failure;
use crate::lab::{Decision, Lab};
use crate::recipient::Recipient;

/// From discovery to a served resource, a withheld one, and the receipt.
pub(crate) fn whole(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, combination)?;
    let granted = recipient.granted()?;
    check(granted.coverage().is_partial(), "the grant is not a part of the request")?;
    check(granted.tokens().refresh_token().is_some(), "the response has no refresh token")?;

    let token = granted.tokens().access_token();
    check(recipient.introspection(token)?.is_active(), "the token is not active")?;
    recipient.is_served(token)?;
    let withheld = recipient.call(token, "acc-2")?;
    refused(withheld, "602")?;

    let receipt = recipient.client.receipt(&granted, system_now())?;
    check(receipt.consent_id() == granted.consent_id(), "the receipt belongs to another consent")?;
    let count = granted.coverage().granted().len();
    Ok(format!("{count} granted, {} withheld", granted.coverage().withheld().len()))
}

impl Recipient<'_> {
    /// Push, approval, exchange, verification, and reading the consent.
    pub(crate) fn granted(&mut self) -> Result<Granted, Failure> {
        let accepted = self.accepted()?;
        let exchanged = self.exchanged(accepted)?;
        let verified = self.verified(exchanged)?;
        let verified = {
            let response = self.signed_introspection(verified.tokens().access_token())?;
            verified.introspected(&response)?
        };
        let draft = self.client.read_consent(&verified, Entropy::from_os()?, system_now())?;
        Ok(verified.granted(self.run(draft)?)?)
    }

    /// Push and approval by the customer.
    pub(crate) fn accepted(&mut self) -> Result<Accepted, Failure> {
        let (url, pending) = self.begin()?;
        let returned = self.lab.visit(&url, Decision::Allow)?;
        match self.callback(pending, &returned)? {
            Callback::Code(accepted) => Ok(accepted),
            Callback::Denied(refusal) => {
                Err(Failure::new(format!("the server refused: {refusal}")))
            }
        }
    }

    pub(crate) fn exchanged(&self, accepted: Accepted) -> Result<Exchanged, Failure> {
        let draft = self.client.exchange(accepted, Entropy::from_os()?, system_now())?;
        Ok(self.run(draft)?)
    }

    pub(crate) fn verified(&mut self, mut exchanged: Exchanged) -> Result<Verified, Failure> {
        for _ in 0..3 {
            let keys = self.server_keys.as_ref();
            match self.client.verify(exchanged, keys, system_now())? {
                Verification::Done(verified) => return Ok(verified),
                Verification::Decrypt(encrypted) => {
                    exchanged = encrypted.open_with(&self.lab.decryption)?;
                    continue;
                }
                Verification::FetchKeys(same) => exchanged = same,
            }
            self.fetch_keys()?;
        }
        Err(Failure::new("the server's keys don't match its ID token"))
    }

    /// In JSON.
    pub(crate) fn introspection(&self, token: &AccessToken) -> Result<Introspection, Failure> {
        let draft = self.client.introspect(token, Entropy::from_os()?, system_now())?;
        Ok(self.run(draft)?)
    }

    /// As a JWT (RFC 9701).
    pub(crate) fn signed_introspection(
        &mut self,
        token: &AccessToken,
    ) -> Result<Introspection, Failure> {
        let draft = self.client.introspect_signed(token, Entropy::from_os()?, system_now())?;
        let mut signed = self.run(draft)?;
        for _ in 0..2 {
            let keys = self.server_keys.as_ref();
            match self.client.verify(signed, keys, system_now())? {
                Verification::Done(response) => return Ok(response),
                Verification::FetchKeys(same) => signed = same,
            }
            self.fetch_keys()?;
        }
        Err(Failure::new("the server's keys don't match its introspection"))
    }

    /// Refreshes a stored grant, like a process that restored it.
    pub(crate) fn refreshed(&mut self, grant: &StoredGrant) -> Result<StoredGrant, Failure> {
        let grant = self.client.restore(grant.to_json().expose())?;
        let draft = self.client.refresh(&grant, Entropy::from_os()?, system_now())?;
        let mut refreshed = self.run(draft)?;
        for _ in 0..3 {
            let keys = self.server_keys.as_ref();
            match self.client.verify(refreshed, keys, system_now())? {
                Verification::Done(grant) => return Ok(grant),
                Verification::Decrypt(encrypted) => {
                    refreshed = encrypted.open_with(&self.lab.decryption)?;
                    continue;
                }
                Verification::FetchKeys(same) => refreshed = same,
            }
            self.fetch_keys()?;
        }
        Err(Failure::new("the server's keys don't match its refreshed ID token"))
    }

    /// Reads an account.
    pub(crate) fn call(
        &self,
        token: &AccessToken,
        account: &str,
    ) -> Result<Result<ResourceAnswer, RunError>, Failure> {
        let accounts = self.client.config().fdx_base.join_segment("accounts");
        let url = accounts.and_then(|accounts| accounts.join_segment(account))?;
        let request = ResourceRequest::get(url);
        Ok(self.run(self.client.call(token, request, Entropy::from_os()?, system_now())?))
    }

    /// Reads the granted account.
    pub(crate) fn is_served(&self, token: &AccessToken) -> Result<(), Failure> {
        let answer = self.call(token, "acc-1")??;
        check(answer.status() == http::StatusCode::OK, "the shared account was not served")
    }
}

pub(crate) fn check(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(otherwise)) }
}

/// Checks that the server refused with this error.
pub(crate) fn refused<T>(result: Result<T, RunError>, error: &str) -> Result<String, Failure> {
    match result {
        Err(RunError::Protocol(fdx_par::Error::Refusal(refusal))) if refusal.is(error) => {
            Ok(refusal.to_string())
        }
        Err(other) => Err(Failure::new(format!("not refused with {error}: {other}"))),
        Ok(_) => Err(Failure::new(format!("not refused with {error}, but accepted"))),
    }
}
