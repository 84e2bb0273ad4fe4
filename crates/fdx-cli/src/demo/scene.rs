//! The institution of the demo, and a recipient that is registered there.

use std::fmt::Display;
use std::net::Ipv4Addr;

use fdx_jose::{AssertionKey, AssertionType, PrivateKey, ProofKey, backend};
use fdx_par::{ClientAuthentication, ClientConfig, SenderConstraint};
use fdx_rar::{ConsentDuration, ConsentRequest, ConsentRequestError, DataCluster, ResourceType};
use fdx_sandbox::Provider;
use fdx_sandbox::server::Observer;
use fdx_transport_hyper::{ClientIdentity, Roots, Transport};
use fdx_wire::RedirectUri;

use crate::args::BindingName;
use crate::bank::{self, Bank, DPOP_CLIENT, MTLS_CLIENT, Plan, Ports};
use crate::error::Failure;
use crate::flow::Driver;

/// The institution, and a recipient that is registered there.
pub(crate) struct Scene {
    pub(crate) bank: Bank,
    pub(crate) driver: Driver,
    pub(crate) config: ClientConfig,
}

impl Scene {
    pub(crate) async fn open(binding: BindingName) -> Result<Self, Failure> {
        let redirect_uri = RedirectUri::parse("https://app.example/callback").map_err(defect)?;
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let ports = Ports { main: any_port, mtls: any_port };
        let uris = [redirect_uri.clone()];
        let plan = Plan::new(Provider::FDX, ports, &uris);
        let bank = bank::open(plan, Observer::new(|_| ())).await?;

        let key = bank.key.pkcs8_pem.expose();
        let key = PrivateKey::from_pem(backend::ring(), key, None).map_err(defect)?;
        let roots = Roots::pem(bank.authority.certificate_pem()).map_err(defect)?;
        let transport = Transport::builder().root_certificates(roots);
        let public = key.public().clone();
        let (client_id, constraint, fdx_base, transport) = match binding {
            BindingName::Dpop => {
                let constraint = SenderConstraint::Dpop(ProofKey::new(public.clone()));
                (DPOP_CLIENT, constraint, &bank.fdx_base, transport)
            }
            BindingName::Mtls => {
                let (pem, key) = (bank.certificate.pem(), bank.certificate.private_key_pem());
                let identity = ClientIdentity::from_pem(pem, &key).map_err(defect)?;
                let constraint = SenderConstraint::Mtls(bank.certificate.thumbprint());
                let transport = transport.client_certificate(identity);
                (MTLS_CLIENT, constraint, &bank.mtls_fdx_base, transport)
            }
        };
        let transport = transport.build().map_err(defect)?;
        let authentication = ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
            public,
            AssertionType::default(),
        ));
        let config = ClientConfig::new(
            bank.issuer.clone(),
            client_id,
            redirect_uri,
            fdx_base.clone(),
            authentication,
            constraint,
            backend::ring(),
        );
        Ok(Self { driver: Driver { transport, keys: vec![key] }, config, bank })
    }

    /// The binding as `--json` names it.
    pub(crate) fn binding_text(&self) -> &'static str {
        match self.config.sender_constraint {
            SenderConstraint::Dpop(_) => "dpop",
            SenderConstraint::Mtls(_) => "mtls",
            SenderConstraint::NotFapi(_) => "none",
        }
    }

    pub(crate) fn binding_sentence(&self) -> &'static str {
        match self.config.sender_constraint {
            SenderConstraint::Dpop(_) => {
                "bound to a key, with nonces (RFC 9449); client authentication by private_key_jwt"
            }
            SenderConstraint::Mtls(_) => {
                "bound to a certificate (RFC 8705); client authentication by private_key_jwt"
            }
            SenderConstraint::NotFapi(_) => "not bound, which is not FAPI",
        }
    }

    pub(crate) fn exchange_clauses(&self) -> &'static str {
        match self.config.sender_constraint {
            SenderConstraint::Dpop(_) => {
                "RFC 9207 2.4, RFC 6749 4.1.3, RFC 9449 5, OpenID Connect Core 3.1.3.7"
            }
            SenderConstraint::Mtls(_) => {
                "RFC 9207 2.4, RFC 6749 4.1.3, RFC 8705 3, OpenID Connect Core 3.1.3.7"
            }
            SenderConstraint::NotFapi(_) => "RFC 6749 4.1.3",
        }
    }
}

/// The requested consent: three data clusters of accounts, and the customer's contact data.
pub(crate) fn consent_request() -> Result<ConsentRequest, Failure> {
    let build = || -> Result<ConsentRequest, ConsentRequestError> {
        ConsentRequest::new(ConsentDuration::time_bound(365)?)
            .lookback_period(60)
            .resource(
                ResourceType::Account,
                [
                    DataCluster::AccountBasic,
                    DataCluster::AccountDetailed,
                    DataCluster::Transactions,
                ],
            )
            .resource(ResourceType::Customer, [DataCluster::CustomerContact])
            .build()
    };
    build().map_err(defect)
}

pub(crate) fn defect(error: impl Display) -> Failure {
    let what = format!("the demo can't be set up: {error}");
    Failure::failed(what, "please report this defect of fdx")
}
