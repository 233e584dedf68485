//! Links that lead over a counter, made to lead where they say.
//!
//! It follows nothing: only an address that holds its target is unwrapped. Short links and signed tokens stay.
//!
//! Invariant: what a link is made to lead to is an absolute address of `http` or `https` that stood in it.

use super::about::site;
use super::parameters::is_at;
use super::scrub::Scrub;
use super::tree::{self, NodeId};
use base64::Engine as _;
use percent_encoding::percent_decode_str;
use url::Url;

/// Where a wrapper keeps its target.
#[derive(Clone, Copy)]
enum Place {
    /// In the first of these parameters that holds an address.
    In(&'static [&'static str]),
    /// The whole query is the target.
    Query,
    /// All that follows the listed beginning of the path; without a scheme it is `https`.
    Rest,
    /// In the path, from where an address begins.
    Path,
    /// Bing: `a1` and the target in base64, in `u`.
    Base64,
    /// Proofpoint's second version: `-` for `%` and `_` for `/`, in `u`.
    Dashes,
}

use Place::{Base64, Dashes, In, Path, Query, Rest};

/// Wrappers by who runs them: hosts, what the path begins with, and where the target stands. From the links that each
/// makes; the lists of ClearURLs, AdGuard and the extension Skip Redirect name most of them too.
#[rustfmt::skip]
const WRAPPERS: &[(&str, &[&str], &str, Place)] = &[
    ("Google", &["google.*"], "/url", In(&["q", "url"])),
    ("Google AMP", &["google.*"], "/amp/s/", Rest),
    ("Google AMP", &["cdn.ampproject.org"], "/c/s/", Rest),
    ("Google AMP", &["cdn.ampproject.org"], "/v/s/", Rest),
    ("Google", &["googleadservices.com", "doubleclick.net"], "/", In(&["adurl", "ds_dest_url"])),
    ("YouTube", &["youtube.com"], "/redirect", In(&["q"])),
    ("Facebook", &["l.facebook.com", "lm.facebook.com", "facebook.com", "l.messenger.com", "l.workplace.com"], "/l.php", In(&["u"])),
    ("Facebook", &["l.facebook.com", "lm.facebook.com"], "/", In(&["u"])),
    ("Instagram", &["l.instagram.com"], "/", In(&["u"])),
    ("Threads", &["l.threads.net", "l.threads.com"], "/", In(&["u"])),
    ("Reddit", &["out.reddit.com", "click.redditmail.com"], "/", In(&["url"])),
    ("Tumblr", &["t.umblr.com", "tumblr.com"], "/redirect", In(&["z"])),
    ("href.li", &["href.li", "anonym.to", "dereferer.me", "nullrefer.com", "blankrefer.com", "hidereferrer.com"], "/", Query),
    ("LinkedIn", &["linkedin.com"], "/redir/redirect", In(&["url"])),
    ("LinkedIn", &["linkedin.com"], "/safety/go", In(&["url"])),
    ("VK", &["vk.com", "vk.ru", "away.vk.com"], "/away.php", In(&["to"])),
    ("OK", &["ok.ru"], "/dk", In(&["st.link"])),
    ("Steam", &["steamcommunity.com"], "/linkfilter", In(&["u", "url"])),
    ("Slack", &["slack-redir.net"], "/link", In(&["url"])),
    ("Pocket", &["getpocket.com"], "/redirect", In(&["url"])),
    ("Flipboard", &["flipboard.com"], "/redirect", In(&["url"])),
    ("DeviantArt", &["deviantart.com"], "/users/outgoing", Query),
    ("Pixiv", &["pixiv.net"], "/jump.php", In(&["url"])),
    ("Pixiv", &["pixiv.net"], "/jump.php", Query),
    ("SoundCloud", &["gate.sc", "exit.sc"], "/", In(&["url"])),
    ("CurseForge", &["curseforge.com"], "/linkout", In(&["remoteurl"])),
    ("DuckDuckGo", &["duckduckgo.com"], "/l/", In(&["uddg"])),
    ("Bing", &["bing.com"], "/ck/a", Base64),
    ("Bing", &["bing.com"], "/alink/link", In(&["url"])),
    ("Yahoo", &["r.search.yahoo.com"], "/", Path),
    ("Yandex", &["yandex.*"], "/clck/", In(&["url"])),
    ("Mozilla", &["outgoing.prod.mozaws.net", "outgoing.prod.webservices.mozgcp.net"], "/v1/", Path),
    ("Microsoft Safe Links", &["safelinks.protection.outlook.com"], "/", In(&["url"])),
    ("Microsoft", &["statics.teams.cdn.office.net"], "/evergreen-assets/safelinks/", In(&["url"])),
    ("Proofpoint", &["urldefense.proofpoint.com", "urldefense.com"], "/v2/", Dashes),
    ("Proofpoint", &["urldefense.proofpoint.com"], "/v1/", In(&["u"])),
    ("Proofpoint", &["urldefense.com", "urldefense.us"], "/v3/", Path),
    ("Barracuda", &["linkprotect.cudasvc.com"], "/url", In(&["a"])),
    ("Cisco", &["secure-web.cisco.com"], "/", Path),
    ("Zhihu", &["link.zhihu.com"], "/", In(&["target"])),
    ("Weibo", &["weibo.cn", "weibo.com"], "/sinaurl", In(&["u", "toasturl"])),
    ("Juejin, CSDN, Gitee, SSPAI", &["link.juejin.cn", "link.csdn.net", "gitee.com", "sspai.com"], "/", In(&["target"])),
    ("Jianshu", &["jianshu.com"], "/go-wild", In(&["url"])),
    ("Douban", &["douban.com"], "/link2", In(&["url"])),
    ("Tencent", &["c.pc.qq.com"], "/", In(&["pfurl", "url"])),
    ("Skimlinks", &["redirectingat.com", "skimresources.com"], "/", In(&["url"])),
    ("Sovrn", &["viglink.com"], "/", In(&["u", "out"])),
    ("Awin", &["awin1.com"], "/", In(&["ued", "p"])),
    ("CJ", &["anrdoezrs.net", "dpbolvw.net", "jdoqocy.com", "kqzyfj.com", "tkqlhce.com"], "/", In(&["url"])),
    ("CJ", &["anrdoezrs.net", "dpbolvw.net", "jdoqocy.com", "kqzyfj.com", "tkqlhce.com"], "/links/", Path),
    ("Rakuten", &["linksynergy.com"], "/", In(&["murl", "rd_parm1"])),
    ("Partnerize", &["prf.hn"], "/click/", Path),
    ("Tradedoubler", &["tradedoubler.com"], "/click", In(&["url"])),
    ("ShareASale", &["shareasale.com"], "/r.cfm", In(&["urllink"])),
    ("Impact", &["sjv.io", "pxf.io", "evyy.net", "7eer.net", "ojrq.net"], "/", In(&["u"])),
    ("eBay", &["rover.ebay.*"], "/rover/", In(&["mpre"])),
    ("AliExpress", &["s.click.aliexpress.com"], "/deep_link.htm", In(&["dl_target_url"])),
    ("Admitad", &["ad.admitad.com", "alitems.com"], "/g/", In(&["ulp"])),
    ("Webgains", &["track.webgains.com"], "/click.html", In(&["wgtarget"])),
    ("TradeTracker", &["tc.tradetracker.net"], "/", In(&["u"])),
    ("govDelivery", &["links.govdelivery.com"], "/track", Path),
];

/// The last part of the path of a wrapper that nobody listed, and the parameters that hold its target. Forms to log in
/// and to share are called otherwise.
const PAGES: &[&str] = &[
    "redirect",
    "redirect.php",
    "redirector",
    "redir",
    "redir.php",
    "away",
    "away.php",
    "out",
    "out.php",
    "outbound",
    "outgoing",
    "goto",
    "goto.php",
    "go.php",
    "leave",
    "exit",
    "exit.php",
    "linkout",
    "jump",
    "jump.php",
    "l.php",
    "click",
    "click.php",
    "extlink",
    "external",
    "externallink",
    "linkclick",
];
/// See [`PAGES`].
const TARGETS: &[&str] = &[
    "url",
    "u",
    "to",
    "target",
    "dest",
    "destination",
    "redirect",
    "redirect_url",
    "link",
    "href",
    "out",
];

/// How many wrappers one link may have around it; real ones have two.
const WRAPPERS_MAX: usize = 4;

/// Makes every link that leads over a wrapper lead to its target.
pub(super) fn unwrap_links(scrub: &mut Scrub<'_>) {
    let mut changes: Vec<(NodeId, String, String)> = Vec::new();
    for node in scrub.nodes() {
        let element = node.value().as_element().filter(|e| e.name() == "a");
        let href = element.and_then(|element| tree::attr(element, "href"));
        if let Some((target, rule)) = href.and_then(unwrapped) {
            changes.push((node.id(), target, rule));
        }
    }
    for (id, target, rule) in changes {
        scrub.set_attribute(id, "href", &target, rule);
    }
}

/// Where a link leads in the end, and over whom; `None` where it leads there already.
pub(super) fn unwrapped(address: &str) -> Option<(String, String)> {
    let mut found: Option<(String, String)> = None;
    for _ in 0..WRAPPERS_MAX {
        let address = found
            .as_ref()
            .map_or(address, |(target, _)| target.as_str());
        let Some((target, who)) = target(address) else {
            break;
        };
        found = Some((target, format!("redirect of {who}")));
    }
    found
}

fn target(address: &str) -> Option<(String, String)> {
    if !may_wrap(address) {
        return None;
    }
    let url = Url::parse(address.trim()).ok()?;
    let host = url.host_str()?;
    let rows = WRAPPERS.iter().filter(|(_, hosts, path, _)| {
        url.path().starts_with(path) && hosts.iter().any(|listed| is_at(host, listed))
    });
    let listed = rows
        .into_iter()
        .find_map(|(who, _, path, place)| Some((held(&url, path, *place)?, (*who).to_owned())));
    listed.or_else(|| {
        let target = by_shape(&url)?;
        Some((target, host.to_owned()))
    })
}

/// Whether an address could hold another: asked of every link, so nothing is parsed for it.
fn may_wrap(address: &str) -> bool {
    let inside = address.as_bytes().get(8..).unwrap_or_default();
    let holds = |part: &[u8]| memchr::memmem::find(inside, part).is_some();
    holds(b"http") || holds(b"/s/") || holds(b"aHR0c")
}

fn held(url: &Url, begin: &str, place: Place) -> Option<String> {
    let parameter = |names: &[&str]| {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            names
                .contains(&name.as_str())
                .then_some(value)
                .and_then(|value| absolute(&value))
        })
    };
    match place {
        In(names) => names.iter().find_map(|name| parameter(&[name])),
        Query => absolute(&percent_decode_str(url.query()?).decode_utf8().ok()?),
        Rest => {
            let rest = url.path().strip_prefix(begin)?;
            let query = url
                .query()
                .map(|query| format!("?{query}"))
                .unwrap_or_default();
            absolute(&format!("https://{rest}{query}"))
        }
        Path => in_path(url),
        Base64 => {
            let (_, value) = url.query_pairs().find(|(name, _)| name == "u")?;
            let coded = value.strip_prefix("a1")?.trim_end_matches('=');
            let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
                .decode(coded)
                .ok()?;
            absolute(&String::from_utf8(bytes).ok()?)
        }
        Dashes => {
            let (_, value) = url.query_pairs().find(|(name, _)| name == "u")?;
            let coded = value.replace('-', "%").replace('_', "/");
            absolute(&percent_decode_str(&coded).decode_utf8().ok()?)
        }
    }
}

/// An address in a path, plain (Proofpoint's between `__`) or encoded, up to the end or the wrapper's next part.
fn in_path(url: &Url) -> Option<String> {
    let whole = &url[url::Position::BeforePath..];
    let at = whole.find("http")?;
    let rest = &whole[at..];
    if rest.starts_with("http%3") || rest.starts_with("https%3") {
        let end = rest.find(['/', '?', '&']).unwrap_or(rest.len());
        return absolute(&percent_decode_str(&rest[..end]).decode_utf8().ok()?);
    }
    let Some((address, behind)) = rest.split_once("__;") else {
        return absolute(rest);
    };
    // Proofpoint's third version keeps the characters that it took out of an address behind it.
    behind.starts_with('!').then(|| absolute(address))?
}

/// A wrapper as anybody might have one: a page that is called `redirect` or the like and holds the address of another site.
fn by_shape(url: &Url) -> Option<String> {
    let path = url.path().trim_end_matches('/');
    let page = path.rsplit('/').next()?.to_ascii_lowercase();
    let lower = format!("{}{path}", url.host_str()?).to_ascii_lowercase();
    let logs_in = ["login", "signin", "auth", "sso", "account", "share"]
        .iter()
        .any(|word| lower.contains(word));
    if logs_in || !PAGES.contains(&page.as_str()) {
        return None;
    }
    let (_, value) = url
        .query_pairs()
        .find(|(name, _)| TARGETS.contains(&&**name))?;
    let target = absolute(&value)?;
    let other = Url::parse(&target).ok()?;
    (site(&other) != site(url)).then_some(target)
}

/// The text, if it is an absolute address of the web.
fn absolute(text: &str) -> Option<String> {
    let text = text.trim();
    let url = Url::parse(text).ok()?;
    let fine = matches!(url.scheme(), "http" | "https") && url.host_str()?.contains('.');
    let clean = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    match (fine, clean) {
        (true, true) => Some(text.to_owned()),
        (true, false) => Some(url.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(unwrapped(address).map(|(url, _)| url).as_deref(), expected);
    }

    const TARGET: Option<&str> = Some("https://a.example/b?c=1&d=2");

    #[test]
    fn wrappers_with_a_parameter() {
        check(
            "https://www.google.com/url?rct=j&sa=t&url=https%3A%2F%2Fa.example%2Fb%3Fc%3D1%26d%3D2&ct=ga",
            TARGET,
        );
        check(
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fb%3Fc%3D1%26d%3D2&h=AT0",
            TARGET,
        );
        check(
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fb%3Fc%3D1%26d%3D2&data=05",
            TARGET,
        );
        check(
            "https://t.umblr.com/redirect?z=https%3A%2F%2Fa.example%2Fb%3Fc%3D1%26d%3D2&t=x",
            TARGET,
        );
    }

    #[test]
    fn wrappers_with_other_places() {
        check("https://www.google.com/amp/s/a.example/b?c=1&d=2", TARGET);
        check("https://href.li/?https://a.example/b?c=1&d=2", TARGET);
        check(
            "https://urldefense.com/v3/__https://a.example/b?c=1&d=2__;!!x!y$",
            TARGET,
        );
        check(
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__a.example_b-3Fc-3D1-26d-3D2&d=x",
            TARGET,
        );
        check(
            "https://www.bing.com/ck/a?!&&p=0&u=a1aHR0cHM6Ly9hLmV4YW1wbGUvYj9jPTEmZD0y&ntb=1",
            TARGET,
        );
    }

    #[test]
    fn wrappers_in_wrappers() {
        check(
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fa.example%252Fb%253Fc%253D1%2526d%253D2",
            TARGET,
        );
    }

    #[test]
    fn wrappers_by_shape() {
        check(
            "https://news.example/click?id=4&url=https%3A%2F%2Fa.example%2Fb%3Fc%3D1%26d%3D2",
            TARGET,
        );
        check(
            "https://news.example/redirect?to=https%3A%2F%2Fnews.example%2Fb",
            None,
        );
        check(
            "https://news.example/oauth/redirect?to=https%3A%2F%2Fa.example%2Fb",
            None,
        );
    }

    #[test]
    fn addresses_that_only_speak_of_another() {
        check("https://web.archive.org/web/2020/https://a.example/b", None);
        check(
            "https://validator.example/check?url=https%3A%2F%2Fa.example%2Fb",
            None,
        );
        check(
            "https://www.facebook.com/sharer.php?u=https%3A%2F%2Fa.example%2Fb",
            None,
        );
    }

    #[test]
    fn targets_that_are_no_pages() {
        check(
            "https://www.google.com/url?q=javascript:alert(1)//http",
            None,
        );
        check("https://www.google.com/url?q=httpfoo", None);
        // The `#` that stands for the `*` is packed behind the address.
        check(
            "https://urldefense.com/v3/__https://a.example/b*c__;Iw!!x!y$",
            None,
        );
    }
}
