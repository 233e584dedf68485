use super::super::tests::{body, washed};
use super::*;
use crate::model::Rules;

pub(super) const WORDS: ShownWords = ShownWords {
    table: "Table",
    image: "picture",
    frame: "frame",
    script: "script",
    control: "field",
    drawing: "drawing",
    rest: "The rest.",
};

const MANNER: Manner<'static> = Manner {
    prefix: "e1-",
    level: 2,
    words: &WORDS,
    base: None,
};

const NONE: Marks<'static> = Marks {
    removals: &[],
    reasons: &[],
    first: 1,
};

#[track_caller]
fn check(html: &str, expected: &str) {
    assert_eq!(shown(&Text::html(html), MANNER), expected);
}

/// Washes a body, and shows its original with the number of each removal where it stood.
#[track_caller]
fn check_marks(html: &str, expected: &str) {
    let (marked, removals) = original(html);
    assert_eq!(marked.html, expected);
    assert_eq!(marked.placed.len(), removals);
}

/// Washes a body, and marks its original; with how many removals there are.
fn original(html: &str) -> (Marked, usize) {
    let (clean, removals, _) = washed(&body(html), &Rules::default());
    let removals: Vec<&Removal> = removals.iter().collect();
    let reasons: Vec<String> = removals.iter().map(|one| one.pass.clone()).collect();
    let marks = Marks {
        removals: &removals,
        reasons: &reasons,
        first: 1,
    };
    let clean = clean.entries[0].content.as_ref();
    let marked = marked(&Text::html(html), clean, marks, MANNER);
    (marked, removals.len())
}

#[test]
fn nothing_active_is_shown() {
    check("<p onclick=x()>a<script>x()</script></p>", "<p>a</p>");
    check("<a href='javascript:x()'>a</a>", "<span>a</span>");
    check("<svg onload=x()><text>a</text></svg>", "");
    check(
        "<form action=/x><input><p>a</p></form>",
        "<div><p>a</p></div>",
    );
    check("<iframe src=https://x.example></iframe>a", "a");
    check("<p style='position:fixed'>a</p>", "<p>a</p>");
}

#[test]
fn names_of_the_page_are_the_pages() {
    check("<p id=main class=cut>a</p>", "<p>a</p>");
    check(
        "<a href='#fn-1'>1</a><p id=fn-1>a</p>",
        "<a href=\"#e1-fn-1\" rel=\"nofollow noopener noreferrer\">1</a><p id=\"e1-fn-1\">a</p>",
    );
    check("<main><nav>a</nav></main>", "<div><div>a</div></div>");
}

#[test]
fn headings_stand_under_the_pages() {
    check(
        "<h1>a</h1><h4>b</h4><h2>c</h2>",
        "<h3>a</h3><h4>b</h4><h4>c</h4>",
    );
    check("<h2> </h2><p>a</p>", " <p>a</p>");
}

#[test]
fn markup_is_made_right() {
    check(
        "<ul><p>a</p><li>b</ul>",
        "<ul><li><p>a</p></li><li>b</li></ul>",
    );
    check("<li>a</li>", "<div>a</div>");
    check("<span><div>a</div></span>", "<div>a</div>");
    check("<h2><div>a</div></h2>", "<h3><span>a</span></h3>");
    check(
        "<a href=https://a.example><img src=https://a.example/b.png></a>",
        "<a href=\"https://a.example/\" rel=\"nofollow noopener noreferrer\"><img src=\"https://a.example/b.png\" alt=\"picture\" loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"></a>",
    );
    check("<a href=https://a.example></a>b", "b");
}

#[test]
fn removals_are_marked_where_they_stood() {
    check_marks(
        "<p>The story.</p><p class=x>(This story has not been edited by <b>our staff</b> and is auto-generated from a syndicated feed.)</p>",
        "<p>The story.</p><del class=\"cut block\"><a class=\"why\" href=\"#r1\">1 syndication-notices</a> <p>(This story has not been edited by <b>our staff</b> and is auto-generated from a syndicated feed.)</p></del>",
    );
}

#[test]
fn what_can_not_be_shown_is_named() {
    check_marks(
        "<p>a<script>evil()</script></p>",
        "<p>a<del class=\"cut\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a> <span class=\"chip\">script</span></del></p>",
    );
    check_marks(
        "<p>a</p><img src=\"https://pixel.wp.com/b.gif?x=1\" width=1 height=1>",
        "<p>a</p><del class=\"cut\"><a class=\"why\" href=\"#r1\" title=\"1 tracking-pixels\">1</a> <span class=\"chip\">picture: https://pixel.wp.com/b.gif?x=1</span></del>",
    );
}

const PIXEL: &str = "<img src=\"https://pixel.wp.com/b.gif?host=x\" width=1 height=1>";

/// What a page would load of an original.
#[track_caller]
fn check_loads(html: &str, expected: &[&str]) {
    let shown = original(html).0.html;
    let pieces = shown.split("<img src=\"").skip(1);
    let loaded: Vec<&str> = pieces.filter_map(|piece| piece.split('"').next()).collect();
    assert_eq!(loaded, expected, "{shown}");
    assert!(
        !shown.contains("<video") && !shown.contains("<audio"),
        "{shown}"
    );
}

#[test]
fn originals_load_only_what_is_published() {
    check_loads(
        &format!("<p>a</p>{PIXEL}<img src=https://a.example/b.jpg>"),
        &["https://a.example/b.jpg"],
    );
    check_loads(
        "<p>a</p><img src=\"https://a.example/b.jpg?utm_source=x\">",
        &["https://a.example/b.jpg"],
    );
    check_loads(
        "<p>a</p><img data-src=\"https://a.example/b.jpg\">",
        &["https://a.example/b.jpg"],
    );
    check_loads("<p>a</p><video src=https://a.example/b.mp4></video>", &[]);
    // There are more than can be told from each other.
    check_loads(&format!("<p>a</p>{}", PIXEL.repeat(200)), &[]);
}

#[test]
fn originals_without_marks_load_nothing() {
    let story = "<p>The story of the day, told in many words.</p>".repeat(MARKED_BYTES_MAX / 48);
    let junk = format!(
        "{PIXEL}<img src=https://a.example/b.jpg?utm_source=x><video src=https://a.example/b.mp4></video>"
    );
    check_loads(&format!("{junk}{story}<p>And its end.</p>"), &[]);
    let shown = original(&format!("{junk}{story}{story}")).0.html;
    assert!(shown.contains("picture: https://pixel.wp.com"));
    assert!(shown.contains("picture: https://a.example/b.jpg"));
}

#[test]
fn attributes_are_marked_at_their_own_elements() {
    check_marks(
        "<p>a <i title=x>b</i> <b onclick=y>c</b> <i onclick=y>d</i> <b onclick=y>e</b></p>",
        "<p>a <i>b</i> <b><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a></sup>c</b> \
         <i><sup class=\"chg\"><a class=\"why\" href=\"#r2\" title=\"2 safety\">2</a></sup>d</i> \
         <b><sup class=\"chg\"><a class=\"why\" href=\"#r3\" title=\"3 safety\">3</a></sup>e</b></p>",
    );
    check_marks(
        "<p>Write onclick=\"y\" here.</p><p onclick=y>b</p>",
        "<p>Write onclick=\"y\" here.</p><p><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a></sup>b</p>",
    );
    check_marks(
        "<form id=a><p>b</p></form><form id=c><p>d</p></form>",
        "<div><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a></sup><p>b</p></div>\
         <div><sup class=\"chg\"><a class=\"why\" href=\"#r2\" title=\"2 safety\">2</a></sup><p>d</p></div>",
    );
}

#[test]
fn changes_are_marked_at_what_was_changed() {
    check_marks(
        "<p>a <a href=\"https://b.example/?utm_source=x\">b</a></p>",
        "<p>a <a href=\"https://b.example/?utm_source=x\" rel=\"nofollow noopener noreferrer\">b</a><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 tracker-parameters\">1</a></sup></p>",
    );
}

/// Whether what holds parts of one kind holds nothing else, and every removal has its mark.
#[track_caller]
fn check_nesting(html: &str) {
    let (marked, removals) = original(html);
    assert_eq!(marked.placed.len(), removals, "{}", marked.html);
    let shown = tree::parse(&marked.html).unwrap();
    for node in shown.root_element().descendants() {
        let parts: &[&str] = match node.value().as_element().map(|element| element.name()) {
            Some("ul" | "ol") => &["li"],
            Some("dl") => &["dt", "dd"],
            Some("table") => &["caption", "colgroup", "thead", "tbody", "tfoot", "tr"],
            Some("tbody" | "thead" | "tfoot") => &["tr"],
            Some("tr") => &["td", "th"],
            _ => continue,
        };
        for child in node.children() {
            let name = child.value().as_element().map(|element| element.name());
            assert!(
                name.is_none_or(|name| parts.contains(&name)),
                "{}",
                marked.html
            );
        }
    }
}

#[test]
fn marks_stand_where_they_may() {
    check_nesting("<ul onclick=x><li>a</li></ul>");
    check_nesting("<ul onclick=x>a</ul>");
    check_nesting("<ol onclick=x></ol><p>a</p>");
    check_nesting("<ul onclick=x><li onclick=y><ol onclick=z><li>a</li></ol></li></ul>");
    check_nesting("<dl onclick=x><dt>a</dt><dd>b</dd></dl>");
    check_nesting(
        "<table onclick=x><tbody onclick=y><tr onclick=z><td>a</td></tr></tbody></table>",
    );
    check_nesting("<table onclick=x></table><p>a</p>");
    check_nesting("<table><tr><td>a</td></tr><script>x</script></table>");
    check_nesting("<ul><form action=/x><li>a</li></form></ul>");
    check_nesting("<ul><a href='https://a.example/?utm_source=x'>a</a></ul>");
    check_marks(
        "<ul onclick=x><li>a</li></ul>",
        "<ul><li><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a></sup>a</li></ul>",
    );
}

/// What is too long is shown up to a length, with a word that there is more.
#[track_caller]
fn check_cut(text: &Text) {
    for shown in [shown(text, MANNER), marked(text, None, NONE, MANNER).html] {
        let most = SHOWN_BYTES_MAX + SHOWN_BYTES_MAX / 8;
        assert!(
            (SHOWN_BYTES_MAX / 4..most).contains(&shown.len()),
            "{}",
            shown.len()
        );
        assert!(shown.contains("The rest."));
    }
}

#[test]
fn pages_have_an_end() {
    let most = SHOWN_BYTES_MAX;
    check_cut(&Text::html("<p>a <b>word</b></p>".repeat(most / 10)));
    check_cut(&Text::html(format!(
        "<p>{}</p>",
        "word & ".repeat(most / 2000).repeat(500)
    )));
    check_cut(&Text::html(format!(
        "<p>{}</p>",
        "\"word\" ".repeat(most / 8)
    )));
    check_cut(&Text::html("word ".repeat(most / 4)));
    check_cut(&Text::plain("word ".repeat(most / 4)));
    check_cut(&Text::plain("\n<&>\n".repeat(most / 4)));
    let long = "a".repeat(most);
    check(
        &format!("<a href=https://a.example/{long}>b</a>"),
        "<span>b</span>",
    );
    check(
        &format!("<img src=https://a.example/{long} alt=b>"),
        "<span class=\"chip\">b</span>",
    );
}

#[test]
fn removals_beyond_the_end_are_told() {
    let html = format!(
        "<p onclick=x>a</p>{}<p onclick=y>b</p>",
        "<p>\"\"\"\"</p>".repeat(MARKED_BYTES_MAX / 12)
    );
    let (marked, removals) = original(&html);
    assert_eq!((marked.placed, removals), (vec![0], 2));
}

#[test]
fn leads_are_whole_blocks() {
    let shown = shown(&Text::html("<div><p>a <b>b</b></p><p>c</p></div>"), MANNER);
    assert_eq!(lead(&shown, 10), "<p>a <b>b</b></p>");
    assert_eq!(
        lead("<p onclick=x>a</p><script>x</script>", 100),
        "<p>a</p>"
    );
    assert_eq!(
        lead(&format!("<p>{}</p>", "word ".repeat(100)), 11),
        "<p>word word w…</p>"
    );
}
