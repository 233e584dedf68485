//! Which addresses may be connected to: the fence against server-side request forgery.
//!
//! An address is judged after name resolution, at connect time, for each redirect anew. Everything
//! that IANA's special-purpose registries do not call globally reachable is forbidden, and so are
//! forms of IPv6 that carry a forbidden IPv4 address, unless the user opened the network or host.

use crate::config::AllowPrivate;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Networks of the IANA IPv4 Special-Purpose Address Registry that are not globally reachable, with multicast
/// (RFC 5771) and the anycast relays of 6to4 (RFC 7526).
const FORBIDDEN_V4: [Ipv4Net; 17] = [
    v4(0, 0, 0, 0, 8),       // this network, RFC 791
    v4(10, 0, 0, 0, 8),      // private use, RFC 1918
    v4(100, 64, 0, 0, 10),   // shared address space, RFC 6598
    v4(127, 0, 0, 0, 8),     // loopback, RFC 1122
    v4(169, 254, 0, 0, 16),  // link local, RFC 3927: cloud metadata lives here
    v4(172, 16, 0, 0, 12),   // private use, RFC 1918
    v4(192, 0, 0, 0, 24),    // IETF protocol assignments, RFC 6890
    v4(192, 0, 2, 0, 24),    // documentation, RFC 5737
    v4(192, 31, 196, 0, 24), // AS112, RFC 7535
    v4(192, 52, 193, 0, 24), // AMT, RFC 7450
    v4(192, 88, 99, 0, 24),  // 6to4 relays, RFC 7526
    v4(192, 168, 0, 0, 16),  // private use, RFC 1918
    v4(192, 175, 48, 0, 24), // AS112, RFC 7534
    v4(198, 18, 0, 0, 15),   // benchmarking, RFC 2544
    v4(198, 51, 100, 0, 24), // documentation, RFC 5737
    v4(203, 0, 113, 0, 24),  // documentation, RFC 5737
    v4(224, 0, 0, 0, 3),     // multicast, reserved and broadcast, RFC 5771, RFC 1112, RFC 919
];

/// Within the one block of IPv6 that is handed out (2000::/3, RFC 4291), what is not globally reachable.
const FORBIDDEN_V6: [Ipv6Net; 5] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // IETF protocol assignments with Teredo, ORCHID, benchmarking, RFC 2928
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation, RFC 3849
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112, RFC 7534
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation, RFC 9637
    v6([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16), // 6bone, returned, RFC 3701
];

const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(s: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(
        Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]),
        prefix,
    )
}

/// What may be connected to.
#[derive(Debug, Clone, Default)]
pub(super) struct Fence {
    nets: Vec<IpNet>,
    hosts: Vec<String>,
}

impl Fence {
    pub(super) fn new(allowed: &[AllowPrivate]) -> Self {
        let mut fence = Self::default();
        for one in allowed {
            match one {
                AllowPrivate::Net(net) => fence.nets.push(*net),
                AllowPrivate::Host(host) => fence.hosts.push(host.clone()),
            }
        }
        fence
    }

    /// Whether an address may be connected to.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        let plain = match address {
            IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        is_public(plain) || self.nets.iter().any(|net| net.contains(&plain))
    }

    /// Whether the user opened a host by name, whatever it resolves to.
    pub(super) fn allows_host(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// Whether an address is globally reachable.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => !FORBIDDEN_V4.iter().any(|net| net.contains(&four)),
        IpAddr::V6(six) => {
            let s = six.segments();
            let embedded = |high: u16, low: u16| {
                let bits = u32::from(high) << 16 | u32::from(low);
                is_public(IpAddr::V4(Ipv4Addr::from(bits)))
            };
            if NAT64.contains(&six) {
                return embedded(s[6], s[7]);
            }
            if SIX_TO_FOUR.contains(&six) {
                return embedded(s[1], s[2]);
            }
            GLOBAL_V6.contains(&six) && !FORBIDDEN_V6.iter().any(|net| net.contains(&six))
        }
    }
}

/// A resolver that hands out only addresses that may be connected to, so that a name can't change its
/// mind between the check and the connection (DNS rebinding).
#[derive(Debug, Clone)]
pub(super) struct FencedResolver(pub(super) Arc<Fence>);

/// Every address of a name is forbidden.
#[derive(Debug, thiserror::Error)]
#[error(
    "{host} resolves to {address}, which is a private or special-purpose address; if it is yours, allow it with polling.allow_private in feeds.toml, or, for `clean` and `explain`, with --allow-private"
)]
pub(super) struct ForbiddenName {
    host: String,
    address: IpAddr,
}

/// A name that could not be looked up.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct UnknownName(std::io::Error);

impl UnknownName {
    /// Whether nobody could be asked. The standard library keeps no code of `getaddrinfo`'s errors, only the words for
    /// `EAI_AGAIN`: glibc's and musl's.
    pub(super) fn is_for_lack_of_a_resolver(&self) -> bool {
        let words = self.0.to_string();
        words.contains("Temporary failure in name resolution") || words.contains("Try again")
    }
}

impl Resolve for FencedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let fence = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0))
                .await
                .map_err(UnknownName)?
                .collect();
            if fence.allows_host(&host) {
                return Ok(Box::new(found.into_iter()) as Addrs);
            }
            let (allowed, forbidden): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|one| fence.allows(one.ip()));
            match forbidden.first() {
                Some(first) if allowed.is_empty() => Err(ForbiddenName {
                    host,
                    address: first.ip(),
                }
                .into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_that_nobody_reaches_is_told_from_a_name_that_nobody_has() {
        let check = |words: &str| {
            let error = UnknownName(std::io::Error::other(words.to_owned()));
            error.is_for_lack_of_a_resolver()
        };
        assert!(check(
            "failed to lookup address information: Temporary failure in name resolution"
        ));
        assert!(!check(
            "failed to lookup address information: Name or service not known"
        ));
    }

    #[test]
    fn special_addresses_are_forbidden_in_every_form() {
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "192.168.1.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "2001:db8::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(
                !Fence::default().allows(address.parse().expect("an address")),
                "{address}"
            );
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(
                Fence::default().allows(address.parse().expect("an address")),
                "{address}"
            );
        }
    }

    #[test]
    fn a_network_can_be_opened() {
        let fence = Fence::new(&[
            "10.1.2.0/24".parse().expect("a network"),
            "localhost".parse().expect("a host"),
        ]);
        assert!(fence.allows("10.1.2.3".parse().expect("an address")));
        assert!(fence.allows("::ffff:10.1.2.3".parse().expect("an address")));
        assert!(!fence.allows("10.1.3.3".parse().expect("an address")));
        assert!(fence.allows_host("LOCALHOST.") && !fence.allows_host("localhost.evil.example"));
    }

    /// What `systemd/feedwash.service` sets an option to, over all its lines.
    fn unit(option: &str) -> impl Iterator<Item = &'static str> {
        let lines = include_str!("../../systemd/feedwash.service").lines();
        let values = lines.filter_map(move |line| line.strip_prefix(option)?.strip_prefix('='));
        values.flat_map(str::split_whitespace)
    }

    /// The first and the last address of a network, and their neighbours outside.
    fn edges(net: IpNet) -> [Option<IpAddr>; 4] {
        let (first, last) = (net.network(), net.broadcast());
        let (before, behind) = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (
                first
                    .to_bits()
                    .checked_sub(1)
                    .map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
                last.to_bits()
                    .checked_add(1)
                    .map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
            ),
            (IpAddr::V6(first), IpAddr::V6(last)) => (
                first
                    .to_bits()
                    .checked_sub(1)
                    .map(|bits| IpAddr::V6(Ipv6Addr::from(bits))),
                last.to_bits()
                    .checked_add(1)
                    .map(|bits| IpAddr::V6(Ipv6Addr::from(bits))),
            ),
            _ => unreachable!("both ends of a network are of one family"),
        };
        [before, Some(first), Some(last), behind]
    }

    /// Two sets of networks are the same where they agree on both sides of every border of either.
    #[test]
    fn the_kernel_s_fence_is_the_same() {
        assert_eq!(unit("IPAddressAllow").collect::<Vec<_>>(), ["localhost"]);
        let denied: Vec<IpNet> = unit("IPAddressDeny")
            .map(|net| net.parse().expect("a network"))
            .collect();
        assert!(
            denied.iter().all(|net| *net == net.trunc()),
            "no bits are set behind a prefix"
        );
        let inside = FORBIDDEN_V4.iter().flat_map(|net| {
            let (bits, prefix) = (u128::from(net.network().to_bits()), net.prefix_len());
            let six_to_four = Ipv6Addr::from(SIX_TO_FOUR.network().to_bits() | bits << 80);
            let nat64 = Ipv6Addr::from(NAT64.network().to_bits() | bits);
            [
                IpNet::from(*net),
                Ipv6Net::new_assert(six_to_four, 16 + prefix).into(),
                Ipv6Net::new_assert(nat64, 96 + prefix).into(),
            ]
        });
        let borders = (denied.iter().copied().chain(inside))
            .chain(FORBIDDEN_V6.map(IpNet::from))
            .chain([GLOBAL_V6, SIX_TO_FOUR, NAT64].map(IpNet::from));
        // To the kernel a mapped address is the IPv4 address that it stands for.
        let mapped = v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96);
        // Nobody can be reached in the rest of 64::/16; to list all of it would take eighty lines.
        let rest = v6([0x64, 0, 0, 0, 0, 0, 0, 0], 16);
        let local_nat64 = v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48);
        let mut compared = 0;
        for address in borders.flat_map(edges).flatten() {
            if let IpAddr::V6(six) = address {
                let is_listed = NAT64.contains(&six) || local_nat64.contains(&six);
                if mapped.contains(&six) || (rest.contains(&six) && !is_listed) {
                    continue;
                }
            }
            let is_denied = denied.iter().any(|net| net.contains(&address));
            assert_eq!(is_denied, !Fence::default().allows(address), "{address}");
            compared += 1;
        }
        assert!(compared > 400, "{compared}");
    }
}
