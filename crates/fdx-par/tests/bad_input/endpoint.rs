use fdx_jose::Thumbprint;
use fdx_par::{Client, Draft, Error, NextStep, Output, ResourceRequest, WellKnown, discover};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::kit::attached;
use fdx_testkit::{Answer, Setup, World, bank_issuer, entropy, usual_request};

/// A back-channel endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum At {
    Discovery,
    Keys,
    Push,
    Token,
    Introspection,
    Consent,
    Resource,
}

impl At {
    pub(crate) const ALL: [Self; 7] = [
        Self::Discovery,
        Self::Keys,
        Self::Push,
        Self::Token,
        Self::Introspection,
        Self::Consent,
        Self::Resource,
    ];

    /// All endpoints except the resource, whose bytes the caller reads.
    pub(crate) const JSON: [Self; 6] =
        [Self::Discovery, Self::Keys, Self::Push, Self::Token, Self::Introspection, Self::Consent];

    /// The largest response, in bytes.
    pub(crate) fn cap(self) -> usize {
        match self {
            Self::Push => 16 * 1024,
            Self::Consent | Self::Resource => 8 * 1024 * 1024,
            _ => 256 * 1024,
        }
    }

    /// The one status of a success.
    pub(crate) fn status(self) -> u16 {
        if self == Self::Push { 201 } else { 200 }
    }

    /// The next step after no response: a code is never sent again.
    pub(crate) fn on_no_response(self) -> NextStep {
        match self {
            Self::Token => NextStep::StartOver,
            _ => NextStep::Retry { after: None },
        }
    }

    /// Runs a flow up to this endpoint and lets `change` break its response. Asserts that the
    /// client sends exactly one request.
    pub(crate) fn broken(
        self,
        change: impl FnMut(Answer) -> Answer + 'static,
    ) -> Result<(), Error> {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let now = world.now;
        if self == Self::Discovery {
            let draft = || discover(&bank_issuer(), WellKnown::OAuthAuthorizationServer, now);
            return self.finish(&mut world, draft, change);
        }
        let client = world.client().unwrap();
        match self {
            Self::Discovery => Ok(()),
            Self::Keys => self.finish(&mut world, || client.fetch_keys(now), change),
            Self::Push => {
                let draft = || client.push(&usual_request(), entropy(9), now);
                self.finish(&mut world, draft, change)
            }
            Self::Token => self.token(&mut world, &client, change),
            Self::Introspection => {
                let verified = world.verified(&client);
                let token = verified.tokens().access_token();
                self.finish(&mut world, || client.introspect(token, entropy(9), now), change)
            }
            Self::Consent => {
                let verified = world.verified(&client);
                let draft = || client.read_consent(&verified, entropy(9), now);
                self.finish(&mut world, draft, change)
            }
            Self::Resource => {
                let verified = world.verified(&client);
                let token = verified.tokens().access_token();
                let url = client.config().fdx_base.join_segment("accounts").unwrap();
                let draft =
                    || client.call(token, ResourceRequest::get(url.clone()), entropy(9), now);
                self.finish(&mut world, draft, change)
            }
        }
    }

    fn token(
        self,
        world: &mut World,
        client: &Client,
        change: impl FnMut(Answer) -> Answer + 'static,
    ) -> Result<(), Error> {
        let now = world.now;
        let (pending, callback) = world.pending(client);
        let keys = fdx_jose::SealingKeys::new(
            fdx_jose::backend::ring(),
            fdx_jose::SealingKey::new(1, [1; 32]),
        );
        let sealed = pending.seal(&keys, b"", entropy(8)).unwrap();
        let draft = || {
            let pending = client.open(&sealed, &keys, b"", now)?;
            match client.callback(pending, &callback, now)? {
                fdx_par::Callback::Code(code) => Ok(client.exchange(code, entropy(9), now)?),
                fdx_par::Callback::Denied(refusal) => panic!("{refusal}"),
            }
        };
        self.finish(world, draft, change)
    }

    fn finish<T: Output>(
        self,
        world: &mut World,
        draft: impl Fn() -> Result<Draft<T>, Error>,
        mut change: impl FnMut(Answer) -> Answer + 'static,
    ) -> Result<(), Error> {
        let unsent = draft().unwrap();
        let (request, _) = attached(unsent, &world.keys);
        assert_eq!(request.max_response_bytes(), self.cap(), "{self:?}");

        let before = world.sent.len();
        world.tamper(move |_, answer| change(answer));
        let outcome = world.run(draft().unwrap());
        assert_eq!(world.sent.len(), before + 1, "{self:?}: one request was sent, and no more");
        outcome.map(drop)
    }
}

/// A thumbprint of no known key.
pub(crate) fn another_thumbprint() -> String {
    Thumbprint::of_certificate(b"another").to_string()
}
