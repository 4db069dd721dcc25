//! Bodies of several parts (RFC 2046 section 5.1), as recording clients send them.
//!
//! The boundary may be quoted or not, or not be named at all; lines may end in bare LF; parts may
//! hold parts; the last delimiter may be missing; a part's Content-Length is not believed. Nothing
//! is copied: parts are places in the body.

/// Parts inside parts inside parts are enough.
const MOST_DEPTH: usize = 4;
/// More parts than this are not read.
const MOST_PARTS: usize = 32;
/// Lines of headers of a part that are read.
const MOST_HEADERS: usize = 32;

/// One part that is not itself of several parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'b> {
    /// `application/sdp`: the type in small letters, without its parameters. Empty when the part
    /// has none.
    pub kind: String,
    /// `recording-session`: the disposition in small letters, without its parameters; empty when
    /// there is none.
    pub disposition: String,
    /// What it holds.
    pub content: &'b [u8],
}

/// The parts of a body in their order, those of parts inside parts among them. A body that is not
/// of several parts is one part.
pub fn parts<'b>(content_type: &str, body: &'b [u8]) -> Vec<Part<'b>> {
    let mut found = Vec::new();
    take(content_type, "", body, 0, &mut found);
    found
}

fn take<'b>(
    content_type: &str,
    disposition: &str,
    body: &'b [u8],
    depth: usize,
    found: &mut Vec<Part<'b>>,
) {
    let kind = head(content_type);
    if !kind.starts_with("multipart/") {
        if found.len() < MOST_PARTS {
            found.push(Part { kind, disposition: head(disposition), content: body });
        }
        return;
    }
    if depth >= MOST_DEPTH {
        return;
    }
    let named = parameter(content_type, "boundary").map(|b| sections(b.as_bytes(), body));
    // No boundary is named, or another one than the body has.
    let guessed = || guess(body).map(|b| sections(&b, body)).unwrap_or_default();
    for section in named.filter(|s| !s.is_empty()).unwrap_or_else(guessed) {
        if found.len() >= MOST_PARTS {
            return;
        }
        let (headers, content) = split(section);
        let get = |name: &str| {
            let line = headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
            line.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let kind =
            ["content-type", "c"].map(get).into_iter().find(|v| !v.is_empty()).unwrap_or_default();
        take(kind, get("content-disposition"), content, depth + 1, found);
    }
}

/// A header's first word, in small letters: what stands before `;`.
fn head(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a header, quoted or not.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    loop {
        rest = &rest[next_semicolon(rest)? + 1..];
        let Some((have, after)) = rest.split_once('=') else { continue };
        if !have.trim().eq_ignore_ascii_case(name) {
            continue;
        }
        let after = after.trim_start();
        let text = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => after.split([';', ' ', '\t', ',']).next().unwrap_or_default().to_owned(),
        };
        return Some(text).filter(|t| !t.is_empty() && t.len() <= 200);
    }
}

/// Where the next `;` outside quotes is.
fn next_semicolon(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    text.bytes().position(|b| {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return true,
            _ => {}
        }
        false
    })
}

/// What stands before the closing quote, with `\x` read as `x`.
fn unquote(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => plain.extend(letters.next()),
            other => plain.push(other),
        }
    }
    plain
}

/// The boundary of a body whose header does not name it: what the first line that begins with `--`
/// says.
fn guess(body: &[u8]) -> Option<Vec<u8>> {
    let line =
        body.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).find(|l| l.starts_with(b"--"))?;
    Some(line[2..].to_vec()).filter(|b| !b.is_empty() && b.len() <= 200)
}

/// What stands between the delimiter lines. What comes before the first is passed over (RFC 2046
/// section 5.1.1).
fn sections<'b>(boundary: &[u8], body: &'b [u8]) -> Vec<&'b [u8]> {
    let mut sections = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < body.len() && sections.len() < MOST_PARTS {
        let next = body[at..].iter().position(|b| *b == b'\n').map_or(body.len(), |n| at + n + 1);
        if let Some(last) = delimiter(boundary, &body[at..next]) {
            sections.extend(start.map(|s| without_line_end(&body[s..at])));
            start = (!last).then_some(next);
            if last {
                break;
            }
        }
        at = next;
    }
    // The closing delimiter was cut off: the rest is the last part.
    sections.extend(start.map(|s| &body[s..]));
    sections
}

/// Whether a line is a delimiter, and whether it is the last.
fn delimiter(boundary: &[u8], line: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line end before a delimiter belongs to the delimiter.
fn without_line_end(section: &[u8]) -> &[u8] {
    let section = section.strip_suffix(b"\n").unwrap_or(section);
    section.strip_suffix(b"\r").unwrap_or(section)
}

/// Headers and content of a part. A line that is no header begins the content, empty line or not.
fn split(section: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut rest = section;
    for _ in 0..MOST_HEADERS {
        let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
        let (line, after) = rest.split_at(end);
        if line.trim_ascii().is_empty() {
            return (headers, after);
        }
        let text = String::from_utf8_lossy(line);
        let name = text.split(':').next().unwrap_or_default().trim();
        let is_name =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match (text.split_once(':'), headers.last_mut()) {
            // Folded: it goes on with the header above.
            (_, Some((_, value))) if text.starts_with([' ', '\t']) => {
                value.push(' ');
                value.push_str(text.trim());
            }
            (Some((_, value)), _) if is_name => {
                headers.push((name.to_owned(), value.trim().to_owned()))
            }
            _ => return (headers, rest),
        }
        rest = after;
    }
    (headers, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(content_type: &str, body: &str) -> Vec<(String, String)> {
        let parts = parts(content_type, body.as_bytes());
        parts
            .into_iter()
            .map(|p| (p.kind, String::from_utf8_lossy(p.content).into_owned()))
            .collect()
    }

    fn pair(kind: &str, content: &str) -> (String, String) {
        (kind.to_owned(), content.to_owned())
    }

    const TWO: &str = "preamble\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\n\
                       content-type : Application/RS-Metadata+XML; x=1\r\n\
                       Content-Disposition: recording-session;handling=required\r\n\r\n<r/>\r\n\r\n--b--\r\nend";

    #[test]
    fn the_boundary_quoted_bare_and_not_named() {
        for content_type in [
            "multipart/mixed;boundary=b",
            "multipart/mixed; boundary=\"b\"",
            "Multipart/Mixed ; charset=\"a;boundary=c\" ; BOUNDARY = b ; x=y",
            "multipart/related",
            "multipart/mixed;boundary=",
            "multipart/mixed;boundary=other",
        ] {
            let expected =
                [pair("application/sdp", "v=0"), pair("application/rs-metadata+xml", "<r/>\r\n")];
            assert_eq!(kinds(content_type, TWO), expected, "{content_type}");
        }
        let parts = parts("multipart/mixed;boundary=b", TWO.as_bytes());
        assert_eq!(parts[1].disposition, "recording-session");
    }

    #[test]
    fn bare_line_feeds_give_the_same_parts() {
        let bare = TWO.replace("\r\n", "\n");
        let expected =
            [pair("application/sdp", "v=0"), pair("application/rs-metadata+xml", "<r/>\n")];
        assert_eq!(kinds("multipart/mixed;boundary=b", &bare), expected);
    }

    #[test]
    fn a_body_of_one_part_is_one_part() {
        assert_eq!(kinds("application/sdp", "v=0"), [pair("application/sdp", "v=0")]);
        assert_eq!(kinds("", ""), [pair("", "")]);
    }

    #[test]
    fn parts_in_parts() {
        let inner = TWO.replace("--b", "--inner");
        let outer = format!(
            "--o\r\nContent-Type: multipart/mixed;\r\n boundary=inner\r\n\r\n{inner}\r\n--o\r\n\r\nv=0\r\n--o--"
        );
        assert_eq!(
            kinds("multipart/mixed;boundary=o", &outer),
            [
                pair("application/sdp", "v=0"),
                pair("application/rs-metadata+xml", "<r/>\r\n"),
                pair("", "v=0")
            ]
        );
    }

    #[test]
    fn a_wrong_length_inside_a_missing_end_and_a_missing_empty_line() {
        let body = "--b\r\nContent-Type: application/sdp\r\nContent-Length: 1\r\n\r\nv=0\r\ns=-\r\n--b\r\n\
                    Content-Type: text/plain\r\nv=0\r\ns=--b\r\n--bx";
        assert_eq!(
            kinds("multipart/mixed;boundary=b", body),
            [pair("application/sdp", "v=0\r\ns=-"), pair("text/plain", "v=0\r\ns=--b\r\n--bx")]
        );
    }

    #[test]
    fn what_is_too_deep_or_too_much_ends() {
        let mut body = "Content-Type: application/sdp\n\nv=0".to_owned();
        for depth in 0..10 {
            let above = if depth == 9 {
                String::new()
            } else {
                format!("Content-Type: multipart/mixed;boundary=b{depth}\n\n")
            };
            body = format!("{above}--b{depth}\n{body}\n--b{depth}--\n");
        }
        assert!(kinds("multipart/mixed;boundary=b9", &body).is_empty());
        let many = "--b\n\nx\n".repeat(1000);
        assert_eq!(kinds("multipart/mixed;boundary=b", &many).len(), MOST_PARTS);
        assert!(kinds("multipart/mixed", "no delimiter at all").is_empty());
    }
}
