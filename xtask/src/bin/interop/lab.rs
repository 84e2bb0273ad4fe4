use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use fdx_jose::backend::{aws_lc_rs, ring};
use fdx_jose::{Algorithm, DecryptionKey, KeyEncryption, PrivateKey};
use fdx_sandbox::NoncePolicy;
use serde::Deserialize;
use tokio::runtime::Runtime;

use crate::failure::Failure;
use crate::identities::Identities;
use crate::institution::Institution;
use crate::peer::Peers;
use crate::script::Script;
use crate::tls::Certificates;

/// The running servers, clients and customer, and the values that all recipients share.
pub(crate) struct Lab {
    server: Script,
    customer: Script,
    pub(crate) at: Addresses,
    /// A sandbox that demands nonces.
    pub(crate) demanding: Institution,
    /// A sandbox without nonces.
    pub(crate) silent: Institution,
    pub(crate) peers: Peers,
    pub(crate) runtime: Runtime,
    pub(crate) identities: Identities,
    /// One key for each algorithm, registered at the server; then one for proofs, unknown to it.
    pub(crate) keys: Vec<PrivateKey>,
    /// One key, for each of its algorithms.
    pub(crate) decryption: Vec<DecryptionKey>,
}

/// The line that `oidc-provider` prints when it is ready.
#[derive(Debug, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) issuer: String,
    /// The FDX base URL of the listener without client certificates.
    pub(crate) fdx: String,
    /// The FDX base URL of the listener that requires client certificates.
    pub(crate) fdx_mtls: String,
}

/// What the customer does on the consent page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Decision {
    Allow,
    Refuse,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Visit {
    Returned(String),
    Error(String),
}

#[derive(Deserialize)]
struct Rotation {
    rotated: bool,
}

impl Lab {
    /// Creates certificates in `scripts`/run, starts the servers and clients, and waits until the
    /// servers listen.
    pub(crate) fn start(scripts: &Path) -> Result<Self, Failure> {
        let run = scripts.join("run");
        fresh(&run)?;
        let certificates = Certificates::write(&run)?;
        let server = Script::start(scripts, "server", &run)?;
        let customer = Script::start(scripts, "customer", &run)?;
        let peers = Peers::start(scripts, &run)?;
        // The sandboxes run on the worker thread while this thread waits for the clients.
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build()?;
        let demanding = Institution::serve(&runtime, &certificates, NoncePolicy::Demand)?;
        let silent = Institution::serve(&runtime, &certificates, NoncePolicy::Silent)?;
        let identities = Identities::read(&run)?;
        let at = server.hear()?;
        let mut keys = Vec::new();
        for algorithm in [Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa] {
            let pem = fs::read_to_string(run.join(format!("{algorithm}.pem")))?;
            keys.push(PrivateKey::from_pem(ring(), &pem, None)?);
        }
        let next = ring().generate_pkcs8(Algorithm::Es256)?;
        keys.push(PrivateKey::from_pkcs8_der(ring(), &next, None)?);
        let pem = fs::read_to_string(run.join("encryption.pem"))?;
        let mut decryption = Vec::new();
        for algorithm in [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256] {
            decryption.push(DecryptionKey::from_pem(aws_lc_rs(), &pem, algorithm, None)?);
        }
        Ok(Self {
            server,
            customer,
            at,
            demanding,
            silent,
            peers,
            runtime,
            identities,
            keys,
            decryption,
        })
    }

    /// Sends a customer to the institution, and returns the callback URL.
    pub(crate) fn visit(&self, url: &str, decision: Decision) -> Result<String, Failure> {
        let decision = match decision {
            Decision::Allow => "allow",
            Decision::Refuse => "refuse",
        };
        match self.customer.ask(&format!("{decision} {url}"))? {
            Visit::Returned(url) => Ok(url),
            Visit::Error(why) => Err(Failure::new(format!("the customer could not finish: {why}"))),
        }
    }

    /// Lets the server replace all its keys. The old ones are no longer in its JWKS.
    pub(crate) fn rotate_server_keys(&self) -> Result<(), Failure> {
        let Rotation { rotated } = self.server.ask("rotate")?;
        if rotated { Ok(()) } else { Err(Failure::new("the server kept its keys")) }
    }
}

/// Creates an empty directory that only its owner can enter.
fn fresh(dir: &Path) -> Result<(), Failure> {
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(|error| {
            Failure::new(format!("{} could not be emptied: {error}", dir.display()))
        })?;
    }
    DirBuilder::new()
        .mode(0o700)
        .create(dir)
        .map_err(|error| Failure::new(format!("{} could not be created: {error}", dir.display())))
}
