//! Carries the rows of the data folder's SQLite file over to PostgreSQL, once: at the first start after `database.url`
//! was set, or after an earlier version that had only some rows there.
//!
//! ```text
//! lumencast.db ─► is it carried over already? ─► does PostgreSQL have rows of its own? ─► all rows, one transaction
//!      └──────────────────────────── renamed to lumencast.db.carried-over ◄──────────────────────────┘
//! ```
//!
//! Refuses to know: what the rows are for.

use super::{StoreError, database::Database};
use futures::TryStreamExt;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, Transaction, any::AnyRow};
use std::{io, path::Path};

/// What is added to the name of the file when its rows are in PostgreSQL.
const SUFFIX: &str = ".carried-over";
/// The name of the data folder's file then.
pub(super) const SET_ASIDE: &str = "lumencast.db.carried-over";

/// A table, and its columns by their types. Rows are read in an order in which they can be written.
struct Table {
    name: &'static str,
    texts: &'static [&'static str],
    numbers: &'static [&'static str],
    bytes: &'static [&'static str],
    order: &'static str,
}

/// The tables that earlier versions had in the file, with any settings. References lead upwards.
const OWN: [Table; 10] = [
    table("tenants", &["id", "name", "plan"], &["created_at"], "rowid"),
    table("users", &["id", "email", "password_hash"], &["created_at"], "rowid"),
    table("memberships", &["user_id", "tenant_id", "role"], &[], "rowid"),
    table("sessions", &["id", "user_id"], &["created_at", "expires_at"], "rowid"),
    table(
        "apps",
        &["name", "display_name", "room_prefix", "settings", "tenant"],
        &["id", "created_at", "updated_at", "revision"],
        "id",
    ),
    Table {
        bytes: &["hash"],
        ..table(
            "api_keys",
            &["id", "plane", "label", "shown", "app", "allowed_ips"],
            &["created_at", "last_used_at", "revoked_at"],
            "seq",
        )
    },
    table(
        "ingress",
        &["id", "app", "room", "input_type", "identity", "name", "url", "stream_key", "password_hash", "search"],
        &["validated_at", "transcoding", "created_at"],
        "seq",
    ),
    Table {
        bytes: &["hash"],
        ..table("camera_keys", &["id", "app", "room", "identity", "shown"], &["created_at"], "seq")
    },
    table(
        "streams",
        &["app", "stream_id", "type", "room", "participant", "ingress", "status", "last_stats"],
        &["id", "started_at", "ended_at"],
        "id",
    ),
    table("light_memory", &["name", "value"], &[], "rowid"),
];

/// The tables that earlier versions had in PostgreSQL as soon as its address was set.
const IMAGING: [Table; 6] = [
    table(
        "image_accounts",
        &["id", "name", "plan", "status", "allowed_services", "company_name", "currency"],
        &["rate_limit_rpm", "monthly_credit_limit", "credit_price_cents", "auto_topup_enabled", "turn", "created_at"],
        "rowid",
    ),
    table("image_ledger", &["account", "kind", "note", "job"], &["seq", "amount", "run", "at"], "rowid"),
    table(
        "image_jobs",
        &[
            "id",
            "account",
            "service",
            "config",
            "resolution",
            "prompt",
            "options",
            "location",
            "input_path",
            "mask_path",
            "reference_path",
            "reference_id",
            "idempotency_key",
            "status",
            "engine",
            "output_key",
            "error_message",
            "worker",
            "lease",
        ],
        &[
            "seq",
            "credits_used",
            "run",
            "attempts",
            "lease_until",
            "queued_at",
            "created_at",
            "started_at",
            "completed_at",
            "updated_at",
        ],
        "rowid",
    ),
    Table {
        bytes: &["hash"],
        ..table(
            "image_keys",
            &["id", "account", "name", "shown"],
            &["seq", "is_active", "created_at", "last_used_at"],
            "rowid",
        )
    },
    table(
        "image_webhooks",
        &["id", "account", "url", "events", "secret"],
        &["seq", "is_active", "failure_count", "created_at"],
        "rowid",
    ),
    table(
        "outbox",
        &["id", "plane", "endpoint", "event", "body", "state"],
        &["attempts", "next_at", "lease_until", "created_at", "ended_at"],
        "rowid",
    ),
];

const fn table(
    name: &'static str,
    texts: &'static [&'static str],
    numbers: &'static [&'static str],
    order: &'static str,
) -> Table {
    Table { name, texts, numbers, bytes: &[], order }
}

/// Carries over the rows of the file, unless that was done before. The caller keeps other processes from the file
/// meanwhile.
///
/// # Errors
/// [`StoreError::CarryOver`] when both have rows, which are then left as they are; otherwise when one of the databases
/// fails. A failed transfer changes nothing and is tried again at the next start.
pub(super) async fn carry_over(file: &Path, postgres: &Database) -> Result<(), StoreError> {
    let sqlite = Database::sqlite(file).await?;
    let carried = carry_rows(file, &sqlite, postgres).await;
    sqlite.close().await;
    if carried? {
        set_aside(file).map_err(|source| StoreError::Io { path: file.display().to_string(), source })?;
    }
    Ok(())
}

/// Whether the rows of the file are in PostgreSQL now. False: the file has none worth keeping.
async fn carry_rows(file: &Path, sqlite: &Database, postgres: &Database) -> Result<bool, StoreError> {
    // The write lock, so that no process adds a row that would be left behind.
    let mut from = sqlite.write().await?;
    let origin: String = sqlx::query_scalar("SELECT id FROM origin").fetch_one(&mut *from).await?;
    let mut to = postgres.write().await?;
    // Servers that carry over to the same database at the same time wait for one another.
    let revision = sqlx::query_scalar("UPDATE apps_revision SET revision = revision RETURNING revision");
    let revision: i64 = revision.fetch_one(&mut *to).await?;
    let before = sqlx::query("SELECT origin FROM carried_over WHERE origin = $1").bind(&origin);
    if before.fetch_optional(&mut *to).await?.is_some() {
        return Ok(true);
    }
    let (own, images) = (has_rows(&mut from).await?, count(&mut from, &IMAGING).await? > 0);
    if !own && !images {
        return Ok(false);
    }
    if own {
        if revision != 1 || has_rows(&mut to).await? {
            return Err(StoreError::CarryOver { path: file.display().to_string() });
        }
        carry_own(&mut from, &mut to).await?;
    }
    if images && count(&mut to, &IMAGING[..1]).await? == 0 {
        carry_tables(&IMAGING, &mut from, &mut to).await?;
    } else if images {
        let path = file.display();
        tracing::warn!(%path, "image jobs of the file are left behind: the database of the settings has its own");
    }
    let now = "CAST(extract(epoch FROM now()) * 1000 AS BIGINT)";
    let mark = sqlx::query(AssertSqlSafe(format!("INSERT INTO carried_over (origin, at) VALUES ($1, {now})")));
    mark.bind(&origin).execute(&mut *to).await?;
    to.commit().await?;
    tracing::info!(path = %file.display(), "all rows of the file are in the database of the settings now");
    Ok(true)
}

/// The tables of [`OWN`], and the counters of apps.
async fn carry_own(from: &mut Transaction<'static, Any>, to: &mut Transaction<'static, Any>) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM apps").execute(&mut **to).await?;
    carry_tables(&OWN, from, to).await?;
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM apps_revision").fetch_one(&mut **from).await?;
    let counted = sqlx::query("UPDATE apps_revision SET revision = $1").bind(revision);
    counted.execute(&mut **to).await?;
    // The number of a deleted app is not reused.
    let last = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'apps'");
    let last: i64 = last.fetch_one(&mut **from).await?;
    let sequence = sqlx::query("SELECT setval(pg_get_serial_sequence('apps', 'id'), $1)").bind(last);
    sequence.fetch_one(&mut **to).await?;
    Ok(())
}

async fn carry_tables(
    tables: &[Table],
    from: &mut Transaction<'static, Any>,
    to: &mut Transaction<'static, Any>,
) -> Result<(), StoreError> {
    for table in tables {
        let columns: Vec<&str> = [table.texts, table.numbers, table.bytes].concat();
        let select = format!("SELECT {} FROM {} ORDER BY {}", columns.join(", "), table.name, table.order);
        let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let insert = format!("INSERT INTO {} ({}) VALUES ({})", table.name, columns.join(", "), places.join(", "));
        let mut rows = sqlx::query(AssertSqlSafe(select)).fetch(&mut **from);
        while let Some(row) = rows.try_next().await? {
            carry_row(table, &row, &insert, to).await?;
        }
    }
    Ok(())
}

async fn carry_row(table: &Table, row: &AnyRow, insert: &str, to: &mut AnyConnection) -> Result<(), StoreError> {
    let mut insert = sqlx::query(AssertSqlSafe(insert.to_owned()));
    for column in table.texts {
        // PostgreSQL has no text with a NUL character.
        let text: Option<String> = row.try_get(*column)?;
        insert = insert.bind(text.map(|text| text.replace('\0', "\u{fffd}")));
    }
    for column in table.numbers {
        insert = insert.bind(row.try_get::<Option<i64>, _>(*column)?);
    }
    for column in table.bytes {
        insert = insert.bind(row.try_get::<Option<Vec<u8>>, _>(*column)?);
    }
    insert.execute(to).await?;
    Ok(())
}

/// Whether the tables of [`OWN`] have more than those of a new database.
async fn has_rows(connection: &mut AnyConnection) -> Result<bool, StoreError> {
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM apps_revision").fetch_one(&mut *connection).await?;
    let apps: i64 = sqlx::query_scalar("SELECT count(*) FROM apps").fetch_one(&mut *connection).await?;
    Ok(revision != 1 || count(connection, &OWN).await? > apps)
}

/// The number of rows of several tables together.
async fn count(connection: &mut AnyConnection, tables: &[Table]) -> Result<i64, StoreError> {
    let counts: Vec<String> = tables.iter().map(|table| format!("(SELECT count(*) FROM {})", table.name)).collect();
    let sum = format!("SELECT {}", counts.join(" + "));
    Ok(sqlx::query_scalar(AssertSqlSafe(sum)).fetch_one(connection).await?)
}

/// Renames the file and the files that SQLite keeps beside it while it is open.
fn set_aside(file: &Path) -> io::Result<()> {
    let named = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        name
    };
    for beside in ["-wal", "-shm", ""] {
        match std::fs::rename(named(beside), named(&format!("{SUFFIX}{beside}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
