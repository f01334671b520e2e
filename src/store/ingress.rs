//! Rows of ingresses: keys to push with and sources to pull.
//!
//! Refuses to know: what is live, how keys and hashes are made, which apps there are.

use super::{
    StoreError,
    database::{Database, Flag, is_text},
};

/// An ingress as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct IngressRow {
    /// `IN_` and 12 characters.
    pub id: String,
    /// The app it belongs to.
    pub app: String,
    /// The room it leads to, namespaced.
    pub room: String,
    /// `rtmp`, `whip` or `url`.
    pub input_type: String,
    /// The participant it is in the room.
    pub identity: String,
    /// The participant's display name; its identity stands for one.
    pub name: Option<String>,
    /// What is pulled; only with `url`.
    pub url: Option<String>,
    /// The credential of a push, in clear: lists show it. None with `url`.
    pub stream_key: Option<String>,
    /// Argon2 in PHC form; none where no password is asked.
    pub password_hash: Option<String>,
    /// When the password was given last through the API; milliseconds since 1970 UTC.
    pub validated_at: Option<i64>,
    /// Whether more than one rendition was asked for.
    #[sqlx(try_from = "Flag")]
    pub transcoding: bool,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

/// Which ingresses of an app are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngressQuery {
    /// Exactly this room.
    pub room: Option<String>,
    /// This in id, name or room, whatever the case.
    pub text: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// Without so many first ones.
    pub offset: u64,
}

/// The columns of an [`IngressRow`].
const COLUMNS: &str = "id, app, room, input_type, identity, name, url, stream_key, password_hash, validated_at,
                       transcoding, created_at";

/// The table of ingresses.
#[derive(Debug, Clone)]
pub struct IngressRows {
    database: Database,
}

impl IngressRows {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Keeps an ingress. Fails when id or key is there already.
    pub async fn insert(&self, row: &IngressRow) -> Result<(), StoreError> {
        let search = format!("{}\n{}\n{}", row.id, row.name.as_ref().unwrap_or(&row.identity), row.room).to_lowercase();
        sqlx::query(
            "INSERT INTO ingress (id, app, room, input_type, identity, name, url, stream_key, password_hash,
                                  validated_at, transcoding, created_at, search)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(&row.id)
        .bind(&row.app)
        .bind(&row.room)
        .bind(&row.input_type)
        .bind(&row.identity)
        .bind(&row.name)
        .bind(&row.url)
        .bind(&row.stream_key)
        .bind(&row.password_hash)
        .bind(row.validated_at)
        .bind(i64::from(row.transcoding))
        .bind(row.created_at)
        .bind(search)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    /// One of an app.
    pub async fn get(&self, app: &str, id: &str) -> Result<Option<IngressRow>, StoreError> {
        self.one(format!("SELECT {COLUMNS} FROM ingress WHERE app = $1 AND id = $2"), &[app, id]).await
    }

    /// The one with this key, of whatever app.
    pub async fn by_key(&self, key: &str) -> Result<Option<IngressRow>, StoreError> {
        self.one(format!("SELECT {COLUMNS} FROM ingress WHERE stream_key = $1"), &[key]).await
    }

    /// Those that are pulled, of all apps, oldest first.
    pub async fn pulled(&self) -> Result<Vec<IngressRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM ingress WHERE input_type = 'url' ORDER BY seq");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(self.database.pool()).await?)
    }

    /// A page, newest first, and how many there are on all pages.
    pub async fn page(&self, app: &str, query: &IngressQuery) -> Result<(Vec<IngressRow>, u64), StoreError> {
        let text = query.text.as_ref().map(|text| text.to_lowercase());
        if ![&query.room, &text].into_iter().flatten().all(|text| is_text(text)) {
            return Ok((Vec::new(), 0));
        }
        let chosen = format!(
            "FROM ingress WHERE app = $1 AND ($2 IS NULL OR room = $2) AND ($3 IS NULL OR {}(search, $3) > 0)",
            self.database.position()
        );
        let mut reading = self.database.read().await?;
        let total: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) {chosen}")))
            .bind(app)
            .bind(&query.room)
            .bind(&text)
            .fetch_one(&mut *reading)
            .await?;
        let page = format!("SELECT {COLUMNS} {chosen} ORDER BY seq DESC LIMIT $4 OFFSET $5");
        let rows = sqlx::query_as(sqlx::AssertSqlSafe(page))
            .bind(app)
            .bind(&query.room)
            .bind(&text)
            .bind(i64::from(query.limit))
            .bind(i64::try_from(query.offset).unwrap_or(i64::MAX))
            .fetch_all(&mut *reading)
            .await?;
        Ok((rows, u64::try_from(total).unwrap_or(0)))
    }

    /// Takes one of an app away; the row as it was, if it was there.
    pub async fn delete(&self, app: &str, id: &str) -> Result<Option<IngressRow>, StoreError> {
        let text = format!("DELETE FROM ingress WHERE app = $1 AND id = $2 RETURNING {COLUMNS}");
        self.one(text, &[app, id]).await
    }

    /// Notes that the password was given.
    pub async fn validated(&self, id: &str, now: i64) -> Result<(), StoreError> {
        let update = sqlx::query("UPDATE ingress SET validated_at = $1 WHERE id = $2");
        update.bind(now).bind(id).execute(self.database.pool()).await?;
        Ok(())
    }

    async fn one(&self, text: String, values: &[&str]) -> Result<Option<IngressRow>, StoreError> {
        if !values.iter().all(|value| is_text(value)) {
            return Ok(None);
        }
        let query = sqlx::query_as(sqlx::AssertSqlSafe(text));
        let query = values.iter().fold(query, |query, value| query.bind((*value).to_owned()));
        self.database.written(query).await
    }
}
