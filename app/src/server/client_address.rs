//! The address of the client of a request.

use super::Web;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use gas_backend::Secret;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The header with the key that shows that the content delivery network has sent a request.
const EDGE_KEY: &str = "x-gas-edge-key";

/// The header in which the content delivery network states the address of the client. It replaces what the client
/// sends. `deploy/stacks/compute.yaml` sets both headers.
const VIEWER: &str = "x-gas-viewer";

/// The address of the client. The load balancer appends it to `X-Forwarded-For`, whose earlier entries the
/// client can choose. The header is used only if the connection comes from a private address, as those of
/// the load balancer do. The content delivery network, which proves itself with a key, states it in a header of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address by which limits count the client: a client of IPv6 has all addresses of a /64 network.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V6(address) => {
                let network = u128::from(address) & (u128::MAX << 64);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            address @ IpAddr::V4(_) => address,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        match parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            Some(ConnectInfo(peer)) => {
                let edge_key = parts.extensions.get::<Web>().and_then(|web| web.edge_key.as_ref());
                Ok(Self(client(peer.ip(), &parts.headers, edge_key)))
            }
            None => Err((StatusCode::INTERNAL_SERVER_ERROR, "the connection has no address")),
        }
    }
}

fn client(peer: IpAddr, headers: &HeaderMap, edge_key: Option<&Secret>) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_private(peer) {
        return peer;
    }
    if let Some(viewer) = edge_key.and_then(|key| viewer(headers, key)) {
        return viewer;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

/// The address that the content delivery network states, if the request is from it.
fn viewer(headers: &HeaderMap, key: &Secret) -> Option<IpAddr> {
    let text = |name| headers.get(name)?.to_str().ok();
    key.equals(text(EDGE_KEY)?).then(|| text(VIEWER)?.parse().ok()).flatten()
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded: &[&str]) -> String {
        let headers = forwarded.iter().map(|value| {
            (axum::http::HeaderName::from_static("x-forwarded-for"), value.parse().unwrap())
        });
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| {
            map.append(name, value);
        });
        client(peer.parse().unwrap(), &map, None).to_string()
    }

    #[test]
    fn behind_a_load_balancer_the_last_forwarded_address_counts() {
        assert_eq!(of("10.0.0.7", &["1.1.1.1, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(of("10.0.0.7", &["1.1.1.1", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(of("10.0.0.7", &[]), "10.0.0.7");
        assert_eq!(of("10.0.0.7", &["nonsense"]), "10.0.0.7");
    }

    #[test]
    fn only_the_content_delivery_network_states_the_address_of_the_client() {
        let key = Secret::from("a key".to_owned());
        let of = |peer: &str, sent: &[(&'static str, &str)], key: Option<&Secret>| {
            let mut map = HeaderMap::new();
            for (name, value) in sent.iter().chain(&[("x-forwarded-for", "1.1.1.1, 192.0.2.1")]) {
                map.append(*name, value.parse().unwrap());
            }
            client(peer.parse().unwrap(), &map, key).to_string()
        };
        let viewer = (VIEWER, "2001:db8::7");
        let from_edge = [(EDGE_KEY, "a key"), viewer];
        assert_eq!(of("10.0.0.7", &from_edge, Some(&key)), "2001:db8::7");
        let last = "192.0.2.1";
        assert_eq!(of("10.0.0.7", &from_edge, None), last, "there is no such network");
        assert_eq!(of("10.0.0.7", &[viewer], Some(&key)), last);
        assert_eq!(of("10.0.0.7", &[(EDGE_KEY, "a guess"), viewer], Some(&key)), last);
        assert_eq!(of("10.0.0.7", &[(EDGE_KEY, "a key")], Some(&key)), last);
        assert_eq!(of("192.0.2.9", &from_edge, Some(&key)), "192.0.2.9", "past the load balancer");
    }

    #[test]
    fn a_client_of_ipv6_is_counted_by_its_network() {
        let network = |text: &str| ClientAddress(text.parse().unwrap()).network().to_string();
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("2001:db8:0:1:a:b:c:d"), "2001:db8:0:1::");
    }

    #[test]
    fn a_client_that_connects_directly_cannot_choose_its_address() {
        assert_eq!(of("192.0.2.9", &["192.0.2.1"]), "192.0.2.9");
        assert_eq!(of("::ffff:192.0.2.9", &["192.0.2.1"]), "192.0.2.9");
    }
}
