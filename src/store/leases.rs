//! Who takes sources where several programs share a PostgreSQL database: one session of each program, which holds a lock for
//! as long as it lives.
//!
//! A program that is killed loses its session and with it the lock, and whoever takes sources next gives back what it had
//! taken. Leases also end by time, for a machine that falls silent without closing anything. Invariant: a source is taken
//! only through the session that is noted at it, so no lease can outlive its session unseen.

use jiff::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// Takes the lock of a session, and tells its number. The first half of the lock's number is that of the table, so that each
/// schema of a database is a store of its own; the second is the process number of the session.
const LOCK: &str = "select pg_backend_pid() from \
    (select pg_advisory_lock('source'::regclass::oid::int, pg_backend_pid())) as locked";

/// The locks of those who take sources of this store.
const LOCKS: &str = "pg_locks where locktype = 'advisory' and classid = 'source'::regclass::oid and objsubid = 2 \
    and database = (select oid from pg_database where datname = current_database())";

/// How long a new session is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The session that takes sources, once there is one.
#[derive(Debug, Clone)]
pub(super) struct Taker {
    options: Arc<PgConnectOptions>,
    session: Arc<Mutex<Option<Session>>>,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: PgConnection,
    /// What its leases are marked with.
    pub(super) id: i64,
    /// In which second it looked for programs that are gone.
    looked_at: Option<Timestamp>,
}

impl Taker {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self {
            options: Arc::new(options),
            session: Arc::default(),
        }
    }

    /// The place of the session. Whoever meets an error leaves it empty.
    pub(super) async fn place(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().await
    }

    /// A new session, with its lock.
    pub(super) async fn connect(&self) -> Result<Session, sqlx::Error> {
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, self.options.connect()).await;
        let mut connection = connected.map_err(|_| sqlx::Error::PoolTimedOut)??;
        let id: i32 = sqlx::query_scalar(LOCK).fetch_one(&mut connection).await?;
        Ok(Session {
            connection,
            id: i64::from(id),
            looked_at: None,
        })
    }
}

impl Session {
    /// Whether it is time to look for programs that are gone: once a second.
    pub(super) fn is_to_look(&mut self, now: Timestamp) -> bool {
        let before = self.looked_at.replace(now);
        before.is_none_or(|before| before.as_second() != now.as_second())
    }
}

/// Gives back what sessions had taken that are gone. A new session may have the number of one that is; then it has its
/// leases, too, and they end by time.
pub(super) fn give_back_orphans() -> String {
    format!(
        "update source set leased_until = 0 where id in (\
           select id from source where leased_until > $1 and leased_by <> 0 and leased_by not in (\
             select objid::bigint from {LOCKS}) for update skip locked)"
    )
}

/// Counts the programs that take sources of a database.
pub(super) fn takers() -> String {
    format!("select count(*) from {LOCKS}")
}

/// Runs a body that takes sources, in a transaction: `$by` is what it marks them with.
macro_rules! taking {
    ($db:expr, $now:expr, $tx:ident, $by:ident => $body:expr) => {
        match &$db.pools {
            $crate::store::db::Pools::Sqlite { writer, .. } => {
                let $by = 0_i64;
                $crate::store::db::write!($db, writer, None, begin_with($crate::store::db::PASSING), $tx => $body)
            }
            $crate::store::db::Pools::Postgres { taker, .. } => {
                let mut place = taker.place().await;
                if place.is_none() {
                    let connected = taker.connect().await.map_err($crate::store::StoreError::from);
                    $db.writes.note(&connected);
                    *place = Some(connected?);
                }
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
                if taken.is_err() {
                    $db.writes.note(&taken);
                    *place = None;
                }
                taken?
            }
        }
    };
}
pub(super) use taking;
