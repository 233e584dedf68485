//! Twice the input makes about twice the output, whatever its shape: no byte of a document is copied for each of its others.
//!
//! Bytes are counted and no time is taken, so the tests say the same on every machine.

use feedwash::model::{FeedFormat, Response, Rules};
use feedwash::render::{Context, render};
use feedwash::wash::wash;

/// How many parts the smaller of two documents has: enough to be past the limits that keep lengths apart.
const PARTS: usize = 3_000;

/// How many bytes an input may become per byte: models, and documents of three formats, in which a byte
/// of text is escaped, a base of the longest kind stands at each of the shortest entries, and elements have closing tags.
const FACTOR_MAX: usize = 200;

/// Bytes of the input, and of all that is made of it: the feed as read and its documents in every format.
fn size(body: Vec<u8>) -> (usize, usize) {
    let given = body.len();
    let response = Response {
        body,
        ..Response::default()
    };
    let washed = wash(&response, &Rules::default()).expect("the shape is a feed");
    let model = |feed| serde_json::to_vec(feed).unwrap().len();
    let mut made = model(&washed.raw) + model(&washed.clean);
    for format in [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json] {
        made += render(&washed.clean, format, &Context::default()).len();
    }
    (given, made)
}

#[track_caller]
fn check(shape: impl Fn(usize) -> String) {
    let (given, once) = size(shape(PARTS).into_bytes());
    let (_, twice) = size(shape(2 * PARTS).into_bytes());
    assert!(
        twice <= once * 5 / 2,
        "{once} bytes grow to {twice} when the document doubles"
    );
    assert!(
        once <= given * FACTOR_MAX,
        "{given} bytes become {once}, which is too many"
    );
}

fn rss(head: &str, inside: &str) -> String {
    format!("<rss version='2.0' {head}><channel><title>t</title>{inside}</channel></rss>")
}

fn atom(head: &str, inside: &str) -> String {
    format!("<feed xmlns='http://www.w3.org/2005/Atom' {head}><title>t</title>{inside}</feed>")
}

fn json(members: &str) -> String {
    format!(r#"{{"version":"https://jsonfeed.org/version/1.1","title":"t",{members}}}"#)
}

fn list(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect::<Vec<_>>().join(",")
}

#[test]
fn of_long_namespaces() {
    check(|n| {
        let (long, many) = ("n".repeat(n), "<a/>".repeat(n));
        rss("", &format!("<x xmlns='urn:{long}'>{many}</x>"))
    });
    check(|n| {
        let (long, many) = ("n".repeat(n), "<q:a q:b='c'/>".repeat(n));
        rss(
            &format!("xmlns:q='urn:{long}'"),
            &format!("<item>{many}</item>"),
        )
    });
    check(|n| {
        let (long, many) = ("é".repeat(n), "<p:a><b/></p:a>".repeat(n));
        rss(
            "",
            &format!("<x xmlns='urn:{long}' xmlns:p='urn:p'>{many}</x>"),
        )
    });
}

#[test]
fn of_a_long_prefix() {
    check(|n| {
        let (long, many) = ("p".repeat(n), "<q:a/>".repeat(n));
        let head = format!("xmlns:{long}='urn:a' xmlns:q='urn:a'");
        rss(&head, &format!("<{long}:a/>{many}"))
    });
    check(|n| {
        let long = "p".repeat(n);
        rss("", &format!("<{long}:a/>{}", "<a/>".repeat(n)))
    });
}

#[test]
fn of_a_long_base() {
    let entry = "<entry><title type='html'>&lt;b>x&lt;/b></title>\
                 <content type='html'>&lt;a href='b'>x&lt;/a></content><z:z xmlns:z='urn:z'/></entry>";
    check(|n| {
        atom(
            &format!("xml:base='http://a.example/{}/'", "b".repeat(n)),
            &entry.repeat(n),
        )
    });
    check(|n| {
        let links = "<link href='x'/>".repeat(n);
        let base = format!("http://a.example/{}/", "b".repeat(n));
        rss(
            "",
            &format!("<z:z xmlns:z='urn:z' xml:base='{base}'>{links}</z:z>"),
        )
    });
    check(|n| {
        let links = "<a href='x'>y</a>".repeat(n);
        let base = format!("http://a.example/{}/", "b".repeat(n));
        let div = "<div xmlns='http://www.w3.org/1999/xhtml'>";
        atom(
            "",
            &format!(
                "<entry><content type='xhtml'>{div}<p xml:base='{base}'>{links}</p></div></content></entry>"
            ),
        )
    });
}

#[test]
fn of_a_long_language() {
    let entry = "<entry><title>x</title><content>y</content><z:z xmlns:z='urn:z'/></entry>";
    check(|n| atom(&format!("xml:lang='{}'", "l".repeat(n)), &entry.repeat(n)));
    check(|n| {
        let channel = format!("<language>{}</language>", "l".repeat(n));
        rss(
            "",
            &format!("{channel}{}", "<item><title>x</title></item>".repeat(n)),
        )
    });
}

#[test]
fn of_what_a_feed_says_once() {
    check(|n| {
        let long = "t".repeat(n);
        let head = format!(
            "<description>{long}</description><link>http://a.example/{long}</link>\
             <image><url>http://a.example/{long}</url><title>{long}</title></image>\
             <managingEditor>{long}</managingEditor><copyright>{long}</copyright>"
        );
        rss(
            "",
            &format!("{head}{}", "<item><title>x</title></item>".repeat(n)),
        )
    });
    check(|n| {
        let long = "t".repeat(n);
        json(&format!(
            r#""description":"{long}","icon":"{long}","language":"{long}","home_page_url":"http://a.example/{long}","authors":[{{"name":"{long}"}}],"items":[{}]"#,
            list(n, |i| format!(
                r#"{{"id":"{i}","content_html":"<a href='x'>x</a>"}}"#
            ))
        ))
    });
}

#[test]
fn of_our_own_member() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a '0123456789012345678901234567890123456789'>]><x>"#;
    check(|n| {
        let strings = list(n, |_| {
            format!("{:?}", format!("{bomb}{}</x>", "&a;".repeat(90)))
        });
        json(&format!(r#""_feedwash":{{"xml":[{strings}]}},"items":[]"#))
    });
    check(|n| {
        let strings = list(n, |_| r#""<a/><a/><a/>""#.to_owned());
        json(&format!(r#""_feedwash":{{"xml":[{strings}]}},"items":[]"#))
    });
    check(|n| {
        let link = |i| format!(r#"{{"href":"http://a.example/{i}","rel":"hub"}}"#);
        let hub = |i| format!(r#"{{"type":"WebSub","url":"http://a.example/{i}"}}"#);
        let (links, hubs) = (list(n, link), list(n, hub));
        json(&format!(
            r#""hubs":[{hubs}],"_feedwash":{{"links":[{links}]}},"items":[]"#
        ))
    });
}

#[test]
fn of_what_there_is_very_much_of() {
    check(|n| format!("{}{}", "\u{feff}".repeat(n), rss("", "<item/>")) + &" ".repeat(n));
    check(|n| rss("", &format!("<item>{}</item>", "<a>".repeat(n))));
    check(|n| {
        let links = "<atom:link rel='hub' href='http://a.example/'/>".repeat(n);
        rss("xmlns:atom='http://www.w3.org/2005/Atom'", &links)
    });
    check(|n| {
        let attributes: String = (0..n).map(|i| format!(" a{i}='b'")).collect();
        let div = "<div xmlns='http://www.w3.org/1999/xhtml'>";
        atom(
            "",
            &format!(
                "<entry><content type='xhtml'>{div}<p{attributes}>x</p></div></content></entry>"
            ),
        )
    });
    check(|n| {
        let attributes: String = (0..n).map(|i| format!(" a{i}='b'")).collect();
        rss(
            "",
            &format!("<item><description>&lt;p{attributes}></description></item>"),
        )
    });
}
