use fdx_jose::Thumbprint;
use fdx_wire::json::ObjectWriter;
use fdx_wire::{Entropy, HttpsUrl};
use http::{Method, StatusCode};

use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::exchange::answer::Answer;
use crate::exchange::draft::Exchange;
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::exchange::request::ClientCertificate;

/// The provider has registered a client by its certificate. A directory has issued the `client_id`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TppRegistered;

const LIMIT: usize = 64 * 1024;

/// A registration by the certificate with this thumbprint, at this URL.
pub struct CertificateRegistration {
    pub(crate) url: HttpsUrl,
    pub(crate) thumbprint: Option<Thumbprint>,
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
