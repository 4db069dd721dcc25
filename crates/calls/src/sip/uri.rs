//! SIP and TEL URIs and the `name-addr` form, read leniently (RFC 3261 sections 19 and 20.10, RFC 3966).

use std::fmt;

/// A header parameter or URI parameter: `;name` or `;name=value`.
pub type Param = (String, Option<String>);

/// A `sip:`, `sips:` or `tel:` URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// `sip`, `sips` or `tel`, in lower case.
    pub scheme: String,
    /// The part before `@` (with its escapes as they came), or the number of a `tel:` URI.
    pub user: Option<String>,
    /// Host name or address; IPv6 without its brackets. Empty for `tel:`.
    pub host: String,
    /// The port, when named.
    pub port: Option<u16>,
    /// URI parameters, in their order.
    pub params: Vec<Param>,
}

/// Why a URI could not be read; says nothing of what was in it, which may be a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// There is no `scheme:`.
    #[error("the URI has no scheme; write it as `sip:user@host:port;transport=udp`")]
    NoScheme,
    /// A scheme that is not `sip`, `sips` or `tel`.
    #[error("the URI's scheme is none of `sip`, `sips` and `tel`")]
    Scheme,
    /// The host is missing or not a host.
    #[error("the URI's host cannot be read")]
    Host,
    /// The port is not a number from 1 to 65535.
    #[error("the URI's port is not a number from 1 to 65535")]
    Port,
}

impl Uri {
    /// Reads a URI without angle brackets. `?headers` are left out: nothing here uses them.
    ///
    /// # Errors
    /// When scheme, host or port cannot be read.
    pub fn parse(text: &str) -> Result<Uri, UriError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').ok_or(UriError::NoScheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme.is_empty() || scheme.bytes().any(|byte| !byte.is_ascii_alphanumeric()) {
            return Err(UriError::NoScheme);
        }
        if scheme == "tel" {
            let (number, params) = split_params(rest);
            let user = Some(number.trim().to_owned());
            return Ok(Uri { scheme, user, host: String::new(), port: None, params });
        }
        if scheme != "sip" && scheme != "sips" {
            return Err(UriError::Scheme);
        }
        // The user part may hold `;` and `?` (RFC 3261 section 25.1, `user-unreserved`), so the `@` is looked for first.
        let (user, rest) = match rest.rfind('@') {
            Some(at) => (Some(rest[..at].to_owned()), &rest[at + 1..]),
            None => (None, rest),
        };
        let rest = rest.split('?').next().unwrap_or_default();
        let (hostport, params) = split_params(rest);
        let (host, port) = host_port(hostport.trim())?;
        Ok(Uri { scheme, user, host, port, params })
    }

    /// The value of a URI parameter, empty when it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        param(&self.params, name)
    }

    /// The same URI without user and parameters, for logs and errors.
    pub fn without_user(&self) -> String {
        let mut plain = self.clone();
        plain.user = None;
        plain.params.retain(|(name, _)| name.eq_ignore_ascii_case("transport"));
        plain.to_string()
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if self.scheme == "tel" {
            f.write_str(self.user.as_deref().unwrap_or_default())?;
        } else {
            if let Some(user) = &self.user {
                write!(f, "{user}@")?;
            }
            if self.host.contains(':') {
                write!(f, "[{}]", self.host)?
            } else {
                f.write_str(&self.host)?
            }
            if let Some(port) = self.port {
                write!(f, ":{port}")?;
            }
        }
        write_params(f, &self.params)
    }
}

/// A `name-addr` or `addr-spec` with the header's parameters, as in From, To, Contact, Route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without its quotes; empty when there is none.
    pub name: String,
    /// The URI.
    pub uri: Uri,
    /// Parameters of the header, such as `tag`.
    pub params: Vec<Param>,
}

impl NameAddr {
    /// Reads one value.
    ///
    /// # Errors
    /// When its URI cannot be read.
    pub fn parse(text: &str) -> Result<NameAddr, UriError> {
        let text = text.trim();
        if let Some((open, close)) = angle_brackets(text) {
            let name = text[..open].trim();
            let name =
                name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
            let uri = Uri::parse(&text[open + 1..close])?;
            let (_, params) = split_params(&text[close + 1..]);
            return Ok(NameAddr { name: name.replace("\\\"", "\""), uri, params });
        }
        // Without brackets every parameter belongs to the header (RFC 3261 section 20.10).
        let (addr, params) = split_params(text);
        Ok(NameAddr { name: String::new(), uri: Uri::parse(addr)?, params })
    }

    /// The `tag` parameter, when there is one that is not empty.
    pub fn tag(&self) -> Option<&str> {
        param(&self.params, "tag").filter(|tag| !tag.is_empty())
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            let name: String =
                self.name.chars().filter(|c| !c.is_control() && *c != '\\').collect();
            write!(f, "\"{}\" ", name.replace('"', "\\\""))?;
        }
        write!(f, "<{}>", self.uri)?;
        write_params(f, &self.params)
    }
}

/// The value of a parameter by its name, whatever its case; empty when it has no value.
pub fn param<'p>(params: &'p [Param], name: &str) -> Option<&'p str> {
    let found = params.iter().find(|(have, _)| have.eq_ignore_ascii_case(name))?;
    Some(found.1.as_deref().unwrap_or_default())
}

pub(super) fn write_params(f: &mut fmt::Formatter<'_>, params: &[Param]) -> fmt::Result {
    for (name, value) in params {
        match value {
            Some(value) => write!(f, ";{name}={value}")?,
            None => write!(f, ";{name}")?,
        }
    }
    Ok(())
}

/// `text;a=b;c` as `text` and its parameters; a `;` inside quotes does not part.
pub fn split_params(text: &str) -> (&str, Vec<Param>) {
    let mut pieces = split_outside_quotes(text, ';').into_iter();
    let head = pieces.next().unwrap_or_default();
    let params = pieces
        .filter_map(|piece| {
            let (name, value) = match piece.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().to_owned())),
                None => (piece.trim(), None),
            };
            (!name.is_empty()).then(|| (name.to_owned(), value))
        })
        .collect();
    (head, params)
}

/// Parts a header value that is a list, minding quotes and angle brackets.
pub fn split_list(text: &str) -> Vec<&str> {
    split_outside_quotes(text, ',')
        .into_iter()
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn split_outside_quotes(text: &str, at: char) -> Vec<&str> {
    let (mut pieces, mut from, mut quoted, mut depth, mut escaped) =
        (Vec::new(), 0, false, 0_usize, false);
    for (index, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => depth += 1,
            '>' if !quoted => depth = depth.saturating_sub(1),
            _ if char == at && !quoted && depth == 0 => {
                pieces.push(&text[from..index]);
                from = index + char.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[from..]);
    pieces
}

/// Where `<` and `>` of a name-addr are, outside of a quoted display name.
fn angle_brackets(text: &str) -> Option<(usize, usize)> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => return text[index..].find('>').map(|close| (index, index + close)),
            _ => {}
        }
    }
    None
}

/// `host`, `host:port` or `[v6]:port`.
///
/// # Errors
/// When the host is empty or has impossible characters, or the port is no port.
pub fn host_port(text: &str) -> Result<(String, Option<u16>), UriError> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(UriError::Host)?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| UriError::Host)?;
        (host, rest.strip_prefix(':'))
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host.trim(), Some(port)),
            None => (text, None),
        }
    };
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if host.is_empty() || !host.bytes().all(plain) {
        return Err(UriError::Host);
    }
    let port = match port.map(str::trim) {
        None | Some("") => None,
        Some(port) => {
            Some(port.parse::<u16>().ok().filter(|port| *port != 0).ok_or(UriError::Port)?)
        }
    };
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_exchanges_send() {
        let uri =
            Uri::parse("sip:+4512345678;cpc=ordinary@10.0.0.1:5062;transport=TCP;lr?subject=x")
                .unwrap();
        assert_eq!(uri.user.as_deref(), Some("+4512345678;cpc=ordinary"));
        assert_eq!(
            (uri.host.as_str(), uri.port, uri.param("Transport")),
            ("10.0.0.1", Some(5062), Some("TCP"))
        );
        assert_eq!(uri.to_string(), "sip:+4512345678;cpc=ordinary@10.0.0.1:5062;transport=TCP;lr");
        assert_eq!(Uri::parse("sip:[::1]:5060").unwrap().host, "::1");
        assert_eq!(
            Uri::parse("tel:+4512345678;phone-context=dk").unwrap().user.as_deref(),
            Some("+4512345678")
        );
        assert_eq!(Uri::parse("http://x").unwrap_err(), UriError::Scheme);
        assert_eq!(Uri::parse("sip:a@b:99999").unwrap_err(), UriError::Port);
        assert_eq!(Uri::parse("sip:a@").unwrap_err(), UriError::Host);
    }

    #[test]
    fn a_name_may_hold_anything_that_parts_elsewhere() {
        let value =
            NameAddr::parse(r#""Jensen, \"Bo\" <b>; x" <sip:bo@example.dk;x=1>;tag=77"#).unwrap();
        assert_eq!((value.tag(), value.uri.param("x")), (Some("77"), Some("1")));
        let bare = NameAddr::parse("sip:bo@example.dk;tag=9").unwrap();
        assert_eq!((bare.tag(), bare.uri.params.len()), (Some("9"), 0));
        assert_eq!(split_list(r#""a,b" <sip:x>;p="1,2", <sip:y?a=1,2>,,sip:z"#).len(), 3);
    }
}
