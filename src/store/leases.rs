//! Who takes sources where several programs share a PostgreSQL database: one session of each program, which holds a lock for
//! as long as it lives.
//!
//! A program that is killed loses its session and with it the lock, and whoever takes sources next gives back what it had
//! taken. Leases also end by time, for a machine that falls silent without closing anything. Invariant: a source is taken
//! only through the session that is noted at it, so no lease can outlive its session unseen. A program that loses its session
//! and lives on is taken for dead: the polls that it has under way end, and are made again.

use super::agreement::Agreement;
use super::db;
use super::source::{SOURCE_COLUMNS, Source, SourceRow};
use super::team::{Elsewhere, KEPT_IN_MIND, Program, SHARES, Team};
use super::times::{NOT_HELD, time};
use super::writes::Writes;
use super::{StoreError, record};
use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, FromRow, PgConnection, Postgres, Row as _,
    Transaction,
};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// Makes a number for a session and takes its lock. The first half of the lock's number is that of the table, so that each
/// schema of a database is a store of its own.
const LOCK: &str = "select id from (select nextval('program_id') as id) as new, \
    lateral (select pg_advisory_lock('source'::regclass::oid::int, id::int)) as locked";

/// The locks of those who take sources of this store.
const LOCKS: &str = "pg_locks where locktype = 'advisory' and classid = 'source'::regclass::oid and objsubid = 2 \
    and database = (select oid from pg_database where datname = current_database())";

/// Begins a transaction in which a program takes what is its own.
const BEGIN_SHARED: &str =
    "begin; select pg_advisory_xact_lock_shared('program'::regclass::oid::int, 0)";

/// Begins one in which nobody else takes anything. Who waits for it keeps everybody waiting, so not for long.
const BEGIN_ALONE: &str = "begin; set local lock_timeout = '2s'; select pg_advisory_xact_lock('program'::regclass::oid::int, 0)";

/// The same for who can do without.
const TRY_ALONE: &str = "select pg_try_advisory_xact_lock('program'::regclass::oid::int, 0)";

/// That the server has run for so long that every program that lives is connected again: until then nobody is taken for dead.
const IS_UP: &str = "pg_postmaster_start_time() < clock_timestamp() - make_interval(secs => 5)";

/// How long a new session is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a source has been due, in seconds, before a program that has time takes it from the one whose it is: that one
/// hangs, or has too much to do.
const OVERDUE: i64 = 30;

/// The session that takes sources, once there is one.
#[derive(Debug, Clone)]
pub(super) struct Taker {
    options: Arc<PgConnectOptions>,
    session: Arc<Mutex<Option<Session>>>,
    member: Arc<std::sync::Mutex<Known>>,
}

/// What this program is in the team, and what it knows of it.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What it tells of itself, once it takes part.
    pub(super) member: Option<Arc<Member>>,
    /// The others who were there when it last took something, with what they have to agree on.
    pub(super) others: Vec<(i64, String)>,
    /// The sources that its configuration lacks, and others of the team have.
    pub(super) unknown: Vec<i64>,
}

/// What a program tells the others of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Where it runs, for people.
    pub(super) machine: String,
    pub(super) agreement: Agreement,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: PgConnection,
    /// What its leases are marked with.
    pub(super) id: i64,
    /// In which second it looked for programs that are gone.
    looked_at: Option<Timestamp>,
    /// In which second it looked for what is overdue elsewhere.
    helped_at: i64,
    team: Team,
    /// As what it has joined.
    joined: Option<Arc<Member>>,
    /// The sources that its configuration lacks.
    unknown: Vec<i64>,
}

/// What is asked for: so many sources that are due, for so long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) limit: usize,
    pub(super) lease: Duration,
    pub(super) now: Timestamp,
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

impl Taker {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self {
            options: Arc::new(options),
            session: Arc::default(),
            member: Arc::default(),
        }
    }

    /// What is known of the team.
    pub(super) fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        // A panic while the lock is held can't leave it half-changed: each change is one step.
        self.member.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of the session. Whoever meets an error leaves it empty.
    pub(super) async fn place(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().await
    }

    /// The same with a session in it.
    pub(super) async fn session(
        &self,
        writes: &Writes,
    ) -> Result<MutexGuard<'_, Option<Session>>, StoreError> {
        let mut place = self.place().await;
        if place.is_none() {
            let connected = self.connect().await.map_err(StoreError::from);
            writes.note(&connected);
            *place = Some(connected?);
        }
        Ok(place)
    }

    /// A new session, with its lock.
    pub(super) async fn connect(&self) -> Result<Session, sqlx::Error> {
        let connected = async {
            let mut connection = self.options.connect().await?;
            let id: i64 = sqlx::query_scalar(LOCK).fetch_one(&mut connection).await?;
            Ok::<_, sqlx::Error>((connection, id))
        };
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connected).await;
        let (connection, id) = connected.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(Session {
            connection,
            id,
            looked_at: None,
            helped_at: 0,
            team: Team::default(),
            joined: None,
            unknown: Vec::new(),
        })
    }

    /// Takes sources that are due.
    pub(super) async fn due(
        &self,
        writes: &Writes,
        asked: Asked,
    ) -> Result<Vec<Source>, StoreError> {
        let mut place = self.session(writes).await?;
        let session = place.as_mut().expect("a session was put there");
        let member = {
            let known = self.known();
            session.unknown.clone_from(&known.unknown);
            known.member.clone()
        };
        let patience = Some(db::WRITE_PATIENCE);
        let taken = db::in_time(patience, session.due(member, asked)).await;
        match &taken {
            Ok(_) => {}
            // The session goes on, and with it all that it has taken.
            Err(error) if is_in_the_way(error) => {
                tracing::debug!(%error, "others take something; it is asked again what is due");
                // A transaction whose first statement fails is one that nobody else ends.
                let ended = sqlx::raw_sql("rollback").execute(&mut session.connection);
                if db::in_time(patience, async { Ok(ended.await?) })
                    .await
                    .is_err()
                {
                    *place = None;
                }
                return Ok(Vec::new());
            }
            Err(_) => {
                writes.note(&taken);
                *place = None;
                return taken;
            }
        }
        let programs = session.team.programs().iter();
        let others = programs.filter(|program| program.id != session.id);
        let others = others.map(|program| (program.id, program.settings.clone()));
        self.known().others = others.collect();
        taken
    }

    /// Leaves the team: what it has taken is still its own, and nothing else.
    pub(super) async fn leave(&self) -> Result<(), StoreError> {
        self.known().member = None;
        let mut place = self.place().await;
        let Some(session) = place.as_mut() else {
            return Ok(());
        };
        let (id, connection) = (session.id, &mut session.connection);
        session.joined = None;
        let left = async {
            let leave = sqlx::query("delete from program where id = $1").bind(id);
            leave.execute(connection).await?;
            Ok(())
        };
        let left = db::in_time(Some(CONNECT_TIMEOUT), left).await;
        if left.is_err() {
            *place = None;
        }
        left
    }
}

impl Session {
    /// Whether it is time to look for programs that are gone: once a second.
    pub(super) fn is_to_look(&mut self, now: Timestamp) -> bool {
        let before = self.looked_at.replace(now);
        before.is_none_or(|before| before.as_second() != now.as_second())
    }

    /// Takes what is due of its own, and of others what is overdue. A program that is no member, as one that polls once by a
    /// user's command, has nothing of its own, and takes whatever is due where nobody else is at work.
    async fn due(
        &mut self,
        member: Option<Arc<Member>>,
        asked: Asked,
    ) -> Result<Vec<Source>, StoreError> {
        let Some(member) = member else {
            let tx = self.connection.begin_with(BEGIN_ALONE).await?;
            return anywhere(tx, (self.id, &self.unknown), asked, asked.now.as_second()).await;
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
        let mut tx = self.connection.begin_with(BEGIN_ALONE).await?;
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
    async fn own(&mut self, asked: Asked) -> Result<Vec<Source>, StoreError> {
        let now = asked.now.as_second();
        let is_to_look = self.is_to_look(asked.now);
        let (id, team) = (self.id, &mut self.team);
        let mut tx = self.connection.begin_with(BEGIN_SHARED).await?;
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
        let rows: Vec<Row> = match team.own() {
            None if team.elsewhere().is_empty() => {
                let sql = taking_sql("");
                let taken = sqlx::query_as(AssertSqlSafe(sql))
                    .bind(now)
                    .bind(asked.limit as i64);
                let taken = taken.bind(asked.lease.as_secs() as i64).bind(id);
                taken.bind(&self.unknown[..]).fetch_all(&mut *tx).await?
            }
            own => {
                // Not "= 1", which PostgreSQL takes for rare: it would read all that is due and sort it, where the first
                // few of its index do.
                let whose = format!(
                    "and (publisher is null or get_bit($6, {SHARE}) <> 0 and publisher not in ({GIVEN}))"
                );
                let sql = taking_sql(&whose);
                let all = vec![0xff; SHARES / 8];
                let taken = sqlx::query_as(AssertSqlSafe(sql))
                    .bind(now)
                    .bind(asked.limit as i64);
                let taken = taken.bind(asked.lease.as_secs() as i64).bind(id);
                let taken = taken
                    .bind(&self.unknown[..])
                    .bind(own.unwrap_or(&all))
                    .bind(taken_elsewhere(team.elsewhere()));
                taken.fetch_all(&mut *tx).await?
            }
        };
        tx.commit().await?;
        Ok(rows
            .into_iter()
            .map(|row| row.source(team.elsewhere()))
            .collect())
    }

    /// Takes of others what is overdue.
    async fn help(&mut self, asked: Asked) -> Result<Vec<Source>, StoreError> {
        let Some(own) = self.team.own() else {
            return Ok(Vec::new());
        };
        let before = asked.now.as_second() - OVERDUE;
        // Most often there is nothing, and then nobody is held up.
        let sql = format!(
            "select exists (select 1 from source where {IS_DUE} and {NOT_HELD} and next_poll_at <= $2 \
               and id <> all($4) and get_bit($3, {SHARE}) <> 1)"
        );
        let is_any: bool = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(asked.now.as_second())
            .bind(before)
            .bind(own)
            .bind(&self.unknown[..])
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
        anywhere(tx, (self.id, &self.unknown), asked, before).await
    }
}

/// Takes whatever has been due since a moment or longer, where nobody else is at work, and tells the others. The transaction is
/// one in which nobody else takes anything.
async fn anywhere(
    mut tx: Transaction<'_, Postgres>,
    (id, unknown): (i64, &[i64]),
    asked: Asked,
    before: i64,
) -> Result<Vec<Source>, StoreError> {
    let now = asked.now.as_second();
    give_back(&mut tx, now).await?;
    let elsewhere = elsewhere(&mut tx, id, None, now).await?;
    let whose =
        format!("and next_poll_at <= $6 and (publisher is null or publisher not in ({GIVEN}))");
    let taken = sqlx::query_as(AssertSqlSafe(taking_sql(&whose)));
    let taken = taken
        .bind(now)
        .bind(asked.limit as i64)
        .bind(asked.lease.as_secs() as i64);
    let taken = taken
        .bind(id)
        .bind(unknown)
        .bind(before)
        .bind(taken_elsewhere(&elsewhere));
    let rows: Vec<Row> = taken.fetch_all(&mut *tx).await?;
    if !rows.is_empty() {
        // Whose it was looks before it takes anything again.
        let disturb = "update program set disturbed = disturbed + 1 where id <> $1";
        sqlx::query(disturb).bind(id).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| row.source(&elsewhere)).collect())
}

/// Whether somebody else was in the way, and the connection is as good as before: `lock_not_available`, `deadlock_detected` and
/// `serialization_failure`.
pub(super) fn is_in_the_way(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(error)) = error else {
        return false;
    };
    let code = error.code();
    code.is_some_and(|code| matches!(&*code, "55P03" | "40P01" | "40001"))
}

/// The share of a source's publisher.
const SHARE: &str = "(publisher & 4095)::int";

/// Numbers that are given as a JSON array.
const GIVEN: &str = "select value::bigint from jsonb_array_elements_text($7::jsonb)";

/// Sources that are due and that nobody has taken, `$1` being now.
const IS_DUE: &str = "removed_at is null and next_poll_at <= $1 and leased_until <= $1";

/// Takes due sources: `$1` is now, `$2` how many at the most, `$3` for how many seconds, `$4` who takes them, `$5` which its
/// configuration lacks.
fn taking_sql(whose: &str) -> String {
    format!(
        "update source set leased_until = $1 + $3, leased_by = $4 where id in (\
           select id from source where {IS_DUE} and {NOT_HELD} and id <> all($5) {whose} \
           order by next_poll_at limit $2 for update skip locked) \
         returning {SOURCE_COLUMNS}, publisher"
    )
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
           and ($4::bytea is null or get_bit($4, {SHARE}) = 1) group by publisher"
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

/// Gives back what sessions had taken that are gone.
pub(super) fn give_back_orphans() -> String {
    format!(
        "update source set leased_until = $1 where {IS_UP} and id in (\
           select id from source where leased_until > 0 and leased_until > $1 and leased_by <> 0 and leased_by not in (\
             select objid::bigint from {LOCKS}) for update skip locked)"
    )
}

/// Counts the programs that take sources of a database.
pub(super) fn takers() -> String {
    format!("select count(*) from {LOCKS}")
}

/// Runs a body that takes sources by their names, in a transaction: `$by` is what it marks them with.
macro_rules! taking {
    ($db:expr, $now:expr, $tx:ident, $by:ident => $body:expr) => {
        match &$db.pools {
            $crate::store::db::Pools::Sqlite { writer, .. } => {
                let $by = 0_i64;
                $crate::store::db::write!($db, writer, None, begin_with($crate::store::db::PASSING), $tx => $body)
            }
            $crate::store::db::Pools::Postgres { taker, .. } => {
                let mut place = taker.session(&$db.writes).await?;
                let session = place.as_mut().expect("a session was put there");
                let ($by, is_to_look) = (session.id, session.is_to_look($now));
                let taken = async {
                    let mut $tx = sqlx::Connection::begin(&mut session.connection).await?;
                    if is_to_look {
                        let sql = $crate::store::leases::give_back_orphans();
                        sqlx::query(AssertSqlSafe(sql)).bind($now.as_second()).execute(&mut *$tx).await?;
                    }
                    let result = $body;
                    $tx.commit().await?;
                    Ok(result)
                };
                let patience = Some($crate::store::db::WRITE_PATIENCE);
                let taken: Result<_, $crate::store::StoreError> = $crate::store::db::in_time(patience, taken).await;
                if let Err(error) = &taken && !$crate::store::leases::is_in_the_way(error) {
                    $db.writes.note(&taken);
                    *place = None;
                }
                taken?
            }
        }
    };
}
pub(super) use taking;
