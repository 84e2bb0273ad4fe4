use std::fmt;
use std::path::Path;

use fdx_sandbox::NoncePolicy;
use serde::Deserialize;
use serde_json::json;

use crate::combination::{Binding, Combination};
use crate::failure::Failure;
use crate::lab::Lab;
use crate::script::Script;

/// A certified client by other authors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    Oauth4webapi,
    OpenidClient,
}

/// The running clients.
pub(crate) struct Peers {
    oauth4webapi: Script,
    openid_client: Script,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Seen(String),
    Error(String),
}

impl Peers {
    /// Starts both clients.
    pub(crate) fn start(scripts: &Path, run: &Path) -> Result<Self, Failure> {
        let start = |peer: Peer| Script::start(scripts, &peer.to_string(), run);
        Ok(Self {
            oauth4webapi: start(Peer::Oauth4webapi)?,
            openid_client: start(Peer::OpenidClient)?,
        })
    }
}

impl Peer {
    /// Every client with every combination.
    pub(crate) fn rows() -> Vec<(Self, Combination, NoncePolicy)> {
        let mut rows = Vec::new();
        for peer in [Self::OpenidClient, Self::Oauth4webapi] {
            for combination in Combination::all() {
                for each in nonces(combination) {
                    rows.push((peer, combination, *each));
                }
            }
        }
        rows
    }

    /// Lets the client register at the sandbox, obtain a consent, use it and revoke it.
    pub(crate) fn run(
        self,
        lab: &Lab,
        combination: Combination,
        nonces: NoncePolicy,
    ) -> Result<String, Failure> {
        let script = match self {
            Self::Oauth4webapi => &lab.peers.oauth4webapi,
            Self::OpenidClient => &lab.peers.openid_client,
        };
        ask(script, lab, combination, nonces)
    }
}

/// Whether the sandbox demands nonces. A client that sends no DPoP proof meets none.
pub(crate) fn nonces(combination: Combination) -> &'static [NoncePolicy] {
    match combination.binding {
        Binding::Dpop => &[NoncePolicy::Demand, NoncePolicy::Silent],
        Binding::Mtls => &[NoncePolicy::Silent],
    }
}

/// The name of a row.
pub(crate) fn name(peer: &str, combination: Combination, nonces: NoncePolicy) -> String {
    let nonces_are = match (combination.binding, nonces) {
        (Binding::Mtls, _) => "",
        (Binding::Dpop, NoncePolicy::Demand) => ", nonces demanded",
        (Binding::Dpop, NoncePolicy::Silent) => ", no nonces",
    };
    format!("{peer}: {combination}{nonces_are}")
}

/// Lets a client register at the sandbox, obtain a consent, use it and revoke it.
pub(crate) fn ask(
    client: &Script,
    lab: &Lab,
    combination: Combination,
    nonces: NoncePolicy,
) -> Result<String, Failure> {
    let institution = match nonces {
        NoncePolicy::Demand => &lab.demanding,
        NoncePolicy::Silent => &lab.silent,
    };
    let Combination { authentication, binding, request, response, algorithm } = combination;
    let fdx = match binding {
        Binding::Dpop => &institution.fdx,
        Binding::Mtls => &institution.fdx_mtls,
    };
    let order = json!({
        "issuer": institution.issuer.as_str(),
        "fdx": fdx,
        "method": authentication.to_string(),
        "binding": binding.to_string(),
        "request": request.to_string(),
        "response": response.to_string(),
        "alg": algorithm.name(),
        "nonces": nonces == NoncePolicy::Demand,
    });
    match client.ask(&order.to_string())? {
        Outcome::Seen(seen) => Ok(seen),
        Outcome::Error(why) => Err(Failure::new(why)),
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Oauth4webapi => "oauth4webapi",
            Self::OpenidClient => "openid-client",
        })
    }
}
