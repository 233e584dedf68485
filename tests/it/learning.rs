//! Learning, judged on outlets that nobody knows: invented names, notices that match no phrase, five languages.
//!
//! Each outlet's entries repeat five lines that are no story, and seven that are. How many of the first go
//! after 3, 5 and 10 entries is the recall; of the second none may ever go.

use feedwash::model::{Response, Rules};
use feedwash::wash::wash;
use std::fmt::Write as _;

/// An outlet: what it adds to every entry, and what its stories repeat for good reason.
struct Outlet {
    name: &'static str,
    /// Lines that it hangs below (`{t}` is the entry's title, `{n}` a number, `{d}` a date), as markup.
    notices: [&'static str; 5],
    /// Lines of the story that stand in every entry, as markup: intro, heading, label, items, quotation, code.
    story: [&'static str; 7],
    /// Two paragraphs with a number in them, so that no two entries say the same.
    prose: [&'static str; 2],
    title: &'static str,
    dates: [&'static str; 3],
}

const OUTLETS: &[Outlet] = &[
    Outlet {
        name: "Kahlhorster Laterne",
        notices: [
            "<p>„{t}“ stand am {d} in der Kahlhorster Laterne auf Blatt {n}.</p>",
            "<p>(Gedruckt und verteilt von den Leuten der Kahlhorster Laterne, ganz ohne Zutun der Stadt.)</p>",
            "<p><a href=\"https://laterne.example/marktplatz\">Zum Marktplatz der Laterne</a></p>",
            "<p><em>Unser Zeitungsbote bringt die Laterne jeden Morgen bis an die Haustür, auch im Winter und bei jedem Wetter.</em></p>",
            "<p>Blatt {n} von heute</p>",
        ],
        story: [
            "<p>Aus der Reihe „Leute am Deich“, in der Woche für Woche eine Kahlhorsterin oder ein Kahlhorster von sich und der Arbeit am Wasser spricht.</p>",
            "<h2>Was bleibt</h2>",
            "<p>Was sie an den Deich bringt:</p>",
            "<ul><li><a href=\"https://meer.example/pegel\">Pegel am Deich</a></li><li>Ein Regenmantel</li></ul>",
            "<blockquote><p>Wer nicht will deichen, der muss weichen.</p></blockquote>",
            "<pre>pegel --heute</pre>",
            "<p>Ihr Rat an die Jungen:</p>",
        ],
        prose: [
            "Hanne Oltmanns geht seit {n} Jahren jeden Morgen den Deich ab, und noch immer findet sie Dinge, die sie nicht erwartet hat.",
            "Am Abend des Tages {n} sitzt sie in der Küche, kocht Tee und schreibt auf, was das Wasser ihr gebracht hat und was nicht.",
        ],
        title: "Hanne und der Deich",
        dates: ["3. März 2026", "14. April 2026", "9. Dezember 2026"],
    },
    Outlet {
        name: "Le Phare de Brélès",
        notices: [
            "<p>« {t} » a paru dans Le Phare de Brélès du {d}, feuillet {n}.</p>",
            "<p>(Composé à la main par les typographes du Phare de Brélès, sans le concours de la mairie.)</p>",
            "<p><a href=\"https://phare.example/criee\">La criée du jour</a></p>",
            "<p><em>Le Phare paraît chaque matin avant la marée et se vend au comptoir du port, sauf les jours de grand vent.</em></p>",
            "<p>Feuillet {n} du jour</p>",
        ],
        story: [
            "<p>Chaque semaine, dans cette suite de portraits, une femme ou un homme du port raconte son métier et ses marées, sans rien cacher de ses peines.</p>",
            "<h2>Ce qui reste</h2>",
            "<p>Ce qu'elle emporte :</p>",
            "<ul><li><a href=\"https://mer.example/marees\">Table des marées</a></li><li>Un ciré</li></ul>",
            "<blockquote><p>Qui voit Ouessant voit son sang.</p></blockquote>",
            "<pre>maree --jour</pre>",
            "<p>Son conseil aux jeunes :</p>",
        ],
        prose: [
            "Depuis {n} ans, Soizic Le Goff descend au port avant le jour, et la mer lui réserve encore des surprises qu'elle note sur un carnet.",
            "Le soir du jour {n}, elle ouvre une bouteille de cidre, regarde la jetée par la fenêtre et compte les bateaux qui ne sont pas rentrés.",
        ],
        title: "Soizic et la jetée",
        dates: ["3 mars 2026", "14 avril 2026", "9 décembre 2026"],
    },
    Outlet {
        name: "Latarnik Ustecki",
        notices: [
            "<p>Tekst „{t}” ukazał się {d} w gazecie Latarnik Ustecki, karta {n}.</p>",
            "<p>(Złożone ręcznie w drukarni pisma Latarnik Ustecki, bez pomocy miasta.)</p>",
            "<p><a href=\"https://latarnik.example/targ\">Targ rybny w Ustce</a></p>",
            "<p><em>Latarnika roznoszą co rano listonosze i rybacy, a zimą także dzieci ze szkoły przy porcie, bez względu na pogodę.</em></p>",
            "<p>Karta {n} z dzisiaj</p>",
        ],
        story: [
            "<p>Z cyklu „Ludzie z falochronu”, w którym co tydzień ktoś z portu opowiada o swojej pracy, o morzu i o tym, co przyniósł mu ostatni sztorm.</p>",
            "<h2>Co zostaje</h2>",
            "<p>Co zabiera ze sobą:</p>",
            "<ul><li><a href=\"https://morze.example/fale\">Wysokość fal</a></li><li>Sztormiak</li></ul>",
            "<blockquote><p>Kto ma morze, ten ma drogę.</p></blockquote>",
            "<pre>fale --dzis</pre>",
            "<p>Jej rada dla młodych:</p>",
        ],
        prose: [
            "Od {n} lat Jadwiga Kreft wychodzi przed świtem na falochron i za każdym razem znajduje coś, czego się nie spodziewała.",
            "Wieczorem dnia {n} siada w kuchni, parzy herbatę i zapisuje w zeszycie, co tego dnia oddało jej morze, a czego nie oddało.",
        ],
        title: "Jadwiga i falochron",
        dates: ["3 marca 2026", "14 kwietnia 2026", "9 grudnia 2026"],
    },
    Outlet {
        name: "Kumluca Feneri",
        notices: [
            "<p>“{t}” {d} günü Kumluca Feneri sayfa {n} üzerinde çıktı.</p>",
            "<p>(Kumluca Feneri mürettipleri eliyle dizilmiştir, belediyenin katkısı yoktur.)</p>",
            "<p><a href=\"https://fener.example/pazar\">Balık pazarı fiyatları</a></p>",
            "<p><em>Fener her sabah güneş doğmadan kapınıza bırakılır; kışın fırtınada bile dağıtıcılar yollara düşer ve limana kadar iner.</em></p>",
            "<p>Bugünkü sayfa {n}</p>",
        ],
        story: [
            "<p>Her hafta limandan bir kadın ya da erkek bu dizide işini, denizi ve son fırtınanın getirdiklerini hiçbir şey saklamadan anlatıyor, biz de dinliyoruz.</p>",
            "<h2>Geriye kalan</h2>",
            "<p>Yanına aldıkları:</p>",
            "<ul><li><a href=\"https://deniz.example/dalga\">Dalga boyu</a></li><li>Bir yağmurluk</li></ul>",
            "<blockquote><p>Denize düşen yılana sarılır.</p></blockquote>",
            "<pre>dalga --bugun</pre>",
            "<p>Gençlere öğüdü:</p>",
        ],
        prose: [
            "Ayşe Denizoğlu {n} yıldır gün doğmadan iskeleye iner ve her seferinde beklemediği bir şey bulup defterine not eder.",
            "Gün {n} akşamı mutfakta çay demler, pencereden limana bakar ve dönmeyen kayıkları tek tek sayıp adlarını yazar.",
        ],
        title: "Ayşe ve iskele",
        dates: ["3 Mart 2026", "14 Nisan 2026", "9 Aralık 2026"],
    },
    Outlet {
        name: "岬の灯新聞",
        notices: [
            "<p>「{t}」は岬の灯新聞の{d}付、第{n}葉に載りました。</p>",
            "<p>（岬の灯新聞の植字工が手で組みました。町役場の手は借りていません。）</p>",
            "<p><a href=\"https://misaki.example/ichiba\">きょうの魚市場の値段</a></p>",
            "<p><em>岬の灯は毎朝、日の出の前に港の人たちの家の戸口まで届けられます。嵐の日も雪の日も休みません。</em></p>",
            "<p>本日の第{n}葉</p>",
        ],
        story: [
            "<p>港で働く人が毎週ひとりずつ、自分の仕事と海のこと、そして先の嵐が運んできたものについて、包み隠さず語るこの連載。今週も波止場の茶屋で話を聞いた。</p>",
            "<h2>残るもの</h2>",
            "<p>持っていくもの：</p>",
            "<ul><li><a href=\"https://umi.example/nami\">波の高さ</a></li><li>合羽</li></ul>",
            "<blockquote><p>板子一枚下は地獄。</p></blockquote>",
            "<pre>nami --kyou</pre>",
            "<p>若い人へのひとこと：</p>",
        ],
        prose: [
            "磯部はるは{n}年のあいだ、夜が明ける前に波止場へ下り、そのたびに思いがけないものを見つけては手帳に書きとめてきた。海は毎日ちがう顔をしている、と思っている。",
            "{n}日目の夕方、台所で茶をいれ、窓から港をながめて、まだ帰らない舟を一そうずつ数え、その名前を手帳に書いていく。風は北から吹き、灯台の灯がゆっくりと回る。",
        ],
        title: "はると波止場",
        dates: ["2026年3月3日", "2026年4月14日", "2026年12月9日"],
    },
];

fn fill(text: &str, outlet: &Outlet, entry: usize) -> String {
    text.replace("{t}", &format!("{} {}", outlet.title, entry + 1))
        .replace("{n}", &(7 * entry + 3).to_string())
        .replace("{d}", outlet.dates[entry % outlet.dates.len()])
}

/// A body: what the story repeats stands where stories have it, the notices below.
fn body(outlet: &Outlet, entry: usize) -> String {
    let [intro, heading, label, items, quote, code, advice] = outlet.story;
    let [first, second] = outlet
        .prose
        .map(|prose| format!("<p>{}</p>", fill(prose, outlet, entry)));
    let own = format!(
        "<p>{} {}: {}</p>",
        outlet.title,
        entry + 1,
        "abcdefghij".repeat(entry + 1)
    );
    let notices = outlet
        .notices
        .map(|notice| fill(notice, outlet, entry))
        .concat();
    [
        intro, &first, heading, label, items, quote, code, advice, &own, &second, &notices,
    ]
    .concat()
}

fn document(outlet: &Outlet, entries: usize) -> String {
    let mut items = String::new();
    for entry in 0..entries {
        let _ = write!(
            items,
            "<item><title>{} {}</title><guid isPermaLink=\"false\">{entry}</guid><link>https://outlet.example/{entry}/story</link>\
             <description><![CDATA[{}]]></description></item>",
            outlet.title,
            entry + 1,
            body(outlet, entry)
        );
    }
    format!(
        "<rss version=\"2.0\"><channel><title>{}</title><link>https://outlet.example/</link><description/>{items}</channel></rss>",
        outlet.name
    )
}

/// The text of some markup without tags and white space.
fn text(markup: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in markup.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside && !c.is_whitespace() => out.push(c),
            _ => {}
        }
    }
    out
}

/// How many notices are gone from the last entry of a feed of `entries`, of each outlet. Panics where a line of the story is.
fn gone(entries: usize) -> Vec<usize> {
    let outlets = OUTLETS.iter().map(|outlet| {
        let response = Response {
            body: document(outlet, entries).into_bytes(),
            ..Response::default()
        };
        let washed = wash(&response, &Rules::default()).expect("the document is a feed");
        let counts = washed
            .clean
            .entries
            .iter()
            .enumerate()
            .map(|(entry, clean)| {
                let html = &clean
                    .content
                    .as_ref()
                    .or(clean.summary.as_ref())
                    .expect("it has a body")
                    .value;
                let left = text(html);
                for line in outlet.story.iter().chain(&outlet.prose) {
                    let line = text(&fill(line, outlet, entry));
                    assert!(
                        left.contains(&line),
                        "{} lost {line:?} with {entries} entries",
                        outlet.name
                    );
                }
                let is_gone = |notice: &&&str| !left.contains(&text(&fill(notice, outlet, entry)));
                outlet.notices.iter().filter(is_gone).count()
            });
        counts.min().unwrap_or_default()
    });
    outlets.collect()
}

#[test]
fn no_phrase_of_ours_knows_the_notices() {
    assert_eq!(gone(1), [0; 5]);
    assert_eq!(gone(2), [0; 5]);
}

#[test]
fn three_entries_teach_them_all() {
    assert_eq!(gone(3), [5; 5], "of 5 notices each");
}

#[test]
fn five_entries_teach_them_all() {
    assert_eq!(gone(5), [5; 5], "of 5 notices each");
}

#[test]
fn ten_entries_unteach_nothing() {
    assert_eq!(gone(10), [5; 5], "of 5 notices each");
}

#[test]
fn a_removal_names_its_evidence() {
    let response = Response {
        body: document(&OUTLETS[0], 5).into_bytes(),
        ..Response::default()
    };
    let washed = wash(&response, &Rules::default()).expect("the document is a feed");
    let evidence = washed
        .removals
        .iter()
        .find(|one| one.pass == "repeated-lines")
        .and_then(|one| one.evidence.as_deref());
    assert_eq!(evidence, Some("in 5 of 5 entries"));
}

/// How many of the entries still show something that stands in each, behind (or among) paragraphs of its own.
fn showing(entries: usize, among: bool, picture: impl Fn(usize) -> String, mark: &str) -> usize {
    let bodies = illustrated(entries, among, picture);
    bodies.iter().filter(|body| body.contains(mark)).count()
}

/// How many pictures all entries show, of which each has one of its own and one behind its story.
fn pictures(entries: usize, picture: impl Fn(usize) -> String) -> usize {
    let bodies = illustrated(entries, false, picture);
    bodies.iter().map(|body| body.matches("<img").count()).sum()
}

/// The washed bodies of entries with a picture of their own, and one that stands in each.
fn illustrated(entries: usize, among: bool, picture: impl Fn(usize) -> String) -> Vec<String> {
    let mut body = String::from("<rss version='2.0'><channel><title>Sea</title>");
    for at in 0..entries {
        let port = ["Usta", "Brel", "Kahl", "Monte", "Lima", "Oster"][at % 6];
        let story = |part: &str| {
            format!(
                "<p>In {port} the {part} ferry left with all who had waited since Thursday, the baker of {port} and both of her sons among them.</p>"
            )
        };
        let (first, second) = (story("first"), story("second"));
        let (middle, behind) = match among {
            true => (picture(at), String::new()),
            false => (String::new(), picture(at)),
        };
        let _ = write!(
            body,
            "<item><title>A ferry, at last</title><link>https://sea.example/{at}</link>\
             <description><![CDATA[{first}<img src='https://sea.example/day{at}.jpg'>{middle}{second}{behind}]]></description></item>"
        );
    }
    body.push_str("</channel></rss>");
    let response = Response {
        body: body.into_bytes(),
        ..Response::default()
    };
    let washed = wash(&response, &Rules::default()).expect("the document is a feed");
    let bodies = washed.clean.entries.iter();
    let texts = bodies.filter_map(|entry| entry.content.as_ref().or(entry.summary.as_ref()));
    texts.map(|text| text.value.clone()).collect()
}

#[test]
fn a_banner_below_four_stories_goes() {
    let banner = |_| "<p><img src='https://sea.example/banner.png'></p>".to_owned();
    assert_eq!(showing(3, false, banner, "banner.png"), 3);
    assert_eq!(showing(4, false, banner, "banner.png"), 0);
    let linked = |at| {
        format!(
            "<p><a href='https://sea.example/{at}.mp3'><img src='https://sea.example/play.png'></a></p>"
        )
    };
    assert_eq!(showing(6, false, linked, "play.png"), 6);
}

#[test]
fn a_picture_among_paragraphs_stays() {
    let picture = |_| "<p><img src='https://sea.example/map.png'></p>".to_owned();
    assert_eq!(showing(6, true, picture, "map.png"), 6);
}

#[test]
fn a_placeholder_stays() {
    for lazy in [
        "<img src='https://sea.example/blank.gif' data-unheard-of='/p/{at}'>",
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' alt=''>",
        "<img src='https://sea.example/small.jpg' srcset='https://sea.example/{at}.jpg 800w'>",
        "<picture><source srcset='https://sea.example/{at}.webp'><img src='https://sea.example/old.jpg'></picture>",
        "<figure><img src='https://sea.example/latest.png'><figcaption>The tide on day {at}</figcaption></figure>",
        "<img src='https://sea.example/latest.png' alt='The tide on day {at}'>",
    ] {
        let lazy = |at: usize| format!("<p>{}</p>", lazy.replace("{at}", &at.to_string()));
        let shown = lazy(0);
        assert_eq!(pictures(6, lazy), 12, "{shown}");
    }
}
