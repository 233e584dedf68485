//! Programs that share a PostgreSQL database: each publisher is polled by one of them at a time, whoever comes and goes.

use crate::store::in_schema;
use crate::support::{LEASE, NOW, after, config, fine, until};
use feedwash::config::{Config, StoreLocation};
use feedwash::daemon::Rota;
use feedwash::store::{Differing, Others, Source, Store};
use futures_util::future::join_all;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

const PUBLISHERS: usize = 30;

/// Three sources at each of thirty publishers, called by both.
fn world() -> Config {
    let sources = (0..PUBLISHERS).flat_map(|publisher| {
        (0..3).map(move |n| {
            format!(
                "[[source]]\nname = \"{publisher}-{n}\"\nurl = \"https://www{n}.example{publisher}.org/feed\"\n"
            )
        })
    });
    config(&sources.collect::<String>())
}

/// A program that takes part.
async fn member(location: &StoreLocation) -> Store {
    let store = Store::open(location).await.unwrap();
    store.take_part(&world(), "here");
    store
}

/// A program that takes part, and what makes it one of the team before anything is due.
async fn joined(location: &StoreLocation) -> Store {
    let store = member(location).await;
    assert!(due(&store, 0).await.is_empty());
    store
}

/// So many that the store holds what is due from a minute before on.
async fn team<const N: usize>(location: &StoreLocation) -> [Store; N] {
    let mut stores = Vec::new();
    for _ in 0..N {
        stores.push(joined(location).await);
    }
    stores[0].sync(&world(), after(10)).await.unwrap();
    stores.try_into().expect("so many")
}

async fn close<const N: usize>(stores: [Store; N]) {
    for store in stores {
        store.close().await;
    }
}

async fn due(store: &Store, seconds: i64) -> Vec<Source> {
    store.due(500, LEASE, after(seconds)).await.unwrap()
}

fn publisher(source: &Source) -> String {
    let (publisher, _) = source.name.split_once('-').expect("as it was called");
    publisher.to_owned()
}

fn publishers(sources: &[Source]) -> BTreeSet<String> {
    sources.iter().map(publisher).collect()
}

async fn finish(store: &Store, sources: &[Source], seconds: i64) {
    for source in sources {
        let end = fine(after(seconds));
        store.finish(source, &end, after(seconds)).await.unwrap();
    }
}

#[tokio::test]
async fn each_publisher_is_one_programs() {
    in_schema(async |_, location| {
        let [a, b] = team(location).await;
        let (of_a, of_b) = (due(&a, 10).await, due(&b, 10).await);
        assert_eq!(of_a.len() + of_b.len(), 3 * PUBLISHERS);
        let (at_a, at_b) = (publishers(&of_a), publishers(&of_b));
        assert!(at_a.is_disjoint(&at_b), "{at_a:?} and {at_b:?}");
        assert!(!at_a.is_empty() && !at_b.is_empty());
        // The next time, each has the same.
        finish(&a, &of_a, 20).await;
        finish(&b, &of_b, 20).await;
        assert_eq!(publishers(&due(&b, 3621).await), at_b);
        assert_eq!(publishers(&due(&a, 3621).await), at_a);
        close([a, b]).await;
    })
    .await;
}

#[tokio::test]
async fn who_joins_waits_until_what_was_taken_is_done() {
    in_schema(async |_, location| {
        let [a] = team(location).await;
        let mut taken = due(&a, 10).await;
        assert_eq!(taken.len(), 3 * PUBLISHERS);
        // Of each publisher, one is still being polled, and one is due again.
        let ended: Vec<Source> = taken
            .extract_if(.., |source| !source.name.ends_with("-0"))
            .collect();
        let again: Vec<_> = ended.iter().map(Source::taken).collect();
        a.put_back(&again, after(11)).await.unwrap();
        let b = member(location).await;
        assert!(
            due(&b, 12).await.is_empty(),
            "another is at work everywhere"
        );
        let left = due(&a, 12).await;
        assert!(
            !left.is_empty() && left.len() < ended.len(),
            "what is its own is still its own"
        );
        let own = publishers(&left);
        finish(&a, &taken, 13).await;
        let gained = due(&b, 14).await;
        assert_eq!(left.len() + gained.len(), ended.len());
        assert!(publishers(&gained).is_disjoint(&own));
        for source in &gained {
            assert_eq!(source.asked_elsewhere, Some(after(13)), "{}", source.name);
        }
        close([a, b]).await;
    })
    .await;
}

#[tokio::test]
async fn who_takes_over_keeps_the_gap_between_polls() {
    in_schema(async |_, location| {
        let [a] = team(location).await;
        let taken = due(&a, 10).await;
        let mut rota = Rota::new(&world());
        let mut source = taken[0].clone();
        let steady = Duration::ZERO;
        source.asked_elsewhere = Some(after(9));
        let (until, _) = rota.later(&source, after(12), steady).expect("it waits");
        // Ten seconds, and the second in which it was asked.
        assert_eq!(until, after(20));
        assert_eq!(rota.later(&source, after(20), steady), None);
        // The clock of another machine is ahead.
        source.asked_elsewhere = Some(after(900));
        let (until, _) = rota.later(&source, after(12), steady).expect("it waits");
        assert_eq!(until, after(23));
        a.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_nobody_polls_is_taken_by_who_has_time() {
    in_schema(async |_, location| {
        let [silent, b] = team(location).await;
        let of_silent = due(&silent, 10).await;
        let of_b = due(&b, 10).await;
        finish(&silent, &of_silent, 11).await;
        finish(&b, &of_b, 11).await;
        let of_b = publishers(&of_b);
        // An hour later the other says nothing.
        let at_first = due(&b, 3620).await;
        assert_eq!(publishers(&at_first), of_b, "it may be late");
        let later = due(&b, 3650).await;
        assert_eq!(publishers(&later), publishers(&of_silent));
        // When it is back, what is its own is being polled.
        assert!(due(&silent, 3651).await.is_empty());
        finish(&b, &at_first, 3652).await;
        finish(&b, &later, 3652).await;
        assert_eq!(
            publishers(&due(&silent, 7252).await),
            publishers(&of_silent)
        );
        close([silent, b]).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_dead_program_had_goes_to_the_others() {
    in_schema(async |_, location| {
        let [dying, b] = team(location).await;
        let of_dying = due(&dying, 10).await;
        let of_b = due(&b, 10).await;
        // However it ends, its sessions end with it.
        dying.close().await;
        let (mut seconds, mut gained) = (10, Vec::new());
        until("all is given back", async || {
            seconds += 1;
            gained.extend(due(&b, seconds).await);
            (gained.len() == of_dying.len()).then_some(())
        })
        .await;
        for source in &gained {
            let asked = source
                .asked_elsewhere
                .expect("nobody knows when it was asked last");
            assert!(asked >= after(10), "{asked}");
        }
        assert!(publishers(&gained).is_disjoint(&publishers(&of_b)));
        b.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_steps_back_ends_what_it_has_and_the_others_have_the_rest() {
    in_schema(async |_, location| {
        let [a, b] = team(location).await;
        let some = a.due(4, LEASE, after(10)).await.unwrap();
        let at_work = publishers(&some);
        a.step_back().await.unwrap();
        let gained = publishers(&due(&b, 10).await);
        assert!(gained.is_disjoint(&at_work));
        assert_eq!(gained.len() + at_work.len(), PUBLISHERS);
        finish(&a, &some, 11).await;
        let rest = publishers(&due(&b, 12).await);
        assert!(!rest.is_empty() && rest.is_subset(&at_work));
        close([a, b]).await;
    })
    .await;
}

#[tokio::test]
async fn who_is_in_the_way_costs_nobody_what_it_has_taken() {
    in_schema(async |connection, location| {
        let [a, b] = team(location).await;
        let taken = publishers(&due(&a, 10).await);
        let lock = "select pg_advisory_lock_shared('program'::regclass::oid::int, 0)";
        sqlx::query(lock).execute(&mut *connection).await.unwrap();
        // It wants to say that it was told otherwise, and that is not possible now.
        a.take_part(&config("[store]\nkeep_days = 7\n"), "here");
        assert!(due(&a, 11).await.is_empty());
        sqlx::query("select pg_advisory_unlock_all()")
            .execute(&mut *connection)
            .await
            .unwrap();
        assert!(due(&a, 12).await.is_empty());
        let of_b = publishers(&due(&b, 13).await);
        assert!(!of_b.is_empty() && of_b.is_disjoint(&taken));
        close([a, b]).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_program_does_not_know_is_left_to_the_others() {
    in_schema(async |_, location| {
        let [a, b] = team(location).await;
        let taken = due(&a, 10).await;
        assert!(!taken.is_empty());
        let all: Vec<_> = taken.iter().map(Source::taken).collect();
        a.disown(&all).await.unwrap();
        assert!(due(&a, 11).await.is_empty(), "it asks no more");
        let of_b = publishers(&due(&b, 50).await);
        assert_eq!(
            of_b.len(),
            PUBLISHERS,
            "what is overdue is taken by those who know it"
        );
        close([a, b]).await;
    })
    .await;
}

#[tokio::test]
async fn a_command_polls_where_nobody_else_is_at_work() {
    in_schema(async |_, location| {
        let [a] = team(location).await;
        let command = Store::open(location).await.unwrap();
        let some = a.due(5, LEASE, after(10)).await.unwrap();
        let rest = due(&command, 10).await;
        let at_work = publishers(&some);
        assert!(publishers(&rest).is_disjoint(&at_work));
        assert!(!rest.is_empty() && rest.len() < 3 * PUBLISHERS - some.len());
        assert!(
            publishers(&due(&a, 10).await).is_subset(&at_work),
            "it was told"
        );
        finish(&command, &rest, 11).await;
        close([a, command]).await;
    })
    .await;
}

/// Who is at work at a publisher, as the publisher itself would see it.
#[derive(Default)]
struct Watched(Mutex<BTreeMap<String, (usize, usize)>>);

impl Watched {
    fn begin(&self, who: usize, source: &Source) {
        let mut all = self.0.lock().unwrap();
        let (whose, count) = all.entry(publisher(source)).or_insert((who, 0));
        assert!(
            *count == 0 || *whose == who,
            "{} is polled by two",
            source.name
        );
        (*whose, *count) = (who, *count + 1);
    }

    fn end(&self, source: &Source) {
        let mut all = self.0.lock().unwrap();
        let (_, count) = all.get_mut(&publisher(source)).expect("it has begun");
        *count -= 1;
    }
}

/// Numbers in the same order in every run (Knuth, TAOCP 3.3.4).
fn dice(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[tokio::test]
async fn programs_that_come_go_and_hurry_never_meet_at_a_publisher() {
    in_schema(async |_, location| {
        let watched = Watched::default();
        let first = joined(location).await;
        first.sync(&world(), NOW).await.unwrap();
        let program = async |who: usize| {
            let (mut state, mut polls) = (who as u64, 0);
            for life in 0..6 {
                // Every third life is a command's.
                let store = match (who + life) % 3 {
                    0 => Store::open(location).await.unwrap(),
                    _ => member(location).await,
                };
                let mut seconds = 0;
                for _ in 0..8 {
                    seconds += dice(&mut state) % 2;
                    // All that is due has been for long, so everybody helps whom it can.
                    let now = after(100 + (life * 16 + seconds) as i64);
                    let limit = 1 + dice(&mut state) % 12;
                    let taken = store.due(limit, LEASE, now).await.unwrap();
                    for source in &taken {
                        watched.begin(who, source);
                    }
                    for _ in 0..dice(&mut state) % 4 {
                        tokio::task::yield_now().await;
                    }
                    polls += taken.len();
                    for source in &taken {
                        watched.end(source);
                    }
                    let back: Vec<_> = taken.iter().map(Source::taken).collect();
                    store.put_back(&back, Timestamp::UNIX_EPOCH).await.unwrap();
                }
                store.close().await;
            }
            polls
        };
        let polls = join_all((0..6).map(program)).await;
        assert!(polls.iter().all(|polls| *polls > 0), "{polls:?}");
        first.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_was_told_otherwise_is_named() {
    in_schema(async |_, location| {
        let [a, b] = team(location).await;
        due(&a, 10).await;
        assert_eq!(
            a.others().await.unwrap(),
            Some(Others {
                agreeing: 1,
                differing: vec![]
            })
        );
        let mut other = world();
        other.sources.truncate(60);
        other.sources[0].page_entries = 7;
        b.take_part(&other, "there");
        due(&b, 11).await;
        due(&a, 11).await;
        let differing = |machine: &str, more, fewer| Differing {
            machine: machine.to_owned(),
            is_shared: false,
            more,
            fewer,
            otherwise: 1,
        };
        let seen = async |store: &Store| {
            store
                .others()
                .await
                .unwrap()
                .expect("it takes part")
                .differing
        };
        assert_eq!(seen(&a).await, [differing("there", 0, 30)]);
        assert_eq!(seen(&b).await, [differing("here", 30, 0)]);
        // It is told the same again.
        a.take_part(&other, "here");
        due(&a, 12).await;
        due(&b, 12).await;
        assert!(seen(&a).await.is_empty() && seen(&b).await.is_empty());
        close([a, b]).await;
    })
    .await;
}
