//! The DOCTYPE, of whose internal subset only internal general entities matter.
//!
//! Never follows the address of an external one, and knows no parameter entities.

use super::{Terminator, Tokens};

/// The longest name of an entity that is read; the same as that of a reference to it.
const NAME_BYTES_MAX: usize = 64;

impl Tokens<'_, '_> {
    /// `<!DOCTYPE …>` with its internal subset, of which only internal general entities matter.
    pub(super) fn doctype(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 2;
        let (mut subset, mut subset_end) = (None, None);
        while let Some(&b) = bytes.get(at) {
            match b {
                b'"' | b'\'' => {
                    at = quoted_end(bytes, at);
                    continue;
                }
                b'[' if subset.is_none() => subset = Some(at + 1),
                b']' if subset.is_some() => subset_end = Some(at),
                b'<' if self.text[at..].starts_with("<!--") => {
                    at = self.find(Terminator::Comment, at).unwrap_or(at) + 3;
                    subset_end = None;
                    continue;
                }
                b'>' if subset.is_none() || subset_end.is_some() => {
                    if let (Some(from), Some(to)) = (subset, subset_end) {
                        self.internal_subset(from, to);
                    }
                    self.at = at + 1;
                    return;
                }
                b if b.is_ascii_whitespace() => {}
                // Something between a `]` and the `>`: that `]` stood inside a declaration.
                _ => subset_end = None,
            }
            at += 1;
        }
        // No end: what looked like a subset is the document itself.
        let from = self.at + 2;
        self.at = match self.text[from..].find(['<', '>']) {
            Some(end) => from + end + usize::from(bytes[from + end] == b'>'),
            None => self.text.len(),
        };
        self.notes.add("the DOCTYPE has no end", self.at);
    }

    fn internal_subset(&mut self, from: usize, to: usize) {
        for (at, _) in self.text[from..to].match_indices("<!ENTITY") {
            let rest = self.text[from + at + "<!ENTITY".len()..to].trim_start();
            let Some(end) = rest
                .bytes()
                .take(NAME_BYTES_MAX)
                .position(|b| b.is_ascii_whitespace())
            else {
                continue;
            };
            let (name, value) = (&rest[..end], rest[end..].trim_start());
            // A parameter entity (`%`) or an external one (SYSTEM, PUBLIC) has no quote here.
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            if let Some(end) = value[1..].find(quote) {
                self.entities.declare(name, &value[1..=end]);
            }
        }
    }
}

/// The place behind the quoted literal that begins at `at`, or behind its opening quote if it does not end.
fn quoted_end(bytes: &[u8], at: usize) -> usize {
    /// Literals of a DOCTYPE are short; a quote that is further away belongs to something else.
    const LITERAL_BYTES_MAX: usize = 8 * 1024;
    bytes[at + 1..]
        .iter()
        .take(LITERAL_BYTES_MAX)
        .position(|b| *b == bytes[at])
        .map_or(at + 1, |end| at + 1 + end + 1)
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[track_caller]
    fn check(doctype: &str, title: &str) {
        let document =
            format!("<!DOCTYPE rss {doctype}><rss><channel><title>&a;</title></channel></rss>");
        let (feed, _) = parse(&document, None).expect("the document is a feed");
        let found = feed.title.map(|title| title.value);
        assert_eq!(found.as_deref(), Some(title), "{document}");
    }

    #[test]
    fn subsets_declare_entities() {
        check("[<!ENTITY a \"b\">]", "b");
        check("[<!ENTITY x \"]>\"> <!-- ]> --> <!ENTITY a 'b'> ]", "b");
    }

    #[test]
    fn brackets_that_make_no_subset_are_none() {
        for doctype in ["", "]", "][", "] [ \"]\""] {
            check(doctype, "&a;");
        }
        check("][<!ENTITY a \"b\">]", "b");
    }
}
