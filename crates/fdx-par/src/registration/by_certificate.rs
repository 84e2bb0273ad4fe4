use fdx_wire::{Entropy, HttpsUrl, UnixTime};

use crate::client::client::Client;
use crate::dialect::uae::registration::{CertificateRegistration, TppRegistered};
use crate::discovery::endpoint::Endpoint;
use crate::error::caller::{CallFault, ConfigurationFault};
use crate::error::error::Error;
use crate::exchange::draft::Draft;

impl Client {
    /// Drafts the registration of this client by its certificate: a `POST` of `{}`, whose response
    /// is 204. A directory has issued the `client_id`. This is not RFC 7591.
    ///
    /// # Errors
    /// [`ConfigurationFault::EndpointMissing`] unless the dialect has
    /// [`Member::RegistrationByCertificate`](crate::dialect::Member::RegistrationByCertificate).
    pub fn register_by_certificate(
        &self,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<TppRegistered>, Error> {
        let path = self.profile().registration_by_certificate;
        let path = path.ok_or(ConfigurationFault::EndpointMissing)?;
        // On the origin of the push endpoint, which need not be the issuer's.
        let origin = self.target(Endpoint::PushedAuthorizationRequest)?.url.origin();
        let url = HttpsUrl::parse(&format!("{}{path}", origin.as_str()));
        let url = url.map_err(|_| CallFault::UrlTooLong)?;
        let request =
            CertificateRegistration { url, thumbprint: self.config().certificate_thumbprint() };
        Ok(Draft::new(request, entropy, now)?)
    }
}
