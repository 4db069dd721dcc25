//! SIP messages: read from bytes and written to bytes (RFC 3261 section 7). Pure, so that it can be fuzzed.
//!
//! Reading is lenient where RFC 3261 and RFC 4475 ("torture tests") say that a message is legal however odd it looks:
//! compact names, folded lines, names in any case, space before the colon, bare LF, no Content-Length on UDP.

use super::uri::{NameAddr, Param, split_list, split_params};
use bytes::Bytes;
use std::fmt::Write as _;

/// No message may be larger: what fits in a UDP datagram, and the most that is taken from a stream.
pub const MAX_MESSAGE: usize = 65_535;

/// The headers of a message in their order. Compact names are stored in full.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No headers.
    pub fn new() -> Headers {
        Headers::default()
    }

    /// Adds one at the end. Line breaks in the value become spaces: nobody adds a header through a value.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        let mut value: String = value.into();
        if value.contains(['\r', '\n']) {
            value = value.replace(['\r', '\n'], " ");
        }
        self.0.push((name.to_owned(), value));
    }

    /// Puts one in place of all with its name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.push(name, value);
    }

    /// Puts one where the first with its name was, and takes the others away.
    pub fn set_first(&mut self, name: &str, value: impl Into<String>) {
        let at = self
            .0
            .iter()
            .position(|(have, _)| have.eq_ignore_ascii_case(name))
            .unwrap_or(self.0.len());
        self.remove(name);
        self.push(name, value);
        if let Some(last) = self.0.pop() {
            self.0.insert(at.min(self.0.len()), last);
        }
    }

    /// Takes all with this name away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All values of that name, one a line.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let same = self.0.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }

    /// All values of a header that is a comma-separated list, over all its lines.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.all(name).into_iter().flat_map(split_list).collect()
    }

    /// Whether a list header has this token (`Supported: timer`).
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.list(name).iter().any(|have| have.eq_ignore_ascii_case(token))
    }

    /// Names and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value as a name-addr.
    pub fn addr(&self, name: &str) -> Option<NameAddr> {
        NameAddr::parse(self.list(name).first()?).ok()
    }

    /// A number, such as Expires or Max-Forwards; parameters after `;` are passed over.
    pub fn number(&self, name: &str) -> Option<u32> {
        split_params(self.get(name)?).0.trim().parse().ok()
    }

    /// Sequence number and method of CSeq.
    pub fn cseq(&self) -> Option<(u32, String)> {
        let mut words = self.get("CSeq")?.split_whitespace();
        let number = words.next()?.parse::<u32>().ok().filter(|number| *number < 1 << 31)?;
        Some((number, words.next()?.to_owned()))
    }

    /// The topmost Via.
    pub fn via(&self) -> Option<Via> {
        Via::parse(self.list("Via").first()?)
    }
}

/// One Via value (RFC 3261 section 20.42).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, in upper case.
    pub transport: String,
    /// The host it says it was sent from.
    pub host: String,
    /// The port it says it was sent from.
    pub port: Option<u16>,
    /// `branch`, `rport`, `received` and others.
    pub params: Vec<Param>,
}

impl Via {
    /// Reads one value; `None` when it is no Via.
    pub fn parse(text: &str) -> Option<Via> {
        let (head, params) = split_params(text);
        // White space may stand around the slashes (RFC 4475 section 3.1.1.1).
        let mut parts = head.splitn(3, '/');
        let (name, version, rest) =
            (parts.next()?.trim(), parts.next()?.trim(), parts.next()?.trim());
        if !name.eq_ignore_ascii_case("SIP") || version != "2.0" {
            return None;
        }
        let (transport, sent_by) = rest.split_once(char::is_whitespace)?;
        let (host, port) = super::uri::host_port(sent_by.trim()).ok()?;
        Some(Via { transport: transport.to_ascii_uppercase(), host, port, params })
    }

    /// A parameter's value.
    pub fn param(&self, name: &str) -> Option<&str> {
        super::uri::param(&self.params, name)
    }
}

impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SIP/2.0/{} ", self.transport)?;
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?
        } else {
            f.write_str(&self.host)?
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        super::uri::write_params(f, &self.params)
    }
}

/// A body with its type. The bytes are as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// `Content-Type` with its parameters, as it came.
    pub content_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl Body {
    /// A body of `application/sdp`.
    pub fn sdp(text: impl Into<Bytes>) -> Body {
        Body { content_type: "application/sdp".to_owned(), bytes: text.into() }
    }

    /// Whether its type is this one (parameters apart, in any case).
    pub fn is(&self, content_type: &str) -> bool {
        split_params(&self.content_type).0.trim().eq_ignore_ascii_case(content_type)
    }
}

/// The first line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// `METHOD uri SIP/2.0`; the URI as text, because a bad one must still be answered.
    Request {
        /// The method, as it came (methods mind case).
        method: String,
        /// The Request-URI.
        uri: String,
    },
    /// `SIP/2.0 code reason`.
    Response {
        /// 100 to 699.
        code: u16,
        /// The reason phrase.
        reason: String,
    },
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: Start,
    /// The headers; Content-Length is not among them, it is made on writing.
    pub headers: Headers,
    /// The body; empty when there is none.
    pub body: Bytes,
}

/// Why bytes are no message. `answer` holds what could be read of a request that deserves a 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong, without any of the contents.
    pub what: &'static str,
    /// The code that it deserves: 400, or 505 for another version.
    pub code: u16,
    /// What could be read, for the answer.
    pub answer: Option<Box<Message>>,
}

impl Message {
    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The code of a response.
    pub fn code(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { code, .. } => Some(*code),
        }
    }

    /// The body with its type, or nothing when it is empty.
    pub fn content(&self) -> Option<Body> {
        let content_type = self.headers.get("Content-Type").unwrap_or("application/sdp").to_owned();
        (!self.body.is_empty()).then(|| Body { content_type, bytes: self.body.clone() })
    }

    /// The message as bytes, with its Content-Length.
    pub fn to_bytes(&self) -> Bytes {
        let mut text = match &self.start {
            Start::Request { method, uri } => format!("{method} {uri} SIP/2.0\r\n"),
            Start::Response { code, reason } => format!("SIP/2.0 {code} {reason}\r\n"),
        };
        for (name, value) in self.headers.iter() {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n", self.body.len());
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        Bytes::from(bytes)
    }

    /// Reads a datagram: the whole of it is one message. Line breaks and spaces before the first line are passed over.
    ///
    /// # Errors
    /// When it is no SIP message; see [`Malformed`].
    pub fn from_datagram(bytes: &Bytes) -> Result<Message, Malformed> {
        let skip = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let bytes = bytes.slice(skip..);
        let (head, body) = match head_end(&bytes) {
            Some(end) => (bytes.slice(..end), bytes.slice(end..)),
            // Without an empty line there is no body, and the sender may still be told.
            None => (bytes.clone(), Bytes::new()),
        };
        let mut message = read_head(&head)?;
        match content_length(&message.headers) {
            // More than that is passed over (RFC 3261 section 18.3); less is an error.
            Ok(Some(length)) if length <= body.len() => message.body = body.slice(..length),
            Ok(None) => message.body = body,
            Ok(Some(_)) => {
                return Err(malformed(
                    "the datagram is shorter than its Content-Length",
                    Some(message),
                ));
            }
            Err(what) => return Err(malformed(what, Some(message))),
        }
        message.headers.remove("Content-Length");
        Ok(message)
    }

    /// Reads one message from the beginning of a stream's buffer: the message and how many bytes it took, or `None`
    /// when there is not enough yet.
    ///
    /// # Errors
    /// When no message can come of it; the connection should then be closed.
    pub fn from_stream(buffer: &[u8]) -> Result<Option<(Message, usize)>, Malformed> {
        let skip = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = &buffer[skip..];
        let Some(end) = head_end(rest) else {
            return if rest.len() > MAX_MESSAGE {
                Err(malformed("the head of the message is too long", None))
            } else {
                Ok(None)
            };
        };
        let mut message = read_head(&rest[..end])?;
        let length = match content_length(&message.headers) {
            // On a stream it is needed (RFC 3261 section 20.14), but a message without body often goes without it.
            Ok(length) => length.unwrap_or(0),
            Err(what) => return Err(malformed(what, Some(message))),
        };
        if length > MAX_MESSAGE {
            return Err(malformed("the body of the message is too long", Some(message)));
        }
        let Some(body) = rest.get(end..end + length) else { return Ok(None) };
        message.body = Bytes::copy_from_slice(body);
        message.headers.remove("Content-Length");
        Ok(Some((message, skip + end + length)))
    }
}

fn malformed(what: &'static str, message: Option<Message>) -> Malformed {
    let answer = message.filter(|message| message.method().is_some_and(|method| method != "ACK"));
    Malformed { what, code: 400, answer: answer.map(Box::new) }
}

/// Where the body begins: after the first empty line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == b'\n') {
        let next = from + at + 1;
        match &bytes[next..] {
            [b'\n', ..] => return Some(next + 1),
            [b'\r', b'\n', ..] => return Some(next + 2),
            _ => from = next,
        }
    }
    None
}

fn content_length(headers: &Headers) -> Result<Option<usize>, &'static str> {
    let mut found = None;
    for value in headers.all("Content-Length") {
        let length =
            value.trim().parse::<usize>().map_err(|_| "the Content-Length is not a number")?;
        if found.is_some_and(|found| found != length) {
            return Err("there are two Content-Lengths");
        }
        found = Some(length);
    }
    Ok(found)
}

fn read_head(head: &[u8]) -> Result<Message, Malformed> {
    let text = String::from_utf8_lossy(head);
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match lines.last_mut() {
            // A line that begins with white space goes on with the one before (section 7.3.1).
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ if line.is_empty() => {}
            _ => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let first = lines.next().unwrap_or_default();
    let (start, version) =
        read_start(&first).ok_or_else(|| malformed("the first line is none of SIP", None))?;
    let mut message = Message { start, headers: Headers::new(), body: Bytes::new() };
    let mut bad_line = false;
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if is_token(name.trim_end()) => {
                message.headers.push(full_name(name.trim_end()), value.trim());
            }
            _ => bad_line = true,
        }
    }
    if !version {
        return Err(Malformed {
            code: 505,
            ..malformed("the version is not SIP/2.0", Some(message))
        });
    }
    if bad_line {
        return Err(malformed("a header line has no name", Some(message)));
    }
    Ok(message)
}

/// The first line, and whether its version is ours.
fn read_start(line: &str) -> Option<(Start, bool)> {
    let line = line.trim_end();
    if let Some(rest) =
        line.get(..8).filter(|head| head.eq_ignore_ascii_case("SIP/2.0 ")).map(|_| &line[8..])
    {
        let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let code = code.parse::<u16>().ok().filter(|code| (100..700).contains(code))?;
        return Some((Start::Response { code, reason: reason.trim().to_owned() }, true));
    }
    let (method, rest) = line.split_once(' ')?;
    let (uri, version) = rest.trim().rsplit_once(' ')?;
    if !is_token(method) || !version.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("SIP/"))
    {
        return None;
    }
    let start = Start::Request { method: method.to_owned(), uri: uri.trim().to_owned() };
    Some((start, version.eq_ignore_ascii_case("SIP/2.0")))
}

fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}

/// The full name of a compact one (RFC 3261 section 7.3.3; `x` is RFC 4028's).
fn full_name(name: &str) -> &str {
    let [letter] = name.as_bytes() else { return name };
    match letter.to_ascii_lowercase() {
        b'c' => "Content-Type",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b's' => "Subject",
        b't' => "To",
        b'v' => "Via",
        b'x' => "Session-Expires",
        _ => name,
    }
}

#[cfg(test)]
#[path = "message/tests.rs"]
mod tests;
