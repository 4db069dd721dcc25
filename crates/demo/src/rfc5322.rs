//! Internet messages: RFC 5322 headers, with RFC 2047 encoded words where they are not ASCII, and
//! a body in UTF-8 as it is (8bit, RFC 2045).

use jiff::Zoned;

/// The longest encoded word (RFC 2047 section 2).
const MAX_WORD: usize = 75;

pub(crate) struct Message<'a> {
    pub(crate) from: (&'a str, &'a str),
    pub(crate) to: (&'a str, &'a str),
    pub(crate) subject: &'a str,
    pub(crate) date: &'a Zoned,
    pub(crate) id: &'a str,
    pub(crate) body: &'a str,
}

impl Message<'_> {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mailbox = |(name, address)| format!("{} <{address}>", encoded(name));
        let body = self.body.replace('\n', "\r\n");
        format!(
            "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}",
            mailbox(self.from),
            mailbox(self.to),
            encoded(self.subject),
            self.date.strftime("%a, %d %b %Y %H:%M:%S %z"),
            self.id,
        )
        .into_bytes()
    }
}

/// `text` as a header holds it: itself when ASCII, else as Q-encoded words on folded lines. Our
/// names have no characters that an address would need quoted.
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let (open, close) = ("=?utf-8?Q?", "?=");
    let mut out = String::from(open);
    let mut length = open.len() + close.len();
    for c in text.chars() {
        let mut buffer = [0; 4];
        let word = match c {
            ' ' => "_".to_owned(),
            c if c.is_ascii_alphanumeric() => c.to_string(),
            c => c.encode_utf8(&mut buffer).bytes().map(|b| format!("={b:02X}")).collect(),
        };
        // A character is never split between two words.
        if length + word.len() > MAX_WORD {
            out.push_str(close);
            out.push_str("\r\n ");
            out.push_str(open);
            length = open.len() + close.len();
        }
        length += word.len();
        out.push_str(&word);
    }
    out + close
}

/// Breaks lines at 76 characters, between words, each beginning with `prefix`.
pub(crate) fn wrapped(text: &str, prefix: &str) -> String {
    let mut out = String::new();
    for line in text.split('\n') {
        let mut width = 0;
        out.push_str(prefix);
        for word in line.split_whitespace() {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > 76 - prefix.len() {
                out.push('\n');
                out.push_str(prefix);
                width = 0;
            }
            if width > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_ascii_and_words_short() {
        assert_eq!(encoded("Flytning"), "Flytning");
        assert_eq!(encoded("Åse Bæk"), "=?utf-8?Q?=C3=85se_B=C3=A6k?=");
        let long = encoded(&"rødgrød med fløde ".repeat(8));
        assert!(long.is_ascii());
        assert!(long.lines().count() > 1);
        assert!(long.lines().all(|l| l.trim_start().len() <= MAX_WORD));
    }

    #[test]
    fn lines_break_between_words() {
        let text = "målere ".repeat(30) + "\n\nHilsen";
        let lines = wrapped(&text, "> ");
        assert!(lines.lines().all(|l| l.starts_with("> ") && l.chars().count() <= 76));
        assert!(lines.ends_with("> \n> Hilsen\n"));
    }
}
