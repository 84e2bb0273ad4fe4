use fdx_jose::Thumbprint;
use fdx_wire::json::ObjectWriter;
use fdx_wire::{Entropy, HttpsUrl, UnixTime};
use http::{Method, StatusCode};

use crate::client::client::Client;
use crate::discovery::endpoint::Endpoint;
use crate::error::caller::{CallFault, ConfigurationFault};
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::exchange::request::ClientCertificate;

/// A provider took note of a client that it knows by a directory, from its certificate alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TppRegistered;

const LIMIT: usize = 64 * 1024;

impl Client {
    /// Drafts the registration by certificate of UAE Open Finance: `{}` by `POST`, answered with
    /// 204. The directory has issued the `client_id`. It is not RFC 7591, and no other dialect has
    /// it.
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
        // On the origin of the push endpoint, which is not on the issuer's host.
        let origin = self.target(Endpoint::PushedAuthorizationRequest)?.url.origin();
        let url = HttpsUrl::parse(&format!("{}{path}", origin.as_str()));
        let url = url.map_err(|_| CallFault::UrlTooLong)?;
        let request =
            CertificateRegistration { url, thumbprint: self.config().certificate_thumbprint() };
        Ok(Draft::new(request, entropy, now)?)
    }
}

pub struct CertificateRegistration {
    url: HttpsUrl,
    thumbprint: Option<Thumbprint>,
}

impl Exchange for TppRegistered {
    type Request = CertificateRegistration;
    type Kept = ();
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &CertificateRegistration, mint: &Mint<'_>) -> Result<(Outgoing, ()), Error> {
        let body = Body::Json(ObjectWriter::with_capacity(2));
        let certificate = ClientCertificate::Present;
        let mut outgoing =
            Outgoing::new(Method::POST, request.url.clone(), certificate, body, LIMIT);
        outgoing.thumbprint = request.thumbprint;
        // This provider's responses need not repeat the id.
        InteractionId::send(&mut outgoing, mint)?;
        Ok((outgoing, ()))
    }

    fn read(_: CertificateRegistration, (): (), answer: &Answer<'_>) -> Result<Self, Error> {
        answer.check_status(StatusCode::NO_CONTENT).map(|()| Self)
    }
}
