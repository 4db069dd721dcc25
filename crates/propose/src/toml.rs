//! Writing TOML: names and texts of a database may hold anything.

/// A text in quotes.
pub fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A key, in quotes where it must be.
pub fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { text(name) }
}

/// A text in both languages.
pub fn both(da: &str, en: &str) -> String {
    format!("{{ da = {}, en = {} }}", text(da), text(en))
}

/// A list of texts.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<String> = items.iter().map(|i| text(i.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// A comment, in lines of readable length. Control characters have no place in comments.
pub fn comment(words: &str) -> String {
    let mut out = String::new();
    for paragraph in words.lines() {
        let mut line = String::from("#");
        for word in plain(paragraph).split(' ').filter(|w| !w.is_empty()) {
            if line.chars().count() + word.chars().count() > 98 && line != "#" {
                out += &line;
                out.push('\n');
                line = String::from("#");
            }
            line.push(' ');
            line += word;
        }
        out += &line;
        out.push('\n');
    }
    out
}

/// A line that is left commented out, for a person to complete.
pub fn blank(line: &str) -> String {
    format!("# {}\n", plain(line))
}

/// A name as it may stand in a comment.
pub fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// An id of the register's own, from a name: lower case letters, digits and hyphens.
pub fn id(name: &str) -> String {
    let id = super::words::words(name).join("-");
    let digits: String = name.chars().filter(char::is_ascii_digit).take(12).collect();
    let id: String = id.chars().filter(|c| c.is_ascii_lowercase() || *c == '-').take(40).collect();
    match (id.trim_matches('-'), digits.as_str()) {
        ("", "") => "table".into(),
        ("", digits) => format!("table-{digits}"),
        (id, "") => id.into(),
        (id, digits) => format!("{id}-{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        assert_eq!(id("InvoiceLine"), "invoice-line");
        assert_eq!(id("kunde ÆØÅ"), "kunde-aeoeaa");
        assert_eq!(id("\"; DROP"), "drop");
        assert_eq!(id("2024"), "table-2024");
        assert_eq!(id("日本"), "table");
        assert_eq!(id(""), "table");
    }

    #[test]
    fn keys_and_texts() {
        assert_eq!(key("customer_id"), "customer_id");
        assert_eq!(key("kunde nr."), "\"kunde nr.\"");
        assert_eq!(key("a\"b\\c\u{7}"), "\"a\\\"b\\\\c\\u0007\"");
        assert_eq!(comment("a\u{0}b\nc"), "# a b\n# c\n");
    }
}
