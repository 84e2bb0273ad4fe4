use fdx_jose::{ProofClaims, ProofKey, Thumbprint};
use fdx_wire::Secret;

use crate::client::binding::{Bound, BoundBy};
use crate::client::client::Client;
use crate::client::config::SenderConstraint;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::exchange::mint::Mint;
use crate::exchange::nonces::{NonceSlot, Realm};
use crate::exchange::outgoing::Outgoing;

impl Client {
    /// Returns the binding for the exchange of a code that was pushed with this thumbprint. For
    /// DPoP it is the same key, current or retired. For mTLS it is the current certificate, because
    /// a certificate binds tokens, not codes (RFC 8705 section 3).
    pub(crate) fn bound_at_exchange(&self, pushed: Option<Thumbprint>) -> Result<Bound, Error> {
        let current = self.config().sender_constraint.bound();
        match (pushed.filter(|key| self.proof_key(*key).is_some()), current.by) {
            (Some(key), _) => Ok(Bound { by: BoundBy::Dpop, to: Some(key) }),
            (None, BoundBy::Mtls) if pushed.is_some() => Ok(current),
            (None, BoundBy::Nothing) if pushed.is_none() => Ok(current),
            (None, _) => Err(StoredStateFault::OtherKey.into()),
        }
    }

    /// Adds the DPoP proof for `outgoing`, or nothing if `bound` is the current certificate.
    ///
    /// # Errors
    /// [`StoredStateFault::OtherKey`] if it is bound to a key or certificate that is not
    /// configured.
    pub(crate) fn prove(
        &self,
        outgoing: &mut Outgoing,
        realm: Realm,
        bound: Bound,
        access_token: Option<&Secret>,
        mint: &Mint<'_>,
    ) -> Result<(), Error> {
        let current = bound == self.config().sender_constraint.bound();
        if current && matches!(bound.by, BoundBy::Mtls | BoundBy::Nothing) {
            return Ok(());
        }
        let key = bound.to.filter(|_| bound.by == BoundBy::Dpop);
        let key = key.and_then(|key| self.proof_key(key)).ok_or(StoredStateFault::OtherKey)?;
        let slot = NonceSlot { realm, origin: outgoing.url.origin(), key: key.thumbprint() };
        let nonces = &self.0.nonces;
        let (jti, nonce) = (mint.proof_jti(), nonces.latest(&slot));
        let claims = ProofClaims::new(outgoing.method.as_str(), &outgoing.url, &jti, mint.now)
            .with_access_token(access_token)
            .with_nonce(nonce.as_deref());
        outgoing.prove(key.proof(&claims), nonces.clone(), slot);
        Ok(())
    }

    fn proof_key(&self, thumbprint: Thumbprint) -> Option<&ProofKey> {
        let current = match &self.config().sender_constraint {
            SenderConstraint::Dpop(key) => Some(key),
            SenderConstraint::Mtls(_) | SenderConstraint::NotFapi(_) => None,
        };
        let mut keys = current.into_iter().chain(&self.config().retired_proof_keys);
        keys.find(
            // check: BoundKey
            |key| key.thumbprint() == thumbprint,
        )
    }
}
