//! Tests of the addresses, URLs and names that requests may go to.

use super::*;
use proptest::prelude::*;

/// The blocks of IANA's registries of special addresses (IPv4 and IPv6) that are not globally reachable, and multicast.
const SPECIAL_V4: [&str; 17] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "168.63.129.16/32",
];

const SPECIAL_V6: [&str; 14] = [
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// The address and the prefix length of a block.
fn block(text: &str) -> (IpAddr, u32) {
    let (address, length) = text.split_once('/').unwrap();
    (address.parse().unwrap(), length.parse().unwrap())
}

fn mask_v4(length: u32) -> u32 {
    u32::MAX.checked_shl(32 - length).unwrap_or(0)
}

fn mask_v6(length: u32) -> u128 {
    u128::MAX.checked_shl(128 - length).unwrap_or(0)
}

fn is_in(address: IpAddr, text: &str) -> bool {
    match (address, block(text)) {
        (IpAddr::V4(address), (IpAddr::V4(of), length)) => {
            address.to_bits() & mask_v4(length) == of.to_bits()
        }
        (IpAddr::V6(address), (IpAddr::V6(of), length)) => {
            address.to_bits() & mask_v6(length) == of.to_bits()
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_ipv4_address_is_public_unless_a_special_block_has_it(bits: u32) {
        let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
        let is_special = SPECIAL_V4.iter().any(|block| is_in(address, block));
        prop_assert_eq!(is_public(address), !is_special, "{}", address);
    }

    #[test]
    fn an_ipv4_address_of_a_special_block_is_not_public(index in 0..SPECIAL_V4.len(), bits: u32) {
        let (IpAddr::V4(of), length) = block(SPECIAL_V4[index]) else { panic!("no IPv4") };
        let address = Ipv4Addr::from_bits(of.to_bits() | (bits & !mask_v4(length)));
        prop_assert!(!is_public(address.into()), "{}", address);
        // Nor in any form of IPv6 that contains it.
        let [a, b, c, d] = address.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        let containing = [
            address.to_ipv6_mapped(),
            address.to_ipv6_compatible(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, high, low, 0, 0, !high, !low),
        ];
        for address in containing {
            prop_assert!(!is_public(address.into()), "{}", address);
        }
    }

    #[test]
    fn a_global_ipv6_address_is_public_unless_a_special_block_has_it(bits: u128) {
        let address = IpAddr::V6(Ipv6Addr::from_bits((bits >> 3) | (1 << 125)));
        let is_special = SPECIAL_V6.iter().any(|block| is_in(address, block));
        prop_assert_eq!(is_public(address), !is_special, "{}", address);
    }

    #[test]
    fn an_ipv6_address_of_a_special_block_is_not_public(index in 0..SPECIAL_V6.len(), bits: u128) {
        let (IpAddr::V6(of), length) = block(SPECIAL_V6[index]) else { panic!("no IPv6") };
        let address = Ipv6Addr::from_bits(of.to_bits() | (bits & !mask_v6(length)));
        prop_assert!(!is_public(address.into()), "{}", address);
    }

    #[test]
    fn a_name_with_one_address_that_is_not_public_is_rejected(
        bits in proptest::collection::vec(any::<u32>(), 0..6), private in 0..SPECIAL_V4.len(), at: prop::sample::Index,
    ) {
        let socket = |address: IpAddr| SocketAddr::new(address, 0);
        let mut found: Vec<_> =
            bits.into_iter().map(|bits| socket(Ipv4Addr::from_bits(bits).into())).collect();
        found.retain(|address| is_public(address.ip()));
        if found.is_empty() {
            prop_assert_eq!(checked(found.clone(), Targets::Public), Err(NotPublic));
        } else {
            prop_assert_eq!(checked(found.clone(), Targets::Public).unwrap(), found.clone());
        }
        found.insert(at.index(found.len() + 1), socket(block(SPECIAL_V4[private]).0));
        prop_assert_eq!(checked(found.clone(), Targets::Public), Err(NotPublic));
        prop_assert_eq!(checked(found.clone(), Targets::Any).unwrap(), found);
    }
}

#[test]
fn well_known_addresses_are_told_apart() {
    for public in ["1.1.1.1", "8.8.8.8", "100.63.0.1", "172.32.0.1", "2606:4700:4700::1111"] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
    let not_public = [
        "127.0.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "fd00:ec2::254",
        "::1",
        "::",
        "::ffff:8.8.8.8",
        "fe80::1",
    ];
    for address in not_public {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
}

fn parsed(text: &str) -> Result<TargetUrl, TargetError> {
    TargetUrl::parse(text, Targets::Public, 100)
}

#[test]
fn a_url_needs_https_a_host_and_nothing_else() {
    let url = parsed(" https://Lab.example.org:8443/gas?key=1 ").unwrap();
    assert_eq!(url.as_str(), "https://lab.example.org:8443/gas?key=1");
    assert_eq!(parsed("http://lab.example.org/"), Err(TargetError::Scheme));
    assert_eq!(parsed("file:///etc/passwd"), Err(TargetError::Scheme));
    for extra in ["https://ada@lab.example.org/", "https://:x@lab.example.org/", "https://a.org/#x"]
    {
        assert_eq!(parsed(extra), Err(TargetError::Extra), "{extra}");
    }
    let without_host = ["", "lab.example.org", "https://", "https://a b.org/"];
    let with_controls = ["https://a.org/b\0.vcf", "https://a.org/b\n.vcf", "https://a\t.org/"];
    for text in without_host.into_iter().chain(with_controls) {
        assert!(matches!(parsed(text), Err(TargetError::NotAUrl(_))), "{text}");
    }
    let long = format!("https://lab.example.org/{}", "x".repeat(100));
    assert_eq!(parsed(&long), Err(TargetError::TooLong(100)));
}

#[test]
fn every_spelling_of_an_address_is_recognized() {
    let spellings = [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://169.254.169.254/latest/meta-data/",
    ];
    for text in spellings {
        assert_eq!(parsed(text), Err(TargetError::NotPublic), "{text}");
        assert!(TargetUrl::parse(text, Targets::Any, 100).is_ok(), "{text}");
    }
    assert!(parsed("https://8.8.8.8/").is_ok());
}

/// A server on a free port of the loopback address that redirects every request to itself, and its port.
async fn server() -> (u16, Arc<std::sync::atomic::AtomicU32>) {
    let count = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = count.clone();
    let answer = move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        std::future::ready(axum::response::Redirect::temporary("/again"))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (port, count)
}

#[tokio::test]
async fn a_name_of_this_machine_is_not_connected_to_and_redirects_are_not_followed() {
    let (port, requests) = server().await;
    let url = format!("http://localhost:{port}/");
    let any = client(Targets::Any, Duration::from_secs(5)).unwrap();
    assert_eq!(any.get(&url).send().await.unwrap().status(), 307);
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 1, "it was not followed");

    let public = client(Targets::Public, Duration::from_secs(5)).unwrap();
    let error = public.get(format!("https://localhost:{port}/")).send().await.unwrap_err();
    let causes = crate::chain(&error).to_string();
    assert!(causes.contains(&NotPublic.to_string()), "{causes}");
    assert!(
        public.get(&url).send().await.unwrap_err().is_builder(),
        "there is no request without TLS"
    );
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 1);
}
