//! How long it takes until others have what a program had taken that is killed, falls silent, or lost its server.

use super::base::Base;
use super::process::{Kept, say};
use super::{Arrangement, PATIENCE, Plan, Team, restart_server, signal};
use sqlx::Row as _;
use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Publishers take this long, so that a program has something in hand at each moment.
const DELAY: Duration = Duration::from_millis(500);

/// How often one looks.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn run(plan: &Plan, server: &str) {
    let base = Base::new(server);
    let arrangement = Arrangement {
        sources: plan.recovery_sources,
        interval: 5,
        delay: DELAY,
        further: "timeout = \"1s\"\n",
    };
    let team = Team::new(plan, &arrangement, &base.url);
    let mut members: Vec<Kept> = (0..2).map(|member| team.start(member)).collect();
    let begun = team.asked();
    team.wait("first polls", |asked| {
        asked >= begun + 3 * arrangement.sources
    });
    let killed = (0..plan.kills).map(|_| {
        let held = held_by(&base, members[1].pid);
        signal("KILL", members[1].pid);
        let took = until_taken(&base, &held);
        members[1] = team.start(1);
        let begun = team.asked();
        team.wait("polls", |asked| asked >= begun + 2 * arrangement.sources);
        (held.len(), took)
    });
    let killed: Vec<(usize, Duration)> = killed.collect();
    tell("killed (-9)", &killed);
    if let Some(restart) = &plan.restart {
        let restarted = (0..plan.kills / 2).map(|_| {
            let held = held_by(&base, members[1].pid);
            restart_server(restart);
            let took = until_taken(&base, &held);
            let begun = team.asked();
            team.wait("polls", |asked| asked >= begun + 2 * arrangement.sources);
            (held.len(), took)
        });
        let restarted: Vec<(usize, Duration)> = restarted.collect();
        tell("the server restarted (since it answers again)", &restarted);
    }
    let silent = (0..plan.silences).map(|_| {
        let held = held_by(&base, members[1].pid);
        signal("STOP", members[1].pid);
        let took = until_taken(&base, &held);
        signal("CONT", members[1].pid);
        let begun = team.asked();
        team.wait("polls", |asked| asked >= begun + 2 * arrangement.sources);
        (held.len(), took)
    });
    let silent: Vec<(usize, Duration)> = silent.collect();
    tell(
        "silent (SIGSTOP; a lease is 65 s with a timeout of 1 s)",
        &silent,
    );
}

/// The sources that a program has taken, each with its lease; looked for until there are some.
fn held_by(base: &Base, pid: u32) -> HashMap<i64, i64> {
    let sql = format!(
        "select source.id, leased_until from source join program on program.id = leased_by \
         where machine like '%(process {pid})' and leased_until > extract(epoch from clock_timestamp()) + 5"
    );
    let started = Instant::now();
    loop {
        let rows = base.ask(&sql);
        if !rows.is_empty() {
            return rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        }
        assert!(started.elapsed() < PATIENCE, "a program takes nothing");
        sleep(LOOK);
    }
}

/// Waits until each was polled to its end, or taken anew by whoever.
fn until_taken(base: &Base, held: &HashMap<i64, i64>) -> Duration {
    let started = Instant::now();
    let ids: Vec<String> = held.keys().map(i64::to_string).collect();
    let sql = format!(
        "select id, leased_until from source where id in ({})",
        ids.join(",")
    );
    loop {
        if let Ok(rows) = base.try_ask(&sql)
            && rows.iter().all(|row| {
                let (id, lease): (i64, i64) = (row.get(0), row.get(1));
                lease == 0 || lease > held[&id]
            })
        {
            return started.elapsed();
        }
        assert!(
            started.elapsed() < PATIENCE,
            "what was taken is not taken over"
        );
        sleep(LOOK);
    }
}

fn tell(what: &str, all: &[(usize, Duration)]) {
    let mut seconds: Vec<f64> = all.iter().map(|(_, took)| took.as_secs_f64()).collect();
    seconds.sort_by(f64::total_cmp);
    let (Some(last), Some(median)) = (seconds.last(), seconds.get(seconds.len() / 2)) else {
        return;
    };
    let held: Vec<usize> = all.iter().map(|(held, _)| *held).collect();
    say(format_args!(
        "{what}, {} times: what it had taken ({} to {} sources) was taken by others or ended within {median:.2} s (median), {last:.2} s at the most",
        all.len(),
        held.iter().min().unwrap_or(&0),
        held.iter().max().unwrap_or(&0),
    ));
}
