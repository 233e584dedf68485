//! Links to other entries of the site: headed lists behind the story, labelled lines between its paragraphs.
//!
//! Written for Jetpack and YARPP, the “Read more:” lines of newspapers and the teasers below their stories.
//! Lists of links without a label are left alone: podcasts and link blogs are made of them.

use super::blocks::Block;
use super::names::Family;
use super::promos;
use super::scrub::{Cut, Scrub, sweep};
use super::structure::remove_named;
use super::words::{Kind, Lexicon, Stems};
use std::sync::LazyLock;

const HEADING: Kind = 1;

/// Headings above links to other entries.
#[rustfmt::skip]
const HEADINGS: &[&str] = &[
    "related", "related stories", "related story", "related posts", "related post", "related articles", "related article", "related content", "related news", "related links", "related coverage", "related reading", "related topics", "related items", "recommended", "recommended stories", "recommended for you", "recommended reading", "recommended articles", "you may also like", "you might also like", "you might also be interested in", "you may also be interested in", "also on", "also read", "read also", "see also", "read next", "up next", "what to read next", "more stories", "more news", "more articles", "more posts", "more from", "more from this author", "more from this section", "more like this", "more on this", "more on this story", "more on this topic", "more to read", "further reading from", "dont miss", "must read", "must reads", "trending", "trending now", "trending stories", "most read", "most popular", "popular posts", "popular stories", "popular articles", "top stories", "top story", "latest news", "latest stories", "latest posts", "latest articles", "latest from", "recent posts", "recent articles", "recent news", "editors picks", "editors pick", "editors choice", "in case you missed it", "next story in", "before you go we thought youd like these", "discover more like this", "from around the web", "around the web", "sponsored stories", "promoted stories", "suggested for you", "see more", "next", "previous articles", "previous article", "next article", "now read this", "now watch this", "previously on",
    "ähnliche beiträge", "ähnliche artikel", "ähnliche themen", "weitere beiträge", "weitere artikel", "weitere nachrichten", "weitere meldungen", "weitere themen", "verwandte artikel", "verwandte beiträge", "verwandte themen", "mehr zum thema", "mehr zu diesem thema", "mehr dazu", "mehr artikel", "lesen sie auch", "lesen sie mehr", "lies auch", "auch interessant", "das könnte dich auch interessieren", "das könnte sie auch interessieren", "das könnte ihnen auch gefallen", "dazu passend", "passend dazu", "neueste artikel", "neueste beiträge", "aktuelle meldungen", "aktuelle beiträge", "letzte beiträge", "meistgelesen", "meist gelesen", "beliebte beiträge", "top themen", "vorherige artikel", "weitere beiträge zu diesem artikel", "aus dem archiv", "empfehlungen der redaktion", "leseempfehlung", "alle meldungen", "mehr videos",
    "notas relacionadas", "nota relacionada", "noticias relacionadas", "noticia relacionada", "artículos relacionados", "artículo relacionado", "temas relacionados", "relacionadas", "relacionados", "relacionado", "contenido relacionado", "te puede interesar", "también te puede interesar", "le puede interesar", "te recomendamos", "le recomendamos", "recomendados", "recomendadas", "lo más leído", "lo más visto", "más leídas", "las más leídas", "más noticias", "más de", "últimas noticias", "lo último", "lea también", "lea más", "lee también", "lee más", "también lea", "leer también", "además lea", "mira también", "mira", "notas de interés", "ver también", "ver más", "no te pierdas", "destacadas", "entradas relacionadas", "entradas recientes", "artículo anterior", "artículo siguiente",
    "sur le même sujet", "sur le même thème", "à lire aussi", "lire aussi", "à lire également", "lire également", "à voir aussi", "voir aussi", "articles similaires", "articles liés", "article lié", "articles connexes", "articles récents", "derniers articles", "ses derniers articles", "la rédaction vous conseille", "la rédaction vous recommande", "vous aimerez aussi", "vous pourriez aussi aimer", "vous pourriez également aimer", "les plus lus", "les plus populaires", "plus darticles", "en lien avec cet article", "dans la même rubrique", "à découvrir", "nos derniers articles", "lire plus", "recommandé pour vous", "contenus associés",
    "leia também", "leia mais", "veja também", "veja mais", "relacionadas", "notícias relacionadas", "artigos relacionados", "posts relacionados", "matérias relacionadas", "conteúdo relacionado", "mais lidas", "mais notícias", "últimas notícias", "saiba mais", "confira também", "você pode gostar", "recomendado para você", "não perca", "posts recentes", "artigo anterior", "próximo artigo",
    "leggi anche", "leggi pure", "articoli correlati", "articolo correlato", "notizie correlate", "correlati", "potrebbe interessarti", "potrebbero interessarti", "ti potrebbe interessare", "potrebbe interessarti anche", "i più letti", "più letti", "ultime notizie", "altri articoli", "altre notizie", "vedi anche", "articoli recenti", "da non perdere",
    "lees ook", "lees meer", "lees verder", "gerelateerd", "gerelateerde artikelen", "gerelateerde berichten", "meer nieuws", "meer over", "meest gelezen", "ook interessant", "bekijk ook", "laatste nieuws", "misschien vind je dit ook leuk",
    "czytaj także", "czytaj też", "czytaj również", "czytaj więcej", "przeczytaj także", "przeczytaj też", "przeczytaj również", "zobacz także", "zobacz też", "zobacz również", "zobacz więcej", "polecamy", "polecane", "polecane artykuły", "podobne artykuły", "podobne wpisy", "powiązane artykuły", "powiązane", "najnowsze", "najczęściej czytane", "najpopularniejsze", "może cię zainteresować", "warto przeczytać",
    "читайте также", "читать также", "читайте ещё", "смотрите также", "похожие записи", "похожие статьи", "похожие новости", "похожие материалы", "по теме", "материалы по теме", "новости по теме", "ещё по теме", "другие новости", "последние новости", "популярное", "самое читаемое", "вам может быть интересно", "вам также может понравиться", "рекомендуем", "читайте також", "схожі записи", "схожі новини", "останні новини", "дивіться також",
    "ilgili haberler", "ilgili yazılar", "ilgili içerikler", "benzer haberler", "benzer yazılar", "son haberler", "çok okunanlar", "en çok okunanlar", "bunlar da ilginizi çekebilir", "ayrıca okuyun", "bunu da oku", "baca juga", "simak juga", "lihat juga", "berita terkait", "artikel terkait", "berita lainnya", "terpopuler", "berita terbaru", "tin liên quan", "bài viết liên quan", "xem thêm", "đọc thêm", "có thể bạn quan tâm", "tin mới nhất", "đọc nhiều",
    "関連記事", "関連ニュース", "関連リンク", "の関連記事", "あわせて読みたい", "合わせて読みたい", "こちらもおすすめ", "おすすめ記事", "おすすめ", "人気記事", "最新記事", "最新ニュース", "もっと見る", "この記事もおすすめ", "アクセスランキング", "人気の記事", "top story", "相关新闻", "相关阅读", "相关文章", "相关报道", "相关推荐", "推荐阅读", "延伸阅读", "阅读下一篇", "热门文章", "热门新闻", "最新文章", "猜你喜欢", "你可能感兴趣", "更多新闻", "相關新聞", "相關文章", "延伸閱讀", "推薦閱讀", "熱門文章", "你可能也喜歡", "深度观察", "관련 기사", "관련기사", "관련 뉴스", "관련 글", "함께 읽으면 좋은", "많이 본 뉴스", "추천 기사", "최신 기사",
    "اقرأ أيضا", "اقرأ أيضاً", "اقرأ ايضا", "إقرأ أيضا", "أخبار ذات صلة", "مواضيع ذات صلة", "مقالات ذات صلة", "ذات صلة", "قد يعجبك أيضا", "الأكثر قراءة", "الأكثر تصفحاً", "الأكثر تصفحا", "الأكثر مشاهدة", "آخر الأخبار", "شاهد أيضا", "شاهد أيضاً", "यह भी पढ़ें", "ये भी पढ़ें", "इसे भी पढ़ें", "संबंधित खबरें", "संबंधित ख़बरें", "संबंधित लेख", "और पढ़ें", "ताज़ा खबरें", "ताजा खबरें",
    "läs också", "läs även", "läs mer", "relaterade artiklar", "relaterat", "mest lästa", "senaste nytt", "fler nyheter", "læs også", "relaterede artikler", "mest læste", "seneste nyt", "les også", "les mer", "relaterte artikler", "relaterte saker", "siste saker", "siste nytt", "mest lest", "flere saker", "lue myös", "lue lisää", "luetuimmat", "uusimmat", "aiheeseen liittyvää", "čtěte také", "čtěte dále", "přečtěte si také", "mohlo by vás zajímat", "související články", "nejčtenější", "čítajte aj", "prečítajte si aj", "súvisiace články", "olvasta már", "kapcsolódó cikkek", "kapcsolódó", "ez is érdekelheti", "legolvasottabb", "citește și", "citeşte şi", "citiți și", "articole similare", "articole asemănătoare", "știri similare", "cele mai citite", "διαβάστε επίσης", "διαβάστε ακόμη", "δείτε επίσης", "σχετικά άρθρα", "σχετικά", "δημοφιλή",
];

/// Headings that are too common to count without a list of links right below.
#[rustfmt::skip]
const WEAK: &[&str] = &[
    "next", "mira", "recommended", "see more", "polecamy", "trending", "over", "saiba mais", "discussion",
];

/// Labels that stand before an author's sources too.
#[rustfmt::skip]
const SOURCES: &[&str] = &[
    "see also", "next", "mira", "see more", "further reading", "ver también", "ver más", "voir aussi", "vedi anche", "zie ook", "siehe auch", "over", "saiba mais", "discussion", "mehr dazu", "more", "up next",
];

/// Labels that are too common to be headings.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "read more", "read", "more", "watch", "mehr", "lies", "leer", "lire", "leggi", "lees", "czytaj", "zobacz",
];

/// Beginnings of headings that go on with a name: `More from …:`.
#[rustfmt::skip]
const BEGINNINGS: &[&str] = &[
    "more from", "read more from", "more by", "previously on", "more on", "mehr von", "mehr aus", "más de", "plus de", "mais de", "altri articoli di",
    "meer van", "więcej od",
];

static BEGINNINGS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(BEGINNINGS));
static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&[(HEADING, HEADINGS)], false));

/// The longest text between related links that belongs to them: a date, an author, a teaser's few words.
const BESIDE_CHARS: usize = 70;

/// Removes links to other entries.
pub(super) fn links(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Related);
    let own = own_links(scrub);
    let blocks = &scrub.blocks().list;
    let cuts = sweep(blocks, |at| {
        headed(blocks, &own, at).or_else(|| labelled(blocks, &own, at))
    });
    scrub.cut(cuts);
    let page = scrub.is_page();
    let cuts = promos::unlabelled(scrub, page);
    scrub.cut(cuts);
}

/// Which blocks have links that lead to the entry's own site: related links do, an author's sources don't.
fn own_links(scrub: &mut Scrub<'_>) -> Vec<bool> {
    let links: Vec<_> = scrub
        .blocks()
        .list
        .iter()
        .map(|block| block.links.clone())
        .collect();
    links.iter().map(|links| scrub.are_own(links)).collect()
}

fn is_heading(block: &Block) -> bool {
    !block.gone
        && !block.quoted
        && block.chars > 0
        && block.chars < 60
        && LEXICON.says(&block.folded)
}

/// A heading and the links below it.
fn headed(blocks: &[Block], own: &[bool], at: usize) -> Option<Cut> {
    let first = &blocks[at];
    let named = is_heading(first);
    let begun = !first.gone
        && !first.quoted
        && first.chars < 60
        && (first.heading || first.text.ends_with(':'))
        && BEGINNINGS_STEMS.begin(&first.folded);
    if !named && !begun {
        return None;
    }
    let mut run = vec![at];
    let mut links = 0;
    let mut taken = 1;
    for (index, block) in blocks.iter().enumerate().skip(at + 1) {
        if block.gone {
            continue;
        }
        let linked = block.is_linked() && own[index];
        let beside = links > 0
            && block.chars > 0
            && block.text_len() <= BESIDE_CHARS
            && !block.heading
            && !ends_sentence(block)
            && blocks
                .get(index + 1..)
                .and_then(|rest| rest.iter().find(|next| !next.gone))
                .is_some_and(|next| next.is_linked() || next.chars == 0);
        let teaser = own[index] && block.link_density() > 0.45 && block.text_len() < 260;
        if block.quoted || !(linked || beside || teaser) {
            break;
        }
        links += usize::from(linked && block.chars > 0 || teaser);
        run.push(index);
        if linked || teaser {
            taken = run.len();
        }
    }
    run.truncate(taken);
    if named
        && !WEAK.contains(&first.folded.as_str())
        && let Some(cut) = teasers(blocks, own, at)
    {
        return Some(cut);
    }
    let weak = WEAK.contains(&blocks[at].folded.as_str());
    let needed = if weak || !named { 2 } else { 1 };
    let follows = blocks[at + 1..]
        .iter()
        .find(|block| !block.gone && (block.chars > 0 || !block.media.is_empty()));
    let bare = links == 0
        && (named || begun)
        && (first.heading || first.text.ends_with(':') && follows.is_none())
        && !weak
        && follows.is_none_or(|block| block.heading)
        && blocks[..at].iter().any(Block::is_prose)
        && !blocks[at..]
            .iter()
            .any(|block| !block.gone && block.is_prose());
    if bare {
        return Some(Cut::new(
            vec![at],
            "related links",
            "a heading of related links with nothing below it",
        ));
    }
    let lonely =
        links == 0 && named && own[at] && !weak && blocks[at].is_linked() && blocks[at].chars < 40;
    (links >= needed || lonely).then(|| {
        Cut::new(
            run,
            "related links",
            "a heading of related links, and the links below it",
        )
    })
}

/// A heading and all behind it to the end: linked headlines, each with a date or a teaser of its entry.
fn teasers(blocks: &[Block], own: &[bool], at: usize) -> Option<Cut> {
    const TEASER_CHARS_MAX: usize = 300;
    let (mut headlines, mut prose, mut since) = (0, 0, usize::MAX);
    for (index, block) in blocks.iter().enumerate().skip(at + 1) {
        if block.gone || block.chars == 0 {
            continue;
        }
        if block.is_linked() && own[index] && block.text_len() >= 16 {
            headlines += 1;
            since = 0;
        } else {
            since = since.saturating_add(1);
            prose += usize::from(block.is_prose());
        }
        // A heading of its own begins something else.
        let other = block.heading && !block.is_linked();
        if block.quoted || other || since > 2 || block.text_len() > TEASER_CHARS_MAX {
            return None;
        }
    }
    (headlines >= 2 && prose >= 1 && prose <= headlines).then(|| {
        let all = (at..blocks.len()).filter(|index| !blocks[*index].gone);
        Cut::new(
            all.collect(),
            "related links",
            "a heading of related links, and headlines with their teasers below it",
        )
    })
}

/// One line, all link, that begins with a label: `Read more: …`, `ALSO READ | …`.
fn labelled(blocks: &[Block], own: &[bool], at: usize) -> Option<Cut> {
    let block = &blocks[at];
    if block.gone || block.quoted || block.link_density() < 0.5 || block.text_len() > 320 {
        return None;
    }
    let (label, rest) = block
        .text
        .split_once([':', '|', '：', '｜', '–', '—', '>', '»', '►', '▶'])?;
    let folded = super::words::fold(label);
    let known = LEXICON.says(&folded);
    // `See also: …` may lead to a source; `Related: …`, all of it a link, is the outlet's own.
    let sure = known && block.is_linked() && !SOURCES.contains(&folded.as_str());
    let names = label.chars().count() < 48
        && (sure || own[at] && (known || LABELS.contains(&folded.as_str())));
    (names && !rest.trim().is_empty()).then(|| {
        Cut::new(
            vec![at],
            "related link",
            "a label of related links before a link",
        )
    })
}

fn ends_sentence(block: &Block) -> bool {
    block.text.ends_with(['.', '!', '?', '。', '।']) && block.text_len() > 40
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn headed_lists_and_labelled_lines() {
        check(
            "<p>Story.</p><h3>Related posts:</h3><ul><li><a href='/a'>One</a></li><li><a href='/b'>Two</a></li></ul>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p><strong>Lea más: <a href='/a'>Hackers ofrecen descuento</a></strong></p><p>More story.</p>",
            "<p>Story.</p><p>More story.</p>",
        );
    }

    #[test]
    fn lists_that_are_content_stay() {
        for html in [
            "<p>Show notes:</p><ul><li><a href=\"https://a.example/\">One</a></li><li><a href=\"https://b.example/\">Two</a></li></ul>",
            "<p>Read more carefully and you will find it.</p>",
            "<h3>Related</h3><p>Two cousins are related when they share a grandparent, and so on through the whole family.</p>",
        ] {
            check(html, html);
        }
    }
}
