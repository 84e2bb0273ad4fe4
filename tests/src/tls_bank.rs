use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use fdx_jose::{PrivateKey, backend};
use fdx_sandbox::certificates::CertificateAuthority;
use fdx_sandbox::server::{Running, Server, TlsIdentity};
use fdx_sandbox::{InstitutionConfig, Sandbox};
use fdx_wire::{Entropy, HttpsUrl, Issuer};

/// An institution behind TLS on loopback.
pub struct TlsBank {
    /// The institution.
    pub institution: Arc<Mutex<Sandbox>>,
    /// Its issuer, the origin without client certificates.
    pub issuer: Issuer,
    /// The origin that takes client certificates.
    pub mtls: HttpsUrl,
    /// Signs the server's certificate, and clients' certificates that the server trusts.
    pub authority: CertificateAuthority,
    _running: Running,
}

impl TlsBank {
    /// Starts an institution that signs with `keys`, and also trusts the certificates `trusted`.
    ///
    /// # Panics
    /// If no port is free or no certificate can be made.
    pub async fn open(
        keys: Vec<PrivateKey>,
        trusted: &[&[u8]],
        change: impl FnOnce(&mut InstitutionConfig),
    ) -> Self {
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::bind(any_port, any_port).await.unwrap();
        let origin = |port| format!("https://localhost:{port}");
        let issuer = Issuer::parse(&origin(server.main().port())).unwrap();
        let mtls = HttpsUrl::parse(&origin(server.mtls().port())).unwrap();
        let mut config =
            InstitutionConfig::new(issuer.clone(), mtls.clone(), backend::ring(), keys);
        change(&mut config);
        let institution = Sandbox::new(config, Entropy::from_os().unwrap());
        let institution = Arc::new(Mutex::new(institution));
        let authority = CertificateAuthority::new("The institution's clients").unwrap();
        let identity = TlsIdentity::from(authority.server().unwrap());
        let roots = [&[authority.certificate_der()], trusted].concat();
        let running = server.serve(Arc::clone(&institution), identity, &roots).unwrap();
        Self { institution, issuer, mtls, authority, _running: running }
    }
}
