//! Markup so regular that every parser reads it alike, told by its letters alone.
//!
//! It sanitises nothing: it says yes only where the second sanitiser would give back every byte, so that the wash
//! need not parse a field again to learn that. Most fields are such once the passes are through; where there is
//! any doubt it says no, and that costs nothing but the time.
//!
//! Why a look at the letters is enough (HTML §13.2.5, §13.2.6): none of the published elements of [`nesting`] makes the
//! tokenizer leave its data state, and none is of another namespace, so whatever is accepted holds no other element and no
//! attribute but those that were seen here. And none stands where a parser would move, close or repeat it.
//!
//! Invariant: what is accepted, `ammonia` with the list of `safety` leaves as it is. Wherever debug assertions
//! are on, as in all tests, that is asserted.

use super::links::candidates;
use super::nesting::{self, Nest};
use super::safety::allowed;

/// A tag of more attributes is left to the parser.
const ATTRIBUTES_MAX: usize = 12;

/// Whether the second sanitiser would give back every byte of some markup.
pub(super) fn is_regular(markup: &str) -> bool {
    let mut open = Open::default();
    let mut rest = markup;
    loop {
        let end = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let (text, tag) = rest.split_at(end);
        if !open.takes_text(text) {
            return false;
        }
        let Some(tag) = tag.strip_prefix('<') else {
            return open.nest.is_empty();
        };
        let after = match tag.strip_prefix('/') {
            Some(tag) => open.end(tag),
            None => open.start(tag),
        };
        match after {
            Some(after) => rest = after,
            None => return false,
        }
    }
}

/// What is open where a walk over the letters stands.
#[derive(Default)]
struct Open {
    nest: Nest,
    /// The last tag began a `pre`, which drops a line break.
    pre: bool,
}

impl Open {
    fn takes_text(&self, text: &str) -> bool {
        self.nest.takes_text(text)
            && !(self.pre && text.starts_with('\n'))
            && is_written(text, false)
    }

    /// Reads what follows a `<`, up to the end of the tag; `None` where the tag is not regular.
    fn start<'m>(&mut self, tag: &'m str) -> Option<&'m str> {
        let (name, rest) = named(tag);
        let known = nesting::known(name).filter(|known| known.published)?;
        let rest = attributes(name, rest)?;
        if !self.nest.fits(known.kind) {
            return None;
        }
        self.pre = name == "pre";
        self.nest.open(known);
        Some(rest)
    }

    /// The same for what follows `</`.
    fn end<'m>(&mut self, tag: &'m str) -> Option<&'m str> {
        let known = self.nest.close()?;
        self.pre = false;
        tag.strip_prefix(known.name)?.strip_prefix('>')
    }
}

fn named(tag: &str) -> (&str, &str) {
    let is_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    tag.split_at(tag.bytes().take_while(|byte| is_name(byte)).count())
}

/// Reads the attributes of a tag and its `>`; gives what follows.
fn attributes<'m>(element: &str, mut rest: &'m str) -> Option<&'m str> {
    if let Some(after) = rest.strip_prefix('>') {
        return Some(after);
    }
    let allowed = allowed(element);
    let mut seen: Vec<&str> = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return Some(after);
        }
        let (name, after) = named(rest.strip_prefix(' ')?);
        let value = after.strip_prefix("=\"")?;
        let end = memchr::memchr(b'"', value.as_bytes())?;
        let (value, after) = (&value[..end], &value[end + 1..]);
        let fine = allowed.iter().any(|list| list.contains(&name))
            && is_written(value, true)
            && may_say(name, value)
            && !seen.contains(&name)
            && seen.len() < ATTRIBUTES_MAX;
        if !fine {
            return None;
        }
        seen.push(name);
        rest = after;
    }
}

/// Whether a text or a value is written as the serializer writes it (HTML §13.3), and read again as the same.
fn is_written(text: &str, in_attribute: bool) -> bool {
    let bytes = text.as_bytes();
    // `C2` may begin a no-break space, which is written as a reference.
    let told = |byte: &u8| matches!(byte, b'&' | b'<' | b'>' | b'\r' | b'\0' | 0xc2);
    // Looking at bytes without a branch is what compilers make quick.
    if !bytes.iter().fold(false, |any, byte| any | told(byte)) {
        return true;
    }
    let is_fine = |at: usize| match bytes[at] {
        b'&' => {
            let written = ["amp;", "lt;", "gt;", "nbsp;"];
            let after = &text[at + 1..];
            written.iter().any(|name| after.starts_with(name))
                || in_attribute && after.starts_with("quot;")
        }
        0xc2 => bytes.get(at + 1) != Some(&0xa0),
        _ => false,
    };
    let mut places = bytes.iter().enumerate().filter(|(_, byte)| told(byte));
    places.all(|(at, _)| is_fine(at))
}

/// Whether an attribute's value is beyond doubt: addresses are those of the web or of a place in the field.
fn may_say(attribute: &str, value: &str) -> bool {
    match attribute {
        "href" => value.starts_with('#') || value.starts_with("mailto:") || is_address(value),
        "src" | "poster" | "cite" => is_address(value),
        "srcset" => {
            let mut all = candidates(value).into_iter().peekable();
            all.peek().is_some() && all.all(|(address, _)| is_address(address))
        }
        _ => true,
    }
}

/// An address that no parser of addresses refuses: http or https, and a host of plain labels.
fn is_address(value: &str) -> bool {
    let Some(rest) = value
        .strip_prefix("https://")
        .or_else(|| value.strip_prefix("http://"))
    else {
        return false;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = &rest[..end];
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    // Two hyphens may begin a bad encoding.
    let is_plain = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !label.ends_with('-')
            && !label.contains("--")
            && label.bytes().all(is_letter)
    };
    // A host whose last label begins with a digit may be a bad number.
    let last = host.rsplit('.').next().unwrap_or_default();
    end <= 253
        && last.starts_with(|c: char| c.is_ascii_alphabetic())
        && host.split('.').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markup: &str, expected: bool) {
        assert_eq!(is_regular(markup), expected, "{markup}");
        if expected {
            assert_eq!(super::super::safety::cleaned(markup), markup);
        }
    }

    #[test]
    fn what_is_nested_well_is_regular() {
        check("A storm &amp; a <b>ferry</b>.", true);
        check(
            "<p>One <a href=\"https://a.example/?a=1&amp;b\">x</a><br>y</p><hr><h2>T</h2>",
            true,
        );
        check(
            "<h2><div>x</div></h2><a href=\"mailto:a@b.example\">x</a>",
            true,
        );
        check(
            "<video src=\"https://1.a.example/\" controls=\"\"></video>",
            true,
        );
        check("<ul>\n<li><p>x</p><ol><li>y</li></ol></li>\n</ul>", true);
        check(
            "<table>\n\t<tbody>\n\t\t<tr><td><p>x</p></td></tr></tbody></table>",
            true,
        );
        check(
            "<figure><img src=\"https://a.example/b.jpg\" alt=\"&quot;x&quot;\" srcset=\"https://a.example/b.jpg 2x\"><figcaption>c</figcaption></figure>",
            true,
        );
        check(
            "<b><i><b><b><b>x</b></b></b></i></b><a href=\"#fn1\">1</a>",
            true,
        );
    }

    #[test]
    fn what_a_parser_would_move_is_not() {
        for markup in [
            "<p>x",
            "x</p>",
            "<b><i>x</b></i>",
            "<p><div>x</div></p>",
            "<p><b><p>x</p></b></p>",
            "<a><b><a>x</a></b></a>",
            "<li>x</li>",
            "<ul><li>x<li>y</li></li></ul>",
            "<table><tr><td>x</td></tr></table>",
            "<table>x<tbody></tbody></table>",
            "<pre>\nx</pre>",
            "<h1><h2>x</h2></h1>",
            "<p><h2>x</h2></p>",
            "<br></br>",
        ] {
            check(markup, false);
        }
    }

    #[test]
    fn what_is_not_on_the_list_is_not() {
        for markup in [
            "<script>x</script>",
            "<p onclick=\"x\">x</p>",
            "<P>x</P>",
            "<p title='x'>x</p>",
            "<p title=\"a\" title=\"b\">x</p>",
            "<a href=\"javascript:x\">x</a>",
            "<a href=\" https://a.example/\">x</a>",
            "<a href=\"https://a.example:99999/\">x</a>",
            "<a href=\"https://1.2.3.400/\">x</a>",
            "<a href=\"https://xn--a/\">x</a>",
            "<img srcset=\"https://a.example/b.jpg 1x, data:text/html,x 2x\">",
            "<svg></svg>",
            "<!-- x -->",
            "a > b",
            "a & b",
            "a\u{a0}b",
            "a\rb",
            "<p title=\"<b>\">x</p>",
        ] {
            check(markup, false);
        }
    }
}
