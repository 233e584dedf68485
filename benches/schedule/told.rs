//! What is counted, and how it is told.

use super::{AWAY, HOUR, OFFLINE, OUTAGE, RESTART, say};

pub(crate) struct Told {
    /// Polls in each second.
    polls: Vec<u32>,
    /// How late the polls of each second were, all together, and the latest of them.
    late: Vec<(u64, u32)>,
    /// How many polls of the second day were so late, in seconds.
    lateness: Vec<u64>,
    /// How many were due and waited for a place.
    waiting: Vec<u32>,
    first: u64,
    pub(crate) changed: u64,
    /// How often a host had its two polls already.
    pub(crate) crowded: u64,
    /// When it had been that 99 of 100 were polled for the first time.
    first_until: u32,
    sources: usize,
}

/// The day that is nothing but a day.
const DAY: std::ops::Range<u32> = 24 * HOUR..48 * HOUR;

impl Told {
    pub(crate) fn new(seconds: usize, sources: usize) -> Self {
        Self {
            polls: vec![0; seconds],
            late: vec![(0, 0); seconds],
            lateness: vec![0; 2 * 24 * HOUR as usize],
            waiting: vec![0; seconds],
            first: 0,
            changed: 0,
            crowded: 0,
            first_until: 0,
            sources,
        }
    }

    pub(crate) fn waiting(&mut self, now: u32, waiting: usize) {
        self.waiting[now as usize] = u32::try_from(waiting).expect("they are counted so");
    }

    pub(crate) fn polled(&mut self, now: u32, due: u32, was_polled: bool) {
        self.polls[now as usize] += 1;
        if !was_polled {
            self.first += 1;
            if self.first as usize <= self.sources * 99 / 100 {
                self.first_until = now;
            }
            return;
        }
        let late = now.saturating_sub(due);
        let (sum, most) = &mut self.late[now as usize];
        *sum += u64::from(late);
        *most = late.max(*most);
        if DAY.contains(&now) {
            let last = self.lateness.len() - 1;
            self.lateness[(late as usize).min(last)] += 1;
        }
    }

    pub(crate) fn tell(&self) {
        say(format_args!(
            "99 of 100 were polled once within {} min",
            self.first_until.div_ceil(60)
        ));
        self.tell_of(
            "the hour after",
            self.first_until + 1..self.first_until + 1 + HOUR,
        );
        self.tell_of("the second day", DAY);
        let quantile = |share: f64| {
            let all: u64 = self.lateness.iter().sum();
            let mut passed = 0;
            let place = self.lateness.iter().position(|count| {
                passed += count;
                passed as f64 >= share * all as f64
            });
            place.unwrap_or(0)
        };
        say(format_args!(
            "    late by {} s in the middle, {} s at p99, {} s at p99.9, {} s at the most; {} times a host had its two polls",
            quantile(0.5),
            quantile(0.99),
            quantile(0.999),
            quantile(1.0),
            self.crowded
        ));
        let minutes: Vec<u32> = (0..60)
            .map(|minute| {
                let of_it = DAY.filter(|second| second / 60 % 60 == minute);
                of_it.map(|second| self.polls[second as usize]).sum()
            })
            .collect();
        let mean = minutes.iter().sum::<u32>() as f64 / 60.0;
        let [least, most] = [minutes.iter().min(), minutes.iter().max()]
            .map(|count| f64::from(*count.unwrap_or(&0)) / mean);
        say(format_args!(
            "    the minutes of its hours have from {least:.2} to {most:.2} of the mean"
        ));
        let after = RESTART + AWAY;
        self.tell_of(
            "the hour after all were away for ten minutes",
            after..after + HOUR,
        );
        self.tell_of("… and the next", after + HOUR..after + 2 * HOUR);
        self.tell_of("two hours without a network", OUTAGE..OUTAGE + OFFLINE);
        let after = OUTAGE + OFFLINE;
        self.tell_of("the hour after them", after..after + HOUR);
        self.tell_of("… and the next", after + HOUR..after + 2 * HOUR);
        let polls: u64 = self.polls.iter().map(|polls| u64::from(*polls)).sum();
        say(format_args!(
            "one poll in {:.0} found something new",
            polls as f64 / self.changed.max(1) as f64
        ));
    }

    fn tell_of(&self, what: &str, seconds: std::ops::Range<u32>) {
        let range = seconds.start as usize..(seconds.end as usize).min(self.polls.len());
        let mut polls = self.polls[range.clone()].to_vec();
        polls.sort_unstable();
        let sum: u64 = polls.iter().map(|polls| u64::from(*polls)).sum();
        let late: u64 = self.late[range.clone()].iter().map(|(sum, _)| sum).sum();
        let latest = self.late[range.clone()].iter().map(|(_, most)| most).max();
        let waiting = self.waiting[range].iter().max();
        say(format_args!(
            "{what}: {:.1} polls/s, p99 {}, at the most {}; late by {:.1} s on average, {} s at the most; at the most {} waited",
            sum as f64 / polls.len() as f64,
            polls[polls.len() * 99 / 100],
            polls.last().unwrap_or(&0),
            late as f64 / sum.max(1) as f64,
            latest.unwrap_or(&0),
            waiting.unwrap_or(&0)
        ));
    }
}
