//! How sources that are due are taken on PostgreSQL, where programs share the publishers: each takes what is due at its own, and
//! of others what has waited for long.
//!
//! Invariant: nothing is taken of a publisher at which another program is still at work. Whoever takes its own does so while nobody
//! takes what is not theirs, and the other way round.

use super::leases::{LOCKS, Member, Session, give_back_orphans};
use super::source::{SOURCE_COLUMNS, Source, SourceRow};
use super::team::{Elsewhere, KEPT_IN_MIND, Program, SHARES};
use super::times::{NOT_HELD, time};
use super::{StoreError, record};
use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{
    AssertSqlSafe, Connection as _, FromRow, PgConnection, Postgres, Row as _, Transaction,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Makes a transaction one in which a program takes what is its own.
const SHARED: &str = "select pg_advisory_xact_lock_shared('program'::regclass::oid::int, 0)";

/// Makes it one in which nobody else takes anything. Who waits for that keeps everybody waiting, so not for long.
const ALONE: &str =
    "set local lock_timeout = '2s'; select pg_advisory_xact_lock('program'::regclass::oid::int, 0)";

/// The same for who can do without.
const TRY_ALONE: &str = "select pg_try_advisory_xact_lock('program'::regclass::oid::int, 0)";

/// How long a source has been due, in seconds, before a program that has time takes it from the one whose it is: that one
/// hangs, or has too much to do.
const OVERDUE: i64 = 30;

/// What is asked for: so many sources that are due, for so long, but for those that the configuration lacks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) limit: usize,
    pub(super) lease: Duration,
    pub(super) now: Timestamp,
    pub(super) unknown: &'a [i64],
}

/// A source that was taken, with its publisher.
struct Row {
    source: SourceRow,
    publisher: Option<i64>,
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            source: SourceRow::from_row(row)?,
            publisher: row.try_get("publisher")?,
        })
    }
}

impl Row {
    fn source(self, elsewhere: &HashMap<i64, Elsewhere>) -> Source {
        let asked = self.publisher.and_then(|number| elsewhere.get(&number));
        Source {
            asked_elsewhere: time(asked.map(|asked| asked.asked_at)),
            ..Source::from(self.source)
        }
    }
}

impl Session {
    /// Takes what is due of its own, and of others what is overdue. A program that is no member, as one that polls once by a
    /// user's command, has nothing of its own, and takes whatever is due where nobody else is at work.
    pub(super) async fn due(
        &mut self,
        member: Option<Arc<Member>>,
        asked: Asked<'_>,
    ) -> Result<Vec<Source>, StoreError> {
        let Some(member) = member else {
            let tx = begin(&mut self.connection, ALONE).await?;
            return anywhere(tx, self.id, asked, asked.now.as_second()).await;
        };
        if !self
            .joined
            .as_ref()
            .is_some_and(|joined| Arc::ptr_eq(joined, &member))
        {
            self.join(member).await?;
        }
        let mut taken = self.own(asked).await?;
        let now = asked.now.as_second();
        if taken.len() < asked.limit && self.team.own().is_some() && self.helped_at != now {
            self.helped_at = now;
            let rest = Asked {
                limit: asked.limit - taken.len(),
                ..asked
            };
            taken.extend(self.help(rest).await?);
        }
        Ok(taken)
    }

    /// Joins the team, or tells it another configuration.
    async fn join(&mut self, member: Arc<Member>) -> Result<(), StoreError> {
        let mut tx = begin(&mut self.connection, ALONE).await?;
        let sql = "insert into program (id, machine, settings, sources) values ($1, $2, $3, $4) on conflict (id) do update \
                   set machine = excluded.machine, settings = excluded.settings, sources = excluded.sources";
        sqlx::query(sql)
            .bind(self.id)
            .bind(&member.machine)
            .bind(member.agreement.settings())
            .bind(member.agreement.sources())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.joined = Some(member);
        Ok(())
    }

    /// Takes what is due at its own publishers, but for those where others are still at work, and of files.
    async fn own(&mut self, asked: Asked<'_>) -> Result<Vec<Source>, StoreError> {
        let now = asked.now.as_second();
        let is_to_look = self.is_to_look(asked.now);
        let (id, team) = (self.id, &mut self.team);
        let mut tx = begin(&mut self.connection, SHARED).await?;
        if is_to_look {
            give_back(&mut tx, now).await?;
        }
        let sql = "select id, settings, disturbed from program";
        let programs: Vec<(i64, String, i64)> = sqlx::query_as(sql).fetch_all(&mut *tx).await?;
        let programs = programs
            .into_iter()
            .map(|(id, settings, disturbed)| Program {
                id,
                settings,
                disturbed,
            });
        team.see(id, programs.collect());
        if team.is_to_look(now) {
            let elsewhere = elsewhere(&mut tx, id, team.own(), now).await?;
            team.look(elsewhere, now);
        }
        let rows = match team.own() {
            None if team.elsewhere().is_empty() => {
                let sql = taking_sql("");
                taking(&sql, id, asked).fetch_all(&mut *tx).await?
            }
            own => {
                // Not "= 1", which PostgreSQL takes for rare: it would read all that is due and sort it, where the first
                // few of its index do.
                let sql = taking_sql(&format!(
                    "and (publisher is null or {} <> 0 and publisher not in ({GIVEN}))",
                    share("$6")
                ));
                let all = vec![0xff; SHARES / 8];
                let taking = taking(&sql, id, asked).bind(own.unwrap_or(&all));
                let taking = taking.bind(taken_elsewhere(team.elsewhere()));
                taking.fetch_all(&mut *tx).await?
            }
        };
        tx.commit().await?;
        Ok(rows
            .into_iter()
            .map(|row| row.source(team.elsewhere()))
            .collect())
    }

    /// Takes of others what is overdue.
    async fn help(&mut self, asked: Asked<'_>) -> Result<Vec<Source>, StoreError> {
        let Some(own) = self.team.own() else {
            return Ok(Vec::new());
        };
        let before = asked.now.as_second() - OVERDUE;
        // Most often there is nothing, and then nobody is held up.
        let sql = format!(
            "select exists (select 1 from source where {IS_DUE} and {NOT_HELD} and next_poll_at <= $2 \
               and id <> all($4) and {} <> 1)",
            share("$3")
        );
        let is_any: bool = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(asked.now.as_second())
            .bind(before)
            .bind(own)
            .bind(asked.unknown)
            .fetch_one(&mut self.connection)
            .await?;
        if !is_any {
            return Ok(Vec::new());
        }
        let mut tx = self.connection.begin().await?;
        let is_alone: bool = sqlx::query_scalar(TRY_ALONE).fetch_one(&mut *tx).await?;
        if !is_alone {
            return Ok(Vec::new());
        }
        anywhere(tx, self.id, asked, before).await
    }
}

/// Takes whatever has been due since a moment or longer, where nobody else is at work, and tells the others. The transaction is
/// one in which nobody else takes anything.
async fn anywhere(
    mut tx: Transaction<'_, Postgres>,
    id: i64,
    asked: Asked<'_>,
    before: i64,
) -> Result<Vec<Source>, StoreError> {
    let now = asked.now.as_second();
    give_back(&mut tx, now).await?;
    let elsewhere = elsewhere(&mut tx, id, None, now).await?;
    let sql = taking_sql(&format!(
        "and next_poll_at <= $6 and (publisher is null or publisher not in ({GIVEN}))"
    ));
    let taking = taking(&sql, id, asked).bind(before);
    let taking = taking.bind(taken_elsewhere(&elsewhere));
    let rows = taking.fetch_all(&mut *tx).await?;
    if !rows.is_empty() {
        // Whose it was looks before it takes anything again.
        let disturb = "update program set disturbed = disturbed + 1 where id <> $1";
        sqlx::query(disturb).bind(id).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| row.source(&elsewhere)).collect())
}

/// Begins a transaction with a lock that it holds to its end. As statements of its own, so that a lock that can't be had ends the
/// transaction as any error does.
async fn begin<'c>(
    connection: &'c mut PgConnection,
    lock: &'static str,
) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
    let mut tx = connection.begin().await?;
    sqlx::raw_sql(lock).execute(&mut *tx).await?;
    Ok(tx)
}

/// The bit of the share of a source's publisher, among those that a parameter holds.
fn share(parameter: &str) -> String {
    let last = SHARES - 1;
    format!("get_bit({parameter}, (publisher & {last})::int)")
}

/// Numbers that are given as a JSON array.
const GIVEN: &str = "select value::bigint from jsonb_array_elements_text($7::jsonb)";

/// Sources that are due and that nobody has taken, `$1` being now.
const IS_DUE: &str = "removed_at is null and next_poll_at <= $1 and leased_until <= $1";

/// Takes due sources, with what [`taking`] binds: `$1` is now, `$2` how many at the most, `$3` for how many seconds, `$4` who
/// takes them, `$5` which its configuration lacks.
fn taking_sql(whose: &str) -> String {
    format!(
        "update source set leased_until = $1 + $3, leased_by = $4 where id in (\
           select id from source where {IS_DUE} and {NOT_HELD} and id <> all($5) {whose} \
           order by next_poll_at limit $2 for update skip locked) \
         returning {SOURCE_COLUMNS}, publisher"
    )
}

/// The statement of [`taking_sql`] with its first parameters; `id` is who takes.
fn taking<'q>(sql: &str, id: i64, asked: Asked<'q>) -> QueryAs<'q, Postgres, Row, PgArguments> {
    sqlx::query_as(AssertSqlSafe(sql.to_owned()))
        .bind(asked.now.as_second())
        .bind(asked.limit as i64)
        .bind(asked.lease.as_secs() as i64)
        .bind(id)
        .bind(asked.unknown)
}

/// The publishers at which others have taken something, as JSON.
fn taken_elsewhere(elsewhere: &HashMap<i64, Elsewhere>) -> String {
    let taken = elsewhere.iter().filter(|(_, elsewhere)| elsewhere.is_taken);
    record::to_json(&taken.map(|(number, _)| *number).collect::<Vec<_>>())
}

/// What other programs than `id` have taken, or asked for in the last seconds, by publisher; of some shares, or of all.
async fn elsewhere(
    tx: &mut PgConnection,
    id: i64,
    shares: Option<&[u8]>,
    now: i64,
) -> Result<HashMap<i64, Elsewhere>, sqlx::Error> {
    // A lease that is over is 0 where its poll ended, and else the moment when it was given back or ended.
    let sql = format!(
        "select publisher, bool_or(leased_until > $1), max(greatest(coalesce(last_poll_at, 0), leased_until)) from source \
         where publisher is not null and leased_by not in (0, $2) and (leased_until > $3 or last_poll_at > $3) \
           and ($4::bytea is null or {} = 1) group by publisher",
        share("$4")
    );
    let rows: Vec<(i64, bool, i64)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(now)
        .bind(id)
        .bind(now - KEPT_IN_MIND)
        .bind(shares)
        .fetch_all(tx)
        .await?;
    let rows = rows.into_iter().map(|(publisher, is_taken, asked_at)| {
        // The clock of another machine may be ahead; and what is taken may be asked at any moment.
        let asked_at = asked_at.min(now);
        (publisher, Elsewhere { is_taken, asked_at })
    });
    Ok(rows.collect())
}

/// Gives back what sessions had taken that are gone, and forgets the programs whose they were. A lease ends now, and not
/// before, so that others know when its publisher may have been asked last.
async fn give_back(tx: &mut PgConnection, now: i64) -> Result<(), sqlx::Error> {
    let forget = format!(
        "delete from program where id in (select id from program where id not in (select objid::bigint from {LOCKS}) \
           for update skip locked)"
    );
    sqlx::query(AssertSqlSafe(forget)).execute(&mut *tx).await?;
    sqlx::query(AssertSqlSafe(give_back_orphans()))
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}
