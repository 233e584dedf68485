use feedwash::{model::*, render, wash};
use std::io::{Read, Write};
fn main() {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).unwrap();
    let mode = std::env::args().nth(1).unwrap_or_default();
    let w = wash::wash(
        &Response {
            url: None,
            content_type: None,
            body,
        },
        &Rules::default(),
    )
    .unwrap();
    let out = match mode.as_str() {
        "explain" => {
            let mut s = String::new();
            for r in &w.removals {
                s += &format!(
                    "{} {} [{}|{}|{}] {:?} -> {:?}\n",
                    r.number,
                    r.field.as_str(),
                    r.pass,
                    r.rule,
                    r.evidence.clone().unwrap_or_default(),
                    r.before,
                    r.after
                );
            }
            for x in &w.warnings {
                s += &format!("warning {}\n", x.message);
            }
            s.into_bytes()
        }
        "rss" => render::render(&w.clean, FeedFormat::Rss, &render::Context::default()),
        _ => render::render(&w.clean, FeedFormat::Json, &render::Context::default()),
    };
    std::io::stdout().write_all(&out).unwrap();
}
