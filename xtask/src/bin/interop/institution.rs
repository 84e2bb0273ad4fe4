use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use fdx_jose::backend::{aws_lc_rs, ring};
use fdx_jose::{Algorithm, PrivateKey};
use fdx_sandbox::server::{Running, Server, TlsIdentity};
use fdx_sandbox::{InstitutionConfig, NoncePolicy, RegistrationPolicy, Sandbox};
use fdx_wire::{Entropy, HttpsUrl, Issuer};
use tokio::runtime::Runtime;

use crate::failure::Failure;
use crate::tls::Certificates;

/// A running sandbox at which every client can register.
pub(crate) struct Institution {
    pub(crate) issuer: Issuer,
    /// The FDX base URL of the listener without client certificates.
    pub(crate) fdx: String,
    /// The FDX base URL of the listener that requires client certificates.
    pub(crate) fdx_mtls: String,
    _running: Running,
}

impl Institution {
    /// Serves a strict institution with one key for each algorithm, on free ports of loopback.
    pub(crate) fn serve(
        runtime: &Runtime,
        certificates: &Certificates,
        nonces: NoncePolicy,
    ) -> Result<Self, Failure> {
        runtime.block_on(async {
            let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let server = Server::bind(any_port, any_port).await?;
            let origin = |address: SocketAddr| format!("https://localhost:{}", address.port());
            let (main, mtls) = (origin(server.main()), origin(server.mtls()));
            let issuer = Issuer::parse(&main)?;
            let mut config = InstitutionConfig::new(
                issuer.clone(),
                HttpsUrl::parse(&mtls)?,
                ring(),
                signing_keys()?,
            );
            config.nonce_policy = nonces;
            config.registration = RegistrationPolicy::Open;
            let sandbox = Arc::new(Mutex::new(Sandbox::new(config, Entropy::from_os()?)));
            let authority = &certificates.authority;
            let identity = TlsIdentity::from(authority.server()?);
            let roots = [authority.certificate_der(), &certificates.self_signed];
            let running = server.serve(sandbox, identity, &roots)?;
            let fdx = |origin| format!("{origin}/fdx/v6");
            Ok(Self { issuer, fdx: fdx(main), fdx_mtls: fdx(mtls), _running: running })
        })
    }
}

/// Generates one key for each algorithm, with the algorithm as its key id.
fn signing_keys() -> Result<Vec<PrivateKey>, Failure> {
    let mut keys = Vec::new();
    for algorithm in [Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa] {
        // ring generates no RSA keys.
        let pkcs8 = aws_lc_rs().generate_pkcs8(algorithm)?;
        keys.push(PrivateKey::from_pkcs8_der(ring(), &pkcs8, Some(algorithm.name()))?);
    }
    Ok(keys)
}
