//! Those who count readers: images nobody can see.
//!
//! It touches no link; what links carry for them, `parameters` and `redirects` know.

use super::links::candidates;
use super::scrub::Scrub;
use super::tree::NodeId;
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
    ("mail openings", &[("", "/open.php?u="), ("", "/wf/open?")]),
];

/// Parts of a host's or a path's name by which counters call themselves. They count only together with
/// a size or a style that hides the image, or with a file that shows nothing.
#[rustfmt::skip]
const COUNTING_WORDS: &[&str] = &[
    "track", "tracker", "tracking", "pixel", "pixels", "px", "beacon", "count", "counter", "stat", "stats", "statistics", "analytics", "metrics",
    "telemetry", "hit", "hits", "collect", "log", "logger", "imp", "impression", "open", "ping", "view", "views", "piwik", "matomo", "b.gif", "1x1",
    "clear",
];

/// Files whose name says that they show nothing.
#[rustfmt::skip]
const EMPTY_FILES: &[&str] = &[
    "1x1.gif", "1x1.png", "pixel.gif", "pixel.png", "clear.gif", "count.gif", "beacon.gif", "tracker.gif", "p.gif", "1ns.gif", "mf.gif", "__ptq.gif",
];

/// Removes images and frames that only count.
pub(super) fn pixels(scrub: &mut Scrub<'_>) {
    for id in scrub.elements(&[
        "img", "iframe", "embed", "audio", "video", "track", "source",
    ]) {
        if scrub.node(id).parent().is_none() {
            continue;
        }
        let tiny = is_tiny(scrub, id);
        let hidden = is_hidden(scrub, id);
        let name = scrub
            .element(id)
            .map_or("", |element| element.name())
            .to_owned();
        let addresses = addresses(scrub, id);
        let known = addresses.iter().find_map(|url| beacon(url));
        let counts = addresses.iter().any(counts);
        let silent = name == "audio" && scrub.attribute(id, "controls").is_none();
        if let Some(operator) = known.filter(|_| name != "source") {
            scrub.remove(id, operator, "address of a known beacon");
        } else if tiny && hidden && name != "source" {
            scrub.remove(id, "invisible", "a side of 0 or 1, and hidden by style");
        } else if tiny && (counts || name == "iframe") {
            scrub.remove(id, "counting address", "a side of 0 or 1");
        } else if (hidden || silent || name == "track") && counts {
            scrub.remove(id, "counting address", "hidden by style");
        } else if name == "iframe" && hidden {
            scrub.remove(id, "invisible", "a frame hidden by style");
        } else if tiny && name == "img" {
            // A photo with broken sizes, as lazy loaders leave it: without them it is seen.
            scrub.tidy_attribute(id, "width", None);
            scrub.tidy_attribute(id, "height", None);
        }
    }
}

/// The operator of a known beacon.
pub(super) fn beacon(url: &Url) -> Option<&'static str> {
    let host = url.host_str()?;
    let tail = &url[url::Position::BeforePath..];
    let file = url.path().rsplit('/').next().unwrap_or_default();
    let is_feedburner = url.path().starts_with("/~r/") && url.path().contains("/~4/");
    let found = BEACONS.iter().find(|(_, places)| {
        places.iter().any(|(place, path)| {
            (place.is_empty() || is_below(host, place))
                && if path.is_empty() {
                    true
                } else {
                    tail.contains(path)
                }
        })
    });
    let has_site = url.query_pairs().any(|(name, _)| name == "idsite");
    found
        .map(|(operator, _)| *operator)
        .or_else(|| is_feedburner.then_some("FeedBurner"))
        .or_else(|| has_site.then_some("Matomo"))
        .or_else(|| EMPTY_FILES.contains(&file).then_some("empty image"))
}

/// Whether a host is a domain or below it.
pub(super) fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether an address calls itself a counter, and no photo.
fn counts(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let photo = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".svg"]
        .iter()
        .any(|ending| path.ends_with(ending));
    let host = url.host_str().unwrap_or_default();
    let words = host
        .split(['.', '-'])
        .chain(path.split(['/', '.', '-', '_']));
    let named = words
        .into_iter()
        .any(|word| COUNTING_WORDS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())));
    let nameless = !photo
        && (url.query().is_some() || !path.rsplit('/').next().unwrap_or_default().contains('.'));
    !photo && (named || nameless)
        || host
            .split('.')
            .any(|label| label == "tracker" || label == "tracking" || label == "pixel")
}

fn addresses(scrub: &Scrub<'_>, id: NodeId) -> Vec<Url> {
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

/// A side of 0 or 1 pixel, by attribute or by style.
fn is_tiny(scrub: &Scrub<'_>, id: NodeId) -> bool {
    let by_attribute = ["width", "height"].iter().any(|name| {
        let value = scrub
            .attribute(id, name)
            .unwrap_or("9")
            .trim()
            .trim_end_matches("px");
        matches!(value, "0" | "1")
    });
    by_attribute
        || style(scrub, id).is_some_and(|style| {
            style.split(';').any(|rule| {
                matches!(
                    rule,
                    "width:1px"
                        | "height:1px"
                        | "width:0"
                        | "height:0"
                        | "width:0px"
                        | "height:0px"
                        | "width:1"
                        | "height:1"
                        | "max-height:1px"
                        | "max-width:1px"
                )
            })
        })
}

fn is_hidden(scrub: &Scrub<'_>, id: NodeId) -> bool {
    scrub.attribute(id, "hidden").is_some()
        || style(scrub, id).is_some_and(|style| {
            style
                .split(';')
                .any(|rule| matches!(rule, "display:none" | "visibility:hidden" | "opacity:0"))
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
