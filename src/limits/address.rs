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

#[cfg(test)]
mod tests {
    use super::*;

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
