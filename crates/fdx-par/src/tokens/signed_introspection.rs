use core::convert::Infallible;
use core::fmt;

use fdx_jose::{JwtExpectation, SignedIntrospection};
use fdx_wire::members::Object;
use fdx_wire::{Entropy, Secret, UnixTime};
use http::StatusCode;
use http::header::ACCEPT;

use crate::client::client::Client;
use crate::client::verification::{Checked, SIGNED_INTROSPECTION, Unverified};
use crate::discovery::keys::ServerKeys;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::said::Said;
use crate::error::server::{Broken, ServerFault, ServerRule};
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::introspection::{Introspection, Subject, check};
use crate::tokens::tokens::AccessToken;

const MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// A signed introspection response (RFC 9701) that is not verified yet.
#[must_use = "verify it"]
pub struct IntrospectionJwt {
    jwt: Secret,
    subject: Subject,
    said: Said,
}

impl Client {
    /// Drafts the introspection of an access token, with a signed response (FAPI 2.0 Message
    /// Signing 5.5.2). A response in plain JSON is rejected.
    ///
    /// # Errors
    /// [`Error::Metadata`] without an introspection endpoint or a `jwks_uri`,
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's token.
    pub fn introspect_signed(
        &self,
        access_token: &AccessToken,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<IntrospectionJwt>, Error> {
        self.check_issued(access_token)?;
        self.jwks_uri(SIGNED_INTROSPECTION)?;
        let request =
            SignedIntrospectionRequest { client: self.clone(), subject: Subject::of(access_token) };
        Ok(Draft::new(request, entropy, now)?)
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
            .map_err(|error| Error::signed_introspection(error, &signed.said))?;
        let fault = |broken: Broken| {
            let (said, next_step) = (signed.said.clone(), NextStep::AskTheInstitution);
            Error::Server(ServerFault::of(broken, said, next_step))
        };
        let body = Object::of_raw(verified.token_introspection())
            .map_err(|error| fault(ServerRule::of_json(error.kind()).into()))?;
        check(&body, &signed.subject, signed.said.clone()).map_err(fault)
    }
}

impl Unverified for IntrospectionJwt {
    type Decrypt = Infallible;
    type Verified = Introspection;
}

impl Checked for IntrospectionJwt {
    const PURPOSE: &'static str = SIGNED_INTROSPECTION;

    type Ciphertext = Infallible;
    type Findings = Introspection;

    fn ciphertext(&self, _: &Client) -> Result<Option<Infallible>, Error> {
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
    ) -> Result<Introspection, Error> {
        client.check_introspection(self, keys, now)
    }

    fn verified(self, introspection: Introspection) -> Introspection {
        introspection
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
        answer.check_not_encoded()?;
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
