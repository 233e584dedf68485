//! Parts of a page that their markup tells: hidden texts, navigation, interface images, and lines whose links lead to
//! tags, to comments, to the entry itself. What a reader would fill in or click is in `forms`.
//!
//! It reads no phrases. A body that was scraped from a page has more of these than one that was written
//! for a feed; some lines are junk only there, and [`Survey`] tells the two apart.

use super::blocks::Block;
use super::forms;
use super::icons;
use super::scrub::{Cut, Scrub};
use super::structure::remove_containers;
use super::targets::{self, Target};
use super::tree::{NodeId, attr};
use scraper::node::Element;

/// The longest text of a line of tags.
const TAGS_CHARS_MAX: usize = 200;

/// Removes containers and images by their markup.
pub(super) fn containers(scrub: &mut Scrub<'_>) {
    let found = scrub.survey().clone();
    forms::forms(scrub, found.forms, found.notices);
    forms::clicks(scrub, found.choices, found.buttons);
    navigation(scrub, found.landmarks);
    hidden(scrub, found.hidden, found.page);
    icons::images(scrub, found.images, found.page);
}

/// The elements of a body that may be parts of a page, found in one walk.
#[derive(Debug, Clone, Default)]
pub(super) struct Survey {
    /// The body was scraped from a page: it has parts that nobody writes into a feed, or is laid out as pages are.
    pub(super) page: bool,
    forms: Vec<NodeId>,
    notices: Vec<NodeId>,
    choices: Vec<NodeId>,
    buttons: Vec<NodeId>,
    landmarks: Vec<NodeId>,
    hidden: Vec<NodeId>,
    images: Vec<NodeId>,
}

impl Survey {
    /// Looks at every element once.
    pub(super) fn of(scrub: &Scrub<'_>) -> Self {
        /// One of these may come from an editor's own layout.
        const SIGNS_MIN: usize = 4;
        let mut found = Self::default();
        let mut signs = 0;
        for node in scrub.nodes() {
            let Some(element) = node.value().as_element() else {
                continue;
            };
            found.note(node.id(), element);
            found.page = found.page || is_of_page(element);
            signs += usize::from(is_laid_out(element));
        }
        found.page |= signs >= SIGNS_MIN;
        found
    }

    fn note(&mut self, id: NodeId, element: &Element) {
        match element.name() {
            "form" | "fieldset" => self.forms.push(id),
            "noscript" => self.notices.push(id),
            "select" | "datalist" => self.choices.push(id),
            "button" => self.buttons.push(id),
            "nav" | "aside" | "footer" => self.landmarks.push(id),
            "img" => self.images.push(id),
            _ if element.attrs.is_empty() => return,
            _ if is_landmark(element) => self.landmarks.push(id),
            _ => {}
        }
        if is_hidden(element) {
            self.hidden.push(id);
        }
    }
}

fn is_of_page(element: &Element) -> bool {
    let titled = |token: &str| {
        matches!(
            token,
            "entry-header"
                | "entry-title"
                | "entry-footer"
                | "post-meta"
                | "entry-meta"
                | "article-body"
                | "post-header"
        )
    };
    matches!(
        element.name(),
        "article" | "main" | "header" | "nav" | "form" | "button" | "h1"
    ) || attr(element, "class").is_some_and(|class| class.split_ascii_whitespace().any(titled))
}

fn is_laid_out(element: &Element) -> bool {
    let placed = |token: &str| {
        matches!(
            token,
            "clearfix"
                | "container"
                | "row"
                | "left"
                | "right"
                | "wrapper"
                | "main"
                | "inner"
                | "header"
                | "footer"
                | "sidebar"
                | "column"
        ) || token.starts_with("col-")
    };
    element.name() == "script"
        || attr(element, "onclick").is_some()
        || attr(element, "class").is_some_and(|class| class.split_ascii_whitespace().any(placed))
}

/// Whether an element says by its role that it is a part of a page.
fn is_landmark(element: &Element) -> bool {
    let role = attr(element, "role").is_some_and(|role| {
        matches!(
            role,
            "navigation"
                | "search"
                | "contentinfo"
                | "complementary"
                | "menu"
                | "menubar"
                | "tablist"
                | "toolbar"
        )
    });
    role || attr(element, "itemtype").is_some_and(|kind| kind.ends_with("BreadcrumbList"))
}

/// Landmarks of a page that hold links (WAI-ARIA 1.2 §5.3.4, HTML §4.3).
fn navigation(scrub: &mut Scrub<'_>, ids: Vec<NodeId>) {
    let linked = ids.into_iter().filter(|id| is_links(scrub, *id)).collect();
    let why = "a part of a page that holds links";
    remove_containers(scrub, linked, "landmark", why);
}

/// Whether most of a container's text is links, and none is a heading with a link of its own.
fn is_links(scrub: &mut Scrub<'_>, id: NodeId) -> bool {
    let blocks = scrub.blocks();
    let Some(sum) = blocks.spans.get(&id).map(|span| blocks.sum(span)) else {
        return false;
    };
    let aside = scrub.element(id).is_some_and(|e| e.name() == "aside");
    sum.link_chars * 10 > sum.chars * if aside { 5 } else { 6 }
        && (aside || sum.media == sum.linked_media)
}

/// Short texts that the page hides from everybody.
fn hidden(scrub: &mut Scrub<'_>, ids: Vec<NodeId>, page: bool) {
    for id in ids {
        if !scrub.is_in_tree(id) {
            continue;
        }
        let blocks = scrub.blocks();
        let Some(span) = blocks.spans.get(&id).cloned() else {
            continue;
        };
        let (sum, behind) = (blocks.sum(&span), blocks.is_behind(&span));
        // What a mail's preview shows in place of the story stands before all of it.
        let before = sum.prose < blocks.total().prose && blocks.sum(&(0..span.start)).chars == 0;
        let small = sum.chars <= 300 && sum.media == 0 || sum.link_chars * 10 > sum.chars * 6;
        let small = small && sum.chars > 0 || page && sum.chars == 0;
        if small && (page || behind || before) {
            remove_containers(
                scrub,
                vec![id],
                "hidden",
                "a part that the page does not show",
            );
        }
    }
}

pub(super) fn hides(style: &str) -> bool {
    if !style.contains(':') {
        return false;
    }
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    let style = style.to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}

fn is_hidden(element: &Element) -> bool {
    let style = attr(element, "style").is_some_and(hides);
    // `hidden md:block` is shown where there is room.
    let class = attr(element, "class").is_some_and(|class| {
        let mut tokens = class.split_ascii_whitespace();
        !class.contains(':')
            && !class.contains("visible")
            && tokens.any(|token| {
                matches!(
                    token,
                    "hidden"
                        | "hide"
                        | "d-none"
                        | "is-hidden"
                        | "u-hidden"
                        | "hidden-all"
                        | "display-none"
                        | "hide-text"
                )
            })
            && !class.contains("-block")
            && !class.contains("-flex")
    });
    style || class || attr(element, "hidden").is_some_and(|value| value != "until-found")
}

/// Removes lines that their links tell.
pub(super) fn lines(scrub: &mut Scrub<'_>) {
    let page = scrub.is_page();
    let told = targets(scrub);
    let blocks = scrub.blocks();
    let total = blocks.list.iter().filter(|block| block.chars > 0).count();
    let tagged = told
        .iter()
        .filter(|told| told.as_ref().is_some_and(|told| told.all(Target::Tag)))
        .count();
    let mut cuts = Vec::new();
    for (at, told) in told.iter().enumerate() {
        let Some(told) = told else { continue };
        let block = &blocks.list[at];
        let place = Place {
            behind: blocks.is_behind(&(at..at + 1)),
            before: blocks.sum(&(0..at)).prose == 0,
            page,
            // An index of tags is what the entry is about.
            index: tagged * 2 > total,
        };
        if let Some((rule, evidence)) = line(block, told, place) {
            let label = (0..at)
                .rev()
                .find(|at| !blocks.list[*at].gone)
                .filter(|at| rule == "tags" && is_label(&blocks.list[*at]));
            cuts.push(Cut::new(
                label.into_iter().chain([at]).collect(),
                rule,
                evidence,
            ));
        }
    }
    scrub.cut(cuts);
    bare_heading(scrub, page);
}

/// Where a line stands, and in what.
#[derive(Debug, Clone, Copy)]
struct Place {
    behind: bool,
    before: bool,
    page: bool,
    index: bool,
}

/// Where the links of a block lead.
struct Told(Vec<Target>);

impl Told {
    fn all(&self, target: Target) -> bool {
        !self.0.is_empty() && self.0.iter().all(|other| *other == target)
    }

    fn only(&self, targets: &[Target]) -> bool {
        !self.0.is_empty() && self.0.iter().all(|other| targets.contains(other))
    }
}

/// Where the links of each block lead that is mostly links.
fn targets(scrub: &mut Scrub<'_>) -> Vec<Option<Told>> {
    let links: Vec<Option<Vec<NodeId>>> = scrub
        .blocks()
        .list
        .iter()
        .map(|block| {
            let mostly = !block.gone
                && !block.quoted
                && block.chars > 0
                && block.link_density() > 0.5
                && block.text_len() < 400;
            mostly.then(|| block.links.clone())
        })
        .collect();
    links
        .into_iter()
        .map(|links| {
            Some(Told(
                links?
                    .into_iter()
                    .map(|link| targets::of(scrub, link))
                    .collect(),
            ))
        })
        .collect()
}

fn line(block: &Block, told: &Told, place: Place) -> Option<(&'static str, &'static str)> {
    let outside = place.behind || place.before && place.page;
    let (len, linked) = (block.text_len(), block.is_linked());
    match () {
        () if told.only(&[Target::Tag, Target::Comments])
            && told.0.contains(&Target::Tag)
            && len < TAGS_CHARS_MAX
            && !place.index
            && !block.heading
            && (outside || linked && place.page) =>
        {
            Some(("tags", "its links lead to lists of entries"))
        }
        () if told.all(Target::Tag)
            && len < TAGS_CHARS_MAX
            && !place.index
            && linked
            && place.behind =>
        {
            Some(("tags", "its links lead to lists of entries"))
        }
        () if told.all(Target::Comments) && linked && len < 80 => {
            Some(("comments", "leads to the comments below the entry"))
        }
        () if told.only(&[Target::Entry, Target::Comments])
            && linked
            && len < 60
            && place.behind
            // What a frame left behind is called by its host.
            && (!block.text.contains('.') || block.text.contains(' ')) =>
        {
            Some(("entry link", "behind the story, leads to the entry itself"))
        }
        () if told.only(&[Target::Home, Target::Feed, Target::Account])
            && linked
            && len < 80
            && outside
            && (!block.item || place.page) =>
        {
            Some((
                "site link",
                "leads to the front page, a feed or a form of the site",
            ))
        }
        () if told.all(Target::Nowhere)
            && linked
            && len <= 40
            && !block.heading
            && (outside || place.page) =>
        {
            Some(("interface", "a link that leads nowhere without a script"))
        }
        () if told.all(Target::Licence) && len < 260 && outside => {
            Some(("copyright", "leads to a licence"))
        }
        () if place.page
            && place.behind
            && told.0.len() >= 3
            && !block.heading
            && block.chars / told.0.len() < 24
            && parted(block) =>
        {
            Some(("navigation", "a row of links behind the story"))
        }
        () => None,
    }
}

/// A few words with a colon, which belong to what stands below.
fn is_label(block: &Block) -> bool {
    block.text.ends_with([':', '：'])
        && block.text_len() < 40
        && block.links.is_empty()
        && !block.quoted
}

/// Whether a row of links is parted as navigation is: `Home | Contact | Terms`.
fn parted(block: &Block) -> bool {
    block.text.matches(['|', '·', '•', '/', '—', '»']).count() + 1 >= block.links.len()
}

/// A heading at the very end has nothing to head: what stood below it was made by a script, or is gone.
fn bare_heading(scrub: &mut Scrub<'_>, page: bool) {
    if !page {
        return;
    }
    let blocks = scrub.blocks();
    let last = blocks
        .list
        .iter()
        .rposition(|block| !block.gone && (block.chars > 0 || !block.media.is_empty()));
    let Some(last) = last else { return };
    let block = &blocks.list[last];
    let bare = block.heading
        && block.media.is_empty()
        && !block.quoted
        && block.chars < 60
        && blocks.is_behind(&(last..last + 1));
    if bare {
        scrub.cut(vec![Cut::new(
            vec![last],
            "heading",
            "heads nothing at the end of a page",
        )]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    const PROSE: &str = "<p>Ferry service between the two islands resumed on Sunday after a storm of three days, the port authority said.</p>\
        <p>More than two hundred people had waited on the smaller of them since Thursday, most in the school and some in the church.</p>";

    #[track_caller]
    fn gone(html: &str) {
        check(
            &format!("<article>{PROSE}{html}</article>"),
            &format!("<article>{PROSE}</article>"),
        );
    }

    #[track_caller]
    fn stays(html: &str) {
        check(html, html);
    }

    #[test]
    fn parts_of_a_page_go() {
        gone("<form action='/s'><p>Find:</p><input name=q><button>Go</button></form>");
        gone(
            "<form action='/c'><p>We value your privacy, and so do the four hundred partners with whom we share it.</p><input type=checkbox> <input type=EMAIL></form>",
        );
        gone(
            "<form action='/v'><p>Your pick?</p><input type=radio name=p> A <button>Vote</button></form>",
        );
        check(
            &format!(
                "<div style='display:none'>The ferry is back, and six more things</div>{PROSE}"
            ),
            PROSE,
        );
        gone("<div style='display: none'>Loading the thing</div>");
        gone("<aside><a href='/a'>Fares</a> <a href='/b'>Ports</a></aside>");
        gone("<p><a href='/tag/storm'>storm</a> <a href='/tag/ferry'>ferry</a></p>");
        gone("<p><a href='/ferry#respond'>Say something</a></p>");
        gone("<p><a href='/ferry'>#</a> <a href='/ferry'>12:30</a></p>");
        gone("<img src='/wp-content/themes/sea/line.png'>");
    }

    #[test]
    fn parts_of_a_story_stay() {
        stays(&format!(
            "{PROSE}<p>The form of <a href=\"https://site.example/tag/storm\">a storm</a> is that of a wheel.</p>"
        ));
        stays(&format!(
            "{PROSE}<aside>“We waited for three days,” said the baker.</aside>"
        ));
        check(
            &format!(
                "{PROSE}<form action='/v'>{PROSE}<input type=radio name=p><input type=Radio name=p></form>"
            ),
            &format!("{PROSE}{PROSE}"),
        );
        stays(&format!(
            "{PROSE}<p><img src=\"https://site.example/2026/facebook-office.jpg\"></p>"
        ));
        stays(&format!(
            "<h3><a href=\"https://other.example/tag/sea\">The sea, by tag</a></h3>{PROSE}"
        ));
    }
}
