//! JSON as programs that are not JSON libraries write it, to a [`Value`].
//!
//! Asked only where `serde_json` refuses. Forgives comments, commas too many or missing, keys and
//! words without quotes, quotes inside strings, control characters, escapes that JSON does not know,
//! halves of surrogate pairs, and an end that is missing: then whole members and elements are kept.
//!
//! Invariants: linear in the document; recursion is limited; never fails on what it has read already.

use super::super::notes::Notes;
use serde_json::{Map, Number, Value};

/// How deep objects and lists may stand in each other: the limit of `serde_json`.
const DEPTH_MAX: usize = 128;

/// What was read.
#[derive(Debug)]
pub(super) struct Mended {
    pub(super) value: Value,
    /// The document ended, or stopped making sense, before its end.
    pub(super) cut: bool,
}

/// Reads JSON that begins at `from` in the document.
pub(super) fn read(document: &str, from: usize, notes: &mut Notes) -> Mended {
    let mut reader = Lenient {
        text: document,
        at: from,
        cut: false,
        notes,
    };
    let value = reader.value(0);
    let cut = reader.cut;
    Mended { value, cut }
}

struct Lenient<'t, 'n> {
    text: &'t str,
    at: usize,
    cut: bool,
    notes: &'n mut Notes,
}

impl Lenient<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What is left of the document.
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Moves over white space and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(is_blank);
            let end = if trimmed.starts_with("//") {
                trimmed.find('\n')
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map(|end| end + 2)
            } else {
                self.at = self.text.len() - trimmed.len();
                return;
            };
            let start = self.text.len() - trimmed.len();
            self.notes.add("a comment in the JSON was skipped", start);
            self.at = end.map_or(self.text.len(), |end| start + end);
        }
    }

    /// The document makes no sense from here on.
    fn give_up(&mut self) {
        if !self.cut && self.at < self.text.len() {
            self.notes
                .add("the JSON cannot be read on from here", self.at);
        }
        self.cut = true;
    }

    fn value(&mut self, depth: usize) -> Value {
        self.blank();
        match self.peek() {
            None => {
                self.cut = true;
                Value::Null
            }
            Some(b'{' | b'[') if depth >= DEPTH_MAX => {
                self.notes.add(
                    "values stand too deep in each other and were left out",
                    self.at,
                );
                self.skip();
                Value::Null
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"' | b'\'') => Value::String(self.string()),
            Some(_) => self.bare_value(),
        }
    }

    /// Moves behind an object or list without reading it.
    fn skip(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                b'"' => {
                    self.string();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
        self.cut = true;
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut members = Map::new();
        self.at += 1;
        let mut had_comma = true;
        while !self.cut {
            self.blank();
            match self.peek() {
                None => self.cut = true,
                Some(b'}') => {
                    self.end(had_comma && !members.is_empty());
                    break;
                }
                Some(b',') => self.comma(&mut had_comma),
                Some(_) => {
                    self.between(had_comma);
                    had_comma = false;
                    self.member(&mut members, depth);
                }
            }
        }
        Value::Object(members)
    }

    fn member(&mut self, members: &mut Map<String, Value>, depth: usize) {
        let key = match self.peek() {
            Some(b'"' | b'\'') => self.string(),
            _ => self.bare_word().to_owned(),
        };
        self.blank();
        if self.peek() != Some(b':') {
            self.give_up();
            return;
        }
        self.at += 1;
        let value = self.value(depth + 1);
        // Of what is cut off, lists and objects hold what is whole in them.
        if !self.cut || value.is_array() || value.is_object() {
            members.insert(key, value);
        }
    }

    fn list(&mut self, depth: usize) -> Value {
        let mut elements = Vec::new();
        self.at += 1;
        let mut had_comma = true;
        while !self.cut {
            self.blank();
            match self.peek() {
                None => self.cut = true,
                Some(b']') => {
                    self.end(had_comma && !elements.is_empty());
                    break;
                }
                Some(b',') => self.comma(&mut had_comma),
                Some(b'}') => self.give_up(),
                Some(_) => {
                    self.between(had_comma);
                    had_comma = false;
                    let value = self.value(depth + 1);
                    if !self.cut {
                        elements.push(value);
                    }
                }
            }
        }
        Value::Array(elements)
    }

    fn end(&mut self, had_comma: bool) {
        if had_comma {
            self.notes.add("a comma too many was skipped", self.at);
        }
        self.at += 1;
    }

    fn comma(&mut self, had_comma: &mut bool) {
        if *had_comma {
            self.notes.add("a comma too many was skipped", self.at);
        }
        *had_comma = true;
        self.at += 1;
    }

    fn between(&mut self, had_comma: bool) {
        if !had_comma {
            self.notes.add("a comma is missing", self.at);
        }
    }

    /// Characters up to the next sign of JSON.
    fn bare_word(&mut self) -> &str {
        let rest = self.rest();
        let is_end = |c: char| is_blank(c) || matches!(c, ',' | ':' | '{' | '}' | '[' | ']' | '"');
        let end = rest.find(is_end).unwrap_or(rest.len());
        if end > 0 {
            self.notes.add("a word stands without quotes", self.at);
        }
        let start = self.at;
        self.at += end;
        &self.text[start..self.at]
    }

    /// A number, a truth value, or what programs print where they have none.
    fn bare_value(&mut self) -> Value {
        let rest = self.rest();
        let is_end = |c: char| is_blank(c) || matches!(c, ',' | '}' | ']' | '/');
        let end = rest.find(is_end).unwrap_or(rest.len());
        let word = &rest[..end];
        if let Ok(value) = serde_json::from_str(word) {
            self.at += end;
            return value;
        }
        let value = match word {
            "True" | "TRUE" => Value::Bool(true),
            "False" | "FALSE" => Value::Bool(false),
            "undefined" | "NaN" | "Infinity" | "-Infinity" | "None" | "nil" | "NULL" => Value::Null,
            // `+1`, `01`, `.5`
            _ => match word.parse().ok().and_then(Number::from_f64) {
                Some(number) => Value::Number(number),
                None => {
                    self.give_up();
                    return Value::Null;
                }
            },
        };
        self.notes.add(
            "a value that is none of JSON's was read as its nearest",
            self.at,
        );
        self.at += end;
        value
    }

    /// A string in either quotes.
    fn string(&mut self) -> String {
        let quote = self.text.as_bytes()[self.at];
        if quote == b'\'' {
            self.notes.add("a string stands in single quotes", self.at);
        }
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest().as_bytes();
            let plain = rest
                .iter()
                .position(|b| *b == quote || *b == b'\\' || *b < b' ');
            let Some(plain) = plain else {
                self.at = self.text.len();
                self.cut = true;
                return out;
            };
            out.push_str(&self.text[self.at..self.at + plain]);
            let byte = rest[plain];
            self.at += plain;
            match byte {
                b'\\' => self.escape(&mut out),
                b'\n' | b'\t' | b'\r' => {
                    self.notes
                        .add("a control character in a string was kept", self.at);
                    out.push(char::from(byte));
                    self.at += 1;
                }
                _ if byte == quote => {
                    self.at += 1;
                    if self.ends_string() {
                        return out;
                    }
                    self.notes
                        .add("a quote inside a string was kept as text", self.at - 1);
                    out.push(char::from(quote));
                }
                _ => self.at += 1,
            }
        }
    }

    /// Whether the quote before this place ends its string, by what follows it.
    fn ends_string(&self) -> bool {
        let after = self.rest().trim_start_matches(is_blank);
        let blank = &self.rest()[..self.rest().len() - after.len()];
        match after.as_bytes() {
            [] | [b':' | b'}' | b']' | b'/', ..] => true,
            [b',', ..] => {
                let next = after[1..].trim_start_matches(is_blank);
                next.as_bytes().first().is_none_or(|b| {
                    b.is_ascii_digit()
                        || matches!(
                            b,
                            b'"' | b'\'' | b'{' | b'[' | b'}' | b']' | b'-' | b'/' | b','
                        )
                }) || ["true", "false", "null"]
                    .iter()
                    .any(|word| next.starts_with(word))
                    || begins_member(next)
            }
            // A comma is missing between two lines, or before a member.
            [b'"' | b'\'', ..] => blank.contains('\n') || begins_member(after),
            _ => false,
        }
    }

    fn escape(&mut self, out: &mut String) {
        let start = self.at;
        let Some(c) = self.rest()[1..].chars().next() else {
            self.at = self.text.len();
            return;
        };
        self.at += 1 + c.len_utf8();
        match c {
            '"' | '\\' | '/' => out.push(c),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' | 'f' => {}
            'u' => self.unicode(start, out),
            _ => {
                self.notes
                    .add("an escape that JSON does not know was read as text", start);
                match (c, self.hex(2)) {
                    ('x', Some(code)) => {
                        self.at += 2;
                        out.extend(char::from_u32(code));
                    }
                    ('\n', _) => {}
                    // `\'` is a habit of JavaScript; `\d` is a backslash that nobody escaped.
                    _ => {
                        if c.is_alphanumeric() {
                            out.push('\\');
                        }
                        out.push(c);
                    }
                }
            }
        }
    }

    /// `\u0041`, and the two halves of what lies beyond U+FFFF.
    fn unicode(&mut self, start: usize, out: &mut String) {
        let Some(code) = self.hex(4) else {
            self.notes
                .add("an escape that JSON does not know was read as text", start);
            out.push_str("\\u");
            return;
        };
        self.at += 4;
        if (0xd800..0xdc00).contains(&code) && self.rest().starts_with("\\u") {
            self.at += 2;
            if let Some(low) = self.hex(4).filter(|low| (0xdc00..0xe000).contains(low)) {
                self.at += 4;
                out.extend(char::from_u32(
                    0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00),
                ));
                return;
            }
            self.at -= 2;
        }
        if let Some(c) = char::from_u32(code) {
            out.push(c);
        } else {
            self.notes
                .add("half of a surrogate pair was replaced by U+FFFD", start);
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }

    /// The value of so many hexadecimal digits at this place.
    fn hex(&self, digits: usize) -> Option<u32> {
        let digits = self.rest().get(..digits)?;
        let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

/// Whether a key and its colon stand here, the key in quotes or, as JavaScript allows it, without.
fn begins_member(text: &str) -> bool {
    /// The longest key that is recognised, in bytes; what is longer is a sentence.
    const KEY_BYTES_MAX: usize = 64;
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let key = &text[quote.map_or(0, char::len_utf8)..];
    let is_key = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'-' | b'@' | b'.');
    let bytes = key.bytes().take(KEY_BYTES_MAX);
    let length = match quote {
        Some(_) => bytes.take_while(|b| is_key(*b) || *b == b':').count(),
        None => bytes.take_while(|b| is_key(*b)).count(),
    };
    let behind = match quote {
        Some(quote) => key[length..].strip_prefix(quote),
        None => Some(&key[length..]),
    };
    let Some(value) = behind
        .filter(|_| length > 0)
        .and_then(|behind| behind.trim_start_matches(is_blank).strip_prefix(':'))
    else {
        return false;
    };
    // A word and a colon stand in sentences too; what follows them there is no value.
    let value = value.trim_start_matches(is_blank);
    quote.is_some()
        || value.starts_with(|c: char| c.is_ascii_digit() || "\"'[{-".contains(c))
        || ["true", "false", "null"]
            .iter()
            .any(|word| value.starts_with(word))
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, expected: &str) {
        let mended = read(document, 0, &mut Notes::default());
        let cut = if mended.cut { " cut" } else { "" };
        assert_eq!(format!("{}{cut}", mended.value), expected, "{document}");
    }

    #[test]
    fn commas_and_comments() {
        check("[1,2,]", "[1,2]");
        check("[,1,,2]", "[1,2]");
        check("{\"a\":1,}", r#"{"a":1}"#);
        check("{\"a\":1 \"b\":2}", r#"{"a":1,"b":2}"#);
        check("[1 /* x */, // y\n 2]", "[1,2]");
        check("{\"a\":\"x\"\n\"b\":\"y\"}", r#"{"a":"x","b":"y"}"#);
    }

    #[test]
    fn words_and_numbers() {
        check(
            "[undefined, NaN, True, None, +1.5, .5]",
            "[null,null,true,null,1.5,0.5]",
        );
        check("{a: 1, 'b': 'c'}", r#"{"a":1,"b":"c"}"#);
        check("[1, nonsense, 2]", "[1] cut");
        check(
            r#"{a:"x",b:"y, \"z\"",c:[{d:1,e:"f"}]}"#,
            r#"{"a":"x","b":"y, \"z\"","c":[{"d":1,"e":"f"}]}"#,
        );
        check(
            "{'a':'it's, or isn't','b':\"x\",'c':['y','z']}",
            r#"{"a":"it's, or isn't","b":"x","c":["y","z"]}"#,
        );
    }

    #[test]
    fn strings() {
        check("[\"a\nb\u{1}c\"]", r#"["a\nbc"]"#);
        check(r#"["\'\x41\d\-"]"#, r#"["'A\\d-"]"#);
        check(
            r#"["\ud83d\ude00 \ud83d x \ude00 \uZ"]"#,
            "[\"😀 \u{fffd} x \u{fffd} \\\\uZ\"]",
        );
        check(
            r#"["He said "hi" to me", "x"]"#,
            r#"["He said \"hi\" to me","x"]"#,
        );
        check(
            r#"{"a":"He said "hi", and left","b":1}"#,
            r#"{"a":"He said \"hi\", and left","b":1}"#,
        );
        check(
            r#"{"a":"x" "b":[1],"c":"He said "hi" and "ho"""d":2}"#,
            r#"{"a":"x","b":[1],"c":"He said \"hi\" and \"ho\"","d":2}"#,
        );
        check(
            r#"{"a":"He said "hi", note: he left","b":1}"#,
            r#"{"a":"He said \"hi\", note: he left","b":1}"#,
        );
    }

    #[test]
    fn ends_that_are_missing() {
        check(r#"{"a":[{"b":1},{"b":2"#, r#"{"a":[{"b":1}]} cut"#);
        check(r#"{"a":"x","b":"y"#, r#"{"a":"x"} cut"#);
        check(r#"{"a":[1,2}"#, r#"{"a":[1,2]} cut"#);
        check("{", "{} cut");
        check("", "null cut");
        let deep = "[".repeat(1_000_000);
        let mended = read(&deep, 0, &mut Notes::default());
        assert!(mended.cut);
    }

    #[test]
    fn no_document_makes_it_panic() {
        use proptest::prelude::*;
        let pieces = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            "\"",
            "'",
            "\\",
            "\\u",
            "\\ud83d",
            "\\x4",
            "d",
            ":",
            ",",
            "//",
            "/*",
            "*/",
            "\n",
            " ",
            "items",
            "1",
            "-",
            "null",
            "é",
            "\u{1}",
            "\u{feff}",
            ")]}'",
            "cb(",
            "\"items\":[{\"id\":\"",
        ]);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        runner
            .run(&prop::collection::vec(pieces, 0..24), |pieces| {
                let document = pieces.concat();
                read(&document, 0, &mut Notes::default());
                let whole = format!("{{\"version\":\"https://jsonfeed.org/version/1\",{document}");
                for document in [&document, &whole] {
                    let _ = crate::parse::parse(document, None);
                }
                Ok(())
            })
            .expect("no document makes it panic");
    }
}
