use core::fmt;
use core::pin::Pin;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use crate::{ConnectFault, SetupFault, TransportError};

/// Finds the addresses of a host name.
///
/// Replaces the system's resolver, for example with DNS over TLS or with a fixed table.
pub trait Resolver: Send + Sync + 'static {
    /// Returns the addresses of `host`, the preferred ones first. Never receives an IP literal.
    ///
    /// An empty list and an error both make the request fail with
    /// [`ConnectFault::NameNotResolved`].
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// What an address filter returns for one address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddressDecision {
    /// A connection to the address may be opened.
    Allow,
    /// No connection to the address is opened.
    Reject,
}

/// Where connections go: the resolver, and the filter of what it returns.
#[derive(Clone)]
pub(crate) struct Addresses {
    resolver: Arc<dyn Resolver>,
    filter: Arc<dyn Fn(SocketAddr) -> AddressDecision + Send + Sync>,
}

/// The operating system's resolver.
struct SystemResolver;

/// An address filter that allows globally reachable unicast addresses only.
///
/// Use it when a URL can come from outside your configuration, so that a customer or a server
/// cannot make your program connect to your own network (server-side request forgery). It rejects
/// what the IANA special-purpose registries (RFC 6890) list: loopback, private, link-local, shared
/// (CGNAT), unspecified, multicast, broadcast, benchmarking, documentation and reserved addresses,
/// and unique local IPv6 addresses. It also rejects IPv6 addresses that contain an IPv4 address in a
/// standard prefix (IPv4-mapped, IPv4-compatible, NAT64, 6to4, Teredo). It can't recognise ISATAP
/// addresses or a network's own NAT64 prefix. In a network that reaches IPv4 servers through NAT64,
/// write a filter of your own.
///
/// With a proxy, the filter sees the proxy's addresses, and those URLs whose host is an IP literal.
/// The proxy resolves names, and must do its own filtering.
///
/// ```
/// # use std::net::SocketAddr;
/// use fdx_transport_hyper::{AddressDecision, Transport, public_addresses_only};
///
/// let metadata_service: SocketAddr = "169.254.169.254:80".parse()?;
/// assert_eq!(public_addresses_only(metadata_service), AddressDecision::Reject);
///
/// let transport = Transport::builder().address_filter(public_addresses_only).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn public_addresses_only(address: SocketAddr) -> AddressDecision {
    let public = match address.ip() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    };
    if public { AddressDecision::Allow } else { AddressDecision::Reject }
}

/// The IANA IPv4 special-purpose address registry; RFC 1112 and RFC 5771 for 224.0.0.0/3.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    !matches!(
        ip.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..] // RFC 6598: carrier-grade NAT
            | [169, 254, ..] // RFC 3927: link-local, where cloud metadata services are
            | [172, 16..=31, ..] // RFC 1918
            | [192, 0, 0 | 2, _] // RFC 6890: protocol assignments; RFC 5737: documentation
            | [192, 88, 99, _] // RFC 7526: 6to4 relays, deprecated
            | [192, 168, ..] // RFC 1918
            | [198, 18 | 19, ..] // RFC 2544: benchmarking
            | [198, 51, 100, _] // RFC 5737
            | [203, 0, 113, _] // RFC 5737
            | [224..=255, ..] // multicast, reserved, broadcast
    )
}

/// RFC 4291 2.4: global unicast addresses are allocated from 2000::/3 only. IPv4-mapped, NAT64,
/// unique local, link-local and multicast addresses, `::` and `::1` are outside.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let global_unicast = matches!(segments, [0x2000..=0x3fff, ..]);
    let special = matches!(
        segments,
        [0x2001, 0..=0x01ff, ..] // RFC 2928: protocol assignments, Teredo among them
            | [0x2001, 0x0db8, ..] // RFC 3849: documentation
            | [0x2002, ..] // RFC 3056: 6to4, which contains an IPv4 address
            | [0x3fff, 0..=0x0fff, ..] // RFC 9637: documentation
    );
    global_unicast && !special
}

impl Addresses {
    pub(crate) fn set_resolver(&mut self, resolver: impl Resolver) {
        self.resolver = Arc::new(resolver);
    }

    pub(crate) fn set_filter(
        &mut self,
        filter: impl Fn(SocketAddr) -> AddressDecision + Send + Sync + 'static,
    ) {
        self.filter = Arc::new(filter);
    }

    /// Checks the host of a URL that a proxy connects to, if it is an IP literal.
    pub(crate) fn check_literal(&self, host: &str, port: u16) -> Result<(), TransportError> {
        let Ok(literal) = host.parse() else { return Ok(()) };
        let address = SocketAddr::new(literal, port);
        match (self.filter)(address) {
            AddressDecision::Allow => Ok(()),
            AddressDecision::Reject => Err(SetupFault::AddressRejected { address }.into()),
        }
    }

    /// Returns the addresses of a host to which connections may be opened: at least one.
    ///
    /// The host is a name, or an IP literal without brackets, which passes the filter as well.
    pub(crate) async fn allowed(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, TransportError> {
        let resolved = match host.parse() {
            Ok(literal) => vec![literal],
            Err(_) => {
                let resolved = self.resolver.resolve(host).await;
                resolved.map_err(|_| ConnectFault::NameNotResolved)?
            }
        };
        let mut addresses: Vec<_> =
            resolved.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        let address = *addresses.first().ok_or(ConnectFault::NameNotResolved)?;
        addresses.retain(|address| (self.filter)(*address) == AddressDecision::Allow);
        if addresses.is_empty() {
            return Err(SetupFault::AddressRejected { address }.into());
        }
        Ok(addresses)
    }
}

impl Default for Addresses {
    fn default() -> Self {
        Self { resolver: Arc::new(SystemResolver), filter: Arc::new(|_| AddressDecision::Allow) }
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Addresses").finish_non_exhaustive()
    }
}

impl Resolver for SystemResolver {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last address of each special-purpose block, and others inside it.
    #[rustfmt::skip]
    const REJECTED: &[&str] = &[
        "0.0.0.0", "0.255.255.255", // RFC 791: "this network"
        "10.0.0.0", "10.255.255.255", // RFC 1918
        "100.64.0.0", "100.127.255.255", // RFC 6598
        "127.0.0.0", "127.0.0.1", "127.255.255.255", // RFC 1122
        "169.254.0.0", "169.254.169.254", "169.254.255.255", // RFC 3927
        "172.16.0.0", "172.31.255.255", // RFC 1918
        "192.0.0.0", "192.0.0.255", // RFC 6890
        "192.0.2.0", "192.0.2.255", // RFC 5737
        "192.88.99.0", "192.88.99.255", // RFC 7526
        "192.168.0.0", "192.168.255.255", // RFC 1918
        "198.18.0.0", "198.19.255.255", // RFC 2544
        "198.51.100.0", "198.51.100.255", // RFC 5737
        "203.0.113.0", "203.0.113.255", // RFC 5737
        "224.0.0.0", "239.255.255.255", // RFC 5771
        "240.0.0.0", "255.255.255.255", // RFC 1112, RFC 919
        "::", "::1", // RFC 4291
        "::127.0.0.1", "::8.8.8.8", // RFC 4291: IPv4-compatible
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", // RFC 4291: IPv4-mapped
        "::ffff:0:127.0.0.1", // RFC 2765: IPv4-translated
        "64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", // RFC 6052: NAT64
        "64:ff9b:1::10.0.0.1", // RFC 8215: local NAT64
        "100::", "100::ffff:ffff:ffff:ffff", // RFC 6666: discard
        "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // not allocated
        "2001::", "2001:0:7f00:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", // RFC 2928, RFC 4380
        "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", // RFC 3849
        "2002::", "2002:7f00:1::1", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // RFC 3056
        "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", // RFC 9637
        "4000::", "5f00::1", // not allocated; RFC 9602
        "fc00::", "fd00:ec2::254", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // RFC 4193
        "fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // RFC 4291: link-local
        "fec0::1", // RFC 3879: site-local
        "ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // RFC 4291: multicast
    ];

    /// The neighbours of those blocks.
    #[rustfmt::skip]
    const ALLOWED: &[&str] = &[
        "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
        "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
        "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "2000::",
        "2001:200::", "2001:db7:ffff::", "2001:db9::", "2001:4860:4860::8888", "2003::",
        "2606:4700::1111", "2a00::1", "3ffe:ffff::", "3fff:1000::",
    ];

    #[test]
    fn public_addresses_only_rejects_every_special_purpose_block() {
        for (texts, expected) in
            [(REJECTED, AddressDecision::Reject), (ALLOWED, AddressDecision::Allow)]
        {
            for text in texts {
                let address = SocketAddr::new(text.parse().unwrap(), 443);
                assert_eq!(public_addresses_only(address), expected, "{text}");
            }
        }
    }
}
