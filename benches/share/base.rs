//! The database that programs share: a schema of its own on somebody's server, gone when the bench ends.

use super::process::{cpu_of_family, number, parent_of};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// A schema.
pub(crate) struct Base {
    runtime: Runtime,
    server: String,
    schema: String,
    /// What programs call it.
    pub(crate) url: String,
}

impl Base {
    pub(crate) fn new(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("feedwash_share_{}_{number}", std::process::id());
        let mut url = url::Url::parse(server).expect("it is a URL");
        url.query_pairs_mut()
            .append_pair("options", &format!("-c search_path={schema}"));
        let base = Self {
            runtime: runtime.expect("a runtime can be made"),
            server: server.to_owned(),
            schema,
            url: url.into(),
        };
        base.tell(&format!("create schema {}", base.schema));
        base
    }

    /// Runs statements, and gives the rows of the last, where the server is there.
    pub(crate) fn try_ask(&self, sql: &str) -> Result<Vec<PgRow>, sqlx::Error> {
        let sql = format!("set search_path to {}; {sql}", self.schema);
        self.runtime.block_on(run(&self.server, sql))
    }

    /// The same of a server that is there.
    pub(crate) fn ask(&self, sql: &str) -> Vec<PgRow> {
        self.try_ask(sql).expect("it does what it is told")
    }

    /// The one number that a statement gives.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        self.ask(sql).last().expect("one row").get(0)
    }

    fn tell(&self, sql: &str) {
        let told = self.runtime.block_on(run(&self.server, sql.to_owned()));
        told.expect("the server does what it is told");
    }

    /// How much of the processor the server has used, all its processes together, where it is on this machine.
    pub(crate) fn cpu(&self) -> Duration {
        let postmaster = self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.server).await.ok()?;
            let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
                .fetch_one(&mut connection)
                .await
                .ok()?;
            parent_of(number(&pid.to_string()))
        });
        postmaster.map_or(Duration::ZERO, cpu_of_family)
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let sql = format!("drop schema if exists {} cascade", self.schema);
        // The server may be gone, and then so is what is left there.
        let _ = self.runtime.block_on(run(&self.server, sql));
    }
}

async fn run(server: &str, sql: String) -> Result<Vec<PgRow>, sqlx::Error> {
    let mut connection = PgConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
}
