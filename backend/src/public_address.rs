//! Requests to hosts that users choose, without access to the network that GAS runs in.
//!
//! A user's URL must not reach the machine itself, the private network, or the metadata service of the cloud
//! (server-side request forgery). [`TargetUrl`] checks what the text of a URL shows. Names are resolved once, when the
//! connection is made: the resolver of [`client`] rejects a name if one of its addresses is not public, and the
//! connection goes to the addresses that it has checked, so a name that changes its address between check and use
//! gains nothing. The client follows no redirect and uses no proxy, which would resolve the name itself.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Url, redirect};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// The address at which Azure's platform answers virtual machines. It is in no block of special addresses.
const AZURE_PLATFORM: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// The hosts that requests may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Hosts on the internet, with TLS.
    Public,
    /// All hosts, also without TLS: for the local stack and tests.
    Any,
}

/// Whether an address is on the internet: a unicast address that is in no block of special addresses of IANA that is
/// not globally reachable. IPv6 addresses that contain one of IPv4 (mapped, NAT64, 6to4, Teredo) are not public,
/// whatever they contain.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b, c) {
        // This network, private, loopback; multicast, reserved and broadcast.
        (0 | 10 | 127 | 224..=255, _, _) => true,
        // Shared by the customers of a provider (CGNAT).
        (100, 64..=127, _) => true,
        // Link-local, with the metadata services of the clouds.
        (169, 254, _) => true,
        // Private.
        (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, 6to4 relays.
        (192, 0, 0 | 2) | (192, 88, 99) => true,
        // Benchmarks.
        (198, 18..=19, _) => true,
        // Documentation.
        (198, 51, 100) | (203, 0, 113) => true,
        _ => false,
    };
    !is_special && address != AZURE_PLATFORM
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // 2000::/3 is all global unicast; loopback, mapped, NAT64, unique local, link-local and multicast are outside.
    let is_global_unicast = first & 0xe000 == 0x2000;
    let is_special = match (first, second) {
        // 2001::/23: protocol assignments, with Teredo. 2001:db8::/32: documentation.
        (0x2001, ..=0x01ff | 0x0db8) => true,
        // 2002::/16: 6to4.
        (0x2002, _) => true,
        // 3fff::/20: documentation.
        (0x3fff, ..=0x0fff) => true,
        _ => false,
    };
    is_global_unicast && !is_special
}

/// A URL that a request may be sent to, as far as its text shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUrl(Url);

/// Why a text is not the URL of a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The text is too long.
    #[error("the URL is longer than {0} bytes")]
    TooLong(usize),
    /// The text is no URL with a host.
    #[error("{0:?} is not a URL such as https://lab.example.org/gas")]
    NotAUrl(String),
    /// The scheme is not allowed.
    #[error("the URL must begin with https://")]
    Scheme,
    /// The URL has a user name, a password or a fragment.
    #[error("the URL must not have a user name, a password or a part after #")]
    Extra,
    /// The host is an address that is not on the internet.
    #[error("the host of the URL is not a public address")]
    NotPublic,
}

impl TargetUrl {
    /// Parses a URL of at most `max_bytes` bytes.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn parse(text: &str, targets: Targets, max_bytes: usize) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.len() > max_bytes {
            return Err(TargetError::TooLong(max_bytes));
        }
        let not_a_url = || TargetError::NotAUrl(text.to_owned());
        // The parser drops or escapes them, so the request would go to another URL than the text shows.
        if text.chars().any(char::is_control) {
            return Err(not_a_url());
        }
        let url = Url::parse(text).map_err(|_| not_a_url())?;
        // The normal form is what is stored, and is longer than the text if characters are escaped.
        if url.as_str().len() > max_bytes {
            return Err(TargetError::TooLong(max_bytes));
        }
        match (url.scheme(), targets) {
            ("https", _) | ("http", Targets::Any) => {}
            _ => return Err(TargetError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(TargetError::Extra);
        }
        let host = url.host_str().ok_or_else(not_a_url)?;
        // The parser has written all forms of an address, such as 0x7f.1, in its usual one.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if literal.is_ok_and(|address| targets == Targets::Public && !is_public(address)) {
            return Err(TargetError::NotPublic);
        }
        Ok(Self(url))
    }

    /// The URL in its normal form.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// The name of a host has an address that is not public, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host name does not lead to public addresses only")]
pub struct NotPublic;

/// Whether a request failed since the name of its host has an address that is not public, or none.
pub fn is_not_public(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Resolves names, and rejects those with an address that is not allowed.
#[derive(Clone, Copy, Debug)]
struct CheckedResolver(Targets);

/// Checks the addresses of a name.
fn checked(addresses: Vec<SocketAddr>, targets: Targets) -> Result<Vec<SocketAddr>, NotPublic> {
    let are_allowed = match targets {
        // One that is not public suffices, since the connection may choose it.
        Targets::Public => addresses.iter().all(|address| is_public(address.ip())),
        Targets::Any => true,
    };
    if are_allowed && !addresses.is_empty() { Ok(addresses) } else { Err(NotPublic) }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.0;
        Box::pin(async move {
            // An unknown name and one of the private network give the same error, so that nobody can find out
            // which names exist there.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| NotPublic)?;
            let addresses: Addrs = Box::new(checked(found.collect(), targets)?.into_iter());
            Ok(addresses)
        })
    }
}

/// A client for requests to [`TargetUrl`]s, which gives up after `timeout` including the resolution of the name. It
/// must not be used for URLs that were not parsed as such: addresses in URLs are not resolved. Bodies of responses are the
/// bytes that the server sends, also if it says that they are compressed.
///
/// # Errors
/// If TLS cannot be initialized.
pub fn client(targets: Targets, timeout: Duration) -> reqwest::Result<Client> {
    builder(targets, timeout).build()
}

/// Does the same for long responses: the client also gives up when nothing arrives for `idle`.
///
/// # Errors
/// If TLS cannot be initialized.
pub fn client_with_idle_timeout(
    targets: Targets,
    timeout: Duration,
    idle: Duration,
) -> reqwest::Result<Client> {
    builder(targets, timeout).read_timeout(idle).build()
}

fn builder(targets: Targets, timeout: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("GAS/", env!("CARGO_PKG_VERSION")))
        .https_only(targets == Targets::Public)
        .dns_resolver(Arc::new(CheckedResolver(targets)))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        // Every request resolves and checks its name.
        .pool_max_idle_per_host(0)
        .timeout(timeout)
}

#[cfg(test)]
#[path = "public_address_tests.rs"]
mod tests;
