use feedwash::model::{Response, Rules};
use std::time::Instant;
fn main() {
    let mut bodies: Vec<String> = Vec::new();
    let mut feeds = Vec::new();
    for path in std::env::args().skip(1) {
        let body = std::fs::read(&path).unwrap();
        let response = Response { body, ..Response::default() };
        let Ok(read) = feedwash::wash::read(&response) else { continue };
        for e in &read.raw.entries {
            for t in [&e.content, &e.summary].into_iter().flatten() { bodies.push(t.value.clone()); }
        }
        feeds.push(read.raw);
    }
    let bytes: usize = bodies.iter().map(String::len).sum();
    let (mut best_floor, mut best_wash, mut best_first) = (f64::MAX, f64::MAX, f64::MAX);
    let ammonia = ammonia::Builder::default();
    for _ in 0..4 {
        let t = Instant::now();
        let mut n = 0;
        for b in &bodies {
            let h = scraper::Html::parse_fragment(b);
            n += h.html().len();
            n += ammonia.clean(b).to_string().len();
        }
        best_floor = best_floor.min(t.elapsed().as_secs_f64());
        let t = Instant::now();
        for f in &feeds { n += feedwash::wash::clean(f.clone(), &Rules::default()).removals.len(); }
        best_wash = best_wash.min(t.elapsed().as_secs_f64());
        let t = Instant::now();
        for f in &feeds { let (_, _, d) = feedwash::clean::feed(f, &Rules::default()); n += d.len(); }
        best_first = best_first.min(t.elapsed().as_secs_f64());
        std::hint::black_box(n);
    }
    println!("bodies {} bytes {} floor {:.3}s wash {:.3}s first {:.3}s ratio {:.2} / {:.2}", bodies.len(), bytes, best_floor, best_wash, best_first, best_wash/best_floor, best_first/best_floor);
}
