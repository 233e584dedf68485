//! What is read straight, and that it is what the parser makes.

use super::super::{is_same, nodes_in, parsed};
use super::*;
use proptest::prelude::*;

/// Whether it is read, and is what the parser makes.
#[track_caller]
fn check(markup: &str, expected: bool) {
    assert_eq!(reads(markup), expected, "{markup}");
}

#[track_caller]
fn reads(markup: &str) -> bool {
    let html = read(markup, 4);
    if let Some(html) = &html {
        assert!(is_same(html, &parsed(markup, nodes_in(markup))), "{markup}");
    }
    html.is_some()
}

#[test]
fn what_is_nested_well_is_read() {
    check("A storm &amp; a <b>ferry</b>.", true);
    check("<p>One <a href=\"/x\">x</a><br/>y</p>\n<hr>", true);
    check(
        "<div><ul>\n<li><p>x</p><ol><li>y</li></ol></li></ul></div>",
        true,
    );
    check("<table> <tbody><tr><td>x</td></tr></tbody></table>", true);
    check("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", true);
    check("<pre>\nx</pre><pre>\n\ny</pre>", true);
    check("<P ALIGN=center>x</P>", true);
    check("x\r\ny\rz", true);
    check("", true);
}

#[test]
fn ends_that_are_left_out() {
    check("<p>x<p>y<ul><li>z<li><p>v</ul><dl><dt>w<dd>u</dl>", true);
    check("<table><tr><td>x<td>y<tr><th>z</table>", true);
    check(
        "<table><caption>c</caption><colgroup><col><tbody></table>",
        true,
    );
    check("<div>x", true);
    check("<p>x<b>y<p>z", false);
    check("<b><p>x</b>", false);
}

#[test]
fn tags_of_nothing() {
    check("<div>x</img>y</span>z</div></div>", true);
    check("<html><body>x</body></html>y", true);
    check("<html lang=\"en\">x", false);
    check("<div>x</p>y</div>", true);
    check("x</br>y", false);
    check("</h1>x", false);
    check("<table></div></table>", false);
}

#[test]
fn letters_that_hold_no_tags() {
    check("<iframe src=\"x\"></iframe>", true);
    check("<script>if (a<b && c) x(\"<p>\");</script>y", true);
    check("<style>a > b {}</style>", true);
    check("<script>\"</p>\"</script>", false);
    check("<script><!-- <script> </script>", false);
    check("<iframe>", false);
}

#[test]
fn comments() {
    check("x<!-- more --->y<!---->", true);
    for markup in [
        "<!-->x-->",
        "<!-- x --!> y -->",
        "<!-- <!-- -->",
        "<!doctype html>",
        "<!-- x",
    ] {
        check(markup, false);
    }
}

#[test]
fn attributes() {
    check("<img src='a b'alt=\"x\"title data-x=1/>", true);
    check("<video controls src=\"x\"></video>", true);
    check("<p\n\tclass=\"a\nb\" / id='y'>x</p>", true);
    check("<br clear=all/>", true);
    for markup in [
        "<p a=1 a=2>x</p>",
        "<p a = 1>x</p>",
        "<p a=>x</p>",
        "<p a=\"1\"\">x</p>",
        "<p =a>x</p>",
        "<p a",
        "<p-x>y</p-x>",
        "<svg></svg>",
    ] {
        check(markup, false);
    }
    let many: String = (0..=ATTRIBUTES_MAX).map(|n| format!(" a{n}")).collect();
    check(&format!("<p{many}>x</p>"), false);
    check(
        &format!("<p title=\"{}\">x</p>", "x".repeat(TAG_BYTES_MAX)),
        false,
    );
    check(&format!("<!--{}-->", "x".repeat(TAG_BYTES_MAX + 1)), false);
}

#[test]
fn references() {
    check(
        "&amp;&lt;&#8217;&#x2019;&nbsp;&hellip;&NotEqualTilde;&#38&copy x",
        true,
    );
    check("AT&T & R&D &; &unknown; &notit; &ampx &x", true);
    check("<a href='?a=1&copy=2&reg_x=3&amp=4&lt;&amp'>x</a>", true);
    for markup in [
        "&#128;",
        "&#1;",
        "&#xffff;",
        "&#;",
        "&#x;",
        "&#99999999;",
        "&#xd800;",
        "&#13;",
    ] {
        check(markup, false);
    }
}

#[test]
fn depth_is_left_to_the_parser() {
    check(&"<div>".repeat(65), false);
    check(&"<div>".repeat(64), true);
}

/// All elements in all pairs, where ends are there, are left out, or come too early.
#[test]
fn pairs_are_what_the_parser_makes() {
    let mut read = 0;
    for a in nesting::all() {
        for b in nesting::all() {
            let (a, b) = (a.name, b.name);
            let all = [
                format!("<{a}>x<{b}>y</{b}>z</{a}>w"),
                format!("<{a}>x<{b}>y</{a}>z</{b}>w"),
                format!("<{a}>x</{b}>y</{a}>z"),
                format!("<p>x<{a}>y<{b}>z"),
                format!("<ul><li>x<{a}>y</li><{b}>z</ul>w"),
                format!("<dl><dt>x<{a}>y<{b}>z</dl>w"),
                format!("<table><{a}><{b}>x</table>y"),
                format!("<table><tr><td><{a}>x</td><{b}>y</table>z"),
                format!("<b><{a}>x</b>y<{b}>z</b>"),
            ];
            read += all.iter().filter(|markup| reads(markup)).count();
        }
    }
    assert!(read > 5_000);
}

const PIECES: &[&str] = &[
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<a href=x>",
    "</a>",
    "<div>",
    "</div>",
    "<ul>",
    "<li>",
    "</li>",
    "</ul>",
    "<dl>",
    "<dt>",
    "<dd>",
    "</dd>",
    "</dl>",
    "<h2>",
    "</h2>",
    "<h3>",
    "<pre>",
    "</pre>",
    "<table>",
    "<tbody>",
    "<tr>",
    "<td>",
    "</td>",
    "</tr>",
    "</tbody>",
    "</table>",
    "<caption>",
    "</caption>",
    "<colgroup>",
    "<col>",
    "<ruby>",
    "<rt>",
    "</rt>",
    "</ruby>",
    "<br>",
    "<hr/>",
    "<img alt='&lt;'>",
    "</img>",
    "<body>",
    "</body>",
    "<!-- c -->",
    "<script>",
    "</script>",
    "<iframe></iframe>",
    "<object>",
    "</object>",
    "<font>",
    "</font>",
    "<span/>",
    "</span>",
    "x",
    " ",
    "\n",
    "&amp",
    "&#33;",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_is_what_the_parser_makes(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..14)) {
        reads(&pieces.concat());
    }
}
