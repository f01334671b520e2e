//! Accounts of image jobs: plans and limits.
//!
//! Refuses to know: credentials, prices, what a plan allows.

pub(super) mod ledger;

use crate::store::{
    StoreError,
    database::{Database, Flag},
};
use ledger::{Entry, EntryKind, put, turn};
use sqlx::AssertSqlSafe;

/// An account as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRow {
    /// A UUID.
    pub id: String,
    /// Unique among accounts.
    pub name: String,
    /// `free`, `basic`, `pro` or `enterprise`.
    pub plan: String,
    /// Of its subscription: `active`, `past_due`, `cancelled` or `none`.
    pub status: String,
    /// Requests a minute, above zero.
    pub rate_limit_rpm: i64,
    /// Credits a month; none: no limit.
    pub monthly_credit_limit: Option<i64>,
    /// A JSON array of service ids; none: all.
    pub allowed_services: Option<String>,
    /// The firm of an enterprise.
    pub company_name: Option<String>,
    /// The price of one credit, in hundredths of the currency.
    pub credit_price_cents: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// Whether credits are bought when they run out.
    #[sqlx(try_from = "Flag")]
    pub auto_topup_enabled: bool,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

/// An account to be stored: its row.
pub type NewAccount = AccountRow;

impl AccountRow {
    /// An ordinary account: plan `basic`, active, 30 requests a minute. `created_at` is in milliseconds since 1970 UTC.
    pub fn plain(id: String, name: String, created_at: i64) -> Self {
        Self {
            id,
            name,
            plan: "basic".to_owned(),
            status: "active".to_owned(),
            rate_limit_rpm: 30,
            monthly_credit_limit: None,
            allowed_services: None,
            company_name: None,
            credit_price_cents: None,
            currency: "EUR".to_owned(),
            auto_topup_enabled: false,
            created_at,
        }
    }
}

/// Changes to an account; none: unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// See [`AccountRow::plan`].
    pub plan: Option<String>,
    /// See [`AccountRow::status`].
    pub status: Option<String>,
    /// See [`AccountRow::rate_limit_rpm`].
    pub rate_limit_rpm: Option<i64>,
    /// See [`AccountRow::monthly_credit_limit`].
    pub monthly_credit_limit: Option<Option<i64>>,
    /// See [`AccountRow::allowed_services`].
    pub allowed_services: Option<Option<String>>,
    /// See [`AccountRow::company_name`].
    pub company_name: Option<Option<String>>,
    /// See [`AccountRow::credit_price_cents`].
    pub credit_price_cents: Option<Option<i64>>,
    /// See [`AccountRow::currency`].
    pub currency: Option<String>,
    /// See [`AccountRow::auto_topup_enabled`].
    pub auto_topup_enabled: Option<bool>,
}

impl AccountChange {
    fn apply(&self, row: &mut AccountRow) {
        fn set<T: Clone>(field: &mut T, wanted: Option<&T>) {
            if let Some(wanted) = wanted {
                field.clone_from(wanted);
            }
        }
        set(&mut row.plan, self.plan.as_ref());
        set(&mut row.status, self.status.as_ref());
        set(&mut row.rate_limit_rpm, self.rate_limit_rpm.as_ref());
        set(&mut row.monthly_credit_limit, self.monthly_credit_limit.as_ref());
        set(&mut row.allowed_services, self.allowed_services.as_ref());
        set(&mut row.company_name, self.company_name.as_ref());
        set(&mut row.credit_price_cents, self.credit_price_cents.as_ref());
        set(&mut row.currency, self.currency.as_ref());
        set(&mut row.auto_topup_enabled, self.auto_topup_enabled.as_ref());
    }
}

/// The columns of an [`AccountRow`].
const COLUMNS: &str = "id, name, plan, status, rate_limit_rpm, monthly_credit_limit, allowed_services, company_name,
                       credit_price_cents, currency, auto_topup_enabled, created_at";

/// The table of accounts, and the ledger of their credits.
#[derive(Debug, Clone)]
pub struct Accounts {
    database: Database,
}

impl Accounts {
    pub(in crate::store) fn new(database: Database) -> Self {
        Self { database }
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Stores an account with the credits it starts with. None, and nothing is changed, when the name is taken: of
    /// several concurrent calls for the same account, one succeeds.
    pub async fn insert(&self, account: &NewAccount, credits: i64) -> Result<Option<AccountRow>, StoreError> {
        let mut tx = self.database.write().await?;
        let insert = format!(
            "INSERT INTO image_accounts ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (name) DO NOTHING RETURNING {COLUMNS}"
        );
        let insert = sqlx::query_as(AssertSqlSafe(insert)).bind(&account.id).bind(&account.name).bind(&account.plan);
        let insert = insert.bind(&account.status).bind(account.rate_limit_rpm).bind(account.monthly_credit_limit);
        let insert = insert.bind(&account.allowed_services).bind(&account.company_name);
        let insert = insert.bind(account.credit_price_cents).bind(&account.currency);
        let insert = insert.bind(i64::from(account.auto_topup_enabled)).bind(account.created_at);
        let Some(row) = insert.fetch_optional(&mut *tx).await? else { return Ok(None) };
        if credits != 0 {
            let note = Some("opening credits");
            let grant = Entry { kind: EntryKind::Grant, amount: credits, note, job: None, at: account.created_at };
            put(&mut tx, &account.id, 0, &grant).await?;
        }
        tx.commit().await?;
        Ok(Some(row))
    }

    /// The account of an id.
    pub async fn get(&self, id: &str) -> Result<Option<AccountRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_accounts WHERE id = $1");
        Ok(sqlx::query_as(AssertSqlSafe(text)).bind(id).fetch_optional(self.database.pool()).await?)
    }

    /// The account of a name.
    pub async fn by_name(&self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_accounts WHERE name = $1");
        Ok(sqlx::query_as(AssertSqlSafe(text)).bind(name).fetch_optional(self.database.pool()).await?)
    }

    /// All, oldest first.
    pub async fn list(&self) -> Result<Vec<AccountRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_accounts ORDER BY created_at, name");
        Ok(sqlx::query_as(AssertSqlSafe(text)).fetch_all(self.database.pool()).await?)
    }

    /// Changes an account; its row afterwards, none when there is no such account.
    pub async fn update(&self, id: &str, change: &AccountChange) -> Result<Option<AccountRow>, StoreError> {
        let mut tx = self.database.write().await?;
        if turn(&mut tx, id).await?.is_none() {
            return Ok(None);
        }
        let text = format!("SELECT {COLUMNS} FROM image_accounts WHERE id = $1");
        let mut row: AccountRow = sqlx::query_as(AssertSqlSafe(text)).bind(id).fetch_one(&mut *tx).await?;
        change.apply(&mut row);
        let update = "UPDATE image_accounts SET plan = $2, status = $3, rate_limit_rpm = $4, monthly_credit_limit = $5,
                          allowed_services = $6, company_name = $7, credit_price_cents = $8, currency = $9,
                          auto_topup_enabled = $10 WHERE id = $1";
        let update = sqlx::query(update).bind(id).bind(&row.plan).bind(&row.status).bind(row.rate_limit_rpm);
        let update = update.bind(row.monthly_credit_limit).bind(&row.allowed_services).bind(&row.company_name);
        let update = update.bind(row.credit_price_cents).bind(&row.currency).bind(i64::from(row.auto_topup_enabled));
        update.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(row))
    }
}
