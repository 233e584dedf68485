//! Furniture of the page around a story: breadcrumbs, tag lists, counters, dates, copyright lines.
//!
//! Written for the scraped pages that turn up as bodies. Names of classes carry it; by text only lines
//! that nothing else says are taken.

use super::blocks::Block;
use super::meta::{self, Place};
use super::names::Family;
use super::parts;
use super::scrub::{Cut, Scrub, sweep};
use super::structure::remove_named;
use super::telling;
use super::words::{Lexicon, NUMBER, Stems, fold};
use std::sync::LazyLock;

/// Labels before a list of tags.
#[rustfmt::skip]
const TAG_LABELS: &[&str] = &[
    "tags", "tag", "tagged", "tagged with", "tagged in", "tagged as", "filed under", "filed in", "keywords", "topics", "categories", "posted in", "in this article", "explore more topics", "schlagworte", "schlagwörter", "stichworte", "themen", "kategorien", "zugehörige themenseiten", "etiquetas", "etiqueta", "temas", "temas relacionados", "categorías", "archivado en", "palabras clave", "étiquettes", "mots clés", "catégories", "thèmes", "marcadores", "palavras chave", "assuntos", "tópicos", "argomenti", "argomenti correlati", "parole chiave", "etichette", "trefwoorden", "onderwerpen", "tagi", "słowa kluczowe", "tematy", "kategorie", "więcej informacji", "теги", "метки", "рубрики", "ключевые слова", "etiketler", "anahtar kelimeler", "label", "topik", "kata kunci", "từ khóa", "chủ đề", "タグ", "関連タグ", "キーワード", "カテゴリー", "标签", "关键词", "標籤", "關鍵字", "태그", "키워드", "الكلمات الدلالية", "كلمات دالة", "وسوم", "الوسوم", "टैग", "टैग्स", "taggar", "ämnen", "emner", "avainsanat", "asiasanat", "štítky", "klíčová slova", "címkék", "kulcsszavak", "etichete", "ετικέτες",
];

/// Whole lines of an interface.
#[rustfmt::skip]
const INTERFACE: &[&str] = &[
    "minute read", "min read", "minutes read", "mins read", "views", "view", "reads", "visited times visits today", "visited times visit today", "times visits today", "back to top", "skip to content", "skip to main content", "click to enlarge", "view photo", "view photos", "see gallery", "view gallery", "photos", "replay", "show caption", "hide caption", "read full story", "dismiss", "see all", "back to slide", "up next", "edit post", "print this article", "print this page", "print", "download pdf", "listen to this article", "your video will play in", "browser not compatible", "loading", "please wait", "close", "search", "menu", "toggle navigation", "share this article print", "mail the editor", "error report", "newer post older post home", "older posts", "newer posts", "older post", "newer post", "home",
    "lesezeit minuten", "lesedauer minuten", "minuten lesezeit", "min lesezeit", "zur übersicht", "nach oben", "zurück zur übersicht", "zurück zur startseite", "artikel drucken", "drucken", "print drucken", "seite drucken", "email newsletter", "email kontakt zur redaktion", "tempo di lettura minuti", "minuti di lettura", "tempo di lettura", "stampa", "temps de lecture minutes", "minutes de lecture", "temps de lecture min", "imprimer", "signaler une erreur", "escucha esta noticia", "lectura de minutos", "minutos de lectura", "tiempo de lectura minutos", "imprimir", "cargando", "tempo de leitura minutos", "minutos de leitura", "min de leitura", "leestijd minuten", "czas czytania minut", "время чтения минут", "мин чтения", "уменьшено до", "dakika okuma süresi", "纠错", "责任编辑", "图集", "返回顶部", "打印本页", "この記事を印刷", "印刷する", "ページの先頭へ", "轉寄", "인쇄하기",
];

/// What readers' comments are called where they are counted.
#[rustfmt::skip]
const COMMENTS: &[&str] = &[
    "comment", "comments", "kommentar", "kommentare", "commentaire", "commentaires", "comentario", "comentarios", "comentário", "comentários", "commento", "commenti", "reactie", "reacties", "komentarz", "komentarze", "komentarzy", "комментарий", "комментария", "комментариев", "комментарии", "коментар", "коментарі", "коментарів", "yorum", "komentar", "bình luận", "コメント", "件のコメント", "コメント 件", "评论", "条评论", "評論", "則評論", "留言", "則留言", "댓글", "개의 댓글", "댓글 개", "تعليق", "تعليقات", "تعليقا", "टिप्पणी", "टिप्पणियां", "टिप्पणियाँ", "kommentarer", "kommentti", "kommenttia", "komentář", "komentáře", "komentářů", "komentár", "komentáre", "komentárov", "hozzászólás", "comentariu", "comentarii", "de comentarii", "σχόλιο", "σχόλια",
];

/// How rights are reserved.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos reservados", "derechos reservados", "todos os direitos reservados", "tutti i diritti riservati", "riproduzione riservata", "alle rechten voorbehouden", "wszelkie prawa zastrzeżone", "все права защищены", "tüm hakları saklıdır", "无断转载禁止", "無断転載を禁じます", "版权所有", "著作權", "무단 전재", "جميع الحقوق محفوظة",
];

/// What a breadcrumb begins with.
#[rustfmt::skip]
const HOMES: &[&str] = &[
    "home", "startseite", "inicio", "accueil", "início", "strona główna", "главная", "anasayfa", "beranda", "trang chủ", "首页", "首頁", "ホーム", "トップ", "홈", "الرئيسية", "haupt", "hem", "hjem", "etusivu", "domů", "címlap", "acasă", "αρχική",
];

/// Labels of links to the entry before or after.
#[rustfmt::skip]
const NEIGHBOURS: &[&str] = &[
    "previous article", "next article", "previous post", "next post", "previous story", "next story", "vorheriger artikel", "nächster artikel", "vorheriger beitrag", "nächster beitrag", "artículo anterior", "artículo siguiente", "entrada anterior", "entrada siguiente", "article précédent", "article suivant", "artigo anterior", "próximo artigo", "articolo precedente", "prossimo articolo", "articolo successivo", "vorig artikel", "volgend artikel", "poprzedni artykuł", "następny artykuł", "предыдущая статья", "следующая статья", "предыдущая запись", "следующая запись", "önceki yazı", "sonraki yazı", "artikel sebelumnya", "artikel berikutnya", "前の記事", "次の記事", "上一篇", "下一篇",
];

static COUNTED: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&[(1, COMMENTS)], false));
static RESERVED_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(RESERVED));
static HOMES_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(HOMES));
static NEIGHBOURS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(NEIGHBOURS));
static TAGS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&[(1, TAG_LABELS)], false));
static LINES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&[(1, INTERFACE)], false));

/// Removes furniture.
pub(super) fn furniture(scrub: &mut Scrub<'_>) {
    for family in [
        Family::Tags,
        Family::Navigation,
        Family::Author,
        Family::Interface,
    ] {
        remove_named(scrub, family);
    }
    let page = scrub.is_page();
    let blocks = scrub.blocks();
    // A copyright line of two sentences or a notice is as long as prose, but no story.
    let is_story =
        |block: &Block| !is_copyright(block) && meta::says(block, Place::OUTSIDE).is_none();
    let story_end = blocks.last_prose(is_story);
    let mut prose = blocks.list.iter();
    let story_start = prose.position(|block| !block.gone && block.is_prose() && is_story(block));
    let blocks = &blocks.list;
    let cuts = sweep(blocks, |at| {
        let behind_story = story_end.is_none_or(|end| at > end);
        let place = Place {
            behind: story_end.is_some_and(|end| at > end),
            before: story_start.is_some_and(|start| at < start),
            page,
        };
        tag_list(blocks, at, behind_story)
            .or_else(|| line(blocks, at, behind_story))
            .or_else(|| {
                let evidence = meta::says(&blocks[at], place)?;
                Some(Cut::new(vec![at], "line of the page", evidence))
            })
    });
    scrub.cut(cuts);
    parts::lines(scrub);
}

/// A label of tags and the short links behind it, or both in one block.
fn tag_list(blocks: &[Block], at: usize, behind_story: bool) -> Option<Cut> {
    let block = &blocks[at];
    if block.gone || block.quoted || block.chars == 0 || block.text_len() > 300 {
        return None;
    }
    if behind_story
        && block.link_density() > 0.4
        && let Some((label, rest)) = block.text.split_once([':', '：'])
        && !rest.trim().is_empty()
        && TAGS.says(&fold(label))
    {
        return Some(Cut::new(vec![at], "tags", "a label of tags, and links"));
    }
    if !TAGS.says(&block.folded) {
        return None;
    }
    let is_tag = |block: &Block| {
        !block.quoted && block.is_linked() && block.text_len() < 60 && block.media.is_empty()
            || block.gone
    };
    let end = (at + 1..blocks.len())
        .find(|index| !is_tag(&blocks[*index]))
        .unwrap_or(blocks.len());
    let count = (at + 1..end).filter(|index| !blocks[*index].gone).count();
    (count >= 2 || count == 1 && behind_story).then(|| {
        Cut::new(
            (at..end).collect(),
            "tags",
            "a label of tags, and short links below it",
        )
    })
}

/// Lines of the page that nothing else says.
fn line(blocks: &[Block], at: usize, behind_story: bool) -> Option<Cut> {
    let block = &blocks[at];
    if block.gone
        || block.quoted
        || block.chars == 0
        || block.text_len() > 320
        || block.folded.is_empty()
    {
        return None;
    }
    let text = block.folded.as_str();
    let cut = |evidence: &str| Some(Cut::new(vec![at], "furniture", evidence));
    if block.chars < 60
        && LINES.tile(text).is_some_and(|kinds| kinds.contains(&1))
        && (text.len() >= 6 || block.is_linked())
        && !block.is_loose_item()
        && (!block.heading || block.is_linked() || behind_story && at > 0)
    {
        return cut("a line of an interface");
    }
    if (behind_story && at > 0 || block.is_linked()) && counts_comments(block) {
        return cut("a count of comments behind the story");
    }
    if behind_story && at > 0 && is_copyright(block) {
        return cut("a copyright line behind the story");
    }
    if is_breadcrumb(block) && !blocks[..at].iter().rev().take(40).any(Block::is_prose) {
        return cut("a path of links before the story");
    }
    if is_neighbour(block) {
        return cut("a link to the entry before or after");
    }
    None
}

/// `12 Comments`, `Yorum (3)`: one number and the word, in no heading and no list of the story.
fn counts_comments(block: &Block) -> bool {
    let kinds = COUNTED.tile(&block.folded).unwrap_or_default();
    kinds.len() == 2
        && kinds.contains(&NUMBER)
        && kinds.contains(&1)
        && !block.heading
        && !block.is_loose_item()
}

/// The words of a copyright line that has neither sign nor reservation: year, name and legal form.
const COPYRIGHT_WORDS_MAX: usize = 9;

fn is_copyright(block: &Block) -> bool {
    let text = block.text.trim_start();
    let sign = |text: &str| {
        text.starts_with(['©', 'Ⓒ', '🄯'])
            || text.get(..3).is_some_and(|t| t.eq_ignore_ascii_case("(c)"))
    };
    let word = text
        .get(..9)
        .filter(|t| t.eq_ignore_ascii_case("copyright"));
    // `Copyright law of 1998` begins a sentence; `Copyright 1998` and `Copyright: Ines Dorn` say whose it is.
    let rest = word.map(|word| text[word.len()..].trim_start());
    let begins = sign(text)
        || rest.is_some_and(|rest| {
            sign(rest)
                || rest.starts_with(|c: char| c.is_ascii_digit() || c == ':')
                || rest.starts_with("by ")
        });
    let reserved = || RESERVED_STEMS.any(&block.folded);
    // "Copyright 1922 by Ida Holm is what the title page says" goes on as a line without a sign does not.
    let is_line = || {
        sign(text)
            || rest.is_some_and(sign)
            || reserved()
            || block.folded.split(' ').count() <= COPYRIGHT_WORDS_MAX
    };
    block.media.len() < 2
        && (begins
            && is_line()
            && block.text_len() < 260
            && (telling::names_year(text) || reserved())
            || block.text_len() < 90
                && reserved()
                && !telling::quotes(text)
                && !telling::reports(block))
}

fn is_breadcrumb(block: &Block) -> bool {
    !block.links.is_empty()
        && block.text_len() < 160
        && HOMES_STEMS.begin(&block.folded)
        && block.text.contains(['»', '›', '→', '>', '/'])
}

/// `← Title`, `Vorheriger Artikel Title`: all link, or a label glued to a link.
fn is_neighbour(block: &Block) -> bool {
    let text = block.text.as_str();
    let arrow = (text.starts_with(['←', '«', '‹', '→', '⟵'])
        || text.ends_with(['→', '»', '›', '⟶']))
        && block.link_density() > 0.85;
    let labelled = NEIGHBOURS_STEMS.begin(&block.folded) && block.link_density() > 0.5;
    (arrow || labelled) && block.text_len() < 220 && block.links.len() <= 2
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn furniture_goes() {
        check(
            "<p class=breadcrumbs><a href='/'>Home</a> » Ferries</p><p>Story.</p>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p>Tags: <a href='/t/a'>storm</a>, <a href='/t/b'>ferry</a></p>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p>© 2026 Harbour Ledger. All rights reserved.</p>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn a_sentence_that_begins_like_a_copyright_line_stays() {
        let story = "<p>Story.</p><p>Copyright 1922 by Ida Holm is what the title page says.</p>";
        check(story, story);
        check(
            "<p>Story.</p><p>Copyright 2026 by Harbour Ledger Ltd.</p>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn counts_of_comments_go() {
        for text in [
            "12 Comments",
            "3 Kommentare",
            "Yorum (3)",
            "5 комментариев",
            "2条评论",
            "댓글 4",
        ] {
            check(&format!("<p>Story.</p><p>{text}</p>"), "<p>Story.</p>");
        }
    }

    #[test]
    fn lines_of_the_story_stay() {
        for html in [
            "<p>Story.</p><p>12 comments were deleted.</p>",
            "<p>Counted:</p><ul><li>12 comments</li><li>40 letters</li></ul>",
            "<p>12 comments</p><p>That is how many there were on Monday, when the council of the island met for the first time.</p>",
            "<p>Story.</p><p>Themes: grief, <a href=\"https://a.example/b\">and ferries</a> and many other things besides</p>",
            "<p>Story.</p><p>Copyright law is changing, said the minister.</p>",
            "<p>Story.</p><p>Copyright law was last changed in 1998.</p>",
            "<p>Story.</p><p>All rights reserved, she said, and closed the door.</p>",
            "<p>Story.</p><ul><li>Search</li><li>Loading</li><li>Photos</li></ul>",
        ] {
            check(html, html);
        }
    }
}
