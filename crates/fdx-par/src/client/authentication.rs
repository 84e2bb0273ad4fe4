use core::time::Duration;

use fdx_jose::{ProofClaims, ProofKey, SigningInput, Thumbprint};
use fdx_wire::form::Form;
use fdx_wire::{HttpsUrl, Secret};
use http::Method;

use super::{Client, ClientAuthentication, Endpoint, SenderConstraint};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{NonceSlot, Realm};
use crate::{CallerFault, Error};

const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

impl Client {
    /// A form for `endpoint`, authenticated, and with a DPoP proof by the key that `bound_to`
    /// names where the client binds by DPoP.
    pub(crate) fn post(
        &self,
        endpoint: Endpoint,
        form: Form,
        bound_to: Option<Thumbprint>,
        mint: &Mint<'_>,
        limit: usize,
    ) -> Result<Outgoing, Error> {
        let target = self.target(endpoint)?;
        let mut outgoing = Outgoing::post(target.url, target.certificate, form, limit);
        outgoing.inputs.push(self.client_assertion(mint));
        if let Some(thumbprint) = bound_to {
            self.prove(&mut outgoing, Realm::AuthorizationServer, thumbprint, None, mint)?;
        }
        Ok(outgoing)
    }

    /// Adds the DPoP proof for `outgoing`, or nothing where the client binds by mTLS.
    ///
    /// # Errors
    /// [`CallerFault::OtherKey`] where what is used is bound to another key or certificate.
    pub(crate) fn prove(
        &self,
        outgoing: &mut Outgoing,
        realm: Realm,
        bound_to: Thumbprint,
        access_token: Option<&Secret>,
        mint: &Mint<'_>,
    ) -> Result<(), Error> {
        let constraint = &self.0.config.sender_constraint;
        if constraint.thumbprint() != bound_to {
            return Err(CallerFault::OtherKey.into());
        }
        let SenderConstraint::Dpop(key) = constraint else {
            return Ok(());
        };
        let slot = NonceSlot { realm, origin: outgoing.url.origin(), key: bound_to };
        let nonce = self.0.nonces.latest(&slot);
        let input =
            proof(key, &outgoing.method, &outgoing.url, access_token, nonce.as_deref(), mint);
        outgoing.inputs.push(input);
        outgoing.nonces = Some((self.0.nonces.clone(), slot));
        Ok(())
    }

    /// FAPI 2.0 Security Profile 5.3.3.1-5: the audience is the issuer, whatever the endpoint.
    fn client_assertion(&self, mint: &Mint<'_>) -> SigningInput {
        let config = &self.0.config;
        let ClientAuthentication::PrivateKeyJwt(key) = &config.authentication;
        let jti = mint.assertion_jti();
        key.client_assertion(&config.client_id, &config.issuer, &jti, mint.now, ASSERTION_LIFETIME)
    }
}

fn proof(
    key: &ProofKey,
    method: &Method,
    url: &HttpsUrl,
    access_token: Option<&Secret>,
    nonce: Option<&str>,
    mint: &Mint<'_>,
) -> SigningInput {
    key.proof(&ProofClaims {
        htm: method.as_str(),
        htu: url,
        jti: &mint.proof_jti(),
        iat: mint.now,
        access_token,
        nonce,
    })
}
