//! Who a source is asked through and with what: proxies, and secrets that stay with their origin.

use super::*;
use feedwash::config::SecretPlace;
use std::sync::{Arc, Mutex};

/// A proxy that answers for hosts that nobody knows: what is asked of it is a whole URL (RFC 9112 §3.2.2).
async fn proxy() -> Publisher {
    Publisher::start(|asked| match asked.path.as_str() {
        "http://press.example/moved" => {
            answer(302, &[("location", "http://other.example/feed")], "")
        }
        "http://press.example/port" => {
            answer(302, &[("location", "http://press.example:8080/feed")], "")
        }
        "http://press.example/inside" => answer(302, &[("location", "http://10.0.0.1/feed")], ""),
        "http://press.example/back" => answer(302, &[("location", "http://LOCALHOST./feed")], ""),
        _ => answer(200, &[], document()),
    })
    .await
}

/// The lines of a source that goes through a proxy.
fn through(proxy: &Publisher) -> String {
    format!("proxy = \"{}\"", proxy.url(""))
}

#[tokio::test]
async fn a_source_may_have_a_proxy_of_its_own() {
    let proxy = proxy().await;
    let desk = Desk::with_polling("http://press.example/feed", &through(&proxy), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    assert_eq!(proxy.asked()[0].path, "http://press.example/feed");
}

#[tokio::test]
async fn a_source_may_go_without_the_proxy_of_all() {
    let (proxy, publisher) = (proxy().await, proxy().await);
    let polling = format!(
        "allow_private = [\"127.0.0.1\"]\nproxy = \"{}\"",
        proxy.url("")
    );
    let url = publisher.url("/feed");
    let desk = Desk::with_polling(&url, "proxy = \"none\"", &polling).await;
    changed(&desk.poll(NOW).await, (2, 0));
    assert_eq!((proxy.asked().len(), publisher.asked().len()), (0, 1));
    let desk = Desk::with_polling(&url, "", &polling).await;
    changed(&desk.poll(NOW).await, (2, 0));
    assert_eq!((proxy.asked().len(), publisher.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_proxy_is_no_way_around_the_fence() {
    let proxy = proxy().await;
    let address = format!("{}/feed", proxy.url(""));
    for url in [
        "http://10.0.0.1/feed",
        "http://[::1]/feed",
        "http://169.254.169.254/",
        "http://localhost/feed",
        "http://feeds.localhost/feed",
        "http://press.example:25/feed",
        &address,
    ] {
        let desk = Desk::with_polling(url, &through(&proxy), "").await;
        failed(&desk.poll(NOW).await, "may not be fetched");
    }
    assert!(proxy.asked().is_empty());
    for path in ["inside", "back"] {
        let url = format!("http://press.example/{path}");
        let desk = Desk::with_polling(&url, &through(&proxy), "").await;
        failed(&desk.poll(NOW).await, "may not be fetched");
    }
    assert_eq!(proxy.asked().len(), 2);
}

#[tokio::test]
async fn a_proxy_that_has_a_name_is_reached_and_not_fetched() {
    let proxy = proxy().await;
    let port = proxy.address.port();
    let own = format!("proxy = \"http://localhost:{port}\"");
    let desk = Desk::with_polling("http://press.example/feed", &own, "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    let desk = Desk::with_polling(&format!("http://localhost:{port}/"), &own, "").await;
    failed(&desk.poll(NOW).await, "the proxy itself, or private to it");
    assert_eq!(proxy.asked().len(), 1);
}

#[tokio::test]
async fn secrets_from_elsewhere_go_to_their_own_origin_only() {
    let proxy = proxy().await;
    let secrets = "headers = { X-Key = { env = \"KEY\" } }\nbasic_auth = { file = \"login\" }\n\
                   cookie = { credential = \"jar\" }";
    for (path, elsewhere) in [
        ("moved", "http://other.example/feed"),
        ("port", "http://press.example:8080/feed"),
    ] {
        let url = format!("http://press.example/{path}");
        let toml = format!(
            "[[source]]\nname = \"press\"\nurl = \"{url}\"\n{}\n{secrets}\n",
            through(&proxy)
        );
        let read = |place: &SecretPlace| {
            Ok(match place {
                SecretPlace::Env(_) => "k".into(),
                SecretPlace::File(_) => "me:pass".into(),
                SecretPlace::Credential(_) => "a=b".into(),
            })
        };
        let config = Config::with_secrets(&toml, Path::new("/nowhere"), None, &read).unwrap();
        let store = Store::open(&StoreLocation::Memory).await.unwrap();
        store.sync(&config, NOW).await.unwrap();
        let live = Live::new(config).unwrap();
        let before = proxy.asked().len();
        changed(&Desk { store, live }.poll(NOW).await, (2, 0));
        let sent = proxy.asked().split_off(before);
        let of = |n: usize| ["x-key", "authorization", "cookie"].map(|name| sent[n].header(name));
        assert_eq!(
            (sent[0].path.as_str(), sent[1].path.as_str()),
            (url.as_str(), elsewhere)
        );
        assert_eq!(of(0), ["k", "Basic bWU6cGFzcw==", "a=b"]);
        assert_eq!(of(1), ["", "", ""], "{elsewhere}");
    }
}

/// A SOCKS5 proxy that notes what kind of address it is asked to connect to, and does not (RFC 1928 §3 and §4).
async fn socks() -> (String, Arc<Mutex<Vec<u8>>>) {
    let (listener, address) = free_port().await;
    let kinds: Arc<Mutex<Vec<u8>>> = Arc::default();
    let noted = Arc::clone(&kinds);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut greeting = [0; 2];
            stream.read_exact(&mut greeting).await.unwrap();
            let mut methods = vec![0; greeting[1].into()];
            stream.read_exact(&mut methods).await.unwrap();
            stream.write_all(&[5, 0]).await.unwrap();
            let mut request = [0; 4];
            stream.read_exact(&mut request).await.unwrap();
            noted.lock().unwrap().push(request[3]);
        }
    });
    (address.to_string(), kinds)
}

#[tokio::test]
async fn names_are_looked_up_by_the_proxy_or_here() {
    const NAME: u8 = 3;
    let (address, kinds) = socks().await;
    for (scheme, is_name) in [("socks5h", true), ("socks5", false)] {
        let own = format!("proxy = \"{scheme}://{address}\"");
        let url = "http://localhost/feed";
        let desk = Desk::with_polling(url, &own, "allow_private = [\"localhost\"]").await;
        failed(&desk.poll(NOW).await, "");
        let kinds = std::mem::take(&mut *kinds.lock().unwrap());
        assert!(!kinds.is_empty(), "the proxy was asked");
        assert!(
            kinds.iter().all(|kind| (*kind == NAME) == is_name),
            "{scheme}: {kinds:?}"
        );
    }
}
