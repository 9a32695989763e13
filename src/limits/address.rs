//! What counts as one address.

use std::net::{IpAddr, Ipv6Addr};

/// An address as limits see it: an IPv4 address, or the /64 an IPv6 address is in. Whoever has one
/// IPv6 address has the 2^64 of its network, so counting single ones would count nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Neighbourhood(IpAddr);

impl From<IpAddr> for Neighbourhood {
    fn from(address: IpAddr) -> Self {
        // An IPv4 client of a dual-stack listener arrives as ::ffff:a.b.c.d.
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4(v4)),
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from(network)))
            }
        }
    }
}

impl std::fmt::Display for Neighbourhood {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Who is really asking: the peer, or, where the peer is a proxy we trust, the nearest address in
/// `X-Forwarded-For` that is not one of ours. Whatever stands before that, anybody could have written.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    trusts: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut client = peer;
    for hop in forwarded_for.flat_map(|line| line.split(',')).rev() {
        if !trusts(client) {
            break;
        }
        let Some(address) = read_hop(hop.trim()) else {
            break;
        };
        client = address;
    }
    client.to_canonical()
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn read_hop(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let socket: std::net::SocketAddr = text.parse().ok()?;
    Some(socket.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_who_is_asking() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let inner: IpAddr = "10.0.0.2".parse().unwrap();
        let trusts = |address: IpAddr| address == proxy || address == inner;
        let ask = |peer: IpAddr, lines: &[&str]| {
            client_address(peer, lines.iter().copied(), trusts).to_string()
        };
        assert_eq!(ask(proxy, &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            ask(proxy, &["6.6.6.6, 198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(ask(proxy, &["6.6.6.6", "[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(ask(proxy, &["rubbish"]), "10.0.0.1");
        assert_eq!(ask(proxy, &[]), "10.0.0.1");
        let stranger: IpAddr = "::ffff:203.0.113.9".parse().unwrap();
        assert_eq!(ask(stranger, &["127.0.0.1"]), "203.0.113.9");
    }

    fn of(text: &str) -> Neighbourhood {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn neighbours_in_a_64_are_one_and_mapped_addresses_are_v4() {
        assert_eq!(
            of("2001:db8:1:2::1"),
            of("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
