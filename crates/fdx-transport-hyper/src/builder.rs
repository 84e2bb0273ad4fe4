use core::time::Duration;
use std::net::SocketAddr;

use http::HeaderValue;

use crate::address::Addresses;
use crate::connect::{Network, Schemes};
use crate::tls::client_config;
use crate::transport::{Pool, Presenting};
use crate::{
    AddressDecision, ClientIdentity, Proxy, Resolver, Roots, SetupFault, Transport, TransportError,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);

/// The settings of a [`Transport`].
#[derive(Clone, Debug)]
#[must_use]
pub struct TransportBuilder {
    roots: Roots,
    identity: Option<ClientIdentity>,
    network: Network,
    timeout: Duration,
    user_agent: Option<String>,
}

impl TransportBuilder {
    pub(crate) fn new() -> Self {
        Self {
            roots: Roots::WebPki,
            identity: None,
            network: Network {
                addresses: Addresses::default(),
                proxy: None,
                timeout: CONNECT_TIMEOUT,
            },
            timeout: TIMEOUT,
            user_agent: None,
        }
    }

    /// Sets the authorities whose server certificates are accepted. By default Mozilla's.
    pub fn root_certificates(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// Sets the client's certificate, for requests that present it (RFC 8705).
    pub fn client_certificate(mut self, identity: ClientIdentity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Opens every `https` connection through this proxy. By default there is none, and the
    /// environment (`HTTPS_PROXY`) is not read.
    ///
    /// The proxy resolves the institution's name. `http` to this machine bypasses the proxy.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.network.proxy = Some(proxy);
        self
    }

    /// Resolves host names with this, instead of the operating system's resolver.
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.network.addresses.set_resolver(resolver);
        self
    }

    /// Calls this for each address before a connection to it is opened, as a defence against
    /// server-side request forgery. By default every address is allowed.
    ///
    /// The filter sees every address that the resolver returns, and the IP literals of URLs. The
    /// connection goes to an address that it allowed: the name is not resolved again (DNS
    /// rebinding). If it rejects all addresses, the request fails with
    /// [`SetupFault::AddressRejected`](crate::SetupFault::AddressRejected), and nothing is sent.
    ///
    /// With a [`proxy`](Self::proxy), the filter sees the proxy's addresses, and the IP literals of
    /// URLs. The proxy resolves the institution's name, and must do its own filtering.
    ///
    /// [`public_addresses_only`](crate::public_addresses_only) is a filter for servers on the
    /// internet.
    pub fn address_filter(
        mut self,
        filter: impl Fn(SocketAddr) -> AddressDecision + Send + Sync + 'static,
    ) -> Self {
        self.network.addresses.set_filter(filter);
        self
    }

    /// Limits the time to connect: name, TCP, proxy and TLS handshake together. By default 10
    /// seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.network.timeout = timeout;
        self
    }

    /// Limits the time of a request, from the call to the last byte of the response. By default 30
    /// seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the `User-Agent` of every exchange's request, instead of `fdx` and its version.
    pub fn user_agent(mut self, product: &str) -> Self {
        self.user_agent = Some(product.to_owned());
        self
    }

    /// Returns the transport. It connects when the first request is sent.
    ///
    /// # Errors
    /// [`SetupFault::Tls`]; [`SetupFault::UserAgent`] if it is empty or not printable ASCII.
    pub fn build(self) -> Result<Transport, TransportError> {
        let user_agent = self.user_agent.as_deref().map(product).transpose()?;
        let roots = self.roots.into_store();
        let withholding = client_config(roots.clone(), None)?;
        let presenting = match self.identity {
            Some(identity) => Some(Presenting {
                thumbprint: identity.thumbprint(),
                pool: Pool::new(
                    client_config(roots, Some(identity))?,
                    Schemes::Https,
                    self.network.clone(),
                ),
            }),
            None => None,
        };
        Ok(Transport {
            withholding: Pool::new(withholding, Schemes::HttpsOrHttp, self.network),
            presenting,
            timeout: self.timeout,
            user_agent,
        })
    }
}

/// A header value of printable ASCII without spaces at its ends.
fn product(text: &str) -> Result<HeaderValue, SetupFault> {
    let is_plain = text.trim() == text && !text.is_empty() && text.is_ascii();
    let value = HeaderValue::from_str(text).ok().filter(|_| is_plain);
    value.ok_or(SetupFault::UserAgent)
}
