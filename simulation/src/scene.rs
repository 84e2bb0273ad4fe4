//! The participants: two institutions, one recipient, and a rogue client.

use std::sync::OnceLock;

use fdx_jose::{Jwks, PrivateKey, ProofKey, SealingKey, SealingKeys, Thumbprint, backend};
use fdx_par::{
    AuthorizationRequest, ClientConfig, Error, Request, ResponseMode, SenderConstraint, Sent,
    ServerMetadata, Step, WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::{NoncePolicy, Sandbox};
use fdx_testkit::{Authentication, Binding, CERTIFICATE, Requests, Setup, start};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri};
use http::Response;

use crate::choices::Choices;

/// One of the two institutions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bank {
    /// Follows the rules. Its customers must be protected.
    Honest,
    /// Belongs to the attacker, who reads every request to it. Its responses are correct until an
    /// attack changes them.
    Hostile,
}

pub(crate) const APP: &str = "app";
pub(crate) const ROGUE: &str = "rogue";
/// A certificate. In memory it is only bytes with a thumbprint.
const ROGUE_CERTIFICATE: &[u8] = b"the rogue's certificate";

/// A key, with its place among the keys that are generated at start.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Assertion = 0,
    HonestProof = 1,
    HostileProof = 2,
    HonestBank = 3,
    HostileBank = 4,
    Rogue = 5,
}

/// Whether attacks are simulated in a world: in the FAPI 2.0 Security Profile, with either binding.
pub(crate) fn is_attacked(setup: &Setup) -> bool {
    setup.authentication == Authentication::PrivateKeyJwt
        && setup.requests == Requests::Plain
        && setup.response_mode == ResponseMode::Query
        && setup.nonces == NoncePolicy::Demand
}

/// Chooses one of the setups of the Security Profile and of Message Signing.
pub(crate) fn any_setup(choices: &mut Choices) -> Setup {
    let mut setup = Setup::default();
    if choices.chance(500) {
        setup.binding = Binding::Mtls;
    }
    if choices.chance(500) {
        setup.authentication = Authentication::SelfSignedTlsClientAuth;
    }
    if choices.chance(500) {
        setup.requests = Requests::Signed;
    }
    if choices.chance(500) {
        setup.response_mode = ResponseMode::Jwt;
    }
    if choices.chance(500) {
        setup.nonces = NoncePolicy::Silent;
    }
    setup
}

impl Bank {
    pub(crate) const ALL: [Self; 2] = [Self::Honest, Self::Hostile];

    fn host(self) -> &'static str {
        match self {
            Self::Honest => "bank.example",
            Self::Hostile => "hostile.example",
        }
    }

    pub(crate) fn issuer(self) -> Issuer {
        parsed(Issuer::parse(&format!("https://{}", self.host())))
    }

    pub(crate) fn origin(self) -> String {
        format!("https://{}", self.host())
    }

    pub(crate) fn fdx_base(self, binding: Binding) -> HttpsUrl {
        let before = match binding {
            Binding::Dpop => "",
            Binding::Mtls => "mtls.",
        };
        parsed(HttpsUrl::parse(&format!("https://{before}{}/fdx/v6", self.host())))
    }

    /// RFC 9700 section 4.4.2: a different redirect_uri for each institution.
    pub(crate) fn redirect_uri(self) -> RedirectUri {
        let path = match self {
            Self::Honest => "honest",
            Self::Hostile => "hostile",
        };
        parsed(RedirectUri::parse(&format!("https://app.example/callback/{path}")))
    }

    pub(crate) fn key(self) -> Key {
        match self {
            Self::Honest => Key::HonestBank,
            Self::Hostile => Key::HostileBank,
        }
    }

    /// The institution that a URL belongs to.
    pub(crate) fn of(url: &http::Uri) -> Self {
        match url.host() {
            Some(host) if host.ends_with("hostile.example") => Self::Hostile,
            _ => Self::Honest,
        }
    }

    pub(crate) fn institution(self, setup: &Setup, entropy: Entropy) -> Sandbox {
        let mut config = setup.institution_config();
        config.issuer = self.issuer();
        config.mtls_base = parsed(HttpsUrl::parse(&format!("https://mtls.{}", self.host())));
        config.signing_keys = vec![load(self.key())];
        for client in &mut config.clients {
            client.client_id = APP.to_owned();
            client.redirect_uris = vec![self.redirect_uri()];
        }
        let mut rogue =
            Setup { authentication: Authentication::PrivateKeyJwt, ..*setup }.registered();
        rogue.client_id = ROGUE.to_owned();
        rogue.redirect_uris = vec![parsed(RedirectUri::parse("https://rogue.example/callback"))];
        rogue.jwks = Jwks::new(vec![keys_of(Key::Rogue).public().clone()]);
        if setup.binding == Binding::Mtls {
            rogue.binding = fdx_sandbox::Binding::MutualTls(rogue_certificate());
        }
        config.clients.push(rogue);
        Sandbox::new(config, entropy)
    }

    pub(crate) fn config(self, setup: &Setup) -> ClientConfig {
        let mut config = setup.config();
        config.issuer = self.issuer();
        config.client_id = APP.to_owned();
        config.redirect_uri = self.redirect_uri();
        config.fdx_base = self.fdx_base(setup.binding);
        if setup.binding == Binding::Dpop {
            // A different key for each institution: a token is useless at the other one.
            let proof = match self {
                Self::Honest => Key::HonestProof,
                Self::Hostile => Key::HostileProof,
            };
            let proof = ProofKey::new(keys_of(proof).public().clone());
            config.sender_constraint = SenderConstraint::Dpop(proof);
        }
        config
    }

    /// The metadata, discovered once.
    pub(crate) fn metadata(self) -> ServerMetadata {
        static METADATA: [OnceLock<ServerMetadata>; 2] = [OnceLock::new(), OnceLock::new()];
        let [honest, hostile] = &METADATA;
        let slot = match self {
            Self::Honest => honest,
            Self::Hostile => hostile,
        };
        slot.get_or_init(|| parsed(self.discovered_at(self))).clone()
    }

    /// The result of discovery for this institution if the document of `place` is delivered.
    pub(crate) fn discovered_at(self, place: Self) -> Result<ServerMetadata, Error> {
        self.discovered(place.metadata_response())
    }

    /// The result of discovery for this institution with this response.
    pub(crate) fn discovered(self, response: Response<Vec<u8>>) -> Result<ServerMetadata, Error> {
        match self.discovery()?.1.receive(response, start())? {
            Step::Done(metadata) => Ok(metadata),
            Step::Again(_) => unreachable!("this request needs no nonce"),
        }
    }

    /// This institution's response to discovery.
    pub(crate) fn metadata_response(self) -> Response<Vec<u8>> {
        let (request, _) = parsed(self.discovery());
        let mut institution = self.institution(&Setup::default(), Entropy::new([1; 32]));
        institution.handle(&request.into_http(), None, start())
    }

    fn discovery(self) -> Result<(Request, Sent<ServerMetadata>), Error> {
        let well_known = WellKnown::OAuthAuthorizationServer;
        Ok(discover(&self.issuer(), well_known, start())?.attach(Vec::new())?)
    }
}

/// Basic data and transactions, an ID token and a refresh token.
pub(crate) fn request() -> &'static AuthorizationRequest {
    static REQUEST: OnceLock<AuthorizationRequest> = OnceLock::new();
    REQUEST.get_or_init(|| AuthorizationRequest::new(consent()).openid().offline_access())
}

pub(crate) fn consent() -> ConsentRequest {
    let consent = ConsentRequest::new(parsed(ConsentDuration::time_bound(90)))
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build();
    parsed(consent)
}

/// The recipient's certificate.
pub(crate) fn certificate() -> Thumbprint {
    Thumbprint::of_certificate(CERTIFICATE)
}

pub(crate) fn rogue_certificate() -> Thumbprint {
    Thumbprint::of_certificate(ROGUE_CERTIFICATE)
}

/// The keys that all nodes of the recipient sign with.
pub(crate) fn signers() -> &'static [PrivateKey] {
    let (ours, _) = all_keys().split_at(3);
    ours
}

pub(crate) fn keys_of(key: Key) -> &'static PrivateKey {
    match all_keys().get(key as usize) {
        Some(key) => key,
        None => unreachable!("each has a key"),
    }
}

pub(crate) fn sealing_keys() -> &'static SealingKeys {
    static KEYS: OnceLock<SealingKeys> = OnceLock::new();
    KEYS.get_or_init(|| SealingKeys::new(backend::ring(), SealingKey::new(1, [7; 32])))
}

fn all_keys() -> &'static [PrivateKey] {
    static KEYS: OnceLock<Vec<PrivateKey>> = OnceLock::new();
    use Key::{Assertion, HonestBank, HonestProof, HostileBank, HostileProof, Rogue};
    let all = [Assertion, HonestProof, HostileProof, HonestBank, HostileBank, Rogue];
    KEYS.get_or_init(|| all.map(load).into())
}

/// The key of the test kit for the recipient's assertions. For all others, an Ed25519 key whose
/// seed is its number: PKCS#8, version 1 (RFC 8410 section 7).
fn load(key: Key) -> PrivateKey {
    if let Key::Assertion = key {
        return fdx_testkit::keys(Setup::default().algorithm);
    }
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([key as u8 + 1; 32]);
    parsed(PrivateKey::from_pkcs8_der(backend::ring(), &der, None))
}

/// Unwraps a value of this file, which is well formed.
#[allow(clippy::panic, reason = "a scene that can't be set is a mistake in this file")]
fn parsed<T, E: core::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the scene can't be set: {error:?}"))
}
