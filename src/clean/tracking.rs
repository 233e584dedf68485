//! Those who count readers: images nobody can see.
//!
//! It touches no link; what links carry for them, `parameters` and `redirects` know.

use super::links::candidates;
use super::quick::QuickMap;
use super::scrub::Scrub;
use super::tree::NodeId;
use std::rc::Rc;
use std::sync::LazyLock;
use url::Url;

/// Beacons by who runs them: host (with all below it), and what the path must hold. Gathered from each
/// operator's own embedding instructions and from EasyPrivacy's groups of the same names.
#[rustfmt::skip]
const BEACONS: &[(&str, &[(&str, &str)])] = &[
    ("FeedBurner", &[("feeds.feedburner.com", "/~r/"), ("feedproxy.google.com", "/~r/"), ("feeds.feedburner.com", "/~4/")]),
    ("FeedBlitz", &[("feeds.feedblitz.com", "/~/i/"), ("feeds.feedblitz.com", "/~/t/"), ("assets.feedblitz.com", "pixel")]),
    ("FeedPress", &[("feedpress.me", ""), ("feedpress.it", "")]),
    ("Feedsportal", &[("feedsportal.com", "")]),
    ("Pheedo", &[("pheedo.com", "")]),
    ("WordPress.com", &[("stats.wordpress.com", ""), ("pixel.wp.com", ""), ("stats.wp.com", "")]),
    ("Medium", &[("medium.com", "/_/stat")]),
    ("Blogger", &[("blogger.googleusercontent.com", "/tracker/"), ("blogger.com", "/tracker/")]),
    ("Google", &[("google-analytics.com", ""), ("doubleclick.net", ""), ("googlesyndication.com", ""), ("googleadservices.com", ""), ("googletagmanager.com", ""), ("2mdn.net", "")]),
    ("Meta", &[("facebook.com", "/tr"), ("connect.facebook.net", "/tr")]),
    ("Twitter", &[("analytics.twitter.com", ""), ("t.co", "/i/adsct"), ("ads-twitter.com", "")]),
    ("LinkedIn", &[("px.ads.linkedin.com", ""), ("dc.ads.linkedin.com", "")]),
    ("Pinterest", &[("ct.pinterest.com", "")]),
    ("Microsoft", &[("bat.bing.com", ""), ("clarity.ms", "")]),
    ("Amazon", &[("amazon-adsystem.com", ""), ("assoc-amazon.com", "/e/ir"), ("assoc-amazon.co.uk", "/e/ir"), ("assoc-amazon.de", "/e/ir"), ("assoc-amazon.fr", "/e/ir"), ("assoc-amazon.jp", "/e/ir"), ("assoc-amazon.ca", "/e/ir")]),
    ("HubSpot", &[("track.hubspot.com", ""), ("forms.hubspot.com", "pixel")]),
    ("Mailchimp", &[("list-manage.com", "/track/"), ("mailchi.mp", "open.php"), ("list-manage1.com", "/track/"), ("list-manage2.com", "/track/")]),
    ("SendGrid", &[("sendgrid.net", "/wf/open"), ("ct.sendgrid.net", "")]),
    ("Comscore", &[("scorecardresearch.com", "")]),
    ("Quantcast", &[("quantserve.com", ""), ("quantcount.com", "")]),
    ("Nielsen", &[("imrworldwide.com", "")]),
    ("Chartbeat", &[("chartbeat.net", ""), ("ping.chartbeat.net", "")]),
    ("Parse.ly", &[("pixel.parsely.com", ""), ("p1.parsely.com", "")]),
    ("Associated Press", &[("analytics.apnewsregistry.com", "")]),
    ("The Conversation", &[("counter.theconversation.com", ""), ("counter.theconversation.edu.au", "")]),
    ("ProPublica", &[("pixel.propublica.org", "")]),
    ("Clicky", &[("getclicky.com", "")]),
    ("StatCounter", &[("c.statcounter.com", ""), ("statcounter.com", "/counter/")]),
    ("Histats", &[("histats.com", "")]),
    ("GoatCounter", &[("goatcounter.com", "/count")]),
    ("Simple Analytics", &[("simpleanalyticscdn.com", ""), ("queue.simpleanalytics.com", "")]),
    ("VG Wort", &[("met.vgwort.de", ""), ("vgwort.de", "/na/")]),
    ("INFOnline", &[("ioam.de", ""), ("ivwbox.de", "")]),
    ("AT Internet", &[("xiti.com", ""), ("ati-host.net", "")]),
    ("Gemius", &[("hit.gemius.pl", ""), ("gemius.pl", "")]),
    ("Yandex", &[("mc.yandex.ru", ""), ("mc.yandex.com", "")]),
    ("LiveInternet", &[("counter.yadro.ru", "")]),
    ("Mail.ru", &[("top-fwz1.mail.ru", ""), ("top.mail.ru", "/counter")]),
    ("Rambler", &[("counter.rambler.ru", "")]),
    ("Baidu", &[("hm.baidu.com", "")]),
    ("Outbrain", &[("tr.outbrain.com", ""), ("traffic.outbrain.com", "")]),
    ("Taboola", &[("trc.taboola.com", "")]),
    ("Awin", &[("awin1.com", "/cshow"), ("zanox.com", "/ppv")]),
    ("Tradedoubler", &[("tradedoubler.com", "/imp")]),
    ("Matomo", &[("", "/piwik.php"), ("", "/matomo.php"), ("matomo.cloud", "")]),
    ("mail openings", &[("", "/open.php?u="), ("", "/wf/open?"), ("", "/track/open"), ("", "/ss/o/"), ("", "/open.aspx?"), ("exct.net", "/open"), ("rs6.net", "/on.jsp"), ("pstmrk.it", "/open"), ("cmail19.com", "/o"), ("cmail20.com", "/o"), ("createsend.com", "/t/"), ("openrate.aweber.com", ""), ("open.convertkit-mail.com", ""), ("track.mailerlite.com", ""), ("trk.klaviyomail.com", ""), ("actonsoftware.com", ""), ("mktoresp.com", ""), ("pi.pardot.com", ""), ("returnpath.net", "")]),
    ("Adobe", &[("omtrdc.net", ""), ("2o7.net", ""), ("demdex.net", ""), ("everesttech.net", ""), ("", "/b/ss/")]),
    ("Oracle", &[("bluekai.com", ""), ("eloqua.com", "/visitor/"), ("addthis.com", "/live/")]),
    ("Salesforce", &[("krxd.net", ""), ("exelator.com", "")]),
    ("advertising exchanges", &[("adnxs.com", ""), ("rubiconproject.com", ""), ("pubmatic.com", ""), ("openx.net", ""), ("casalemedia.com", ""), ("adsrvr.org", ""), ("mathtag.com", ""), ("serving-sys.com", ""), ("criteo.com", ""), ("criteo.net", ""), ("rlcdn.com", ""), ("tapad.com", ""), ("agkn.com", ""), ("adform.net", ""), ("smartadserver.com", ""), ("adition.com", ""), ("yieldlab.net", ""), ("bidswitch.net", ""), ("3lift.com", ""), ("sharethrough.com", ""), ("media.net", "/cksync"), ("teads.tv", "/track"), ("zemanta.com", "")]),
    ("BuySellAds", &[("srv.buysellads.com", ""), ("rss.buysellads.com", ""), ("srv.carbonads.net", "")]),
    ("Snap, Reddit, Quora, TikTok, Spotify", &[("tr.snapchat.com", ""), ("alb.reddit.com", ""), ("pixel.redditmedia.com", ""), ("q.quora.com", "/_/ad"), ("analytics.tiktok.com", ""), ("pixel.spotify.com", "")]),
    ("Yahoo", &[("analytics.yahoo.com", ""), ("geo.yahoo.com", ""), ("ads.yahoo.com", "")]),
    ("New Relic, Mixpanel, Segment, Heap, Amplitude, Kissmetrics, Woopra", &[("nr-data.net", ""), ("api.mixpanel.com", ""), ("api.segment.io", ""), ("heapanalytics.com", ""), ("api.amplitude.com", ""), ("trk.kissmetrics.com", ""), ("woopra.com", "/track"), ("gosquared.com", "/pixel")]),
    ("Piano", &[("cxense.com", ""), ("tinypass.com", ""), ("permutive.com", ""), ("at-o.net", "")]),
    ("Webtrekk, etracker, econda", &[("webtrekk.net", ""), ("wt-eu02.net", ""), ("etracker.com", ""), ("etracker.de", ""), ("econda-monitor.de", ""), ("theadex.com", ""), ("emetriq.de", "")]),
    ("audience counts of Austria, Switzerland, the Nordic countries, France and Italy", &[("oewabox.at", ""), ("wemfbox.ch", ""), ("spring-tns.net", ""), ("tns-cs.net", ""), ("tns-counter.ru", ""), ("estat.com", ""), ("weborama.fr", ""), ("shinystat.com", "")]),
    ("Site Meter and other counters", &[("sitemeter.com", ""), ("extremetracking.com", ""), ("hitslink.com", ""), ("webstat.com", ""), ("openstat.net", ""), ("hotlog.ru", ""), ("spylog.com", ""), ("top100.rambler.ru", ""), ("bigmir.net", "/?"), ("cnzz.com", "/stat"), ("51.la", ""), ("revolvermaps.com", ""), ("flagcounter.com", "/count"), ("clustrmaps.com", ""), ("amung.us", "")]),
    ("republication counters", &[("", "republication-pixel"), ("newscred.com", "/pixel"), ("pixel.newscred.com", "")]),
];

/// Words by which counters call themselves, whoever runs them: as the name of a file, or as a label of the host.
#[rustfmt::skip]
const COUNTERS: &[&str] = &[
    "pixel", "pixels", "beacon", "beacons", "tracker", "tracking", "trackpixel", "trackingpixel", "openpixel", "webbug", "spypixel", "counter", "hit", "hits",
    "trk", "trck", "telemetry", "piwik", "matomo", "1x1", "__utm", "__ptq", "1ns", "mf", "zaehlpixel", "zählpixel", "compteur",
];

/// Files whose name says that they show nothing.
#[rustfmt::skip]
const EMPTY_FILES: &[&str] = &[
    "1x1.gif", "1x1.png", "pixel.gif", "pixel.png", "clear.gif", "count.gif", "beacon.gif", "tracker.gif", "p.gif", "1ns.gif", "mf.gif", "__ptq.gif", "__utm.gif",
    "px.gif", "trk.gif", "track.gif", "tracking.gif", "hit.gif", "counter.gif", "zaehlpixel.gif", "bug.gif", "webbug.gif", "open.gif", "o.gif", "t.gif", "imp.gif",
    "cleardot.gif", "cleargif.gif", "transparent1x1.gif", "pixel.php", "beacon.php", "__track.gif",
];

/// Removes images and frames that only count.
pub(super) fn pixels(scrub: &mut Scrub<'_>) {
    let names = [
        "img", "iframe", "embed", "audio", "video", "track", "source",
    ];
    for id in scrub.elements(&names) {
        if scrub.node(id).parent().is_some() {
            pixel(scrub, id);
        }
    }
}

fn pixel(scrub: &mut Scrub<'_>, id: NodeId) {
    let size = size(scrub, id);
    let hidden = size.hidden || is_hidden_above(scrub, id);
    let name = scrub
        .element(id)
        .map_or("", |element| element.name())
        .to_owned();
    let addresses = addresses(scrub, id);
    let known = addresses.iter().find_map(|url| beacon(url));
    let tiny = size.tiny;
    let counts = addresses
        .iter()
        .any(|url| counts(url) || tiny && size.both && names_counter(url));
    let silent = name == "audio" && scrub.attribute(id, "controls").is_none();
    if name == "source" {
        return;
    }
    if let Some(operator) = known {
        scrub.remove(id, operator, "address of a known beacon");
    } else if tiny && size.hidden {
        scrub.remove(id, "invisible", "a side of 0 or 1, and hidden by style");
    } else if tiny && (counts || name == "iframe") {
        scrub.remove(id, "counting address", "a side of 0 or 1");
    } else if (hidden || silent || name == "track") && counts {
        scrub.remove(id, "counting address", "hidden by style");
    } else if name == "iframe" && size.hidden {
        scrub.remove(id, "invisible", "a frame hidden by style");
    } else if name == "img" && !size.seen && addresses.iter().any(|url| is_counter(url)) {
        scrub.remove(id, "counter", "an address as counters have, and no size");
    } else if tiny && name == "img" {
        // A photo with broken sizes, as lazy loaders leave it: without them it is seen.
        scrub.tidy_attribute(id, "width", None);
        scrub.tidy_attribute(id, "height", None);
    }
}

/// A row of [`BEACONS`] for one host.
struct Row {
    /// Its place in the table.
    at: usize,
    operator: &'static str,
    path: &'static str,
}

/// The rows by host; under no host stand those for any.
static BY_DOMAIN: LazyLock<QuickMap<&'static str, Vec<Row>>> = LazyLock::new(|| {
    let mut rows: QuickMap<_, Vec<Row>> = QuickMap::default();
    for (at, (operator, places)) in BEACONS.iter().enumerate() {
        for (host, path) in *places {
            let row = Row { at, operator, path };
            rows.entry(*host).or_default().push(row);
        }
    }
    rows
});

/// The operator of a known beacon.
pub(super) fn beacon(url: &Url) -> Option<&'static str> {
    let host = url.host_str()?;
    let tail = &url[url::Position::BeforePath..];
    let file = url.path().rsplit('/').next().unwrap_or_default();
    let is_feedburner = url.path().starts_with("/~r/") && url.path().contains("/~4/");
    let domains = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
    let domains = std::iter::once(host).chain(domains).chain([""]);
    let rows = domains.filter_map(|domain| BY_DOMAIN.get(domain));
    // The first of the table, as it is written.
    let matching = rows.flatten().filter(|row| tail.contains(row.path));
    let found = matching.min_by_key(|row| row.at);
    let has_site = url.query_pairs().any(|(name, _)| name == "idsite");
    found
        .map(|row| row.operator)
        .or_else(|| is_feedburner.then_some("FeedBurner"))
        .or_else(|| has_site.then_some("Matomo"))
        .or_else(|| EMPTY_FILES.contains(&file).then_some("empty image"))
}

/// Whether a host is a domain or below it.
pub(super) fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The endings of files that show or play something; counters are `.gif`, `.php` and the like, or have none.
#[rustfmt::skip]
const PHOTOS: &[&str] = &[
    ".jpg", ".jpeg", ".png", ".webp", ".avif", ".svg", ".mp3", ".mp4", ".m4a", ".m4v", ".ogg", ".oga", ".ogv", ".opus", ".wav", ".webm", ".mov", ".m3u8", ".vtt", ".srt",
];

fn is_photo(url: &Url) -> bool {
    let path = url.path().as_bytes();
    PHOTOS.iter().any(|ending| {
        let at = path.len().saturating_sub(ending.len());
        path[at..].eq_ignore_ascii_case(ending.as_bytes())
    })
}

/// The parts of the names of the host and the path.
fn words(url: &Url) -> impl Iterator<Item = &str> {
    let host = url.host_str().unwrap_or_default();
    let words = host
        .split(['.', '-'])
        .chain(url.path().split(['/', '.', '-', '_']));
    words.map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|listed| word.eq_ignore_ascii_case(listed))
}

/// Whether a word of an address is one by which counters call themselves.
fn names_counter(url: &Url) -> bool {
    words(url).any(|word| is_one_of(word, COUNTERS)) || url.path().contains("1x1")
}

/// Whether an address, of something that nobody can see, is no photo's, or that of one who calls itself a counter.
fn counts(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let says_so = |label| is_one_of(label, &["tracker", "tracking", "pixel", "beacon"]);
    !is_photo(url) || host.split('.').any(says_so)
}

fn ends_as_gif(file: &str) -> bool {
    let at = file.len().saturating_sub(4);
    file.as_bytes()[at..].eq_ignore_ascii_case(b".gif")
}

/// Whether an address is a counter's by its shape alone: its file or the first label of its host is called so, and
/// it is asked for with a query or as an empty GIF.
fn is_counter(url: &Url) -> bool {
    if is_photo(url) {
        return false;
    }
    let file = url.path().rsplit('/').next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let label = host.split('.').next().unwrap_or_default();
    let label = label.trim_end_matches(|c: char| c.is_ascii_digit());
    is_one_of(label, COUNTERS)
        || is_one_of(stem, COUNTERS) && (url.query().is_some() || ends_as_gif(file))
}

fn addresses(scrub: &Scrub<'_>, id: NodeId) -> Vec<Rc<Url>> {
    let mut found = Vec::new();
    let mut add = |id: NodeId| {
        for name in ["src", "poster"] {
            found.extend(scrub.attribute(id, name).and_then(|value| scrub.url(value)));
        }
        let set = scrub
            .attribute(id, "srcset")
            .map(candidates)
            .unwrap_or_default();
        found.extend(
            set.into_iter()
                .filter_map(|(address, _)| scrub.url(address)),
        );
    };
    add(id);
    let picture = scrub.parent(id).filter(|parent| {
        scrub
            .element(*parent)
            .is_some_and(|e| e.name() == "picture")
    });
    if let Some(picture) = picture {
        for child in scrub
            .node(picture)
            .children()
            .filter(|child| child.id() != id)
            .take(16)
        {
            add(child.id());
        }
    }
    found
}

/// What an element's attributes and style say of how much of it is seen.
#[derive(Clone, Copy, Default)]
struct Size {
    /// A side of 0 or 1 pixel.
    tiny: bool,
    /// Both sides are.
    both: bool,
    /// Hidden by style, whatever its size.
    hidden: bool,
    /// A side is declared that somebody sees.
    seen: bool,
}

fn size(scrub: &Scrub<'_>, id: NodeId) -> Size {
    let mut size = Size::default();
    let (mut tiny_sides, mut sides) = (0, 0);
    let mut side = |value: &str| {
        if let Some(pixels) = pixels_of(value) {
            tiny_sides += usize::from(pixels <= 1.0);
            sides += 1;
        }
    };
    for name in ["width", "height"] {
        scrub.attribute(id, name).into_iter().for_each(&mut side);
    }
    if let Some(style) = style(scrub, id) {
        for (name, value) in style.split(';').filter_map(|rule| rule.split_once(':')) {
            if matches!(name, "width" | "height" | "max-width" | "max-height") {
                side(value);
            }
        }
        size.hidden = hides(&style);
    }
    size.hidden |= scrub.attribute(id, "hidden").is_some();
    size.tiny = tiny_sides > 0;
    size.both = tiny_sides > 1;
    size.seen = sides > tiny_sides;
    size
}

/// A length in pixels; `None` for shares of what is around it, but for none at all.
fn pixels_of(value: &str) -> Option<f32> {
    let value = value.trim();
    let end = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let number: f32 = value[..end].parse().ok()?;
    let unit = value[end..].trim();
    (unit.is_empty() || unit == "px" || number == 0.0).then_some(number)
}

/// Whether a style without spaces, in lower case, leaves nothing to see.
fn hides(style: &str) -> bool {
    style
        .split(';')
        .filter_map(|rule| rule.split_once(':'))
        .any(|(name, value)| match name {
            "display" => value == "none",
            "visibility" => matches!(value, "hidden" | "collapse"),
            "opacity" => value.parse::<f32>().is_ok_and(|share| share < 0.02),
            "left" | "top" | "right" | "bottom" | "margin-left" | "margin-top" | "text-indent" => {
                value
                    .strip_prefix('-')
                    .is_some_and(|far| pixels_of(far).is_some_and(|far| far >= 900.0))
            }
            "clip" => value.starts_with("rect(0") || value.starts_with("rect(1px,1px"),
            "clip-path" => matches!(value, "inset(50%)" | "inset(100%)"),
            "transform" => value.starts_with("scale(0)"),
            _ => false,
        })
}

/// How many elements around an image are asked whether they hide it.
const WRAPPERS: usize = 4;

/// Whether an element around hides what stands in it, or gives it no room.
fn is_hidden_above(scrub: &Scrub<'_>, id: NodeId) -> bool {
    let around = scrub.node(id).ancestors().take(WRAPPERS);
    around.filter(|node| node.value().is_element()).any(|node| {
        let clipped =
            || style(scrub, node.id()).is_some_and(|style| style.contains("overflow:hidden"));
        let size = size(scrub, node.id());
        size.hidden || size.tiny && clipped()
    })
}

fn style(scrub: &Scrub<'_>, id: NodeId) -> Option<String> {
    let style = scrub.attribute(id, "style")?.to_ascii_lowercase();
    Some(style.replace("!important", "").split_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn beacons_go() {
        check(
            r#"<p>x</p><img src="https://pixel.wp.com/b.gif?host=x">"#,
            "<p>x</p>",
        );
        check(
            r#"<p>x</p><img width=1 height=1 src="https://t.example/o">"#,
            "<p>x</p>",
        );
        check(
            r#"<p>x</p><img style="display: none" src="https://tracker.example/o">"#,
            "<p>x</p>",
        );
        check(
            r#"<p>x</p><img src="https://stats.example/p.php?idsite=8">"#,
            "<p>x</p>",
        );
    }

    #[test]
    fn hidden_counters_go() {
        for image in [
            r#"<img src="https://t.example/o" width="0.5" height="1px">"#,
            r#"<img src="https://t.example/o" style="width:1px;height:1px">"#,
            r#"<img src="https://t.example/o.gif" style="position:absolute;left:-9999px">"#,
            r#"<img src="https://t.example/o.php" style="opacity:0.0 !important">"#,
            r#"<div style="display:none"><img src="https://t.example/o?x=1"></div>"#,
            r#"<span style="height:0;overflow:hidden"><img src="https://t.example/o"></span>"#,
            r#"<img src="https://t.example/pixel.png" width=1 height=1>"#,
        ] {
            check(&format!("<p>x</p>{image}"), "<p>x</p>");
        }
    }

    #[test]
    fn counters_without_a_size_go() {
        for address in [
            "https://beacon.example/a/b",
            "https://a.example/track/pixel?id=4",
            "https://a.example/tracking.gif",
            "https://a.example/?republication-pixel=true&post=4",
            "https://a.example/b/ss/main/1/H.1--NS/0",
        ] {
            check(&format!("<p>x</p><img src=\"{address}\">"), "<p>x</p>");
        }
    }

    #[test]
    fn images_that_only_sound_like_counters_stay() {
        for image in [
            r#"<img src="https://a.example/pixel.jpg">"#,
            r#"<img src="https://a.example/pixel-art/fox.gif">"#,
            r#"<img height="31" src="https://hits.example/badge?x=1" width="88">"#,
            r#"<img src="https://a.example/photo?id=7">"#,
        ] {
            check(&format!("<p>x</p>{image}"), &format!("<p>x</p>{image}"));
        }
    }

    #[test]
    fn a_photo_with_broken_sizes_stays() {
        check(
            r#"<p>x</p><img width="1" height="1" src="https://a.example/800x0/photo.jpg">"#,
            r#"<p>x</p><img src="https://a.example/800x0/photo.jpg">"#,
        );
        check(
            r#"<p>x</p><img src="https://stats.example/chart.png">"#,
            r#"<p>x</p><img src="https://stats.example/chart.png">"#,
        );
    }
}
