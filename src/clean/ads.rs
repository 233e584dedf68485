//! Advertising: marks of ads, and the frames and images that ad servers send.

use super::blocks::Block;
use super::names::Family;
use super::scrub::{Cut, Scrub};
use super::structure::remove_named;
use super::tracking::is_below;
use super::words::Lexicon;
use std::sync::LazyLock;

/// Whole blocks that mark an ad.
#[rustfmt::skip]
const AD_MARKS: &[&str] = &[
    "advertisement", "advertisements", "advertising", "advertise", "ad", "ads", "sponsored", "sponsored content", "promoted", "promoted content", "paid content", "story continues below this ad", "story continues below advertisement", "story continues below", "article continues below advertisement", "article continues after advertisement", "article continues below this ad", "continue reading below", "scroll to continue", "scroll to continue reading", "advertisement scroll to continue", "about these ads", "report this ad", "report ad", "inread invented by teads", "powered by smartasset com", "ads by google", "ads via the deck", "via the deck", "skip ad", "remove ads", "this advertisement has not loaded yet but your article continues below", "loading ad",
    "anzeige", "anzeigen", "werbung", "anzeige werbung", "weiter nach der anzeige", "artikel wird nach der anzeige fortgesetzt", "publicité", "publicités", "annonce", "annonces", "la suite après cette publicité", "larticle continue après la publicité", "publicidad", "espacio publicitario", "anuncio", "anuncios", "patrocinado", "continúa después de la publicidad", "sigue leyendo después de la publicidad", "publicidade", "continua após a publicidade", "continua depois da publicidade", "conteúdo patrocinado", "pubblicità", "annuncio pubblicitario", "la pubblicità", "larticolo continua dopo la pubblicità", "advertentie", "advertenties", "lees verder onder de advertentie", "tekst gaat verder onder de advertentie", "reklama", "reklam", "reklame", "reklamy", "dalsza część artykułu pod reklamą", "реклама", "на правах рекламы", "продолжение после рекламы", "реклама реклама", "iklan", "advertensi", "baca selanjutnya di bawah iklan", "quảng cáo", "広告", "pr", "スポンサーリンク", "スポンサードリンク", "广告", "廣告", "광고", "إعلان", "إعلانات", "विज्ञापन", "annons", "artikeln fortsätter efter annonsen", "annoncer", "artiklen fortsætter efter annoncen", "annonse", "saken fortsetter under annonsen", "mainos", "juttu jatkuu mainoksen jälkeen", "hirdetés", "publicitate", "articolul continuă după reclamă", "διαφήμιση", "oglas",
];

/// Ad servers whose frames and images are ads.
#[rustfmt::skip]
const AD_HOSTS: &[&str] = &[
    "doubleclick.net", "googlesyndication.com", "dianomi.com", "mgid.com", "taboola.com", "outbrain.com", "revcontent.com", "adnxs.com", "criteo.com",
    "teads.tv", "zergnet.com", "buysellads.com", "carbonads.com", "adform.net", "smartadserver.com", "amazon-adsystem.com", "rcm-na.amazon.com",
    "rcm-eu.amazon-adsystem.com", "sharethrough.com", "smartasset.com", "smrt.as", "media.net", "infolinks.com", "propellerads.com", "yandex.ru/ads",
    "adfox.ru", "pubmatic.com", "openx.net",
];

static MARKS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&[(1, AD_MARKS)], false));

/// Removes marks of ads, and frames and images of ad servers.
pub(super) fn ads(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Ads);
    for id in scrub.elements(&["iframe", "img", "embed"]) {
        let ad = scrub
            .attribute(id, "src")
            .and_then(|src| scrub.url(src))
            .is_some_and(|url| {
                url.host_str()
                    .is_some_and(|host| AD_HOSTS.iter().any(|ad| is_below(host, ad)))
                    || url.path().ends_with("/advertisement.gif")
            });
        let empty = scrub.element(id).is_some_and(|e| {
            e.name() == "iframe" && matches!(e.attr("src").map(str::trim), Some("about:blank"))
        });
        if (ad || empty) && !scrub.is_quoted(id) {
            scrub.remove(id, "ad server", "address of an ad server, or of nothing");
        }
    }
    let blocks = &scrub.blocks().list;
    let marks = |index: usize| {
        let block = &blocks[index];
        !block.gone
            && !block.quoted
            && block.chars > 0
            && block.chars < 90
            && !titles(blocks, index)
            && !block.is_loose_item()
            && is_mark(&block.folded)
    };
    let cuts = (0..blocks.len())
        .filter(|index| marks(*index))
        .map(|index| Cut::new(vec![index], "mark of an ad", "a block that says only so"))
        .collect();
    scrub.cut(cuts);
}

/// Whether a line says that an advertisement follows.
pub(super) fn is_mark(folded: &str) -> bool {
    MARKS.says(folded)
}

/// `Advertising` may be the heading of a text about it: one of a word or two right above prose is.
fn titles(blocks: &[Block], index: usize) -> bool {
    let below = blocks.iter().skip(index + 1).find(|block| !block.gone);
    blocks[index].heading
        && blocks[index].folded.split(' ').count() < 3
        && below.is_some_and(Block::is_prose)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn marks() {
        check(
            "<p>Story.</p><p>- Advertisement -</p><p>More.</p>",
            "<p>Story.</p><p>More.</p>",
        );
    }

    #[test]
    fn stories_about_them_stay() {
        for html in [
            "<p>Where the money goes:</p><ul><li>Sales</li><li>Advertising</li><li>PR</li></ul>",
            "<table><tbody><tr><td>Advertising</td><td>43 %</td></tr></tbody></table>",
            "<h2>Advertising</h2><p>The city earns two million a year with posters at its stops, more than ever before, and wants more.</p>",
            "<p>Story.</p><p>The advertisement was withdrawn.</p>",
            "<p>Story.</p><p>The company said on Monday that its newsletter had reached a million readers.</p>",
        ] {
            check(html, html);
        }
    }
}
