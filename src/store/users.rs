//! Rows of tenants, users, their roles, and sessions.
//!
//! Refuses to know: passwords (only their hashes), permissions of roles, and the clock.

use super::{
    StoreError,
    database::{Database, is_text},
};

/// A user of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UserRow {
    /// Public id.
    pub id: String,
    /// Unique regardless of case.
    pub email: String,
    /// In PHC form.
    pub password_hash: String,
    /// The user's tenant.
    pub tenant: String,
    /// `owner`, `editor` or `viewer`.
    pub role: String,
}

/// A user to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// See [`UserRow::id`].
    pub id: &'a str,
    /// See [`UserRow::email`].
    pub email: &'a str,
    /// See [`UserRow::password_hash`].
    pub password_hash: &'a str,
    /// See [`UserRow::tenant`]; made when it is missing.
    pub tenant: &'a str,
    /// See [`UserRow::role`].
    pub role: &'a str,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionRow {
    /// Its id in tokens.
    pub id: String,
    /// The user's id; `None`: the operator.
    pub user_id: Option<String>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Milliseconds since 1970 UTC.
    pub expires_at: i64,
}

/// The tables of users.
#[derive(Debug, Clone)]
pub struct Users {
    database: Database,
}

const USER: &str = "SELECT users.id, email, password_hash, tenant_id AS tenant, role
    FROM users JOIN memberships ON memberships.user_id = users.id";

impl Users {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a user; false when the address is taken.
    pub async fn insert(&self, user: NewUser<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.database.write().await?;
        sqlx::query("INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(user.tenant)
            .bind(user.tenant)
            .bind(user.created_at)
            .execute(&mut *transaction)
            .await?;
        let done = sqlx::query(
            "INSERT INTO users (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(user.id)
        .bind(user.email)
        .bind(user.password_hash)
        .bind(user.created_at)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("INSERT INTO memberships (user_id, tenant_id, role) VALUES ($1, $2, $3)")
            .bind(user.id)
            .bind(user.tenant)
            .bind(user.role)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The user with this address, regardless of case.
    pub async fn by_email(&self, email: &str) -> Result<Option<UserRow>, StoreError> {
        if !is_text(email) {
            return Ok(None);
        }
        let sql = sqlx::AssertSqlSafe(format!("{USER} WHERE lower(email) = lower($1)"));
        Ok(sqlx::query_as(sql).bind(email).fetch_optional(self.database.pool()).await?)
    }

    /// The user with this id.
    pub async fn by_id(&self, id: &str) -> Result<Option<UserRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{USER} WHERE users.id = $1"));
        Ok(sqlx::query_as(sql).bind(id).fetch_optional(self.database.pool()).await?)
    }

    /// Begins a session, and deletes those that expired before it began.
    pub async fn begin_session(&self, session: &SessionRow) -> Result<(), StoreError> {
        let ended = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(session.created_at);
        ended.execute(self.database.pool()).await?;
        sqlx::query("INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(&session.id)
            .bind(session.user_id.as_deref())
            .bind(session.created_at)
            .bind(session.expires_at)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// A session that was not ended; the caller checks its expiry.
    pub async fn session(&self, id: &str) -> Result<Option<SessionRow>, StoreError> {
        let sql = "SELECT id, user_id, created_at, expires_at FROM sessions WHERE id = $1";
        Ok(sqlx::query_as(sql).bind(id).fetch_optional(self.database.pool()).await?)
    }

    /// Ends a session; an unknown one is ended already.
    pub async fn end_session(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id).execute(self.database.pool()).await?;
        Ok(())
    }
}
