use fdx_jose::Thumbprint;
use fdx_wire::Label;

use crate::config::NoncePolicy;
use crate::memory::Memory;
use crate::randomness::Randomness;

const NONCE: Label = Label::new("dpop nonce");

/// Which server a nonce comes from: the two are never mixed (RFC 9449 sections 8 and 9).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Server {
    Authorization,
    Resource,
}

/// The nonce that each key must put into its next proof, and the one to tell in this response.
#[derive(Debug)]
pub(crate) struct Nonces {
    policy: NoncePolicy,
    current: Memory<(Server, Thumbprint), String>,
    told: Option<String>,
}

/// How a proof stands to the nonces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NonceState {
    /// As it should be.
    Accepted,
    /// A nonce was asked for, and this is not it.
    Wanted,
    /// No nonce was ever given, and there is one.
    Unasked,
}

impl Nonces {
    pub(crate) fn new(policy: NoncePolicy) -> Self {
        Self { policy, current: Memory::new(10_000), told: None }
    }

    /// Compares a proof's nonce with the one that its key was given; every answer to it tells the
    /// next one.
    pub(crate) fn check(
        &mut self,
        server: Server,
        key: Thumbprint,
        nonce: Option<&str>,
        randomness: &mut Randomness,
    ) -> NonceState {
        match self.policy {
            NoncePolicy::Silent if nonce.is_some() => NonceState::Unasked,
            NoncePolicy::Silent => NonceState::Accepted,
            NoncePolicy::Demand => {
                let expected = self.current.get(&(server, key));
                if expected.is_some() && expected.map(String::as_str) == nonce {
                    self.tell(server, key, randomness.text(NONCE));
                    NonceState::Accepted
                } else {
                    let next = expected.cloned();
                    self.tell(server, key, next.unwrap_or_else(|| randomness.text(NONCE)));
                    NonceState::Wanted
                }
            }
        }
    }

    /// Asks for nonces like this from now on.
    pub(crate) fn follow(&mut self, policy: NoncePolicy) {
        self.policy = policy;
    }

    /// The nonce for this response's `DPoP-Nonce`, once.
    pub(crate) fn take_told(&mut self) -> Option<String> {
        self.told.take()
    }

    fn tell(&mut self, server: Server, key: Thumbprint, nonce: String) {
        self.told = Some(nonce.clone());
        self.current.insert((server, key), nonce);
    }
}

#[cfg(test)]
mod tests {
    use fdx_wire::Entropy;

    use super::*;

    #[test]
    fn a_nonce_serves_once_and_one_server() {
        let mut randomness = Randomness::new(Entropy::new([1; 32]));
        let mut nonces = Nonces::new(NoncePolicy::Demand);
        let key = Thumbprint::of_certificate(b"any");
        let mut check = |server, nonce: Option<&str>| {
            let state = nonces.check(server, key, nonce, &mut randomness);
            (state, nonces.take_told().unwrap())
        };
        let (state, first) = check(Server::Authorization, None);
        assert_eq!(state, NonceState::Wanted);
        let (state, _) = check(Server::Resource, Some(&first));
        assert_eq!(state, NonceState::Wanted);
        let (state, second) = check(Server::Authorization, Some(&first));
        assert_eq!(state, NonceState::Accepted);
        let (state, again) = check(Server::Authorization, Some(&first));
        assert_eq!((state, again), (NonceState::Wanted, second));
    }

    #[test]
    fn a_silent_server_wants_no_nonce() {
        let mut randomness = Randomness::new(Entropy::new([1; 32]));
        let mut nonces = Nonces::new(NoncePolicy::Silent);
        let key = Thumbprint::of_certificate(b"any");
        let mut check = |nonce| nonces.check(Server::Resource, key, nonce, &mut randomness);
        assert_eq!(check(None), NonceState::Accepted);
        assert_eq!(check(Some("made up")), NonceState::Unasked);
        assert_eq!(nonces.take_told(), None);
    }
}
