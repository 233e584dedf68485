//! What feed writers hang below an entry: where it appeared first, flare, and links to read on.
//!
//! Written for WordPress and Yoast (`rssafter`), Medium, FeedBurner, Blogger, Reddit and Slashdot. The
//! first is told by structure in any language: a short last paragraph with a link that names the entry and
//! one to its site.

use super::blocks::Block;
use super::names::Family;
use super::scrub::{Cut, Scrub};
use super::structure::remove_named;
use super::tree::NodeId;
use super::words::{Kind, Lexicon, Stems};
use std::sync::LazyLock;
use url::Url;

/// How “appeared first on” is said: words before the title (or nothing), and words after it.
#[rustfmt::skip]
const APPEARED_FIRST: &[&str] = &[
    "appeared first on", "first appeared on", "originally appeared on", "was originally published on", "was originally published in", "was first published on", "was first published in", "erschien zuerst auf", "erschien zuerst bei", "erschien als erstes auf", "est apparu en premier sur", "est apparue en premier sur", "est dabord apparu sur", "appeared first in",
    "se publicó primero en", "apareció primero en", "aparece primero en", "se publicó originalmente en", "apareceu primeiro em", "apareceu primeiro no", "apareceu primeiro na", "foi publicado primeiro em", "aparece primeiro em", "sembra essere il primo su", "proviene da", "è stato pubblicato su", "verscheen eerst op", "verscheen als eerste op", "is eerst verschenen op", "pojawił się poniżej pierwszy raz w", "pojawił się po raz pierwszy w", "pochodzi z serwisu", "впервые появилась", "впервые появился", "появились сначала на", "сначала появилась на", "зявилися спочатку на", "вперше зявилася на", "ilk önce üzerinde ortaya çıktı", "ilk olarak", "ilk önce", "appeared first", "pertama kali tampil pada", "muncul pertama kali di", "pertama kali muncul di", "xuất hiện đầu tiên vào ngày", "xuất hiện đầu tiên trên", "に最初に表示されました", "の投稿", "最先出现在", "最早出现在", "最先出現於", "먼저 등장", "에 처음 등장했습니다", "ظهرت أولاً على", "ظهرت أولا على", "पहली बार", "पर पहले प्रकट हुई", "dök först upp på", "dukket først opp på", "blev først udgivet på", "vises først på", "julkaistiin ensimmäisen kerran", "ilmestyi ensimmäisenä", "pochází z", "se nejdříve objevil na", "appeared first on", "bejegyzés először", "jelent meg először", "apare prima dată în", "prima dată pe", "εμφανίστηκε πρώτα στο", "linked to the home page", "on medium where people are continuing the conversation",
];

/// Whole blocks that feed writers add.
const NOTICE: Kind = 1;
/// Whole blocks, or links at the end of one, that lead to the rest.
const MORE: Kind = 2;
/// What may stand beside them.
const BESIDE: Kind = 3;

#[rustfmt::skip]
const NOTICES: &[&str] = &[
    "if the formatting looks odd in your feed reader visit the original article", "view the original post", "view the original article", "view this post on the web", "view entire post", "click here to view the original post", "read this post on the website", "permalink", "link comments", "comments link",
    "read more of this story at slashdot", "read the comments on this post", "read the rest of this post",
];

#[rustfmt::skip]
const MORES: &[&str] = &[
    "continue reading", "continue reading this post", "continue reading the story", "read more", "read more here", "read the full story", "read the full article", "read full article", "read full story", "read the rest", "read the rest of this entry", "read the full post", "read the whole story", "read on", "full story", "full article", "more", "read article", "keep reading", "click here to read more", "click to continue reading", "view full post", "view full article", "learn more at", "read more at", "see full story", "read the complete article", "read it here", "the rest of this article", "read entire article", "continue", "read post", "view article", "view post",
    "weiterlesen", "weiter lesen", "mehr lesen", "zum artikel", "ganzen artikel lesen", "den ganzen artikel lesen", "artikel lesen", "lesen sie weiter", "zum vollständigen artikel", "vollständigen artikel lesen", "lire la suite", "lire plus", "continuer la lecture", "lire larticle", "lire larticle complet", "en savoir plus", "la suite", "lire la suite de larticle", "leer más", "seguir leyendo", "continuar leyendo", "sigue leyendo", "leer artículo completo", "leer el artículo completo", "leer nota completa", "leer la noticia completa", "leia mais", "ler mais", "continue lendo", "continuar lendo", "continuar a ler", "leia a matéria completa", "saiba mais", "leggi tutto", "leggi di più", "continua a leggere", "continua la lettura", "leggi larticolo completo", "leggi larticolo", "lees meer", "lees verder", "verder lezen", "lees het hele artikel", "czytaj dalej", "czytaj więcej", "więcej", "przeczytaj więcej", "przeczytaj całość", "читать далее", "читать дальше", "читать полностью", "подробнее", "читать", "далее", "читати далі", "детальніше", "devamını oku", "devamı", "devamini oku", "baca selengkapnya", "baca selanjutnya", "selengkapnya", "lanjutkan membaca", "đọc tiếp", "xem thêm", "続きを読む", "続きはこちら", "記事を読む", "全文を読む", "もっと読む", "阅读全文", "继续阅读", "阅读更多", "查看全文", "繼續閱讀", "閱讀更多", "閱讀全文", "더 보기", "계속 읽기", "더 읽기", "اقرأ المزيد", "قراءة المزيد", "متابعة القراءة", "أكمل القراءة", "और पढ़ें", "आगे पढ़ें", "पूरा पढ़ें", "läs mer", "fortsätt läsa", "läs hela artikeln", "læs mere", "læs hele artiklen", "les mer", "les mer her", "les hele saken", "lue lisää", "lue koko juttu", "číst dál", "číst více", "pokračovat ve čtení", "celý článek", "tovább olvasom", "tovább", "bővebben", "citește mai mult", "citeşte mai mult", "citește mai departe", "διαβάστε περισσότερα", "περισσότερα", "διαβάστε τη συνέχεια",
];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    Lexicon::new(
        &[
            (NOTICE, NOTICES),
            (MORE, MORES),
            (
                BESIDE,
                &[
                    "comments",
                    "link",
                    "discuss",
                    "discuss on hacker news",
                    "at",
                    "on",
                    "here",
                ],
            ),
        ],
        false,
    )
});

static APPEARED_FIRST_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(APPEARED_FIRST));

/// Removes footers that feed writers add.
pub(super) fn footers(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Feed);
    flare(scrub);
    let cuts: Vec<Cut> = last_texts(scrub, 6)
        .into_iter()
        .filter_map(|index| footer(scrub, index))
        .collect();
    scrub.cut(cuts);
}

/// The buttons and ads that FeedBurner, Feedblitz and Google's feed ads hang below an entry.
fn flare(scrub: &mut Scrub<'_>) {
    for id in scrub.elements(&["img"]) {
        let marks = ["/~", "feedads.", "feedsportal.", "feeds.wordpress."];
        let is_flare = scrub
            .attribute(id, "src")
            .filter(|src| marks.iter().any(|mark| src.contains(mark)))
            .and_then(|src| scrub.url(src))
            .is_some_and(|url| {
                let host = url.host_str().unwrap_or_default();
                let path = url.path();
                path.starts_with("/~ff/")
                    || path.starts_with("/~d/")
                    || path.starts_with("/~fs/")
                    || host == "feedads.g.doubleclick.net"
                    || host.ends_with("feedsportal.com")
                    || host == "feeds.wordpress.com" && path.starts_with("/1.0/")
            });
        if is_flare && !scrub.is_quoted(id) {
            let link = scrub.parent(id).filter(|parent| {
                scrub.element(*parent).is_some_and(|e| e.name() == "a")
                    && scrub.text(*parent).is_empty()
            });
            scrub.remove(
                link.unwrap_or(id),
                "feed flare",
                "address of a feed's own buttons or ads",
            );
        }
    }
}

/// The last blocks with text, last first.
fn last_texts(scrub: &mut Scrub<'_>, count: usize) -> Vec<usize> {
    let blocks = &scrub.blocks().list;
    let texts = (0..blocks.len())
        .rev()
        .filter(|index| !blocks[*index].gone && blocks[*index].chars > 0);
    texts
        .take(count)
        .filter(|index| !blocks[*index].quoted)
        .collect()
}

fn footer(scrub: &mut Scrub<'_>, index: usize) -> Option<Cut> {
    scrub.blocks();
    let scrub = &*scrub;
    let block = &scrub.built_blocks()[index];
    if block.text_len() > 420 || block.folded.is_empty() {
        return None;
    }
    let (folded, links) = (&block.folded, &block.links);
    let unlinked = block.chars - block.link_chars;
    let names = || links.iter().any(|link| names_entry(scrub, *link));
    let site = || links.iter().any(|link| leads_to_site(scrub, *link));
    if links.len() >= 2 && (1..=60).contains(&unlinked) && names() && site() {
        return Some(Cut::new(
            vec![index],
            "appeared first",
            "a link that names the entry and one to its site",
        ));
    }
    // Without a link the sentence could be the story's own, so it has to name the site as well.
    let is_named = |name: &str| !name.is_empty() && folded.contains(name);
    let title = scrub.about.title.as_str();
    let titled = || {
        title.len() >= 8
            && is_named(title)
            && (!links.is_empty() || is_named(&scrub.about.feed_title))
    };
    if APPEARED_FIRST_STEMS.any(folded) && (titled() || unlinked < 160 && names()) {
        return Some(Cut::new(
            vec![index],
            "appeared first",
            "says so, with the entry's title",
        ));
    }
    let kinds = LEXICON.tile(folded)?;
    kinds
        .contains(&NOTICE)
        .then(|| Cut::new(vec![index], "feed notice", "phrase of a feed writer"))
}

/// Whether a link's text is the entry's title, or it leads to the entry.
fn names_entry(scrub: &Scrub<'_>, link: NodeId) -> bool {
    if scrub.is_title(&scrub.folded(link)) {
        return true;
    }
    let url = scrub
        .attribute(link, "href")
        .and_then(|href| scrub.url(href));
    url.zip(scrub.about.link.as_ref())
        .is_some_and(|(url, own)| is_same_page(&url, own))
}

pub(super) fn is_same_page(a: &Url, b: &Url) -> bool {
    let [host, other_host] = [a, b].map(|url| {
        url.host_str()
            .unwrap_or_default()
            .trim_start_matches("www.")
    });
    let [path, other_path] = [a, b].map(|url| url.path().trim_end_matches('/'));
    host == other_host && path == other_path && !path.is_empty() && a.fragment().is_none()
}

/// Whether a link leads to the root of a site, or to where the feed says that its site is.
fn leads_to_site(scrub: &Scrub<'_>, link: NodeId) -> bool {
    let Some(url) = scrub
        .attribute(link, "href")
        .and_then(|href| scrub.url(href))
    else {
        return false;
    };
    let root =
        url.path().trim_end_matches('/').is_empty() && matches!(url.scheme(), "http" | "https");
    root || scrub
        .about
        .feed_link
        .as_ref()
        .is_some_and(|site| is_same_page(&url, site))
        || !scrub.about.feed_title.is_empty() && scrub.folded(link) == scrub.about.feed_title
}

/// Removes links that lead to the rest of a shortened entry: whole blocks, or the last link of the last block.
pub(super) fn read_more(scrub: &mut Scrub<'_>) {
    let cuts: Vec<Cut> = last_texts(scrub, 5)
        .into_iter()
        .filter(|index| is_more(&scrub.blocks().list[*index]))
        .map(|index| Cut::new(vec![index], "read more", "a link that says only so"))
        .collect();
    scrub.cut(cuts);
    let Some(&last) = last_texts(scrub, 1).first() else {
        return;
    };
    let block = &scrub.blocks().list[last];
    let Some(&link) = block.links.last() else {
        return;
    };
    let at_end = block.leaves.last().copied();
    let (prose, whole) = (block.chars > block.link_chars + 20, block.gone);
    let ends =
        at_end.is_some_and(|leaf| scrub.node(leaf).ancestors().any(|node| node.id() == link));
    let folded = scrub.folded(link);
    let says = LEXICON
        .tile(&folded)
        .is_some_and(|kinds| kinds.contains(&MORE))
        && folded != "more"
        && folded != "more at"
        && folded.len() >= 6;
    let own = scrub
        .attribute(link, "href")
        .and_then(|href| scrub.url(href))
        .zip(scrub.about.link.as_ref())
        .is_some_and(|(url, own)| is_same_page(&url, own));
    if ends && prose && !whole && says && own {
        scrub.remove(
            link,
            "read more",
            "the last link of the last paragraph, to the entry itself",
        );
    }
}

fn is_more(block: &Block) -> bool {
    block.link_density() > 0.6
        && block.chars < 80
        && LEXICON
            .tile(&block.folded)
            .is_some_and(|kinds| kinds.contains(&MORE))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn appeared_first_in_any_language() {
        check(
            "<p>Story.</p><p>Xyz <a href='https://site.example/ferry/'>Ferry service resumes</a> qrs tuv <a href='https://site.example'>Harbour Ledger</a>.</p>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p>The post Ferry service resumes after storm appeared first on Harbour Ledger.</p>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn links_to_read_on() {
        check(
            "<p>Story.</p><p><a href='/ferry'>Lire la suite…</a></p>",
            "<p>Story.</p>",
        );
        check(
            "<p>The ferry is back after three days of storm. <a href='https://site.example/ferry'>Continue reading...</a></p>",
            "<p>The ferry is back after three days of storm. </p>",
        );
    }

    #[test]
    fn footers_alike_stay() {
        for html in [
            "<p>Story.</p><p>Ferry service resumes after storm first appeared on the front pages of three papers.</p>",
            "<p>The post office first appeared on the map in 1790, and <a href=\"https://other.example/\">its archive</a> is public.</p>",
            "<p>See <a href=\"https://site.example/a\">my other post</a> and <a href=\"https://site.example/b\">this one</a>.</p>",
        ] {
            check(html, html);
        }
    }
}
