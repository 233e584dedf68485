//! A week of a thousand sources in virtual time: the store, the rota and the schedule of the program, and publishers that
//! are numbers. Nobody sleeps, and nobody is asked.
//!
//! `cargo test --test it week:: -- --nocapture` prints the figures.

use crate::support::config;
use feedwash::config::StoreLocation;
use feedwash::daemon::Rota;
use feedwash::limits;
use feedwash::model::{Date, Entry, Feed};
use feedwash::schedule::{self, Clock, Ended, Ending, Failure, Hints, Pace, Policy};
use feedwash::store::{Finish, Source, Status, Store};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use std::time::Duration;

/// Monday, 5 January 2026, 00:00.
const START: Timestamp = Timestamp::constant(1_767_571_200, 0);
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
const SOURCES: usize = 1000;

/// How often the sky is looked at; the daemon looks every second, which changes no rule.
const TICK: i64 = 15;

/// How many polls may run at once, and so how many sources are taken in one look.
const PLACES: usize = 64;

/// The user's shortest interval, in seconds.
const INTERVAL: i64 = 1800;

fn at(second: i64) -> Timestamp {
    START + SignedDuration::from_secs(second)
}

/// Numbers that look like chance, and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    /// A length around a mean, as of things that happen independently of each other.
    fn around(&mut self, mean: i64) -> i64 {
        let part = (self.roll(1_000_000) + 1) as f64 / 1_000_001.0;
        (-part.ln() * mean as f64) as i64 + 1
    }
}

/// What a publisher's server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Well,
    /// Says that it stays fresh for so many seconds.
    Fresh(i64),
    /// 429 with a Retry-After of so many seconds at every tenth request.
    Busy(i64),
    /// 500 on the third day.
    Sick,
    Missing,
    Gone,
}

/// A source as its publisher sees it.
struct Publisher {
    site: String,
    server: Server,
    /// When its posts came out, in seconds since the start, the oldest first; from two months before to the end.
    posts: Vec<i64>,
    /// How often it posts in words, for the figures.
    rhythm: &'static str,
    ttl_minutes: Option<u32>,
    closed_hours: Vec<u8>,
    closed_days: Vec<String>,
    requests: u64,
    /// The next request may not come before, and why.
    not_before: (i64, &'static str),
    /// Failures in a row.
    failures: u32,
    /// The posts up to here were seen; before the first document it could not say what it asks for.
    seen: i64,
}

impl Publisher {
    fn new(n: usize, dice: &mut Dice) -> Self {
        let (rhythm, mean) = match n % 10 {
            0 => ("hourly", HOUR),
            1 | 2 => ("thrice a day", DAY / 3),
            3..6 => ("daily", DAY),
            6 => ("in bursts", DAY),
            7 | 8 => ("weekly", WEEK),
            _ => ("silent", 200 * DAY),
        };
        let mut posts = Vec::new();
        let mut time = -60 * DAY;
        while time < WEEK {
            time += dice.around(mean);
            let burst = if rhythm == "in bursts" { 8 } else { 1 };
            posts.extend((0..burst).map(|n| time + 120 * n));
        }
        posts.sort_unstable();
        // 200 feeds of one big host, 100 of five middling ones, and everybody else at home.
        let site = match n {
            0..200 => "big.example.org".to_owned(),
            200..300 => format!("feeds.middling{}.com", n % 5),
            _ => format!("www.home{n}.net"),
        };
        let server = match (n / 7) % 20 {
            0..8 => Server::Well,
            8..12 => Server::Fresh([600, HOUR, 3 * HOUR, 30 * DAY][n % 4]),
            12..15 => Server::Fresh(HOUR),
            15 | 16 => Server::Busy([300, 2 * HOUR][n % 2]),
            17 => Server::Sick,
            18 => Server::Missing,
            _ if n.is_multiple_of(3) => Server::Gone,
            _ => Server::Well,
        };
        Self {
            site,
            server,
            posts,
            rhythm,
            ttl_minutes: n.is_multiple_of(6).then_some([15, 60, 360][n % 3]),
            closed_hours: if n.is_multiple_of(9) {
                (0..7).collect()
            } else {
                Vec::new()
            },
            closed_days: match n % 17 {
                0 => vec!["Saturday".into(), "Sunday".into()],
                _ => Vec::new(),
            },
            requests: 0,
            not_before: (0, "it is new"),
            failures: 0,
            seen: i64::MIN,
        }
    }

    /// Its document: the twenty newest posts.
    fn document(&self, now: i64) -> Feed {
        let out = self.posts.partition_point(|&post| post <= now);
        let newest = self.posts[out.saturating_sub(20)..out].iter().rev();
        let entry = |&post: &i64| Entry {
            published: Some(Date {
                raw: String::new(),
                time: Some(at(post)),
            }),
            ..Entry::default()
        };
        Feed {
            entries: newest.map(entry).collect(),
            ttl_minutes: self.ttl_minutes,
            skip_hours: self.closed_hours.clone(),
            skip_days: self.closed_days.clone(),
            ..Feed::default()
        }
    }

    /// Whether it asked not to be polled now; written by hand, so that the schedule is not judged by itself.
    fn is_closed(&self, now: i64) -> bool {
        let hour = now.rem_euclid(DAY) / HOUR;
        let weekday = now.div_euclid(DAY).rem_euclid(7);
        let is_weekend = weekday >= 5;
        self.closed_hours
            .iter()
            .any(|&closed| i64::from(closed) == hour)
            || !self.closed_days.is_empty() && is_weekend
    }

    /// Answers a request: how the poll ends, and what server and document say. Sets what the next one has to wait for.
    fn answer(&mut self, now: i64) -> (Ending, Hints, bool) {
        self.requests += 1;
        let mut hints = Hints::default();
        let failed = |failure| (Ending::Failed(failure), false);
        let (ending, is_document) = match self.server {
            Server::Gone => (Ending::Gone, false),
            Server::Missing => failed(Failure::Missing),
            Server::Sick if (2 * DAY..3 * DAY).contains(&now) => failed(Failure::Server),
            Server::Busy(wait) if self.requests.is_multiple_of(10) => {
                hints.retry_after = Some(Duration::from_secs(wait as u64));
                failed(Failure::Unwelcome)
            }
            Server::Fresh(seconds) => {
                hints.fresh_for = Some(Duration::from_secs(seconds as u64));
                (Ending::Fine, true)
            }
            _ => (Ending::Fine, true),
        };
        let failures = if ending == Ending::Fine {
            0
        } else {
            self.failures + 1
        };
        self.failures = failures;
        let knows = ending == Ending::Fine || self.seen > i64::MIN;
        let ttl = self.ttl_minutes.filter(|_| knows);
        let ttl = ttl.map_or(0, |minutes| i64::from(minutes) * 60);
        // A day is the most that hints may ask for.
        let mut rule = |wait: i64, why| self.not_before = self.not_before.max((now + wait, why));
        rule(INTERVAL, "the user's interval");
        rule(ttl.min(DAY), "ttl");

        rule(
            hints
                .fresh_for
                .map_or(0, |fresh| fresh.as_secs() as i64)
                .min(DAY),
            "max-age",
        );
        rule(
            hints.retry_after.map_or(0, |wait| wait.as_secs() as i64),
            "Retry-After",
        );
        match ending {
            Ending::Gone => rule(i64::MAX / 2, "410"),
            Ending::Failed(Failure::Missing) => {
                rule((INTERVAL * 4) << (failures - 1).min(4), "back-off of a 404")
            }
            Ending::Failed(_) => rule((INTERVAL << (failures - 1).min(9)).min(DAY), "back-off"),
            Ending::Fine => {}
        }
        (ending, hints, is_document)
    }
}

/// What was measured.
#[derive(Default)]
struct Figures {
    violations: Vec<String>,
    /// The requests of each site.
    visits: HashMap<String, Vec<i64>>,
    /// From a post to the poll that saw it, by rhythm.
    delays: BTreeMap<&'static str, Vec<i64>>,
}

impl Figures {
    fn delay(&mut self, publisher: &mut Publisher, now: i64) {
        // What was posted before the first poll is no news.
        let from = if publisher.seen == i64::MIN {
            now
        } else {
            publisher.seen
        };
        let new = publisher
            .posts
            .iter()
            .filter(|&&post| post > from && post <= now);
        let delays = new.map(|post| now - post);
        self.delays
            .entry(publisher.rhythm)
            .or_default()
            .extend(delays);
        publisher.seen = now;
    }
}

/// The world: publishers, and the waits that their sites asked everybody for.
struct World {
    publishers: Vec<Publisher>,
    holds: HashMap<String, i64>,
    /// When each source was due as the program ended.
    due_at_end: HashMap<String, Option<Timestamp>>,
    figures: Figures,
}

impl World {
    /// One poll, as the program makes it, of a publisher that writes down what is wrong with its coming. Gives the site
    /// that asked everybody to wait.
    async fn poll(
        &mut self,
        store: &Store,
        source: &Source,
        now: i64,
    ) -> Option<(String, Timestamp)> {
        let n: usize = source.name.trim_start_matches("source-").parse().unwrap();
        let publisher = &mut self.publishers[n];
        let held = self.holds.get(&publisher.site).copied().unwrap_or(i64::MIN);
        let (not_before, why) = publisher.not_before;
        let due = self.due_at_end.remove(&source.name);
        for (is_wrong, why) in [
            (
                due.is_some_and(|due| due.is_none_or(|due| due > at(now))),
                "it was not due when the program was started anew",
            ),
            (now < not_before, why),
            (now < held, "its site asked everybody to wait"),
            (
                publisher.seen > i64::MIN && publisher.is_closed(now),
                "closed hours and days",
            ),
        ] {
            if is_wrong {
                self.figures
                    .violations
                    .push(format!("{} at {now}: {why}", source.name));
            }
        }
        self.figures
            .visits
            .entry(publisher.site.clone())
            .or_default()
            .push(now);
        let (ending, hints, is_document) = publisher.answer(now);
        let pace = is_document.then(|| Pace::of(&publisher.document(now), &source.pace, at(now)));
        if is_document {
            self.figures.delay(publisher, now);
        }
        let known = pace.unwrap_or(source.pace);
        let failures = if ending == Ending::Fine {
            0
        } else {
            source.failures + 1
        };
        let ended = Ended {
            name: &source.name,
            policy: Policy {
                interval: Duration::from_secs(INTERVAL as u64),
                adaptive: true,
            },
            ending,
            failures,
            is_first: source.is_new,
            hints,
            pace: &known,
        };
        let next = schedule::next(&ended, at(now));
        let until = hints.retry_after.map(|wait| now + wait.as_secs() as i64);
        let hold = until.map(|until| (registered(&publisher.site), at(until)));
        if let Some(until) = until {
            let all = self.holds.entry(publisher.site.clone()).or_insert(until);
            *all = until.max(*all);
        }
        let finish = Finish {
            outcome: "unchanged",
            pace,
            failures,
            hold: hold.clone(),
            next_poll_at: next.at,
            next_poll_reason: next.reason,
            retry_after_until: until.map(at),
            ..Finish::default()
        };
        store.finish(source, &finish, at(now)).await.unwrap();
        hold
    }
}

/// What somebody registered of a host of this world.
fn registered(host: &str) -> String {
    host.split_once('.').unwrap().1.to_owned()
}

/// All sources, as a user writes them down.
fn feeds_toml(publishers: &[Publisher]) -> String {
    let table = |(n, publisher): (usize, &Publisher)| {
        format!(
            "[[source]]\nname = \"source-{n}\"\nurl = \"https://{}/{n}\"\n",
            publisher.site
        )
    };
    publishers.iter().enumerate().map(table).collect()
}

/// The most requests to one site within so many seconds.
fn burst(visits: &HashMap<String, Vec<i64>>, within: i64) -> (usize, String) {
    let most = visits.iter().map(|(site, times)| {
        let ending = times.iter().enumerate().map(|(last, time)| {
            last + 1 - times.partition_point(|earlier| *earlier <= time - within)
        });
        (ending.max().unwrap_or(0), site.clone())
    });
    most.max().unwrap_or_default()
}

#[tokio::test]
async fn a_week_breaks_no_rule() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let publishers: Vec<Publisher> = (0..SOURCES).map(|n| Publisher::new(n, &mut dice)).collect();
    let config = config(&feeds_toml(&publishers));
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    store.sync(&config, START).await.unwrap();
    let mut world = World {
        publishers,
        holds: HashMap::new(),
        due_at_end: HashMap::new(),
        figures: Figures::default(),
    };
    let mut rota = Rota::new(&config);
    let lease = Duration::from_secs(300);
    for now in (0..WEEK).step_by(TICK as usize) {
        if now == WEEK / 2 {
            // The program is started anew: it knows what the store knows.
            let statuses = store.statuses().await.unwrap().into_iter();
            world.due_at_end = statuses
                .map(|status| (status.name, status.next_poll_at))
                .collect();
            rota = Rota::new(&config);
            store.release_leases().await.unwrap();
            store.sync(&config, at(now)).await.unwrap();
            assert_eq!(store.mend_times(at(now)).await.unwrap(), 0);
            let within = Duration::from_secs(INTERVAL as u64);
            store
                .spread_overdue(Duration::from_millis(100), within, at(now))
                .await
                .unwrap();
        }
        loop {
            let due = store.due(PLACES, lease, at(now)).await.unwrap();
            let was_all = due.len() < PLACES;
            let mut postponed = Vec::new();
            for source in due {
                match rota.later(&source, at(now), Duration::from_secs(now as u64)) {
                    Some((turn, why)) => postponed.push((source.taken(), turn, why)),
                    None => {
                        if let Some((site, until)) = world.poll(&store, &source, now).await {
                            rota.hold(&site, until, at(now));
                        }
                    }
                }
            }
            store.postpone(&postponed).await.unwrap();
            if was_all {
                break;
            }
        }
    }
    judge(&world);
}

fn judge(world: &World) {
    let figures = &world.figures;
    let polled = SOURCES - world.due_at_end.len();
    assert!(
        polled > SOURCES * 9 / 10,
        "only {polled} were polled after the restart"
    );
    assert!(
        figures.violations.is_empty(),
        "{:#?}",
        &figures.violations[..figures.violations.len().min(20)]
    );
    let mut out = std::io::stderr();
    let mut requests: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for publisher in &world.publishers {
        let (count, sources) = requests.entry(publisher.rhythm).or_default();
        *count += publisher.requests;
        *sources += 1;
        if publisher.server == Server::Gone {
            assert_eq!(publisher.requests, 1, "410 is asked once");
        } else {
            assert!(
                publisher.requests >= 3,
                "nobody is forgotten: {:?}",
                publisher.server
            );
        }
    }
    let all: u64 = world
        .publishers
        .iter()
        .map(|publisher| publisher.requests)
        .sum();
    let _ = writeln!(
        out,
        "requests a day and source: {:.1}",
        all as f64 / 7.0 / SOURCES as f64
    );
    for (rhythm, (count, sources)) in &requests {
        let mut delays = figures.delays.get(rhythm).cloned().unwrap_or_default();
        delays.sort_unstable();
        let delay = |part: usize| match delays.get(delays.len() * part / 100) {
            Some(seconds) => schedule::words(Duration::from_secs(*seconds as u64)),
            None => "-".to_owned(),
        };
        let a_day = *count as f64 / 7.0 / *sources as f64;
        let _ = writeln!(
            out,
            "{rhythm:>12}: {a_day:5.1} requests a day, {:5} posts, seen after {} (median), {} (nine of ten)",
            delays.len(),
            delay(50),
            delay(90),
        );
    }
    let (minute, site) = burst(&figures.visits, 60);
    let (second, _) = burst(&figures.visits, 1);
    let _ = writeln!(
        out,
        "largest burst to one site: {second} at once, {minute} within a minute ({site}, 200 feeds)"
    );
    // 200 sources in half of half an hour are one in 4.5 seconds; a look every 15 seconds finds four of them.
    assert!(second <= 4, "{second} at once");
    assert!(minute <= 16, "{minute} within a minute");
    // Everybody else has a site of its own, and one visit at a time.
    let alone = figures
        .visits
        .iter()
        .filter(|(site, _)| site.starts_with("www."));
    let alone: HashMap<String, Vec<i64>> = alone
        .map(|(site, times)| (site.clone(), times.clone()))
        .collect();
    assert_eq!(burst(&alone, INTERVAL).0, 1);
}

/// Polls everything that is due within some seconds; gives how many were due in the busiest of them, and in all.
async fn poll_for(
    world: &mut World,
    store: &Store,
    seconds: std::ops::Range<i64>,
) -> (usize, usize) {
    let (mut most, mut all) = (0, 0);
    for now in seconds {
        let due = store
            .due(SOURCES, Duration::from_secs(300), at(now))
            .await
            .unwrap();
        most = due.len().max(most);
        all += due.len();
        for source in &due {
            world.poll(store, source, now).await;
        }
    }
    (most, all)
}

#[tokio::test]
async fn a_clock_that_jumps_years_stampedes_nobody_and_stops_nothing() {
    const YEARS: i64 = 10 * 365 * DAY;
    const HOMES: usize = 200;
    let mut dice = Dice(7);
    let mut publishers: Vec<Publisher> = (300..300 + HOMES)
        .map(|n| Publisher::new(n, &mut dice))
        .collect();
    for publisher in &mut publishers {
        publisher.server = Server::Well;
        publisher.closed_hours.clear();
        publisher.closed_days.clear();
    }
    let config = config(&feeds_toml(&publishers));
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    store.sync(&config, START).await.unwrap();
    let mut world = World {
        publishers,
        holds: HashMap::new(),
        due_at_end: HashMap::new(),
        figures: Figures::default(),
    };
    let (most, _) = poll_for(&mut world, &store, 0..1).await;
    assert_eq!(
        most, HOMES,
        "new sources of different publishers start at once"
    );

    // Somebody sets the clock to ten years later: all are due, and come one after the other.
    let mut clock = Clock::default();
    assert_eq!(clock.jumped(at(0), Duration::ZERO), None);
    let later = YEARS + 1;
    assert!(clock.jumped(at(later), Duration::from_secs(1)).is_some());
    assert_eq!(store.mend_times(at(later)).await.unwrap(), 0);
    let within = Duration::from_secs(INTERVAL as u64);
    store
        .spread_overdue(limits::OVERDUE_GAP, within, at(later))
        .await
        .unwrap();
    let (most, all) = poll_for(&mut world, &store, later..later + 60).await;
    assert!(most <= 11, "{most} in one second");
    assert_eq!(all, HOMES);

    // … and back: nobody waits for ten years, and nobody is polled before it waited as long as it was to wait.
    let back = 120;
    assert!(clock.jumped(at(back), Duration::from_secs(120)).is_some());
    assert_eq!(store.mend_times(at(back)).await.unwrap(), HOMES as u64);
    let waits = |status: &Status| {
        status
            .next_poll_at
            .unwrap()
            .duration_since(at(back))
            .as_secs()
    };
    let waits: Vec<i64> = store.statuses().await.unwrap().iter().map(waits).collect();
    assert!(
        waits.iter().all(|wait| (INTERVAL..=2 * DAY).contains(wait)),
        "{waits:?}"
    );
    assert!(
        waits.iter().collect::<BTreeSet<_>>().len() > HOMES / 10,
        "they are spread: {waits:?}"
    );
}
