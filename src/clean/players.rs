//! What is known of a player from its address: whose it is, its page, and a picture of it.
//!
//! It asks nobody: pages and pictures follow from the address alone. What is in no table is named by its host and linked as it is.

use super::links::may_load;
use super::parameters::is_at;
use percent_encoding::percent_decode_str;
use url::Url;

/// Where a player's frame leads.
pub(super) struct Player {
    pub(super) name: String,
    pub(super) page: String,
    pub(super) poster: Option<String>,
}

/// Players by who runs them: host (none: anybody's, by the shape of the path), what the address looks like, the page
/// and the picture, each empty where the address leads there itself or none is known.
///
/// In an address `*` stands for one part of the path or the value of a parameter, if it is made of letters, digits and
/// `-_.:@~`; `**` at the end for all that follows. In a page or picture they stand for what they stood for there, in order.
/// From each operator's own embedding codes and the addresses of its pages.
#[rustfmt::skip]
const PLAYERS: &[(&str, &str, &str, &str, &str)] = &[
    ("YouTube", "youtube.com", "/embed/videoseries?list=*", "https://www.youtube.com/playlist?list=*", ""),
    ("YouTube", "youtube.com", "/embed/live_stream?channel=*", "https://www.youtube.com/channel/*/live", ""),
    ("YouTube", "youtube-nocookie.com", "/embed/videoseries?list=*", "https://www.youtube.com/playlist?list=*", ""),
    ("YouTube", "youtube.com", "/embed/*", "https://www.youtube.com/watch?v=*", "https://i.ytimg.com/vi/*/hqdefault.jpg"),
    ("YouTube", "youtube-nocookie.com", "/embed/*", "https://www.youtube.com/watch?v=*", "https://i.ytimg.com/vi/*/hqdefault.jpg"),
    ("YouTube", "youtube.com", "/v/*", "https://www.youtube.com/watch?v=*", "https://i.ytimg.com/vi/*/hqdefault.jpg"),
    ("YouTube", "youtube.com", "/shorts/*", "https://www.youtube.com/shorts/*", "https://i.ytimg.com/vi/*/hqdefault.jpg"),
    ("YouTube", "youtube.com", "/watch?v=*", "https://www.youtube.com/watch?v=*", "https://i.ytimg.com/vi/*/hqdefault.jpg"),
    ("YouTube", "youtu.be", "/*", "https://www.youtube.com/watch?v=*", "https://i.ytimg.com/vi/*/hqdefault.jpg"),
    ("YouTube", "youtube.com", "", "", ""),
    ("YouTube", "youtube-nocookie.com", "", "", ""),
    ("Vimeo", "player.vimeo.com", "/video/*?h=*", "https://vimeo.com/*/*", ""),
    ("Vimeo", "player.vimeo.com", "/video/*", "https://vimeo.com/*", ""),
    ("Vimeo", "vimeo.com", "", "", ""),
    ("Dailymotion", "dailymotion.com", "/embed/video/*", "https://www.dailymotion.com/video/*", "https://www.dailymotion.com/thumbnail/video/*"),
    ("Dailymotion", "dailymotion.com", "?video=*", "https://www.dailymotion.com/video/*", "https://www.dailymotion.com/thumbnail/video/*"),
    ("Twitch", "player.twitch.tv", "?video=*", "https://www.twitch.tv/videos/*", ""),
    ("Twitch", "player.twitch.tv", "?channel=*", "https://www.twitch.tv/*", ""),
    ("Twitch", "clips.twitch.tv", "/embed?clip=*", "https://clips.twitch.tv/*", ""),
    ("TED", "embed.ted.com", "/talks/**", "https://www.ted.com/talks/**", ""),
    ("Internet Archive", "archive.org", "/embed/*", "https://archive.org/details/*", "https://archive.org/services/img/*"),
    ("Bilibili", "player.bilibili.com", "?bvid=*", "https://www.bilibili.com/video/*", ""),
    ("Bilibili", "player.bilibili.com", "?aid=*", "https://www.bilibili.com/video/av*", ""),
    ("Niconico", "embed.nicovideo.jp", "/watch/*", "https://www.nicovideo.jp/watch/*", ""),
    ("Youku", "player.youku.com", "/embed/*", "https://v.youku.com/v_show/id_*.html", ""),
    ("Rutube", "rutube.ru", "/play/embed/*", "https://rutube.ru/video/*/", ""),
    ("VK", "vk.com", "/video_ext.php?oid=*&id=*", "https://vk.com/video*_*", ""),
    ("OK", "ok.ru", "/videoembed/*", "https://ok.ru/video/*", ""),
    ("Rumble", "rumble.com", "", "", ""),
    ("Odysee", "odysee.com", "/$/embed/**", "https://odysee.com/**", ""),
    ("BitChute", "bitchute.com", "/embed/*", "https://www.bitchute.com/video/*", ""),
    ("Streamable", "streamable.com", "/e/*", "https://streamable.com/*", ""),
    ("Streamable", "streamable.com", "/o/*", "https://streamable.com/*", ""),
    ("Coub", "coub.com", "/embed/*", "https://coub.com/view/*", ""),
    ("Loom", "loom.com", "/embed/*", "https://www.loom.com/share/*", ""),
    ("Giphy", "giphy.com", "/embed/*", "https://giphy.com/gifs/*", "https://media.giphy.com/media/*/giphy.gif"),
    ("Imgur", "imgur.com", "/a/*/embed", "https://imgur.com/a/*", ""),
    ("Imgur", "imgur.com", "/*/embed", "https://imgur.com/*", ""),
    ("Flickr", "flickr.com", "/photos/*/*/player", "https://www.flickr.com/photos/*/*", ""),
    ("JW Player", "cdn.jwplayer.com", "/players/*", "", ""),
    ("Wistia", "fast.wistia.net", "", "", ""),
    ("Wistia", "fast.wistia.com", "", "", ""),
    ("Brightcove", "players.brightcove.net", "", "", ""),
    ("SoundCloud", "w.soundcloud.com", "/player?url=**", "**", ""),
    ("SoundCloud", "w.soundcloud.com", "", "", ""),
    ("Spotify", "open.spotify.com", "/embed-podcast/*/*", "https://open.spotify.com/*/*", ""),
    ("Spotify", "open.spotify.com", "/embed/*/*", "https://open.spotify.com/*/*", ""),
    ("Spotify", "podcasters.spotify.com", "/pod/show/*/embed/episodes/**", "https://podcasters.spotify.com/pod/show/*/episodes/**", ""),
    ("Spotify", "open.spotify.com", "", "", ""),
    ("Apple Podcasts", "embed.podcasts.apple.com", "/**", "https://podcasts.apple.com/**", ""),
    ("Apple Music", "embed.music.apple.com", "/**", "https://music.apple.com/**", ""),
    ("Bandcamp", "bandcamp.com", "", "", ""),
    ("Mixcloud", "mixcloud.com", "?feed=**", "**", ""),
    ("Deezer", "widget.deezer.com", "/widget/*/*/*", "", ""),
    ("Audioboom", "embeds.audioboom.com", "/posts/*/embed/**", "https://audioboom.com/posts/*", ""),
    ("Spreaker", "widget.spreaker.com", "?episode_id=*", "https://www.spreaker.com/episode/*", ""),
    ("Transistor", "share.transistor.fm", "/e/*", "https://share.transistor.fm/s/*", ""),
    ("Anchor", "anchor.fm", "/*/embed/episodes/**", "https://anchor.fm/*/episodes/**", ""),
    ("Facebook", "facebook.com", "/plugins/**?href=**", "**", ""),
    ("Facebook", "facebook.com", "", "", ""),
    ("Instagram", "instagram.com", "/*/*/embed/**", "https://www.instagram.com/*/*/", ""),
    ("X", "platform.twitter.com", "?id=*", "https://x.com/i/status/*", ""),
    ("X", "platform.x.com", "?id=*", "https://x.com/i/status/*", ""),
    ("Bluesky", "embed.bsky.app", "/embed/*/app.bsky.feed.post/*", "https://bsky.app/profile/*/post/*", ""),
    ("TikTok", "tiktok.com", "", "", ""),
    ("Reddit", "embed.reddit.com", "/r/**", "https://www.reddit.com/r/**", ""),
    ("Reddit", "redditmedia.com", "/r/**", "https://www.reddit.com/r/**", ""),
    ("Telegram", "t.me", "/*/*", "https://t.me/*/*", ""),
    ("Pinterest", "assets.pinterest.com", "?id=*", "https://www.pinterest.com/pin/*/", ""),
    ("Google Maps", "google.*", "/maps/embed", "", ""),
    ("Google Maps", "maps.google.*", "", "", ""),
    ("Google Drive", "drive.google.com", "/file/d/*/preview", "https://drive.google.com/file/d/*/view", ""),
    ("Google Docs", "docs.google.com", "", "", ""),
    ("OpenStreetMap", "openstreetmap.org", "", "", ""),
    ("Scribd", "scribd.com", "/embeds/*/**", "https://www.scribd.com/document/*", ""),
    ("DocumentCloud", "embed.documentcloud.org", "/documents/*", "https://www.documentcloud.org/documents/*", ""),
    ("SlideShare", "slideshare.net", "", "", ""),
    ("Issuu", "issuu.com", "", "", ""),
    ("CodePen", "codepen.io", "/*/embed/preview/*", "https://codepen.io/*/pen/*", ""),
    ("CodePen", "codepen.io", "/*/embed/*", "https://codepen.io/*/pen/*", ""),
    ("JSFiddle", "jsfiddle.net", "/*/*/embedded/**", "https://jsfiddle.net/*/*/", ""),
    ("CodeSandbox", "codesandbox.io", "/embed/*", "https://codesandbox.io/s/*", ""),
    ("GitHub", "gist.github.com", "/*/*.pibb", "https://gist.github.com/*/*", ""),
    ("GitHub", "gist.github.com", "", "", ""),
    ("Datawrapper", "datawrapper.dwcdn.net", "/*/**", "https://datawrapper.dwcdn.net/*/", "https://datawrapper.dwcdn.net/*/full.png"),
    ("Flourish", "flo.uri.sh", "/visualisation/*/embed", "https://public.flourish.studio/visualisation/*/", "https://public.flourish.studio/visualisation/*/thumbnail"),
    ("Infogram", "e.infogram.com", "/*", "https://infogram.com/*", ""),
    ("Sketchfab", "sketchfab.com", "/models/*/embed", "https://sketchfab.com/3d-models/*", ""),
    ("Steam", "store.steampowered.com", "/widget/*/**", "https://store.steampowered.com/app/*", ""),
    ("Kickstarter", "kickstarter.com", "/projects/*/*/widget/**", "https://www.kickstarter.com/projects/*/*", ""),
    ("Mastodon", "", "/@*/*/embed", "/@*/*", ""),
    ("PeerTube", "", "/videos/embed/*", "/videos/watch/*", ""),
    ("PeerTube", "", "/video-playlists/embed/*", "/w/p/*", ""),
];

/// What is known of a player from its address.
pub(super) fn player(url: &Url) -> Player {
    let host = url.host_str().unwrap_or_default();
    let plain = host.trim_start_matches("www.");
    let known = PLAYERS.iter().find_map(|(name, at, shape, page, poster)| {
        let parts = (at.is_empty() || is_at(host, at)).then(|| fit(url, shape))??;
        let page = match *page {
            "" => url.to_string(),
            page => filled(url, page, &parts)?,
        };
        let page = Some(page).filter(|page| shares_a_part(url, page));
        let poster = Some(*poster).filter(|poster| !poster.is_empty());
        Some(Player {
            // A shape that anybody may have says no more than whose machine it stands on.
            name: if at.is_empty() { plain } else { name }.to_owned(),
            page: page.map_or_else(|| url.to_string(), |page| with_start(url, page, name)),
            poster: poster.and_then(|poster| filled(url, poster, &parts)),
        })
    });
    known.unwrap_or_else(|| Player {
        name: plain.to_owned(),
        page: url.to_string(),
        poster: None,
    })
}

/// How long a part of an address is, at least, that two addresses share by no chance.
const PART_MIN: usize = 9;

/// Whether a page is surely that of a frame: its address has the frame's path, or a long part of the frame's address. A short
/// part may be no id at all, and the frame's own address plays too.
fn shares_a_part(frame: &Url, page: &str) -> bool {
    let tail = &frame[url::Position::BeforePath..];
    let mut parts = tail.split(['/', '?', '&', '=', '#']);
    frame.path().len() > PART_MIN && page.contains(frame.path())
        || parts.any(|part| part.len() >= PART_MIN && page.contains(part))
}

/// A YouTube player that starts at a moment leads to that moment.
fn with_start(url: &Url, page: String, name: &str) -> String {
    let mut pairs = url.query_pairs();
    match pairs.find(|(key, _)| key == "start" || key == "t") {
        Some((_, moment))
            if name == "YouTube"
                && page.contains("watch?v=")
                && is_part(&moment)
                && moment.len() < 12 =>
        {
            format!("{page}&t={moment}")
        }
        _ => page,
    }
}

fn is_part(text: &str) -> bool {
    let fine =
        |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b':' | b'@' | b'~');
    !text.is_empty() && text.bytes().all(fine)
}

/// What the stars of a shape stand for in an address; `None` where it has another shape.
fn fit(url: &Url, shape: &str) -> Option<Vec<String>> {
    let (path, query) = shape.split_once('?').unwrap_or((shape, ""));
    let mut parts = Vec::new();
    if !path.is_empty() {
        fit_path(url.path().trim_end_matches('/'), path, &mut parts)?;
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, star) = pair.split_once('=')?;
        let (_, value) = url.query_pairs().find(|(key, _)| key == name)?;
        if star == "*" && !is_part(&value) {
            return None;
        }
        parts.push(value.into_owned());
    }
    Some(parts)
}

fn fit_path(path: &str, shape: &str, parts: &mut Vec<String>) -> Option<()> {
    let mut rest = path.split('/');
    for wanted in shape.split('/') {
        if wanted == "**" {
            let all: Vec<&str> = rest.collect();
            parts.push(all.join("/"));
            return Some(());
        }
        let part = rest.next()?;
        if let Some((before, after)) = wanted.split_once('*') {
            let part = part.strip_prefix(before)?.strip_suffix(after)?;
            parts.push(Some(part).filter(|part| is_part(part))?.to_owned());
        } else if !part.eq_ignore_ascii_case(wanted) {
            return None;
        }
    }
    rest.next().is_none().then_some(())
}

/// A page or picture with its stars filled; one that begins with `/` is on the same host.
fn filled(url: &Url, pattern: &str, parts: &[String]) -> Option<String> {
    if pattern == "**" {
        // The player holds the address of its page; that may be encoded once more, or relative to whoever runs it.
        let held = parts.last()?;
        let page = url
            .join(&percent_decode_str(held).decode_utf8().ok()?)
            .ok()?;
        let www = page.host_str()?.replacen("player-widget.", "www.", 1);
        let is_interface = page.host_str()?.starts_with("api.");
        let page = page.as_str().replacen(page.host_str()?, &www, 1);
        let fine = page.starts_with("http") && may_load(&page, false) && !is_interface;
        return fine.then_some(page);
    }
    let mut out = match pattern.starts_with('/') {
        true => format!(
            "{}://{}",
            url.scheme(),
            &url[url::Position::BeforeHost..url::Position::BeforePath]
        ),
        false => String::new(),
    };
    let mut parts = parts.iter();
    let mut rest = pattern;
    while let Some(at) = rest.find('*') {
        out.push_str(&rest[..at]);
        out.push_str(parts.next()?);
        rest = rest[at..].trim_start_matches('*');
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(frame: &str, page: &str, poster: Option<&str>) {
        let player = player(&Url::parse(frame).unwrap());
        assert_eq!(
            (player.page.as_str(), player.poster.as_deref()),
            (page, poster)
        );
    }

    #[test]
    fn players_lead_to_their_pages() {
        check(
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=4&rel=0",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=4",
            Some("https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"),
        );
        check(
            "https://www.youtube.com/embed/videoseries?list=PL12345678",
            "https://www.youtube.com/playlist?list=PL12345678",
            None,
        );
        check(
            "https://player.vimeo.com/video/76979871?h=8272103f6e&dnt=1",
            "https://vimeo.com/76979871/8272103f6e",
            None,
        );
        check(
            "https://player.vimeo.com/video/769798712",
            "https://vimeo.com/769798712",
            None,
        );
        check(
            "https://player.twitch.tv/?channel=ada_of_the_boats&parent=a.example",
            "https://www.twitch.tv/ada_of_the_boats",
            None,
        );
        check(
            "https://embed.ted.com/talks/ada_on_boats",
            "https://www.ted.com/talks/ada_on_boats",
            None,
        );
        check(
            "https://archive.org/embed/boats_1962",
            "https://archive.org/details/boats_1962",
            Some("https://archive.org/services/img/boats_1962"),
        );
        check(
            "https://open.spotify.com/embed/episode/4XkAbCdEfGh?utm=1",
            "https://open.spotify.com/episode/4XkAbCdEfGh",
            None,
        );
        check(
            "https://www.instagram.com/p/C1bcdefghij/embed/captioned/",
            "https://www.instagram.com/p/C1bcdefghij/",
            None,
        );
    }

    #[test]
    fn players_that_hold_the_address_of_their_page() {
        check(
            "https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/ada/boats&color=ff5500",
            "https://soundcloud.com/ada/boats",
            None,
        );
        check(
            "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1",
            "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1",
            None,
        );
        check(
            "https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fada%2Fvideos%2F1%2F&show_text=0",
            "https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fada%2Fvideos%2F1%2F&show_text=0",
            None,
        );
        check(
            "https://player-widget.mixcloud.com/widget/iframe/?feed=%2Fada%2Fboats%2F",
            "https://player-widget.mixcloud.com/widget/iframe/?feed=%2Fada%2Fboats%2F",
            None,
        );
    }

    #[test]
    fn pages_that_nothing_proves_are_not_linked() {
        let frame = "https://www.dailymotion.com/embed/video/x2oikl3";
        let poster = "https://www.dailymotion.com/thumbnail/video/x2oikl3";
        check(frame, frame, Some(poster));
        let frame = "https://player.vimeo.com/video/76979871";
        check(frame, frame, None);
    }

    #[test]
    fn players_of_anybody() {
        check(
            "https://tube.example/videos/embed/9c9d1a2b3c",
            "https://tube.example/videos/watch/9c9d1a2b3c",
            None,
        );
        check(
            "https://social.example:8443/@ada/110123456789/embed",
            "https://social.example:8443/@ada/110123456789",
            None,
        );
        check(
            "https://maps.example/x?y=1",
            "https://maps.example/x?y=1",
            None,
        );
    }
}
