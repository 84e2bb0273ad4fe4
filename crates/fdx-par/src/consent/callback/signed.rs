use core::convert::Infallible;
use core::fmt;

use fdx_jose::{AuthorizationResponse, AuthorizationResponseError, JwtError, JwtExpectation};
use fdx_wire::{Secret, UnixTime};

use crate::client::client::Client;
use crate::client::config::ResponseMode;
use crate::client::verification::{Checked, SIGNED_CALLBACK, Unverified};
use crate::consent::callback::callback as arrival;
use crate::consent::callback::callback::{Callback, Read, fault, read};
use crate::consent::pending::pending::Pending;
use crate::discovery::keys::ServerKeys;
use crate::error::callback::CallbackFault;
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::refused::Refused;

/// A callback whose response is a signed JWT that is not verified yet (JARM).
#[must_use = "verify it"]
pub struct SignedCallback {
    pending: Pending,
    response: Secret,
}

/// The parameters that belong in the JWT only: outside it they are a downgrade.
const INSIDE: &[&str] = &["code", "error", "iss", "state", "access_token", "id_token"];

impl Client {
    /// Reads a callback in the response mode `jwt`. Checks its size and encoding, the
    /// `redirect_uri`, the callback deadline, and that there is one `response` and no parameter
    /// that belongs inside it.
    ///
    /// # Errors
    /// [`Refused`] with the pending value unspent.
    pub fn signed_callback(
        &self,
        pending: Pending,
        received_url: &str,
        now: UnixTime,
    ) -> Result<SignedCallback, Refused<Pending>> {
        match self.response(&pending, received_url, now) {
            Ok(response) => Ok(SignedCallback { pending, response }),
            Err(error) => Err(Refused::new(error, pending)),
        }
    }

    fn response(
        &self,
        pending: &Pending,
        received_url: &str,
        now: UnixTime,
    ) -> Result<Secret, Error> {
        self.check_owner(pending.flow.owner())?;
        self.metadata().check_flows()?;
        if pending.flow.response_mode == ResponseMode::Query {
            return Err(CallFault::ResponseMode.into());
        }
        let query = arrival::query(received_url, &pending.flow.redirect_uri)?;
        // FAPI 2.0 Message Signing 5.4.2: a bare code must not pass in this mode.
        if query.names().any(|name| INSIDE.contains(&name)) {
            return Err(CallbackFault::NotSigned.into());
        }
        if now > pending.callback_by {
            return Err(CallbackFault::Expired.into());
        }
        let response = query.one("response").map_err(fault)?;
        response.map(|jwt| Secret::new(jwt.to_owned())).ok_or(CallbackFault::NotSigned.into())
    }

    fn check_response(
        &self,
        signed: &SignedCallback,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Read, Error> {
        self.metadata().check_flows()?;
        let config = self.config();
        let expectation = JwtExpectation::new(&config.issuer, &config.client_id, now)
            .with_algorithm(config.authorization_signed_response_alg)
            .with_tolerance(config.tolerance)
            .with_repeated_iss(self.profile().repeated_iss);
        // JARM 2.4: iss is checked before any key is looked for.
        let jwks = self.jwks(keys);
        let jwt = signed.response.expose();
        let verified = AuthorizationResponse::verify(jwt, &expectation, config.backend, &jwks);
        let response = verified.map_err(|error| self.rejected(error, signed, keys))?;
        arrival::check_state(response.state(), &signed.pending)?;
        let code = response.code().map(Secret::expose);
        read(code, response.error(), response.error_description(), response.error_uri())
    }

    /// The error of a response that does not verify. Anyone can send one to the redirect_uri: only
    /// with the right `state` and the institution's signature is it the answer to this request.
    fn rejected(
        &self,
        error: AuthorizationResponseError,
        signed: &SignedCallback,
        keys: Option<&ServerKeys>,
    ) -> Error {
        let jwt = signed.response.expose();
        // A callback with a wrong state must not cause a fetch of keys.
        if error.is_unknown_key() {
            let claimed = AuthorizationResponse::claimed_state(jwt);
            let state = arrival::check_state(claimed.as_ref().map(Secret::expose), &signed.pending);
            return state.map_or_else(Error::from, |()| error.into());
        }
        if !AuthorizationResponse::claims_state(jwt, signed.pending.state.expose()) {
            return error.into();
        }
        // JARM 2.4: the keys of another issuer are not looked for.
        let lacks_keys = keys.is_none() && error != JwtError::Issuer.into();
        let backend = self.config().backend;
        match AuthorizationResponse::check_signature(jwt, backend, &self.jwks(keys)) {
            Ok(()) => Error::AuthorizationResponse { error, of_this_flow: true },
            Err(unknown) if lacks_keys && unknown.is_unknown_key() => unknown.into(),
            Err(_) => error.into(),
        }
    }
}

impl Unverified for SignedCallback {
    type Decrypt = Infallible;
    type Verified = Callback;
}

impl Checked for SignedCallback {
    const PURPOSE: &'static str = SIGNED_CALLBACK;

    type Ciphertext = Infallible;
    type Findings = Read;

    fn ciphertext(&self, client: &Client) -> Result<Option<Infallible>, Error> {
        client.check_owner(self.pending.flow.owner())?;
        Ok(None)
    }

    fn decrypt(self, ciphertext: Infallible, _: &Client) -> Infallible {
        ciphertext
    }

    fn check(
        &self,
        client: &Client,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Read, Error> {
        client.check_response(self, keys, now)
    }

    fn verified(self, read: Read) -> Callback {
        read.callback(self.pending)
    }
}

impl SignedCallback {
    /// Returns the pending value, unspent, for a response that fails verification.
    #[must_use]
    pub fn into_pending(self) -> Pending {
        self.pending
    }
}

impl fmt::Debug for SignedCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCallback").field("pending", &self.pending).finish_non_exhaustive()
    }
}
