//! How much the attributes of a field's tags cost, told before it is parsed.
//!
//! The tokenizer compares each attribute of a tag with all before it, so a tag of ten thousand costs fifty million
//! comparisons. This reads tags as the HTML standard's tokenizer does (§13.2.5.32 to 40), and nothing else of
//! HTML: what looks like a tag in a script is counted too, which is why sums are limited and no single tag.
//!
//! Invariant: one look at each byte, and no memory.

/// Whether a field's tags have more pairs of attributes, together, than `max`.
pub(super) fn has_more(html: &str, max: u64) -> bool {
    let bytes = html.as_bytes();
    let mut pairs: u64 = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
        at += found + 1;
        let name = usize::from(bytes.get(at) == Some(&b'/'));
        if !bytes.get(at + name).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let (end, attributes) = tag(bytes, at + name);
        at = end;
        pairs = pairs.saturating_add(attributes * attributes / 2);
        if pairs > max {
            return true;
        }
    }
    false
}

/// Where a tag ends whose name begins at a place, and how many attributes it has.
fn tag(bytes: &[u8], start: usize) -> (usize, u64) {
    let mut state = State::Tag;
    let mut attributes = 0;
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        let quoted = matches!(state, State::Quoted(_));
        if byte == b'>' && !quoted {
            return (at, attributes);
        }
        let next = state.next(byte);
        attributes += u64::from(next == State::Name && state != State::Name);
        state = next;
        if let State::Quoted(quote) = state {
            // Most of the bytes of most tags.
            let rest = memchr::memchr(quote, &bytes[at..]);
            at = rest.map_or(bytes.len(), |found| at + found);
        }
    }
    (bytes.len(), attributes)
}

/// Where in a tag a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Tag,
    BeforeName,
    Name,
    BeforeValue,
    Bare,
    Quoted(u8),
}

impl State {
    fn next(self, byte: u8) -> Self {
        let parts = byte.is_ascii_whitespace();
        match (self, byte) {
            (Self::Quoted(quote), byte) if byte == quote => Self::BeforeName,
            (Self::Quoted(_), _) => self,
            (Self::BeforeValue, quote @ (b'"' | b'\'')) => Self::Quoted(quote),
            (Self::BeforeValue, _) if parts => Self::BeforeValue,
            (Self::BeforeValue | Self::Bare, _) if !parts => Self::Bare,
            (Self::Bare, _) => Self::BeforeName,
            (Self::Name, b'=') => Self::BeforeValue,
            // A sign of equality behind space belongs to the name before it; one that is alone begins a name.
            (Self::BeforeName, b'=') => Self::BeforeValue,
            (_, b'/') => Self::BeforeName,
            _ if parts => Self::BeforeName,
            (Self::Tag, _) => Self::Tag,
            _ => Self::Name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tag: &str, expected: u64) {
        assert_eq!(
            super::tag(tag.as_bytes(), 1),
            (tag.len(), expected),
            "{tag}"
        );
    }

    #[test]
    fn attributes_are_counted() {
        check("<p>", 0);
        check("<br/>", 0);
        check("<a b c=d e='f g' h=\"i > j\"k>", 5);
        check("<a b = c d/e>", 3);
        check("<a b=c/d/e>", 1);
        check("<a b='never closed>", 1);
    }

    #[test]
    fn sums_are_limited() {
        let many: String = (0..1_000).map(|n| format!(" a{n}")).collect();
        assert!(has_more(&format!("x<p{many}>y"), 400_000));
        assert!(has_more(&format!("</p{many}>").repeat(2), 800_000));
        assert!(!has_more(&format!("<p{many}>"), 600_000));
        assert!(!has_more(
            &"<p class=a id=b>1 < 2 and so on</p>".repeat(1_000),
            10_000
        ));
    }
}
