//! `clean` and `explain`: one feed in, the clean feed or the reasons out.

use super::*;

#[test]
fn clean_reads_a_file_and_standard_input_alike() {
    let desk = Desk::new();
    desk.write("feed.xml", rss(&[("1", "A", JUNKY)]));
    let document = fs::read(desk.path("feed.xml")).unwrap();
    let from_file = desk.run(&["clean", "feed.xml"]).output();
    assert!(
        from_file.contains("The lamp was lit") && !from_file.contains("Leave a Reply"),
        "{from_file}"
    );
    assert_eq!(desk.run_with(&["clean"], &document).output(), from_file);
    assert_eq!(
        desk.run_with(&["clean", "-"], &document).output(),
        from_file
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clean_reads_a_url_that_may_be_asked() {
    let publisher = Publisher::start(|_| answer(200, &[], rss(&[("1", "A", JUNKY)]))).await;
    let desk = Desk::new();
    let url = publisher.url("/feed");
    desk.run(&["clean", &url])
        .check(1, &["may not be fetched", "private", "allow_private"]);
    assert!(publisher.asked().is_empty());
    let clean = desk
        .run(&["clean", &url, "--allow-private", "127.0.0.1"])
        .output();
    assert!(
        clean.contains("The lamp was lit") && !clean.contains("Leave a Reply"),
        "{clean}"
    );
    desk.run(&["clean", &url, "--allow-private", "a b"])
        .check(2, &["neither a network"]);
}

#[test]
fn clean_writes_the_format_that_is_asked_for_else_the_inputs() {
    let desk = Desk::new();
    for (file, own) in [
        ("wire.xml", "rss"),
        ("harbour-blog.xml", "atom"),
        ("field-notes.json", "json"),
    ] {
        let path = example(file);
        for format in ["rss", "atom", "json"] {
            let out = desk.run(&["clean", &path, "--to", format]).output();
            match format {
                "rss" => drop(rss::Channel::read_from(out.as_bytes()).unwrap()),
                "atom" => drop(atom_syndication::Feed::read_from(out.as_bytes()).unwrap()),
                _ => drop(serde_json::from_str::<Value>(&out).unwrap()),
            }
            if format == own {
                assert_eq!(desk.run(&["clean", &path]).output(), out, "{file}");
            }
        }
    }
    desk.run(&["clean", &example("wire.xml"), "--to", "opml"])
        .check(2, &["opml", "rss, atom, json"]);
}

#[test]
fn clean_raw_makes_no_id_and_takes_none_away() {
    let document = "<rss version='2.0'><channel><title>F</title><link>http://l.example/</link><description>D</description>
        <item><title>A</title><guid isPermaLink='false'>urn:feedwash:abc</guid></item>
        <item><title>B</title><link>http://l.example/b</link></item></channel></rss>";
    let output = Desk::new()
        .run_with(&["clean", "--raw"], document.as_bytes())
        .output();
    assert!(output.contains(">urn:feedwash:abc</guid>"));
    assert_eq!(output.matches("<guid").count(), 1);
}

#[test]
fn clean_raw_removes_nothing() {
    let raw = Desk::new().run_with(&["clean", "--raw"], rss(&[("1", "A", JUNKY)]).as_bytes());
    assert!(raw.output().contains("Leave a Reply"));
}

#[test]
fn clean_believes_a_content_type_where_the_document_says_nothing() {
    let (document, _, _) = encoding_rs::WINDOWS_1251.encode(
        "<rss version=\"2.0\"><channel><title>Новости</title><item><guid>1</guid><title>Маяк</title></item></channel></rss>",
    );
    let out = Desk::new().run_with(
        &["clean", "--content-type", "text/xml; charset=windows-1251"],
        &document,
    );
    assert!(out.output().contains("<title>Маяк</title>"));
}

#[test]
fn clean_resolves_addresses_against_a_base() {
    let desk = Desk::new();
    let document = "<rss version=\"2.0\"><channel><title>A</title><item><guid>1</guid><title>B</title>\
        <description>&lt;p&gt;&lt;a href=\"story\"&gt;C&lt;/a&gt;&lt;/p&gt;</description></item></channel></rss>";
    let run = |base: &str| desk.run_with(&["clean", "--base", base], document.as_bytes());
    assert!(
        run("https://press.example/news/feed")
            .output()
            .contains("https://press.example/news/story")
    );
    run("no url").check(2, &["--base", "no url"]);
}

#[test]
fn clean_obeys_the_rules_of_a_source() {
    let desk = Desk::new();
    desk.write(
        "rules.toml",
        "[[source]]\nname = \"wire\"\nurl = \"https://a.example/\"\noff = [\"comment-forms\", \"page-furniture\"]\n\
         remove = [{ text = \"lit again\" }]\n",
    );
    let document = rss(&[("1", "A", &format!("<p>Kept.</p><p>Also kept.</p>{JUNKY}"))]);
    let run = |source: &str| {
        desk.run_with(
            &["clean", "-", "--rules", "rules.toml", "--source", source],
            document.as_bytes(),
        )
    };
    let out = run("wire").output();
    assert!(
        out.contains("Also kept") && out.contains("Leave a Reply") && !out.contains("lit again"),
        "{out}"
    );
    run("wirre").check(
        2,
        &["no source is named \"wirre\"", "did you mean \"wire\"?"],
    );
    desk.run(&["clean", "--rules", "rules.toml"])
        .check(2, &["--source"]);
}

#[test]
fn a_source_of_feeds_toml_is_washed_as_it_would_be_polled() {
    let desk = Desk::new();
    desk.write("one.xml", rss(&[("1", "A", JUNKY)]));
    desk.write(
        "feeds.toml",
        "[[source]]\nname = \"one\"\nurl = \"one.xml\"\noff = [\"comment-forms\"]\n",
    );
    let out = desk.run(&["clean", "--source", "one"]).output();
    assert!(
        out.contains("Leave a Reply") && !out.contains("<textarea"),
        "{out}"
    );
    assert!(!desk.path("feedwash.db").exists());
}

#[test]
fn what_is_no_feed_is_refused_with_a_remedy() {
    let desk = Desk::new();
    let page = "<!doctype html><title>Our site</title><link rel=alternate type=application/rss+xml href=https://a.example/rss><p>Hi</p>";
    for (input, words) in [
        (page, &["web page", "https://a.example/rss"][..]),
        ("", &["empty"]),
        ("\n \n", &["empty"]),
        ("just words", &["no feed", "just words"]),
        ("{\"a\": 1}", &["no feed"]),
    ] {
        for command in ["clean", "explain"] {
            let ran = desk.run_with(&[command], input.as_bytes());
            ran.check(1, words);
            ran.check(1, &["feedwash: can't read standard input as a feed"]);
            assert_eq!(ran.out, "");
        }
    }
    desk.run(&["clean", "nowhere.xml"])
        .check(1, &["can't read nowhere.xml", "No such file"]);
    desk.run(&["clean", "."]).check(1, &["can't read ."]);
}

#[test]
fn a_document_that_breaks_off_keeps_its_complete_entries() {
    let document = rss(&[
        ("1", "A", "<p>First.</p>"),
        ("2", "B", "<p>Second.</p>"),
        ("3", "C", "<p>Third.</p>"),
    ]);
    let cut = document.find("Third").unwrap();
    let ran = Desk::new().run_with(&["clean"], &document.as_bytes()[..cut]);
    let channel = rss::Channel::read_from(ran.output().as_bytes()).unwrap();
    let titles: Vec<_> = channel
        .items
        .iter()
        .filter_map(|item| item.title.as_deref())
        .collect();
    assert!(titles.starts_with(&["A", "B"]), "{titles:?}");
    assert!(
        channel.items[1]
            .content
            .as_deref()
            .or(channel.items[1].description())
            .unwrap()
            .contains("Second.")
    );
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let desk = Desk::new();
    for command in ["clean", "explain"] {
        let mut child = desk
            .command(&[command])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // Nobody reads, from before the first byte is written.
        drop(child.stdout.take());
        child
            .stdin
            .take()
            .unwrap()
            .write_all(many(2000).as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (
                output.status.code(),
                String::from_utf8(output.stderr).unwrap()
            ),
            (Some(0), String::new())
        );
    }
}

#[test]
fn explain_says_in_words_what_goes_and_why() {
    let out = Desk::new().run(&["explain", &example("wire.xml")]).output();
    for words in [
        "Lighthouse on Tern Rock",
        "comment-forms",
        "tracking-pixels",
        "Please enter your comment!",
        "3 entries",
    ] {
        assert!(out.contains(words), "nothing about {words:?} in {out}");
    }
}

#[test]
fn clean_says_on_stderr_that_something_was_forgiven() {
    let desk = Desk::new();
    let broken = channel(&item("1", "A", JUNKY, "<pubDate>soon</pubDate>"));
    for arguments in [&["clean"][..], &["clean", "--raw"]] {
        let ran = desk.run_with(arguments, broken.as_bytes());
        assert!(!ran.out.contains("forgiven"), "{ran:?}");
        ran.check(
            0,
            &["feedwash: 1 thing was forgiven while reading; \"feedwash explain\" shows what\n"],
        );
    }
    let right = channel(&item("1", "A", JUNKY, ""));
    let ran = desk.run_with(&["clean"], right.as_bytes());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn explain_gives_one_object_a_line() {
    let desk = Desk::new();
    let broken = channel(&item("1", "A", JUNKY, "<pubDate>soon</pubDate>"));
    let run = |arguments: &[&str]| desk.run_with(arguments, broken.as_bytes()).output();
    let out = run(&["explain", "--json"]);
    let (mut removals, mut warnings) = (0, 0);
    for line in out.lines() {
        let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        if object.contains_key("warning") {
            assert_eq!(keys, ["warning", "line", "entry", "key", "title"]);
            assert_eq!(object["entry"], "1");
            warnings += 1;
            continue;
        }
        let expected = [
            "entry", "key", "removal", "piece", "title", "field", "pass", "rule", "evidence",
            "before", "after",
        ];
        assert_eq!(keys, expected);
        let pass = object["pass"].as_str().unwrap();
        assert!(PASSES.iter().any(|known| known.name == pass), "{pass}");
        assert_eq!(
            (object["entry"].as_str(), object["title"].as_str()),
            (Some("1"), Some("A"))
        );
        assert!(
            object["removal"].is_u64() && object["before"].is_string() && object["key"].is_string()
        );
        removals += 1;
    }
    assert!(removals > 0 && warnings > 0, "{out}");
    let words = run(&["explain"]);
    assert!(words.contains(&format!("; {removals} piece")), "{words}");
}
