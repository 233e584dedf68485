//! Public rule files for sites: a folder named in feeds.toml, `check`'s report of it, and what `clean` does by it.

use super::*;

const PROMO: &str = "<p>The lamp was lit again on Sunday.</p>\
    <div class=\"harbour-note\"><p>Words of the harbour office, every day.</p></div>";

/// A feed with one entry, at an address.
fn feed(link: &str) -> String {
    let content = PROMO.replace('<', "&lt;");
    format!(
        "<rss version=\"2.0\"><channel><title>Wire</title><link>https://agency.example/</link><description/>\
         <item><guid>1</guid><title>Lamp</title><link>{link}</link><description>{content}</description></item></channel></rss>"
    )
}

fn desk(toml: &str) -> Desk {
    let desk = Desk::new();
    desk.write("feeds.toml", toml);
    fs::create_dir(desk.path("sites")).unwrap();
    desk
}

const WIRE: &str = "[[source]]\nname = \"wire\"\nurl = \"feed.xml\"\n";

#[test]
fn the_file_of_the_entrys_host_is_obeyed() {
    let desk = desk(&format!("[cleaning]\nsite_rules = \"sites\"\n{WIRE}"));
    desk.write(
        "sites/paper.example.txt",
        "body: //article\nstrip: //div[contains(@class, 'harbour')]\n",
    );
    desk.write("sites/agency.example.txt", "strip: //p\n");
    let clean = |link: &str| {
        let arguments = ["clean", "-", "--rules", "feeds.toml", "--source", "wire"];
        desk.run_with(&arguments, feed(link).as_bytes()).output()
    };
    let of_the_paper = clean("https://www.paper.example/lamp");
    assert!(
        of_the_paper.contains("The lamp was lit") && !of_the_paper.contains("harbour office"),
        "{of_the_paper}"
    );
    assert!(clean("https://other.example/lamp").contains("harbour office"));
    desk.write("feed.xml", feed("https://paper.example/lamp"));
    let explained = desk.run(&["explain", "--source", "wire"]).output();
    assert!(
        explained
            .contains("site-rules: strip: //div[contains(@class, 'harbour')] (paper.example.txt)"),
        "{explained}"
    );
}

#[test]
fn a_source_may_have_its_own_folder_or_none() {
    let desk = desk(&format!(
        "[cleaning]\nsite_rules = \"sites\"\n{WIRE}off = [\"site-rules\"]\n\
         [[source]]\nname = \"own\"\nurl = \"feed.xml\"\nsite_rules = \"others\"\n"
    ));
    fs::create_dir(desk.path("others")).unwrap();
    desk.write("sites/paper.example.txt", "strip_id_or_class: harbour\n");
    desk.write("others/.paper.example.txt", "strip_id_or_class: harbour\n");
    desk.write("feed.xml", feed("https://news.paper.example/lamp"));
    let explain = |name| desk.run(&["explain", "--source", name]).output();
    assert!(!explain("wire").contains("site-rules"));
    assert!(explain("own").contains("(.paper.example.txt)"));
}

#[test]
fn check_tells_what_is_not_understood() {
    let desk = desk(&format!("[cleaning]\nsite_rules = \"sites\"\n{WIRE}"));
    desk.write("feed.xml", feed("https://paper.example/lamp"));
    desk.write(
        "sites/paper.example.txt",
        "title: //h1\nstrip: //p[1]\nstrip: //div\nstripe: x\n",
    );
    desk.write("sites/README.md", "stripe: x\n");
    desk.write("sites/long.example.txt", "#".repeat(70_000));
    let told = desk.run(&["check"]).output();
    for line in [
        "long.example.txt:1: not understood: it is larger than 65536 bytes\n",
        "paper.example.txt:2: not understood: //p[1]: positions and numbers mean the whole page\n",
        "paper.example.txt:4: not understood: no command is called \"stripe\"\n",
        "feeds.toml is right: 1 source\n",
    ] {
        assert!(told.contains(line), "no {line:?} in {told}");
    }
    assert_eq!(told.lines().count(), 4, "{told}");
}

#[test]
fn a_folder_that_is_not_there_is_told_with_its_line() {
    let desk = desk(&format!("[cleaning]\nsite_rules = \"seits\"\n{WIRE}"));
    desk.run(&["check"]).check(
        1,
        &[
            "feeds.toml: line 2: site_rules: can't read the folder",
            "seits",
            "example.com.txt",
        ],
    );
}

#[test]
fn stored_entries_are_washed_anew_when_a_file_changes() {
    let desk = desk(&format!("[cleaning]\nsite_rules = \"sites\"\n{WIRE}"));
    desk.write("feed.xml", feed("https://paper.example/lamp"));
    desk.run(&["poll"]).output();
    let rewashed = || desk.run(&["rewash", "wire"]).output();
    assert!(rewashed().contains("wire: 0 of 1 entry changed"));
    desk.write("sites/paper.example.txt", "strip_id_or_class: harbour\n");
    let told = desk.run(&["rewash", "--dry-run"]).output();
    assert!(told.contains("wire: 1 of 1 entry would change"), "{told}");
    assert!(rewashed().contains("wire: 1 of 1 entry changed"));
    // A bad rule does not outlive its removal.
    fs::remove_file(desk.path("sites/paper.example.txt")).unwrap();
    assert!(rewashed().contains("wire: 1 of 1 entry changed"));
}
