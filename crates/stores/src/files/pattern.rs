//! Which files are records: a path pattern relative to the store's root.
//!
//! Segments stand between slashes. Within a segment:
//! - `*` is any characters, also none; `?` is one character;
//! - `{name}` is one or more characters, which become the field `name` of the record;
//! - `{name:date}` is the same, but only a date as `2026-03-01`;
//! - `\` takes the next character as it is; everything else stands for itself.
//!
//! `**` alone is any number of folders, also none; at the end it is every file below. Neither `*`
//! nor a group ever crosses a slash, names that begin with a dot are names like any other, and
//! upper and lower case differ. Where a name can be split in several ways, what stands first takes
//! as few characters as it can: `{a}-{b}.eml` reads `2026-03-01-7.eml` as `2026` and `03-01-7`,
//! which is what `{a:date}` is for.

/// A pattern, read.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    segments: Vec<Segment>,
    groups: Vec<(String, Shape)>,
}

/// What a group takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// `YYYY-MM-DD`; whether that day exists is for the rule to say.
    Date,
}

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    AnyFolders,
    One(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(String),
    Any,
    OneChar,
    Group(usize, Shape),
}

/// Fields that every file has, so that no group can have their names.
pub(super) const OWN_FIELDS: [&str; 3] = ["path", "mtime", "size"];

/// Frist's own folder, which is never entered.
pub(crate) const OWN_FOLDER: &str = ".frist";

impl Pattern {
    /// Reads a pattern. The error says what is wrong, as the end of a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pattern = Pattern { segments: Vec::new(), groups: Vec::new() };
        if text.starts_with('/') {
            return Err("it begins with `/`, but it is relative to the store's root".into());
        }
        for segment in text.split('/') {
            match segment {
                "" => return Err("a name is missing before, after or between slashes".into()),
                "." | ".." => return Err(format!("`{segment}` is not allowed in it")),
                "**" if pattern.segments.last() == Some(&Segment::AnyFolders) => {}
                "**" => pattern.segments.push(Segment::AnyFolders),
                _ => {
                    let tokens = pattern.tokens(segment)?;
                    pattern.segments.push(Segment::One(tokens));
                }
            }
        }
        if pattern.segments.last() == Some(&Segment::AnyFolders) {
            pattern.segments.push(Segment::One(vec![Token::Any]));
        }
        Ok(pattern)
    }

    fn tokens(&mut self, segment: &str) -> Result<Vec<Token>, String> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut literal = String::new();
        let mut rest = segment.chars();
        while let Some(c) = rest.next() {
            let token = match c {
                '*' if rest.as_str().starts_with('*') => {
                    return Err("`**` must stand alone between slashes".into());
                }
                '*' => Token::Any,
                '?' => Token::OneChar,
                '{' => {
                    let (inside, after) =
                        rest.as_str().split_once('}').ok_or("a `{` has no `}` in the same name")?;
                    rest = after.chars();
                    self.group(inside)?
                }
                '}' => {
                    return Err("a `}` has no `{` before it; write `\\}` for the character".into());
                }
                '[' | ']' => {
                    return Err(format!(
                        "`{c}` has no meaning here; use `?` or `*`, or write `\\{c}` for the character"
                    ));
                }
                '\\' => {
                    literal.push(rest.next().ok_or("nothing follows a `\\`")?);
                    continue;
                }
                other => {
                    literal.push(other);
                    continue;
                }
            };
            if !literal.is_empty() {
                tokens.push(Token::Literal(std::mem::take(&mut literal)));
            }
            tokens.push(token);
        }
        if !literal.is_empty() {
            tokens.push(Token::Literal(literal));
        }
        if let [Token::Literal(name)] = &tokens[..]
            && (name == "." || name == "..")
        {
            return Err(format!("`{name}` is not allowed in it"));
        }
        Ok(tokens)
    }

    fn group(&mut self, inside: &str) -> Result<Token, String> {
        let (name, shape) = match inside.split_once(':') {
            None => (inside, Shape::Text),
            Some((name, "date")) => (name, Shape::Date),
            Some((_, other)) => {
                return Err(format!(
                    "`{other}` is not a form that a group can have; there is `date`"
                ));
            }
        };
        let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if !starts || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(format!(
                "`{{{inside}}}` is not a group: a name of letters, digits and `_`"
            ));
        }
        if OWN_FIELDS.contains(&name) {
            return Err(format!("a group cannot be called `{name}`, which every file has"));
        }
        if self.groups.iter().any(|(g, _)| g == name) {
            return Err(format!("the group `{name}` stands there twice"));
        }
        self.groups.push((name.to_owned(), shape));
        Ok(Token::Group(self.groups.len() - 1, shape))
    }

    /// The names of the groups and what they take, in order.
    pub(super) fn groups(&self) -> &[(String, Shape)] {
        &self.groups
    }

    /// The texts of the groups if the path matches.
    pub(super) fn captures(&self, path: &str) -> Option<Vec<String>> {
        let names: Vec<&str> = path.split('/').collect();
        let mut found = vec![String::new(); self.groups.len()];
        let mut dead = vec![false; (self.segments.len() + 1) * (names.len() + 1)];
        self.descend(0, &names, 0, &mut dead, &mut found).then_some(found)
    }

    /// Whether the segments from `s` on match the names from `n` on. `dead` remembers what was
    /// tried in vain, so that the time is bounded by the product of the two.
    fn descend(
        &self,
        s: usize,
        names: &[&str],
        n: usize,
        dead: &mut [bool],
        found: &mut [String],
    ) -> bool {
        let mark = s * (names.len() + 1) + n;
        if dead[mark] {
            return false;
        }
        let hit = match self.segments.get(s) {
            None => n == names.len(),
            Some(Segment::AnyFolders) => {
                (n..names.len()).any(|m| self.descend(s + 1, names, m, dead, found))
            }
            Some(Segment::One(tokens)) => {
                n < names.len()
                    && name_matches(tokens, names[n], found)
                    && self.descend(s + 1, names, n + 1, dead, found)
            }
        };
        dead[mark] = !hit;
        hit
    }

    /// Where a walk stands at the root: the segments that may come next.
    pub(super) fn start(&self) -> Vec<usize> {
        let mut states = Vec::new();
        self.add(&mut states, 0);
        states
    }

    /// Where it stands in the folder `name`; empty when nothing in it can match.
    pub(super) fn enter(&self, states: &[usize], name: &str) -> Vec<usize> {
        let mut next = Vec::new();
        for &s in states {
            match &self.segments[s] {
                Segment::AnyFolders => self.add(&mut next, s),
                Segment::One(tokens) if s + 1 < self.segments.len() && matches(tokens, name) => {
                    self.add(&mut next, s + 1);
                }
                Segment::One(_) => {}
            }
        }
        next
    }

    /// Whether files in a folder where the walk stands so can be records at all.
    pub(super) fn may_end(&self, states: &[usize]) -> bool {
        states.contains(&(self.segments.len() - 1))
    }

    /// Whether the file `name` there is a record.
    pub(super) fn ends(&self, states: &[usize], name: &str) -> bool {
        match self.segments.last() {
            Some(Segment::One(tokens)) => self.may_end(states) && matches(tokens, name),
            _ => false,
        }
    }

    fn add(&self, states: &mut Vec<usize>, s: usize) {
        if !states.contains(&s) {
            states.push(s);
            if self.segments.get(s) == Some(&Segment::AnyFolders) {
                self.add(states, s + 1);
            }
        }
    }
}

/// Writes `name` so that a pattern takes it as it is.
pub(super) fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if "*?{}[]\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn matches(tokens: &[Token], name: &str) -> bool {
    let groups = tokens.iter().filter_map(|t| match t {
        Token::Group(ix, _) => Some(ix + 1),
        _ => None,
    });
    let mut found = vec![String::new(); groups.max().unwrap_or(0)];
    name_matches(tokens, name, &mut found)
}

fn name_matches(tokens: &[Token], name: &str, found: &mut [String]) -> bool {
    if let [Token::Literal(text)] = tokens {
        return text == name;
    }
    let mut dead = vec![false; (tokens.len() + 1) * (name.len() + 1)];
    split(tokens, 0, name, 0, &mut dead, found)
}

/// Whether the tokens from `t` on match the name from byte `at` on, with the shortest split.
fn split(
    tokens: &[Token],
    t: usize,
    name: &str,
    at: usize,
    dead: &mut [bool],
    found: &mut [String],
) -> bool {
    let mark = t * (name.len() + 1) + at;
    if dead[mark] {
        return false;
    }
    let rest = &name[at..];
    let ends = |from: usize| rest.char_indices().map(|(i, c)| at + i + c.len_utf8()).skip(from);
    let hit = match tokens.get(t) {
        None => rest.is_empty(),
        Some(Token::Literal(text)) => {
            rest.starts_with(text.as_str())
                && split(tokens, t + 1, name, at + text.len(), dead, found)
        }
        Some(Token::OneChar) => {
            ends(0).take(1).any(|end| split(tokens, t + 1, name, end, dead, found))
        }
        Some(Token::Any) => std::iter::once(at)
            .chain(ends(0))
            .any(|end| split(tokens, t + 1, name, end, dead, found)),
        Some(Token::Group(ix, Shape::Text)) => {
            ends(0).any(|end| take(tokens, t, *ix, name, at, end, dead, found))
        }
        Some(Token::Group(ix, Shape::Date)) => {
            starts_with_date(rest) && take(tokens, t, *ix, name, at, at + 10, dead, found)
        }
    };
    dead[mark] = !hit;
    hit
}

#[expect(clippy::too_many_arguments, reason = "one step of a recursion, which carries its state")]
fn take(
    tokens: &[Token],
    t: usize,
    group: usize,
    name: &str,
    at: usize,
    end: usize,
    dead: &mut [bool],
    found: &mut [String],
) -> bool {
    let hit = split(tokens, t + 1, name, end, dead, found);
    if hit {
        name[at..end].clone_into(&mut found[group]);
    }
    hit
}

fn starts_with_date(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() >= 10
        && b[..10].iter().enumerate().all(|(i, c)| match i {
            4 | 7 => *c == b'-',
            _ => c.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(pattern: &str, path: &str) -> Option<Vec<String>> {
        Pattern::parse(pattern).unwrap().captures(path)
    }

    /// The walk's own way of matching, folder by folder.
    fn walked(pattern: &str, path: &str) -> bool {
        let pattern = Pattern::parse(pattern).unwrap();
        let (folders, file) = path.rsplit_once('/').map_or((None, path), |(d, f)| (Some(d), f));
        let mut states = pattern.start();
        for folder in folders.into_iter().flat_map(|d| d.split('/')) {
            states = pattern.enter(&states, folder);
        }
        pattern.ends(&states, file)
    }

    #[test]
    fn paths_that_match_and_their_groups() {
        for (pattern, path, expected) in [
            ("a.eml", "a.eml", Some(vec![])),
            ("a.eml", "b.eml", None),
            ("*.eml", "a.eml", Some(vec![])),
            ("*.eml", ".eml", Some(vec![])),
            ("*.eml", "x/a.eml", None),
            ("?.eml", "æ.eml", Some(vec![])),
            ("?.eml", "ab.eml", None),
            ("**/*.eml", "a.eml", Some(vec![])),
            ("**/*.eml", "x/y/a.eml", Some(vec![])),
            ("mail/**", "mail/x/y/a b.eml", Some(vec![])),
            ("mail/**", "mail", None),
            ("mail/**", "mails/a", None),
            ("{box}/{year}/{n}.eml", "info/2024/7.eml", Some(vec!["info", "2024", "7"])),
            ("{box}/{n}.eml", "info/.eml", None),
            ("{a}-{b}.eml", "2024-01-05-3.eml", Some(vec!["2024", "01-05-3"])),
            ("{a:date}-{b}.eml", "2024-01-05-3.eml", Some(vec!["2024-01-05", "3"])),
            ("{a:date}-{b}.eml", "2024-1-05-3.eml", None),
            ("{a:date}.eml", "2021-02-30.eml", Some(vec!["2021-02-30"])),
            ("{a}{b}", "xyz", Some(vec!["x", "yz"])),
            ("*{a}", "xyz", Some(vec!["xyz"])),
            ("**/{box}/*.eml", "p/q/info/a.eml", Some(vec!["info"])),
            ("**/{a}/**/{b}", "p/q/r/s", Some(vec!["p", "s"])),
            ("{a}.eml", "linje\nskift og æøå.eml", Some(vec!["linje\nskift og æøå"])),
            ("\\{a\\}\\*", "{a}*", Some(vec![])),
            ("{kunde_nr}", "42", Some(vec!["42"])),
        ] {
            let expected = expected.map(|e| e.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(captures(pattern, path), expected, "{pattern} {path}");
            assert_eq!(walked(pattern, path), expected.is_some(), "walked: {pattern} {path}");
        }
    }

    #[test]
    fn patterns_that_are_refused() {
        for pattern in [
            "", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a/.", "\\.\\./a", "a**", "**b/c",
            "{a", "a}", "{}", "{1a}", "{a,b}", "{a:time}", "{a}/{a}", "{path}", "{mtime}", "[ab]",
            "a\\",
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_name_is_escaped_and_read_back() {
        for name in ["a", "[Arkiv] {2024}*?", "a\\b", "æøå"] {
            assert!(Pattern::parse(&escaped(name)).unwrap().captures(name).is_some(), "{name}");
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = format!("{}b", "*a".repeat(40));
        assert_eq!(captures(&pattern, &"a".repeat(250)), None);
        let deep = format!("{}b", "**/x/".repeat(20));
        assert_eq!(captures(&deep, &"x/".repeat(120)), None);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(pattern in "[a-c*?{}:/\\\\\\[.æ]{0,12}", path in "[a-cæ.]{1,4}(/[a-cæ.]{1,4}){0,3}") {
            if let Ok(p) = Pattern::parse(&pattern) {
                proptest::prop_assert_eq!(p.captures(&path).is_some(), walked(&pattern, &path));
            }
        }
    }
}
