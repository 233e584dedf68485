//! Who takes sources where several programs share a PostgreSQL database: one session of each program, which holds a lock for
//! as long as it lives.
//!
//! A program that is killed loses its session and with it the lock, and whoever takes sources next gives back what it had
//! taken. Leases also end by time, for a machine that falls silent without closing anything. Invariant: a source is taken
//! only through the session that is noted at it, so no lease can outlive its session unseen. A program that loses its session
//! and lives on is taken for dead: the polls that it has under way end, and are made again.

use super::StoreError;
use super::agreement::Agreement;
use super::claims::Asked;
use super::db;
use super::source::Source;
use super::team::Team;
use super::writes::Writes;
use jiff::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// Makes a number for a session and takes its lock. The first half of the lock's number is that of the table, so that each
/// schema of a database is a store of its own.
const LOCK: &str = "select id from (select nextval('program_id') as id) as new, \
    lateral (select pg_advisory_lock('source'::regclass::oid::int, id::int)) as locked";

/// The locks of those who take sources of this store.
pub(super) const LOCKS: &str = "pg_locks where locktype = 'advisory' and classid = 'source'::regclass::oid and objsubid = 2 \
    and database = (select oid from pg_database where datname = current_database())";

/// That the server has run for so long that every program that lives is connected again: until then nobody is taken for dead.
const IS_UP: &str = "pg_postmaster_start_time() < clock_timestamp() - make_interval(secs => 5)";

/// How long a new session is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

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
    pub(super) helped_at: i64,
    pub(super) team: Team,
    /// As what it has joined.
    pub(super) joined: Option<Arc<Member>>,
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
        })
    }

    /// Takes up to `limit` sources that are due.
    pub(super) async fn due(
        &self,
        writes: &Writes,
        limit: usize,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Source>, StoreError> {
        let mut place = self.session(writes).await?;
        let session = place.as_mut().expect("a session was put there");
        let (member, unknown) = {
            let known = self.known();
            (known.member.clone(), known.unknown.clone())
        };
        let asked = Asked {
            limit,
            lease,
            now,
            unknown: &unknown,
        };
        let taken = db::in_time(Some(db::WRITE_PATIENCE), session.due(member, asked)).await;
        match &taken {
            Ok(_) => {}
            // The session goes on, and with it all that it has taken.
            Err(error) if is_in_the_way(error) => {
                tracing::debug!(%error, "others take something; it is asked again what is due");
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

/// Gives back what sessions had taken that are gone. What is taken is more than 0, which the index of that has to be told.
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
