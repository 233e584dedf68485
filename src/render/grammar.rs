//! The small grammars that all formats refer to: addresses, languages, media types, e-mail.
//!
//! It judges and, for addresses, encodes; it never guesses what was meant.
//!
//! Invariants: what [`reference()`] gives is an IRI reference by RFC 3987 §2.2, whatever it was given;
//! an address that is one already comes back as it was; every function is linear.

use std::borrow::Cow;

/// An IRI reference (RFC 3987 §2.2), as near to what was given as can be: what cannot stand in one
/// is percent-encoded, as browsers do it. `None` where nothing is left.
pub(super) fn reference(given: &str) -> Option<Cow<'_, str>> {
    let given = given.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if given.is_empty() {
        return None;
    }
    let mut scheme = scheme_length(given);
    // A scheme alone names nothing (RFC 9110 §4.2.1), and strict readers refuse it.
    let leads = |rest: &str| {
        let name = rest.strip_prefix("//").unwrap_or(rest);
        !name.is_empty() && !name.starts_with('#') && (name == rest || !name.starts_with('?'))
    };
    if !leads(&given[scheme..]) {
        scheme = 0;
    }
    let (head, rest) = given.split_at(scheme);
    // Behind the authority, brackets stand nowhere (RFC 3986 §3.2.2).
    let authority_end = match rest.strip_prefix("//") {
        Some(rest) => 2 + rest.find(['/', '?', '#']).unwrap_or(rest.len()),
        None => 0,
    };
    let (authority, path) = rest.split_at(authority_end);
    if authority == "//" && !path.starts_with('/') {
        // No host: slashes of a path.
        return reference(&given[1..]).map(|rest| Cow::Owned(format!("%2F{rest}")));
    }
    let mut out = String::with_capacity(given.len());
    out.push_str(head);
    if authority.is_empty() {
        // In a relative reference, a colon in the first segment would make a scheme of it (RFC 3986 §4.2).
        let segment = path.find(['/', '?', '#']).unwrap_or(path.len());
        let colon = scheme == 0 && path[..segment].contains(':');
        push_encoded(
            &mut out,
            &path[..segment],
            if colon { ":[]@" } else { "[]" },
        );
        push_tail(&mut out, &path[segment..]);
    } else {
        push_authority(&mut out, authority);
        push_tail(&mut out, path);
    }
    Some(if out == given {
        Cow::Borrowed(given)
    } else {
        Cow::Owned(out)
    })
}

/// Whether a string is an IRI reference as it stands.
pub(super) fn is_reference(text: &str) -> bool {
    reference(text).is_some_and(|fit| fit == text)
}

/// Whether a string is an IRI (RFC 3987 §2.2): a reference with a scheme, and something behind it.
pub(super) fn is_iri(text: &str) -> bool {
    let scheme = scheme_length(text);
    scheme > 0 && scheme < text.len() && is_reference(text)
}

/// Whether a string is an address that HTTP can ask for.
pub(super) fn is_web_address(text: &str) -> bool {
    let is = |scheme: &str| {
        let start = text.get(..scheme.len());
        start.is_some_and(|start| start == scheme) && text.len() > scheme.len()
    };
    (is("http://") || is("https://")) && is_reference(text)
}

/// The length of a scheme with its colon (RFC 3986 §3.1); 0 where there is none.
fn scheme_length(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
    match end {
        Some(end)
            if text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text[end..].starts_with(':') =>
        {
            end + 1
        }
        _ => 0,
    }
}

/// `//user@host:port`. What has no port but something like it, and what is no IPv6 address in
/// brackets, becomes a name (RFC 3986 §3.2.2).
fn push_authority(out: &mut String, authority: &str) {
    let (user, rest) = match authority[2..].rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, &authority[2..]),
    };
    out.push_str("//");
    if let Some(user) = user {
        push_encoded(out, user, "[]@");
        out.push('@');
    }
    let literal = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let literal = literal.filter(|(address, _)| address.parse::<std::net::Ipv6Addr>().is_ok());
    let (host, port) = match literal {
        Some((address, port)) => (
            address,
            port.strip_prefix(':').or(port.is_empty().then_some("")),
        ),
        None => match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, Some("")),
        },
    };
    let port = port.filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    match (literal, port) {
        (Some(_), Some(_)) => out.push_str(rest),
        (None, Some(_)) => {
            push_encoded(out, host, ":[]@");
            out.push_str(&rest[host.len()..]);
        }
        (_, None) => push_encoded(out, rest, ":[]@"),
    }
}

/// Path, query and fragment. A fragment holds no further `#` (RFC 3986 §3.5).
fn push_tail(out: &mut String, tail: &str) {
    match tail.split_once('#') {
        Some((before, fragment)) => {
            push_encoded(out, before, "[]");
            out.push('#');
            push_encoded(out, fragment, "[]#");
        }
        None => push_encoded(out, tail, "[]"),
    }
}

/// Percent-encodes `besides` and what may stand in no part of an IRI.
fn push_encoded(out: &mut String, part: &str, besides: &str) {
    for (at, c) in part.char_indices() {
        let is_escape = || {
            let digits = part.as_bytes().get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        let stays = match c {
            '%' => is_escape(),
            c => is_iri_character(c) && !besides.contains(c),
        };
        if stays {
            out.push(c);
        } else {
            push_percent(out, c);
        }
    }
}

fn push_percent(out: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

/// A string as one part of an address, from which it can be had back: all but RFC 3986 §2.3's
/// unreserved characters are encoded.
pub(super) fn component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') {
            out.push(c);
        } else {
            push_percent(&mut out, c);
        }
    }
    out
}

/// RFC 3986 §2.2 and §2.3, and RFC 3987's `ucschar`. Characters for private use may stand in a query
/// alone, and nobody misses them there when they are encoded.
fn is_iri_character(c: char) -> bool {
    match c {
        '!'..='~' => !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'),
        '\u{a0}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{ffef}' => {
            !c.is_whitespace()
        }
        '\u{e0000}'..='\u{e0fff}' => false,
        c => ('\u{10000}'..='\u{efffd}').contains(&c) && (c as u32) & 0xfffe != 0xfffe,
    }
}

/// A language tag (BCP 47, RFC 5646 §2.1), with hyphens for the underscores of locales.
pub(super) fn language(given: &str) -> Option<Cow<'_, str>> {
    let given = given.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let tag = if given.contains('_') {
        Cow::Owned(given.replace('_', "-"))
    } else {
        Cow::Borrowed(given)
    };
    let (first, rest) = tag.split_once('-').unwrap_or((&tag, ""));
    // RFC 5646 §2.2.1: no language has a longer name; `i` and `x` begin tags of another kind.
    let is_language = match first.len() {
        1 => matches!(first, "i" | "I" | "x" | "X") && !rest.is_empty(),
        2 | 3 => first.bytes().all(|b| b.is_ascii_alphabetic()),
        _ => false,
    };
    let is_subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let is_tag = is_language && tag.split('-').skip(1).all(is_subtag);
    is_tag.then_some(tag)
}

/// Whether a string is a media type (RFC 6838 §4.2), perhaps with parameters.
pub(super) fn is_media_type(text: &str) -> bool {
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let essence = essence.trim_end_matches(' ');
    essence
        .split_once('/')
        .is_some_and(|(kind, sub)| is_name(kind) && is_name(sub))
        && !parameters.contains(char::is_control)
}

/// Whether a string is an e-mail address, as RFC 5322 §3.4.1 is used in life.
pub(super) fn is_email(text: &str) -> bool {
    let is_part = |part: &str| {
        let odd = |c: char| c.is_whitespace() || c.is_control() || "()<>,;:\\\"[]@".contains(c);
        !part.is_empty() && !part.contains(odd)
    };
    text.split_once('@')
        .is_some_and(|(local, domain)| is_part(local) && is_part(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        let fit = reference(given).unwrap_or_default();
        assert_eq!(fit, expected);
        assert!(
            fit.is_empty() || is_reference(&fit),
            "{fit} is no reference"
        );
    }

    #[test]
    fn an_address_stays() {
        for address in [
            "http://example.org/a%20b?c=d&e#f",
            "http://ü.example:80/ü",
            "http://[::1]:8080/",
            "../x?y#z",
            "//h/p",
            "urn:x:y:z",
            "mailto:a@example.org",
            "tag:example.org,2004:1",
            "#",
        ] {
            check(address, address);
        }
    }

    #[test]
    fn what_cannot_stand_in_an_address_is_encoded() {
        check(" http://a/b c\n", "http://a/b%20c");
        check("http://a/%zz%4", "http://a/%25zz%254");
        check("http://a/#b#c", "http://a/#b%23c");
        check(
            "http://a/<\"{}|\\^`>",
            "http://a/%3C%22%7B%7D%7C%5C%5E%60%3E",
        );
        check("a[0]", "a%5B0%5D");
        check("http://a:b/", "http://a%3Ab/");
        check("http://[::1/", "http://%5B%3A:1/");
        check("9:60", "9%3A60");
        check("é://ü", "é%3A//ü");
        check("http:", "http%3A");
        check("http://", "http%3A//");
        check("http://#x", "http%3A//#x");
        check("//", "%2F/");
        check("file:///x", "file:///x");
        check("\u{e000}\u{85}x", "%EE%80%80%C2%85x");
    }

    #[test]
    fn nothing_is_no_address() {
        check("", "");
        check(" \u{0}", "");
        assert!(!is_iri("http:"));
        assert!(!is_iri("x"));
        assert!(!is_web_address("https://"));
    }

    #[test]
    fn languages() {
        assert_eq!(language("en_US").as_deref(), Some("en-US"));
        assert_eq!(language("zh-Hant-TW").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(language("x-klingon").as_deref(), Some("x-klingon"));
        assert_eq!(language("English"), None);
        assert_eq!(language("en-"), None);
        assert_eq!(language(""), None);
    }

    #[test]
    fn media_types() {
        assert!(is_media_type("text/html; charset=utf-8"));
        assert!(!is_media_type("text"));
        assert!(!is_media_type("a/b/c"));
    }

    #[test]
    fn addresses_of_people() {
        assert!(is_email("jo@example.org"));
        for wrong in ["jo", "@b", "a@", "a@b@c", "a b@c", "Jo <a@b>"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
