//! Parts that several tests need: signed requests, answers to them, a customer, and an institution
//! behind TLS.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use fdx_jose::{PrivateKey, Signer, backend};
use fdx_par::{Draft, Error, Output, Request, Sent, Step};
use fdx_sandbox::certificates::CertificateAuthority;
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_sandbox::server::{Running, Server, TlsIdentity};
use fdx_sandbox::{InstitutionConfig, Sandbox};
use fdx_wire::{Entropy, HttpsUrl, Issuer, UnixTime};
use http::header::LOCATION;

use crate::{Answer, checked};

/// Signs a draft: the request, and what reads its answer.
///
/// # Panics
/// If the keys do not sign it.
pub fn attached<T: Output, S: Signer + ?Sized>(draft: Draft<T>, keys: &S) -> (Request, Sent<T>) {
    let signatures = draft.sign(keys).unwrap();
    draft.attach(signatures).unwrap()
}

/// Returns the output of a draft whose request receives this answer.
///
/// # Errors
/// The exchange's error.
///
/// # Panics
/// If the keys do not sign the draft, or the answer asks for another request.
pub fn received<T: Output, S: Signer + ?Sized>(
    draft: Draft<T>,
    keys: &S,
    answer: Answer,
    now: UnixTime,
) -> Result<T, Error> {
    match attached(draft, keys).1.receive(answer, now)? {
        Step::Done(output) => Ok(output),
        Step::Again(_) => panic!("the answer asks for another request"),
    }
}

/// The customer loads the page at `url` and decides. Returns the URL of the redirect.
///
/// # Panics
/// If the institution shows no page or does not redirect.
pub fn customer(bank: &mut Sandbox, url: &str, decision: &Decision, now: UnixTime) -> String {
    let visit = http::Request::get(url).body(Vec::new()).unwrap();
    let page = bank.handle(&visit, None, now);
    checked::record(bank.last_verdicts());
    let form = ConsentPage::read(&page).unwrap().decide(decision).unwrap();
    let back = bank.handle(&form, None, now);
    checked::record(bank.last_verdicts());
    assert_eq!(back.status(), http::StatusCode::SEE_OTHER, "{:?}", bank.last_verdicts());
    back.headers()[LOCATION].to_str().unwrap().to_owned()
}

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
