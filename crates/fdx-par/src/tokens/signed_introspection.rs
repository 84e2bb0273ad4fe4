use core::fmt;

use fdx_jose::{JwtExpectation, SignedIntrospection};
use fdx_wire::{Entropy, Secret, UnixTime};
use http::StatusCode;
use http::header::ACCEPT;

use crate::client::client::Client;
use crate::discovery::keys::ServerKeys;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::refused::Refused;
use crate::error::said::Said;
use crate::error::server::{ServerFault, ServerRule};
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::introspection::{Body, Introspection, Subject};
use crate::tokens::tokens::AccessToken;

const MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// A signed introspection response (RFC 9701) that nobody has verified yet.
#[must_use = "verify it"]
pub struct IntrospectionJwt {
    jwt: Secret,
    subject: Subject,
    said: Said,
}

/// Where the verification of a signed introspection stands.
#[derive(Debug)]
#[must_use]
pub enum IntrospectionVerification {
    /// It needs a key that is not at hand: fetch the keys and verify again.
    FetchKeys(IntrospectionJwt),
    /// What the server says of the token, and can't deny later.
    Verified(Introspection),
}

impl Client {
    /// Drafts the introspection of an access token, with a signed answer (FAPI 2.0 Message Signing
    /// 5.5.2). An answer in plain JSON is refused.
    ///
    /// # Errors
    /// [`CallerFault::EndpointMissing`](crate::CallerFault::EndpointMissing),
    /// [`CallerFault::OtherClient`](crate::CallerFault::OtherClient) for another institution's token.
    pub fn introspect_signed(
        &self,
        access_token: &AccessToken,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<IntrospectionJwt>, Error> {
        self.check_issued(access_token)?;
        let request =
            SignedIntrospectionRequest { client: self.clone(), subject: Subject::of(access_token) };
        Ok(Draft::new(request, entropy, now)?)
    }

    /// Verifies a signed introspection (RFC 9701 section 5) and reads what it says.
    ///
    /// # Errors
    /// [`Refused`] with the answer: [`Error::SignedIntrospection`], [`Error::Server`].
    pub fn verify_introspection(
        &self,
        signed: IntrospectionJwt,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<IntrospectionVerification, Refused<IntrospectionJwt>> {
        match self.check_introspection(&signed, keys, now) {
            Ok(introspection) => Ok(IntrospectionVerification::Verified(introspection)),
            Err(error) if error.next_step() == NextStep::FetchKeys => {
                Ok(IntrospectionVerification::FetchKeys(signed))
            }
            Err(error) => Err(Refused::new(error, signed)),
        }
    }

    fn check_introspection(
        &self,
        signed: &IntrospectionJwt,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Introspection, Error> {
        let config = self.config();
        let expectation = JwtExpectation::new(&config.issuer, &config.client_id, now)
            .with_algorithm(config.introspection_signed_response_alg)
            .with_tolerance(config.tolerance);
        let jwks = self.jwks(keys);
        let jwt = signed.jwt.expose();
        let verified = SignedIntrospection::verify(jwt, &expectation, config.backend, &jwks)
            .map_err(Error::SignedIntrospection)?;
        let body = verified.token_introspection().read::<Body>();
        body.map_err(|error| ServerRule::of_json(error.kind()))
            .and_then(|body| body.check(&signed.subject, signed.said.clone()))
            .map_err(|rule| {
                let next_step = NextStep::AskTheInstitution;
                Error::Server(Box::new(ServerFault::new(rule, signed.said.clone(), next_step)))
            })
    }
}

pub struct SignedIntrospectionRequest {
    client: Client,
    subject: Subject,
}

impl Exchange for IntrospectionJwt {
    type Request = SignedIntrospectionRequest;
    type Kept = ();
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(
        request: &SignedIntrospectionRequest,
        mint: &Mint<'_>,
    ) -> Result<(Outgoing, ()), Error> {
        let mut outgoing = request.subject.write(&request.client, mint)?;
        outgoing.header(ACCEPT, MEDIA_TYPE)?;
        Ok((outgoing, ()))
    }

    fn read(
        request: SignedIntrospectionRequest,
        (): (),
        answer: &Answer<'_>,
    ) -> Result<Self, Error> {
        answer.check_status(StatusCode::OK)?;
        if !answer.is(MEDIA_TYPE) {
            return Err(answer.fault(ServerRule::IntrospectionUnsigned));
        }
        let text = str::from_utf8(answer.body);
        let text = text.map_err(|_| answer.fault(ServerRule::BodyEncoding))?;
        let jwt = Secret::new(text.trim().to_owned());
        Ok(Self { jwt, subject: request.subject, said: answer.said() })
    }
}

impl fmt::Debug for IntrospectionJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IntrospectionJwt([redacted])")
    }
}
