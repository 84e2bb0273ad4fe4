//! The configuration without which a misbehaviour has no effect.

use fdx_jose::Algorithm;

use crate::institution::client::{Binding, RegisteredClient};
use crate::institution::config::{AuthorizationRequests, IdTokens, InstitutionConfig, NoncePolicy};
use crate::misbehaviour::catalogue::Misbehaviour;
use crate::misbehaviour::metadata::WrongMetadata;
use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::nonce::WrongNonce;

impl Misbehaviour {
    /// Returns what `config` needs before the misbehaviour can have an effect. `None` if it can have
    /// one.
    pub(crate) fn missing_in(self, config: &InstitutionConfig) -> Option<&'static str> {
        self.missing_for_message(config).or_else(|| self.missing_for_flow(config))
    }

    fn missing_for_message(self, config: &InstitutionConfig) -> Option<&'static str> {
        let host = host(config);
        let (met, missing) = match self {
            Self::Metadata(WrongMetadata::IssuerCase) => (
                host.bytes().any(|byte| byte.is_ascii_lowercase()),
                "an issuer whose host has small letters",
            ),
            Self::Metadata(WrongMetadata::IssuerIdn) => {
                (host.contains(['a', 'o']), "an issuer whose host has the letter a or o")
            }
            Self::Nonce(WrongNonce::SchemeCase | WrongNonce::SecondChallenge) => {
                (config.nonce_policy == NoncePolicy::Demand, "nonces that are demanded")
            }
            Self::Push(_) | Self::Answer(Moment::Push, _) => (
                config.manners.authorization_requests == AuthorizationRequests::Pushed,
                "an institution with pushed authorization requests",
            ),
            Self::IdToken(_) => {
                (config.manners.id_token != IdTokens::Never, "an institution that issues ID tokens")
            }
            _ => (true, ""),
        };
        (!met).then_some(missing)
    }

    fn missing_for_flow(self, config: &InstitutionConfig) -> Option<&'static str> {
        // A client that will register itself can meet every need.
        let open = !config.registration.is_closed();
        let any = |fits: fn(&RegisteredClient) -> bool| open || config.clients.iter().any(fits);
        let (met, missing) = match self.flow() {
            Flow::Dpop => (
                any(|client| client.binding == Binding::Dpop),
                "a client whose tokens are bound by DPoP",
            ),
            Flow::Es256 => (
                any(|client| client.id_token_signed_response_alg == Algorithm::Es256),
                "a client whose ID tokens are signed with ES256",
            ),
            Flow::Ps256 => (
                any(|client| client.id_token_signed_response_alg == Algorithm::Ps256),
                "a client whose ID tokens are signed with PS256",
            ),
            Flow::MessageSigning if matches!(self, Self::Introspection(_)) => (
                any(|client| client.introspection_signed_response_alg.is_some()),
                "a client with an introspection_signed_response_alg",
            ),
            Flow::MessageSigning => (
                any(|client| client.authorization_signed_response_alg.is_some()),
                "a client with an authorization_signed_response_alg",
            ),
            Flow::Registration | Flow::ManagedRegistration => {
                (open, "an institution with a registration endpoint")
            }
            Flow::Any | Flow::ConsentRevocation | Flow::Late | Flow::RefreshedTwice => (true, ""),
        };
        (!met).then_some(missing)
    }
}

/// The issuer's host.
fn host(config: &InstitutionConfig) -> &str {
    let rest = config.issuer.as_str().split("://").nth(1).unwrap_or_default();
    rest.split([':', '/']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use fdx_jose::{Jwks, backend};
    use fdx_wire::{Entropy, HttpsUrl, Issuer};

    use super::*;
    use crate::{RegistrationPolicy, Sandbox};

    fn sandbox(issuer: &str, change: impl Fn(&mut InstitutionConfig)) -> Sandbox {
        let issuer = Issuer::parse(issuer).unwrap();
        let mtls = HttpsUrl::parse("https://mtls.bank.example").unwrap();
        let mut config = InstitutionConfig::new(issuer, mtls, backend::ring(), Vec::new());
        change(&mut config);
        Sandbox::new(config, Entropy::new([1; 32]))
    }

    fn named(name: &str) -> Misbehaviour {
        Misbehaviour::all().find(|misbehaviour| misbehaviour.name() == name).unwrap()
    }

    #[test]
    fn issuer_misbehaviours_need_letters_in_the_host() {
        for (issuer, case, idn) in [
            ("https://127.0.0.1:8443", false, false),
            ("https://[::1]:8443", false, false),
            ("https://xyz.test", true, false),
            ("https://bank.example/tenant", true, true),
        ] {
            let sandbox = sandbox(issuer, |_| ());
            let can = |name| sandbox.missing_for(named(name)).is_none();
            assert_eq!(can("metadata-issuer-case"), case, "{issuer}");
            assert_eq!(can("metadata-issuer-idn"), idn, "{issuer}");
        }
    }

    #[test]
    fn each_flow_needs_a_client_that_can_play_it() {
        let names = [
            ("token-type-bearer", "DPoP"),
            ("keys-weak", "PS256"),
            ("jarm-without-iss", "authorization_signed_response_alg"),
            ("registration-status-ok", "registration endpoint"),
        ];
        let without = sandbox("https://bank.example", |_| ());
        let open = sandbox("https://bank.example", |config| {
            config.registration = RegistrationPolicy::Open;
        });
        for (name, missing) in names {
            assert!(without.missing_for(named(name)).unwrap().contains(missing), "{name}");
            assert_eq!(open.missing_for(named(name)), None, "{name}");
        }
    }

    #[test]
    fn challenge_misbehaviours_need_demanded_nonces() {
        for (policy, can) in [(NoncePolicy::Demand, true), (NoncePolicy::Silent, false)] {
            let sandbox = sandbox("https://bank.example", |config| {
                config.nonce_policy = policy;
                let jwks = Jwks::new(Vec::new());
                config.clients.push(RegisteredClient::new("app", Vec::new(), jwks, Binding::Dpop));
            });
            let missing = sandbox.missing_for(named("nonce-challenge-scheme-case"));
            assert_eq!(missing.is_none(), can);
        }
    }
}
