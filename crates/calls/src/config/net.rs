//! Addresses as `calls.toml` writes them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// What SIP goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

/// One address to listen on, `udp:192.0.2.1:5060`. Port 0 takes a free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Listen {
    /// Over what.
    pub wire: Wire,
    /// Where.
    pub addr: SocketAddr,
}

/// A network, `192.0.2.0/24`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Net {
    addr: IpAddr,
    bits: u8,
}

/// An address that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(String);

impl FromStr for Listen {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || {
            AddressError(format!(
                "`{text}` is no address to listen on: write it as `udp:192.0.2.1:5060`, with `tcp:` or `tls:` for those"
            ))
        };
        let (wire, addr) = text.split_once(':').ok_or_else(wrong)?;
        let wire = match wire {
            "udp" => Wire::Udp,
            "tcp" => Wire::Tcp,
            "tls" => Wire::Tls,
            _ => return Err(wrong()),
        };
        Ok(Listen { wire, addr: addr.parse().map_err(|_| wrong())? })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wire = match self.wire {
            Wire::Udp => "udp",
            Wire::Tcp => "tcp",
            Wire::Tls => "tls",
        };
        write!(f, "{wire}:{}", self.addr)
    }
}

impl Net {
    /// Whether an address lies in it. An IPv4 address that came as IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        match (self.addr, addr.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(addr)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(net).checked_shr(shift) == u32::from(addr).checked_shr(shift)
            }
            (IpAddr::V6(net), IpAddr::V6(addr)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(net).checked_shr(shift) == u128::from(addr).checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl FromStr for Net {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || {
            AddressError(format!(
                "`{text}` is neither an address nor a network: write it as `192.0.2.10` or `192.0.2.0/24`"
            ))
        };
        let (addr, bits) = match text.split_once('/') {
            Some((addr, bits)) => (addr, Some(bits)),
            None => (text, None),
        };
        let addr: IpAddr = addr.parse().map_err(|_| wrong())?;
        let most = if addr.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|b| *b <= most).ok_or_else(wrong)?,
            None => most,
        };
        Ok(Net { addr, bits })
    }
}
