use core::time::Duration;

use crate::connect::Schemes;
use crate::tls::client_config;
use crate::transport::{Pool, Presenting};
use crate::{ClientIdentity, Roots, Transport, TransportError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);

/// The settings of a [`Transport`].
#[derive(Clone, Debug)]
#[must_use]
pub struct TransportBuilder {
    roots: Roots,
    identity: Option<ClientIdentity>,
    connect_timeout: Duration,
    timeout: Duration,
}

impl TransportBuilder {
    pub(crate) fn new() -> Self {
        Self {
            roots: Roots::WebPki,
            identity: None,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
        }
    }

    /// Whose certificates servers may show: by default those of the authorities that Mozilla
    /// trusts.
    pub fn root_certificates(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// The client's certificate, for those requests that are to show it.
    pub fn client_certificate(mut self, identity: ClientIdentity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// How long a connection may take, from the name to the end of the TLS handshake. By default
    /// 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a request may take, from the call to the last byte of the answer. By default 30
    /// seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes the transport. Nothing is connected yet.
    ///
    /// # Errors
    /// [`SetupFault::Tls`](crate::SetupFault::Tls).
    pub fn build(self) -> Result<Transport, TransportError> {
        let roots = self.roots.into_store();
        let withholding = client_config(roots.clone(), None)?;
        let presenting = match self.identity {
            Some(identity) => Some(Presenting {
                thumbprint: identity.thumbprint(),
                pool: Pool::new(
                    client_config(roots, Some(identity))?,
                    Schemes::Https,
                    self.connect_timeout,
                ),
            }),
            None => None,
        };
        Ok(Transport {
            withholding: Pool::new(withholding, Schemes::HttpsOrHttp, self.connect_timeout),
            presenting,
            timeout: self.timeout,
        })
    }
}
