//! The participants: two institutions, one recipient, and a rogue client.

use std::sync::OnceLock;

use fdx_jose::{
    AssertionKey, AssertionType, Jwks, PrivateKey, ProofKey, RequestObjectKey, SealingKey,
    SealingKeys, Thumbprint, backend,
};
use fdx_par::{
    AuthorizationRequest, ClientAuthentication, ClientConfig, Error, Request, RequestObjects,
    ResponseMode, SenderConstraint, Sent, ServerMetadata, Step, WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::{InstitutionConfig, NoncePolicy, RefreshPolicy, RegisteredClient, Sandbox};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, UnixTime};
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

/// What tokens are bound to in a world.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Binding {
    /// A key (RFC 9449).
    Dpop,
    /// A certificate (RFC 8705).
    Mtls,
}

/// How the recipient authenticates and sends requests in a world, and how it receives callbacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Profile {
    /// What tokens are bound to.
    pub binding: Binding,
    /// Whether the client authenticates by its certificate instead of an assertion.
    pub certificate_authenticates: bool,
    /// Whether pushed requests are signed.
    pub signed_requests: bool,
    /// Whether callbacks are signed.
    pub response_mode: ResponseMode,
    /// Whether institutions require DPoP nonces.
    pub nonces: NoncePolicy,
}

/// 2026-01-05T10:00:00Z, when every world begins.
pub(crate) const START: u64 = 1_767_607_200;
pub(crate) const APP: &str = "app";
pub(crate) const ROGUE: &str = "rogue";
/// A certificate. In memory it is only bytes with a thumbprint.
const CERTIFICATE: &[u8] = b"the recipient's certificate";
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

impl Profile {
    /// The FAPI 2.0 Security Profile with DPoP, which the attacks are against.
    pub const FAPI: Self = Self {
        binding: Binding::Dpop,
        certificate_authenticates: false,
        signed_requests: false,
        response_mode: ResponseMode::Query,
        nonces: NoncePolicy::Demand,
    };

    /// Whether attacks are simulated: whether this is the Security Profile, with either binding.
    pub(crate) fn is_attacked(self) -> bool {
        self == Self { binding: self.binding, ..Self::FAPI }
    }

    /// Chooses one of all profiles.
    pub(crate) fn any(choices: &mut Choices) -> Self {
        Self {
            binding: if choices.chance(500) { Binding::Mtls } else { Binding::Dpop },
            certificate_authenticates: choices.chance(500),
            signed_requests: choices.chance(500),
            response_mode: match choices.chance(500) {
                true => ResponseMode::Jwt,
                false => ResponseMode::Query,
            },
            nonces: if choices.chance(500) { NoncePolicy::Silent } else { NoncePolicy::Demand },
        }
    }
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

    pub(crate) fn institution(
        self,
        profile: Profile,
        refresh: RefreshPolicy,
        entropy: Entropy,
    ) -> Sandbox {
        let mtls = parsed(HttpsUrl::parse(&format!("https://mtls.{}", self.host())));
        let keys = vec![load(self.key())];
        let mut config = InstitutionConfig::new(self.issuer(), mtls, backend::ring(), keys);
        config.refresh_policy = refresh;
        config.nonce_policy = profile.nonces;
        let bound = |certificate| match profile.binding {
            Binding::Dpop => fdx_sandbox::Binding::Dpop,
            Binding::Mtls => fdx_sandbox::Binding::MutualTls(certificate),
        };
        let client = |id, uri, key, certificate| {
            let jwks = Jwks::new(vec![keys_of(key).public().clone()]);
            let mut client = RegisteredClient::new(id, vec![uri], jwks, bound(certificate));
            client.scopes = SCOPES.map(str::to_owned).to_vec();
            client.id_token_signed_response_alg = fdx_jose::Algorithm::EdDsa;
            client.authorization_signed_response_alg = Some(fdx_jose::Algorithm::EdDsa);
            if profile.certificate_authenticates {
                client.authentication =
                    fdx_sandbox::ClientAuthentication::SelfSignedTlsClientAuth(vec![certificate]);
            }
            if profile.signed_requests {
                client.request_objects = fdx_sandbox::RequestObjects::Required;
            }
            client
        };
        let rogues = parsed(RedirectUri::parse("https://rogue.example/callback"));
        config.clients = vec![
            client(APP, self.redirect_uri(), Key::Assertion, certificate()),
            client(ROGUE, rogues, Key::Rogue, rogue_certificate()),
        ];
        Sandbox::new(config, entropy)
    }

    pub(crate) fn config(self, profile: Profile) -> ClientConfig {
        let proof = match self {
            Self::Honest => Key::HonestProof,
            Self::Hostile => Key::HostileProof,
        };
        let public = keys_of(Key::Assertion).public();
        let authentication = match profile.certificate_authenticates {
            true => ClientAuthentication::SelfSignedTlsClientAuth(certificate()),
            false => ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
                public.clone(),
                AssertionType::default(),
            )),
        };
        let mut config = ClientConfig::new(
            self.issuer(),
            APP,
            self.redirect_uri(),
            self.fdx_base(profile.binding),
            authentication,
            match profile.binding {
                Binding::Dpop => {
                    SenderConstraint::Dpop(ProofKey::new(keys_of(proof).public().clone()))
                }
                Binding::Mtls => SenderConstraint::Mtls(certificate()),
            },
            backend::ring(),
        );
        config.response_mode = profile.response_mode;
        if profile.signed_requests {
            config.request_objects = RequestObjects::signed(RequestObjectKey::new(public.clone()));
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
        match self.discovery()?.1.receive(response, UnixTime::from_seconds(START))? {
            Step::Done(metadata) => Ok(metadata),
            Step::Again(_) => unreachable!("this request needs no nonce"),
        }
    }

    /// This institution's response to discovery.
    pub(crate) fn metadata_response(self) -> Response<Vec<u8>> {
        let (request, _) = parsed(self.discovery());
        let mut institution =
            self.institution(Profile::FAPI, RefreshPolicy::Keep, Entropy::new([1; 32]));
        institution.handle(&request.into_http(), None, UnixTime::from_seconds(START))
    }

    fn discovery(self) -> Result<(Request, Sent<ServerMetadata>), Error> {
        let (well_known, now) =
            (WellKnown::OAuthAuthorizationServer, UnixTime::from_seconds(START));
        Ok(discover(&self.issuer(), well_known, now)?.attach(Vec::new())?)
    }
}

const SCOPES: [&str; 4] =
    ["openid", "offline_access", "fdx:accountbasic:read", "fdx:transactions:read"];

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

/// An Ed25519 key whose seed is its number: PKCS#8, version 1 (RFC 8410 section 7).
fn load(key: Key) -> PrivateKey {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([key as u8 + 1; 32]);
    parsed(PrivateKey::from_pkcs8_der(backend::ring(), &der, None))
}

/// Unwraps a value of this file, which is well formed.
#[allow(clippy::panic, reason = "a scene that can't be set is a mistake in this file")]
fn parsed<T, E: core::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the scene can't be set: {error:?}"))
}
