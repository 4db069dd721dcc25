//! A form with a file in it (`multipart/form-data`, RFC 7578), as browsers send it.

/// What came.
pub(crate) struct Sent {
    /// The fields that are no file.
    pub(crate) fields: Vec<(String, String)>,
    /// The bytes of the file; empty when none was chosen. Of several, the last one.
    pub(crate) file: Vec<u8>,
    /// What its sender calls the file.
    pub(crate) name: String,
}

/// Fields of one form.
const MOST: usize = 100;

/// What is between the parts, when the header says that it is such a form.
pub(crate) fn boundary(kind: &str) -> Option<&str> {
    let (kind, rest) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let said = rest.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?;
    let said = said.trim_matches('"');
    (1..=70).contains(&said.len()).then_some(said)
}

/// Takes the parts apart; none when it is not such a form.
pub(crate) fn parts(body: &[u8], boundary: &str) -> Option<Sent> {
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(&between.as_bytes()[2..])?;
    let mut sent = Sent { fields: Vec::new(), file: Vec::new(), name: String::new() };
    for _ in 0..MOST {
        if rest.starts_with(b"--") {
            return Some(sent);
        }
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, between.as_bytes())?;
        let (part, after) = (&part[..end], &part[end + between.len()..]);
        let head = find(part, b"\r\n\r\n")?;
        let (head, value) = (std::str::from_utf8(&part[..head]).ok()?, &part[head + 4..]);
        let line = head.lines().find(|l| {
            l.get(..20).is_some_and(|start| start.eq_ignore_ascii_case("content-disposition:"))
        })?;
        let said = |name: &str| {
            let found =
                line.split(';').find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('='));
            found.map(|v| v.trim_matches('"').to_owned())
        };
        let name = said("name")?;
        if line.contains("filename") {
            sent.file = value.to_vec();
            sent.name = file_name(line).unwrap_or_default();
        } else {
            let text = std::str::from_utf8(value).ok().filter(|t| !t.contains('\0'))?;
            sent.fields.push((name, text.to_owned()));
        }
        rest = after;
    }
    None
}

/// The name of a file, in which a semicolon may stand; browsers write a quote as `%22`.
fn file_name(line: &str) -> Option<String> {
    let (name, _) = line.split_once("filename=\"")?.1.split_once('"')?;
    Some(name.replace("%22", "\""))
}

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    // The first byte is looked for by itself: a file of megabytes has few of those.
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = within.get(from..)?.iter().position(|b| *b == first) {
        if within[from + at..].starts_with(what) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_a_file_is_taken_apart() {
        let kind = "multipart/form-data; boundary=\"xY\"";
        let b = boundary(kind).unwrap();
        assert_eq!(b, "xY");
        let body = b"--xY\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nabc\r\n\
            --xY\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a;b.bin\"\r\n\
            Content-Type: x/y\r\n\r\n\x00\r\n--x\xff\r\n--xY--\r\n";
        let sent = parts(body, b).unwrap();
        assert_eq!(sent.fields, [("token".to_owned(), "abc".to_owned())]);
        assert_eq!(sent.file, b"\x00\r\n--x\xff");
        assert_eq!(sent.name, "a;b.bin");
        for cut in 0..body.len() - 4 {
            assert!(parts(&body[..cut], b).is_none(), "{cut}");
        }
        for other in ["text/plain", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(other), None, "{other}");
        }
        let mut many = Vec::new();
        for _ in 0..200 {
            many.extend(b"--xY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n");
        }
        many.extend(b"--xY--");
        assert!(parts(&many, b).is_none());
    }
}
