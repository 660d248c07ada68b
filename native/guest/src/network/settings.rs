//! What a host may say of the network, checked before anything is done.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::protocol::ConfigureRequest;
use crate::words::cut;

const ADDRESSES_LIMIT: usize = 16;
const NAMESERVERS_LIMIT: usize = 8;
/// The least that the protocols allow; a link with less has none of them.
const IPV4_MTU_MIN: u32 = 68;
const IPV6_MTU_MIN: u32 = 1280;
const MTU_MAX: u32 = 65_535;

/// A network that can be asked of the kernel.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// None leaves the device as it is.
    pub link: Option<LinkSettings>,
    /// None leaves the resolver as it is.
    pub nameservers: Option<Vec<IpAddr>>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct LinkSettings {
    pub addresses: Vec<Prefix>,
    pub gateways: Vec<Gateway>,
    pub mtu: Option<u32>,
}

/// The router of one family's default route.
#[derive(Debug, PartialEq, Eq)]
pub struct Gateway {
    pub address: IpAddr,
    /// In none of the link's prefixes: the kernel must be told that it is there.
    pub is_outside: bool,
}

/// An address and how many of its first bits are the network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    pub address: IpAddr,
    pub length: u8,
}

impl Settings {
    /// Takes the network out of a request, or says which of its fields is wrong.
    pub fn check(request: &ConfigureRequest) -> Result<Self, String> {
        let addresses: Vec<Prefix> = parse("address", &request.address, ADDRESSES_LIMIT)?;
        let gateways = check_gateways(parse("gateway", &request.gateway, 2)?, &addresses)?;
        let nameservers = parse("dns", &request.dns, NAMESERVERS_LIMIT)?;
        let has_ipv6 = addresses.iter().any(|prefix| prefix.address.is_ipv6());
        if let Some(mtu) = request.mtu {
            check_mtu(mtu, has_ipv6)?;
        }
        let has_link = request.address.is_some() || request.mtu.is_some();
        Ok(Self {
            link: has_link.then_some(LinkSettings {
                addresses,
                gateways,
                mtu: request.mtu,
            }),
            nameservers: request.dns.is_some().then_some(nameservers),
        })
    }
}

fn parse<T: FromStr<Err: fmt::Display>>(
    field: &str,
    texts: &Option<crate::protocol::OneOrMany>,
    limit: usize,
) -> Result<Vec<T>, String> {
    let texts = texts.as_ref().map(|texts| texts.as_slice());
    let texts = texts.unwrap_or_default();
    if texts.len() > limit {
        return Err(format!(
            "{field}: {} given, the limit is {limit}",
            texts.len()
        ));
    }
    let parse = |text: &String| {
        text.parse()
            .map_err(|error| format!("{field}: {:?}: {error}", cut(text)))
    };
    texts.iter().map(parse).collect()
}

fn check_gateways(gateways: Vec<IpAddr>, prefixes: &[Prefix]) -> Result<Vec<Gateway>, String> {
    let mut checked: Vec<Gateway> = Vec::new();
    for address in gateways {
        let of_family = |other: &IpAddr| other.is_ipv4() == address.is_ipv4();
        if !is_host(address) {
            return Err(format!("gateway: {address} is no address of a router"));
        }
        if !prefixes.iter().any(|prefix| of_family(&prefix.address)) {
            return Err(format!(
                "gateway: {address} has no address of its family beside it"
            ));
        }
        if checked.iter().any(|other| of_family(&other.address)) {
            return Err(format!("gateway: {address} is the second of its family"));
        }
        checked.push(Gateway {
            address,
            is_outside: !prefixes.iter().any(|prefix| prefix.contains(address)),
        });
    }
    Ok(checked)
}

fn check_mtu(mtu: u32, has_ipv6: bool) -> Result<(), String> {
    let minimum = if has_ipv6 { IPV6_MTU_MIN } else { IPV4_MTU_MIN };
    if (minimum..=MTU_MAX).contains(&mtu) {
        return Ok(());
    }
    Err(format!("mtu: {mtu} is not from {minimum} to {MTU_MAX}"))
}

/// Whether one host can have this address.
fn is_host(address: IpAddr) -> bool {
    let is_broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    let is_special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    // An IPv4 address in the clothes of an IPv6 one would be checked as neither.
    !is_broadcast && !is_special && address.to_canonical() == address
}

impl Prefix {
    /// Whether `other` is in the same network.
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let difference = own.to_bits() ^ other.to_bits();
                difference.leading_zeros() >= self.length.into()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let difference = own.to_bits() ^ other.to_bits();
                difference.leading_zeros() >= self.length.into()
            }
            _ => false,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl FromStr for Prefix {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, length) = text
            .split_once('/')
            .ok_or("an address with the length of its network is needed, such as 192.0.2.2/30")?;
        let address: IpAddr = address.parse().map_err(|_| "no IP address")?;
        let bits = match address {
            IpAddr::V4(_) => Ipv4Addr::BITS,
            IpAddr::V6(_) => Ipv6Addr::BITS,
        };
        match length.parse() {
            Ok(length) if length > 0 && u32::from(length) <= bits => {
                let host = is_host(address).then_some(Self { address, length });
                host.ok_or("no address of a host")
            }
            _ => Err("no length of a network"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(request: Value) -> Result<Settings, String> {
        Settings::check(&serde_json::from_value(request).map_err(|error| error.to_string())?)
    }

    fn link(request: Value) -> LinkSettings {
        let settings = check(request).expect("settings");
        settings.link.expect("link settings")
    }

    fn assert_refused(request: Value, words: &str) {
        let error = check(request.clone()).expect_err("must be refused");
        assert!(
            error.contains(words),
            "{request}: {error:?} has no {words:?}"
        );
    }

    #[test]
    fn a_request_without_a_network_changes_none() {
        let nothing = Settings {
            link: None,
            nameservers: None,
        };
        assert_eq!(check(json!({"hostname": "a"})), Ok(nothing));
    }

    #[test]
    fn one_text_means_a_list_of_one() {
        let one = json!({"address": "192.0.2.2/30", "gateway": "192.0.2.1", "dns": "192.0.2.53"});
        let many =
            json!({"address": ["192.0.2.2/30"], "gateway": ["192.0.2.1"], "dns": ["192.0.2.53"]});
        assert!(check(one.clone()).is_ok());
        assert_eq!(check(one), check(many));
    }

    #[test]
    fn both_families_have_addresses_and_a_gateway_each() {
        let settings = link(json!({
            "address": ["192.0.2.2/30", "2001:db8::2/64"],
            "gateway": ["192.0.2.1", "2001:db8::1"],
            "mtu": 1400,
        }));
        let addresses: Vec<_> = settings.addresses.iter().map(Prefix::to_string).collect();
        assert_eq!(addresses, ["192.0.2.2/30", "2001:db8::2/64"]);
        assert!(settings.gateways.iter().all(|gateway| !gateway.is_outside));
        assert_eq!(settings.mtu, Some(1400));
    }

    #[test]
    fn a_gateway_in_no_prefix_is_outside() {
        let outside = |address: &str, gateway: &str| {
            let settings = link(json!({"address": address, "gateway": gateway}));
            settings.gateways[0].is_outside
        };
        assert!(outside("192.0.2.2/32", "192.0.2.1"));
        assert!(outside("192.0.2.2/30", "192.0.2.4"));
        assert!(!outside("192.0.2.2/29", "192.0.2.4"));
        assert!(outside("2001:db8::2/128", "fe80::1"));
        assert!(!outside("2001:db8:0:1::2/63", "2001:db8::1"));
    }

    #[test]
    fn what_is_no_address_of_a_host_is_refused_with_its_field_and_text() {
        for text in [
            "192.0.2.2",
            "192.0.2.2/0",
            "192.0.2.2/33",
            "192.0.2.2/-1",
            "192.0.2.2/24/24",
            "192.0.2/24",
            "2001:db8::2/129",
            "2001:db8::2%eth0/64",
            "0.0.0.0/8",
            "127.0.0.1/8",
            "224.0.0.1/4",
            "255.255.255.255/32",
            "::/64",
            "::1/128",
            "ff02::1/64",
            "::ffff:192.0.2.2/128",
            "",
            "/24",
        ] {
            assert_refused(json!({"address": text}), &format!("address: {text:?}: "));
        }
    }

    #[test]
    fn a_gateway_that_leads_nowhere_is_refused() {
        assert_refused(
            json!({"gateway": "192.0.2.1"}),
            "gateway: 192.0.2.1 has no address",
        );
        let with = |gateway: Value| json!({"address": "192.0.2.2/24", "gateway": gateway});
        assert_refused(
            with(json!("2001:db8::1")),
            "gateway: 2001:db8::1 has no address",
        );
        assert_refused(
            with(json!(["192.0.2.1", "192.0.2.3"])),
            "second of its family",
        );
        assert_refused(with(json!("127.0.0.1")), "no address of a router");
        assert_refused(with(json!("router")), "gateway: \"router\": ");
    }

    #[test]
    fn an_mtu_must_suit_the_families() {
        let with = |address: &str, mtu: u32| json!({"address": address, "mtu": mtu});
        assert!(check(with("192.0.2.2/24", 68)).is_ok());
        assert_refused(with("192.0.2.2/24", 67), "mtu: 67 is not from 68");
        assert!(check(with("2001:db8::2/64", 1280)).is_ok());
        assert_refused(with("2001:db8::2/64", 1279), "mtu: 1279 is not from 1280");
        assert_refused(with("192.0.2.2/24", 65_536), "65535");
    }

    #[test]
    fn lists_have_limits_and_hold_texts() {
        assert_refused(
            json!({"address": vec!["192.0.2.2/24"; 17]}),
            "address: 17 given",
        );
        assert_refused(json!({"dns": vec!["192.0.2.2"; 9]}), "dns: 9 given");
        assert_refused(json!({"dns": 7}), "a text or a list of texts");
        assert_refused(json!({"dns": "resolver"}), "dns: \"resolver\": ");
    }
}
