//! Accounts: owners of jobs, their limits, and their credits.
//!
//! Refuses to know: how credits are counted (the ledger's), and the origin of a request.

use super::month_began;
use crate::app::wall_clock::now_ms;
use crate::{
    domain::imaging::Service,
    store::{self, AccountRow, Store, StoreError},
};
use uuid::Uuid;

/// The account that the first start makes, and the one that the operator's session works for.
pub const DEFAULT: &str = "default";
/// Credits that it begins with.
const DEFAULT_CREDITS: i64 = 60;
/// Requests in a minute of an ordinary account.
pub const STANDARD_RPM: u32 = 30;

/// The account that pays for jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// A UUID; uploads lie under it.
    pub id: String,
    /// Its name, given by the operator.
    pub name: String,
    /// `free`, `basic`, `pro` or `enterprise`.
    pub plan: String,
    /// `active`, `past_due`, `cancelled` or `none`.
    pub status: String,
    /// Requests in a minute.
    pub rate_limit_rpm: u32,
    /// Credits that may be used in a month.
    pub monthly_credit_limit: Option<i64>,
    /// The services it may use; all when `None`.
    pub allowed_services: Option<Vec<Service>>,
    /// What only enterprise accounts have.
    pub enterprise: Option<Enterprise>,
}

/// See [`Account::enterprise`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enterprise {
    /// The firm.
    pub company_name: String,
    /// What a credit costs.
    pub credit_price_cents: i64,
    /// ISO 4217.
    pub currency: String,
    /// Whether credits are bought when they run out; the operator's note, nothing is bought here.
    pub auto_topup_enabled: bool,
}

impl Account {
    /// Whether it is on a paid plan: what the document requires for 4K.
    pub fn is_paid(&self) -> bool {
        self.plan != "free" && self.is_active()
    }

    /// Whether its subscription is in force.
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }

    /// Whether it may use a service.
    pub fn may_use(&self, service: Service) -> bool {
        self.allowed_services.as_ref().is_none_or(|allowed| allowed.contains(&service))
    }
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        let allowed = row.allowed_services.and_then(|list| serde_json::from_str::<Vec<String>>(&list).ok());
        let enterprise = (row.plan == "enterprise").then(|| Enterprise {
            company_name: row.company_name.unwrap_or_else(|| row.name.clone()),
            credit_price_cents: row.credit_price_cents.unwrap_or(0),
            currency: row.currency,
            auto_topup_enabled: row.auto_topup_enabled,
        });
        Self {
            id: row.id,
            name: row.name,
            plan: row.plan,
            status: row.status,
            rate_limit_rpm: u32::try_from(row.rate_limit_rpm).unwrap_or(STANDARD_RPM),
            monthly_credit_limit: row.monthly_credit_limit,
            allowed_services: allowed.map(|ids| ids.iter().filter_map(|id| Service::from_id(id)).collect()),
            enterprise,
        }
    }
}

/// Credits of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credits {
    /// Credits left.
    pub remaining: i64,
    /// All credits ever given and bought.
    pub total: i64,
    /// Used since the month began, without refunds.
    pub used_this_month: i64,
}

/// The accounts. Clones share them.
#[derive(Debug, Clone)]
pub struct Accounts {
    rows: store::Accounts,
}

impl Accounts {
    /// Opens them, and makes the account [`DEFAULT`] if there is none at all.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn open(store: &Store) -> Result<Self, StoreError> {
        let accounts = Self { rows: store.accounts() };
        if accounts.rows.list().await?.is_empty() {
            let row = AccountRow::plain(Uuid::new_v4().to_string(), DEFAULT.to_owned(), now_ms());
            accounts.rows.insert(&row, DEFAULT_CREDITS).await?; // none: another process was first
        }
        Ok(accounts)
    }

    /// The account of an id.
    pub async fn find(&self, id: &str) -> Result<Option<Account>, StoreError> {
        Ok(self.rows.get(id).await?.map(Account::from))
    }

    /// The account of a name.
    pub async fn by_name(&self, name: &str) -> Result<Option<Account>, StoreError> {
        Ok(self.rows.by_name(name).await?.map(Account::from))
    }

    /// All, oldest first.
    pub async fn list(&self) -> Result<Vec<Account>, StoreError> {
        Ok(self.rows.list().await?.into_iter().map(Account::from).collect())
    }

    /// The credits left.
    pub async fn credits(&self, account: &Account) -> Result<Credits, StoreError> {
        let balance = self.rows.balance(&account.id, month_began(now_ms())).await?;
        Ok(Credits { remaining: balance.remaining, total: balance.total, used_this_month: balance.used_this_month })
    }
}
