//! Who polls which publisher, among the programs that share a PostgreSQL database.
//!
//! What a publisher may expect (two polls at once, its sources one after the other) is counted in one program, so all sources
//! of a publisher are polled by the same one at a time. Each program works out who that is from the list of programs alone:
//! whoever of them draws the highest number for it (rendezvous hashing: Thaler and Ravishankar, 1998), so a program that joins or
//! leaves takes away or hands over its own share, and nothing else moves.
//!
//! It keeps no state that a crash could leave wrong, and knows no SQL of its own beyond its table. Invariants, by which no two
//! programs poll one publisher at once: a program joins, and takes what is another's, only while nobody takes anything (an
//! exclusive lock; who takes its own has it shared); who leaves makes nobody the owner of what a third still owns; and after
//! each such change an owner looks, and waits until what others had taken at its publishers is done.

use super::hash;
use crate::config::Location;
use crate::limits;
use crate::schedule::site;
use std::collections::HashMap;

/// Into how many shares publishers are cut, by the lowest bits of their numbers: enough that ten programs have nearly as many
/// each, and few enough to be told to the database as bits.
pub(super) const SHARES: usize = 4096;

/// The number of a location's publisher: who is asked there, by what somebody registered of its host, or else by its host. A
/// file has none.
pub(super) fn publisher(location: &Location) -> Option<i64> {
    let Location::Http(url) = location else {
        return None;
    };
    let publisher = site(url).or_else(|| location.host().map(str::to_owned))?;
    let digits = &hash(publisher.as_bytes())[..16];
    let number = u64::from_str_radix(digits, 16).expect("a hash is hexadecimal digits");
    Some(number.cast_signed())
}

/// The number that a program draws for a share. Every program draws the same, so it stays as it is: the finalizer of
/// SplitMix64 (Steele, Lea and Flood, 2014), which spreads each bit over all.
fn draw(share: usize, program: i64) -> u64 {
    let mut z = (program.cast_unsigned())
        .wrapping_mul(SHARES as u64)
        .wrapping_add(share as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A program that polls on, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) id: i64,
    /// The hash of what all have to agree on.
    pub(super) settings: String,
    /// How often another took what was overdue at one of its publishers.
    pub(super) disturbed: i64,
}

/// A publisher of ours at which another program is at work, or was a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Elsewhere {
    /// Something of it is still taken.
    pub(super) is_taken: bool,
    /// When it was last asked there, in epoch seconds, or later.
    pub(super) asked_at: i64,
}

/// The team as a program sees it.
#[derive(Debug, Default)]
pub(super) struct Team {
    programs: Vec<Program>,
    /// Its own shares, a bit each, where there are others.
    own: Option<Vec<u8>>,
    /// The publishers of these shares at which others are at work or were; looked for until there are none.
    elsewhere: HashMap<i64, Elsewhere>,
    is_settled: bool,
    looked_at: i64,
}

/// How long after the last poll of another program an owner still keeps it in mind, in seconds: as long as the polls of one
/// publisher's sources start apart at the most, and the second in which it began.
pub(super) const KEPT_IN_MIND: i64 = limits::SITE_GAP.as_secs() as i64 + 1;

impl Team {
    /// Takes note of who is there.
    pub(super) fn see(&mut self, me: i64, mut programs: Vec<Program>) {
        programs.sort_unstable_by_key(|program| program.id);
        let ids = |programs: &[Program]| -> Vec<i64> {
            programs.iter().map(|program| program.id).collect()
        };
        let disturbed = |programs: &[Program]| {
            let mine = programs.iter().find(|program| program.id == me);
            mine.map(|program| program.disturbed)
        };
        let is_same_team = ids(&self.programs) == ids(&programs);
        if !is_same_team {
            let others = programs.iter().any(|program| program.id != me);
            self.own = others.then(|| shares_of(me, &programs));
        }
        if !is_same_team || disturbed(&self.programs) != disturbed(&programs) {
            self.is_settled = false;
            self.looked_at = i64::MIN;
        }
        self.programs = programs;
    }

    /// Everybody who is there.
    pub(super) fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// Its own shares, a bit each from the lowest of the first byte; `None` where it is alone.
    pub(super) fn own(&self) -> Option<&[u8]> {
        self.own.as_deref()
    }

    /// Whether it is time to look for what others have taken: at once after a change, and then once a second until they
    /// have nothing.
    pub(super) fn is_to_look(&self, now: i64) -> bool {
        !self.is_settled && self.looked_at != now
    }

    /// Takes note of what others have.
    pub(super) fn look(&mut self, elsewhere: HashMap<i64, Elsewhere>, now: i64) {
        self.is_settled = elsewhere.is_empty();
        self.elsewhere = elsewhere;
        self.looked_at = now;
    }

    /// What others have.
    pub(super) fn elsewhere(&self) -> &HashMap<i64, Elsewhere> {
        &self.elsewhere
    }
}

/// Whose a share is.
fn owner(share: usize, programs: &[Program]) -> Option<i64> {
    let ids = programs.iter().map(|program| program.id);
    ids.max_by_key(|id| (draw(share, *id), *id))
}

fn shares_of(me: i64, programs: &[Program]) -> Vec<u8> {
    let mut bits = vec![0; SHARES / 8];
    for share in (0..SHARES).filter(|share| owner(*share, programs) == Some(me)) {
        bits[share / 8] |= 1 << (share % 8);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn program(id: i64) -> Program {
        Program {
            id,
            settings: String::new(),
            disturbed: 0,
        }
    }

    fn programs(ids: &[i64]) -> Vec<Program> {
        ids.iter().copied().map(program).collect()
    }

    fn count(bits: &[u8]) -> u32 {
        bits.iter().map(|byte| byte.count_ones()).sum()
    }

    #[test]
    fn each_share_has_one_owner_and_nobody_has_much_more_than_another() {
        let team = programs(&[4_194_305, 4_194_306, 4_194_307, 4_194_308]);
        let shares: Vec<Vec<u8>> = team
            .iter()
            .map(|program| shares_of(program.id, &team))
            .collect();
        for n in 0..SHARES / 8 {
            let all = shares.iter().map(|bits| u32::from(bits[n])).sum::<u32>();
            assert_eq!(all, 0xff, "each bit is set once");
        }
        for bits in &shares {
            let share = count(bits);
            assert!((900..1150).contains(&share), "{share} of {SHARES}");
        }
    }

    #[test]
    fn who_leaves_hands_over_its_own_and_nothing_else_moves() {
        let (before, after) = (programs(&[1, 2, 3, 4]), programs(&[1, 2, 4]));
        for share in 0..SHARES {
            let was = owner(share, &before);
            if was != Some(3) {
                assert_eq!(owner(share, &after), was);
            }
        }
    }

    #[test]
    fn after_a_change_one_looks_until_others_have_nothing() {
        let mut team = Team::default();
        team.see(1, programs(&[1]));
        assert!(team.own().is_none() && team.is_to_look(10));
        let taken = Elsewhere {
            is_taken: true,
            asked_at: 9,
        };
        team.look(HashMap::from([(7, taken)]), 10);
        assert!(!team.is_to_look(10) && team.is_to_look(11));
        team.look(HashMap::new(), 11);
        assert!(!team.is_to_look(12));
        // Somebody comes.
        team.see(1, programs(&[1, 2]));
        assert!(team.own().is_some() && team.is_to_look(11));
        team.look(HashMap::new(), 12);
        // Somebody else is disturbed, and then it is oneself.
        let mut disturbed = programs(&[1, 2]);
        disturbed[1].disturbed = 1;
        team.see(1, disturbed.clone());
        assert!(!team.is_to_look(13));
        disturbed[0].disturbed = 1;
        team.see(1, disturbed);
        assert!(team.is_to_look(13));
    }

    #[track_caller]
    fn is_one_publisher(a: &str, b: &str, expected: bool) {
        let number = |url| publisher(&Location::Http(Url::parse(url).expect("a URL")));
        assert_eq!(number(a) == number(b), expected, "{a} and {b}");
    }

    #[test]
    fn a_publisher_is_a_site_or_else_a_host() {
        is_one_publisher(
            "https://a.example.org/x",
            "http://B.example.org:8080/",
            true,
        );
        is_one_publisher("https://a.example.org/", "https://a.example.com/", false);
        is_one_publisher("http://127.0.0.1:1/", "http://127.0.0.1:2/", true);
        is_one_publisher("http://127.0.0.1/", "http://127.0.0.2/", false);
        assert_eq!(publisher(&Location::File("/a".into())), None);
    }
}
