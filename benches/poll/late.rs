//! Whether polls are on time where sources are many and their interval is long.
//!
//! Each source is polled once, so that it is known. Then the due times are laid evenly over one interval, as they lie after a while,
//! since nobody wants to wait so long for that; the program is started and left alone, and its own history of polls says how late each
//! began.

use super::upstream::Upstream;
use super::{Kept, Plan, Usage, first_polls, program, say};
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long the program has to start, before the first source is due.
const HEAD_START: Duration = Duration::from_secs(20);

/// Over how long the due times are laid: the interval.
const HOUR: Duration = Duration::from_secs(3_600);

/// The interval, as `feeds.toml` has it.
pub(crate) const INTERVAL: &str = "1h";

/// Measures for so long.
pub(crate) fn measure(plan: &Plan, folder: &Path, upstream: &Upstream, window: Duration) {
    first_polls(plan, folder, upstream, |counts| counts.full);
    let store = folder.join("feedwash.db");
    let begin = Timestamp::now().as_second() + HEAD_START.as_secs() as i64;
    let due = lay(&store, plan.sources, begin);
    let program: Kept = program(plan, folder);
    sleep(HEAD_START);
    let (before, started) = (Usage::of(program.pid), Instant::now());
    sleep(window);
    let after = Usage::of(program.pid);
    let end = Timestamp::now().as_second();
    let cpu = (after.cpu - before.cpu).as_secs_f64() / started.elapsed().as_secs_f64();
    drop(program);

    let wanted = due.values().filter(|due| **due < end).count();
    let mut late = late(&store, &due, begin);
    late.sort_unstable();
    let at = |part: f64| late[((late.len() - 1) as f64 * part) as usize];
    say(format_args!(
        "{wanted} polls were due within {} s, {} were begun; late by {} s (p50), {} s (p99), {} s (most)",
        window.as_secs(),
        late.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    ));
    say(format_args!(
        "peak memory {:.1} MB, {:.1} % of a processor",
        after.peak_bytes as f64 / 1e6,
        cpu * 100.0
    ));
}

/// Lays the due times of all sources evenly over an hour, and gives them by source.
fn lay(store: &Path, sources: usize, begin: i64) -> HashMap<i64, i64> {
    let mut store = Connection::open(store).expect("the program left its store");
    let all = store.transaction().expect("nobody else has it");
    let mut due = HashMap::new();
    {
        let mut ids = all
            .prepare("select id from source order by id")
            .expect("it has sources");
        let ids = ids
            .query_map([], |row| row.get::<_, i64>(0))
            .expect("they can be read");
        let mut lay = all
            .prepare("update source set next_poll_at = ?2, leased_until = 0 where id = ?1")
            .expect("they can be written");
        for (place, id) in ids.flatten().enumerate() {
            let at = begin + (place as u64 * HOUR.as_secs() / sources as u64) as i64;
            lay.execute((id, at)).expect("they can be written");
            due.insert(id, at);
        }
    }
    all.commit().expect("they can be written");
    due
}

/// How many seconds after its due time each poll began, since `begin`.
fn late(store: &Path, due: &HashMap<i64, i64>, begin: i64) -> Vec<i64> {
    let store = Connection::open(store).expect("the program left its store");
    let mut polls = store
        .prepare("select source_id, started_at from poll where started_at >= ?1")
        .expect("it has a history");
    let polls = polls.query_map([begin], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    let polls = polls.expect("it can be read").flatten();
    polls
        .map(|(source, started)| started - due[&source])
        .collect()
}
