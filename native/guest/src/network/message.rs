//! The messages of the kernel's routing netlink, as far as one link needs them.
//!
//! ```text
//! | length u32 | type u16 | flags u16 | sequence u32 | port u32 | body | to a multiple of 4 |
//!   body: a structure that the type decides, then attributes
//!   attribute: | length u16 | type u16 | value | to a multiple of 4 |
//! ```
//!
//! Numbers are in the machine's byte order, lengths without what fills up. Source:
//! include/uapi/linux/{netlink,rtnetlink,if_addr,if_link}.h of Linux.

use std::io;
use std::net::IpAddr;

use super::{Gateway, Prefix};

const HEADER_BYTES: usize = 16;
const ALIGNMENT: usize = 4;
/// Of a next hop: it is on the link, whatever the routes say. The C libraries lack it.
const RTNH_F_ONLINK: u32 = 4;
/// In `struct ifaddrmsg`.
const INDEX_OF_ADDRESS: std::ops::Range<usize> = 4..8;

/// What is asked of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    kind: u16,
    flags: libc::c_int,
    body: Vec<u8>,
}

impl Request {
    /// Takes a link up or down, with another MTU if one is given.
    pub fn set_link(index: u32, is_up: bool, mtu: Option<u32>) -> Self {
        let up = libc::IFF_UP.cast_unsigned();
        let (family, kind) = ([0; 2], [0; 2]);
        let [index, flags, change] = [index, if is_up { up } else { 0 }, up].map(u32::to_ne_bytes);
        let body = [&family[..], &kind, &index, &flags, &change].concat();
        let request = Self::new(libc::RTM_NEWLINK, 0, body);
        match mtu {
            Some(mtu) => request.with(libc::IFLA_MTU, &mtu.to_ne_bytes()),
            None => request,
        }
    }

    /// Adds an address, which is of use at once: nobody is asked whether he has it, too.
    pub fn add_address(index: u32, prefix: &Prefix) -> Self {
        let flags = u8::try_from(libc::IFA_F_NODAD).unwrap_or_default();
        let head = [family(prefix.address), prefix.length, flags, 0];
        let body = [head, index.to_ne_bytes()].concat();
        let address = octets(prefix.address);
        Self::new(
            libc::RTM_NEWADDR,
            libc::NLM_F_CREATE | libc::NLM_F_EXCL,
            body,
        )
        .with(libc::IFA_LOCAL, &address)
        .with(libc::IFA_ADDRESS, &address)
    }

    /// Lists the addresses of all links.
    pub fn list_addresses() -> Self {
        Self::new(libc::RTM_GETADDR, libc::NLM_F_DUMP, vec![0; 8])
    }

    /// Removes a listed address if it is of this link.
    pub fn remove_address(listed: &Message<'_>, index: u32) -> Option<Self> {
        let is_address = listed.kind == libc::RTM_NEWADDR;
        let is_of_link = listed.body.get(INDEX_OF_ADDRESS) == Some(&index.to_ne_bytes());
        (is_address && is_of_link).then(|| Self::new(libc::RTM_DELADDR, 0, listed.body.to_vec()))
    }

    /// Adds a default route.
    pub fn add_default_route(index: u32, gateway: &Gateway) -> Self {
        let on_link = if gateway.is_outside { RTNH_F_ONLINK } else { 0 };
        let (any_length, tos) = ([0; 2], 0);
        let body = [
            &[family(gateway.address)][..],
            &any_length,
            &[tos, libc::RT_TABLE_MAIN, libc::RTPROT_STATIC],
            &[libc::RT_SCOPE_UNIVERSE, libc::RTN_UNICAST],
            &on_link.to_ne_bytes(),
        ]
        .concat();
        Self::new(
            libc::RTM_NEWROUTE,
            libc::NLM_F_CREATE | libc::NLM_F_EXCL,
            body,
        )
        .with(libc::RTA_GATEWAY, &octets(gateway.address))
        .with(libc::RTA_OIF, &index.to_ne_bytes())
    }

    fn new(kind: u16, flags: libc::c_int, body: Vec<u8>) -> Self {
        Self { kind, flags, body }
    }

    fn with(mut self, kind: u16, value: &[u8]) -> Self {
        // No value is longer than an address.
        let length = u16::try_from(4 + value.len()).unwrap_or_default();
        self.body.extend(length.to_ne_bytes());
        self.body.extend(kind.to_ne_bytes());
        self.body.extend(value);
        self.body
            .resize(self.body.len().next_multiple_of(ALIGNMENT), 0);
        self
    }

    /// The bytes for the kernel, which answers under the same `sequence` number.
    pub fn encode(&self, sequence: u32) -> Vec<u8> {
        let length = u32::try_from(HEADER_BYTES + self.body.len()).unwrap_or_default();
        let flags = u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_ACK | self.flags);
        let port = [0; 4];
        [
            &length.to_ne_bytes()[..],
            &self.kind.to_ne_bytes(),
            &flags.unwrap_or_default().to_ne_bytes(),
            &sequence.to_ne_bytes(),
            &port,
            &self.body,
        ]
        .concat()
    }
}

/// What the kernel says.
#[derive(Debug, PartialEq, Eq)]
pub struct Message<'a> {
    kind: u16,
    pub sequence: u32,
    body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Takes the first message off a datagram, or nothing where it is cut off.
    pub fn decode(datagram: &mut &'a [u8]) -> Option<Self> {
        let length = usize::try_from(u32_at(datagram, 0)?).ok()?;
        let message = Self {
            kind: u16_at(datagram, 4)?,
            sequence: u32_at(datagram, 8)?,
            body: datagram.get(HEADER_BYTES..length)?,
        };
        *datagram = datagram
            .get(length.next_multiple_of(ALIGNMENT)..)
            .unwrap_or_default();
        Some(message)
    }

    /// Whether this was the answer's last message, and whether the kernel did what was asked.
    pub fn end(&self) -> Option<io::Result<()>> {
        // Both begin with an errno, negative, or 0.
        if !matches!(
            libc::c_int::from(self.kind),
            libc::NLMSG_ERROR | libc::NLMSG_DONE
        ) {
            return None;
        }
        Some(match u32_at(self.body, 0).map(u32::cast_signed) {
            Some(0) | None => Ok(()),
            Some(errno) => Err(io::Error::from_raw_os_error(-errno)),
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|&chunk| u32::from_ne_bytes(chunk))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|&chunk| u16::from_ne_bytes(chunk))
}

fn family(address: IpAddr) -> u8 {
    let family = match address {
        IpAddr::V4(_) => libc::AF_INET,
        IpAddr::V6(_) => libc::AF_INET6,
    };
    u8::try_from(family).unwrap_or_default()
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_laid_out_as_the_kernel_reads_them() {
        let prefix: Prefix = "192.0.2.2/30".parse().expect("prefix");
        let bytes = Request::add_address(7, &prefix).encode(9);
        let expected = [
            &40_u32.to_ne_bytes()[..],
            &20_u16.to_ne_bytes(),
            &0x605_u16.to_ne_bytes(),
            &9_u32.to_ne_bytes(),
            &[0; 4],
            &[2, 30, 2, 0],
            &7_u32.to_ne_bytes(),
            &[&8_u16.to_ne_bytes()[..], &2_u16.to_ne_bytes()].concat(),
            &[192, 0, 2, 2],
            &[&8_u16.to_ne_bytes()[..], &1_u16.to_ne_bytes()].concat(),
            &[192, 0, 2, 2],
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn what_was_encoded_is_decoded_one_message_after_the_other() {
        let (up, list) = (
            Request::set_link(3, true, Some(1400)),
            Request::list_addresses(),
        );
        let datagram = [up.encode(1), list.encode(2)].concat();
        let mut rest = &datagram[..];
        for (request, sequence) in [(&up, 1), (&list, 2)] {
            let message = Message::decode(&mut rest).expect("message");
            assert_eq!((message.kind, message.sequence), (request.kind, sequence));
            assert_eq!(message.body, request.body);
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn a_message_that_is_cut_off_is_none() {
        let bytes = Request::list_addresses().encode(1);
        for length in 0..bytes.len() {
            assert_eq!(
                Message::decode(&mut &bytes[..length]),
                None,
                "{length} bytes"
            );
        }
        let too_short = [&8_u32.to_ne_bytes()[..], &[0; 12]].concat();
        assert_eq!(Message::decode(&mut &too_short[..]), None);
    }

    #[test]
    fn an_answer_ends_with_an_errno_or_without() {
        let end = |kind: libc::c_int, body: &[u8]| {
            let kind = u16::try_from(kind).expect("kind");
            let end = Message {
                kind,
                sequence: 1,
                body,
            }
            .end()?;
            Some(end.map_err(|error| error.raw_os_error()))
        };
        let refused = (-libc::EPERM).to_ne_bytes();
        assert_eq!(
            end(libc::NLMSG_ERROR, &refused),
            Some(Err(Some(libc::EPERM)))
        );
        assert_eq!(end(libc::NLMSG_ERROR, &[0; 4]), Some(Ok(())));
        assert_eq!(end(libc::NLMSG_DONE, &[]), Some(Ok(())));
        assert_eq!(end(libc::RTM_NEWADDR.into(), &[0; 8]), None);
    }

    #[test]
    fn only_addresses_of_the_link_are_removed() {
        let prefix: Prefix = "2001:db8::2/64".parse().expect("prefix");
        let listed = Request::add_address(7, &prefix).encode(1);
        let listed = Message::decode(&mut &listed[..]).expect("message");
        let removal = Request::remove_address(&listed, 7).expect("removal");
        assert_eq!(removal.kind, libc::RTM_DELADDR);
        assert_eq!(removal.body, listed.body);
        assert_eq!(Request::remove_address(&listed, 8), None);
    }
}
