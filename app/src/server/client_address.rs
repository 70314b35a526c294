//! The address of the client of a request.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use std::net::{IpAddr, SocketAddr};

/// The address of the client. The load balancer appends it to `X-Forwarded-For`, whose earlier entries the
/// client can choose. The header is used only if the connection comes from a private address, as those of
/// the load balancer do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        match parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            Some(ConnectInfo(peer)) => Ok(Self(client(peer.ip(), &parts.headers))),
            None => Err((StatusCode::INTERNAL_SERVER_ERROR, "the connection has no address")),
        }
    }
}

fn client(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_private(peer) {
        return peer;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
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
        client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn behind_a_load_balancer_the_last_forwarded_address_counts() {
        assert_eq!(of("10.0.0.7", &["1.1.1.1, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(of("10.0.0.7", &["1.1.1.1", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(of("10.0.0.7", &[]), "10.0.0.7");
        assert_eq!(of("10.0.0.7", &["nonsense"]), "10.0.0.7");
    }

    #[test]
    fn a_client_that_connects_directly_cannot_choose_its_address() {
        assert_eq!(of("192.0.2.9", &["192.0.2.1"]), "192.0.2.9");
        assert_eq!(of("::ffff:192.0.2.9", &["192.0.2.1"]), "192.0.2.9");
    }
}
