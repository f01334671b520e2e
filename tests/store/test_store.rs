//! A store on either database, and accounts and jobs to fill it with.

use crate::support::postgres::Postgres;
use lumencast::store::{AccountRow, Accounts, Balance, Change, Created, JobRow, NewJob, Store, Terms};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// Makes of tests that take a [`TestStore`] one for each database.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::test_store::TestStore::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::test_store::TestStore::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// The month of all tests began.
pub const MONTH: i64 = 1_000_000;
/// A time in it.
pub const NOW: i64 = 2_000_000;
/// What a job costs here, without a limit.
pub const TERMS: Terms = Terms { cost: 2, monthly_limit: None, month_began: MONTH };
/// How long a worker has a job here.
pub const LEASE: i64 = 1_000;

/// A store and where it is.
pub struct TestStore {
    pub store: Store,
    pub folder: TempDir,
    pub url: Option<String>,
}

impl TestStore {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a store");
        Self { store, folder, url: None }
    }

    pub async fn postgres() -> Self {
        let url = tokio::task::spawn_blocking(|| Postgres::shared().database()).await.expect("a server");
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open_with(folder.path(), Some(&url)).await.expect("a store");
        Self { store, folder, url: Some(url) }
    }

    /// Another process's store: the same rows by other connections.
    pub async fn again(&self) -> Store {
        Store::open_with(self.folder.path(), self.url.as_deref()).await.expect("a store")
    }

    /// What another program does to the database.
    pub async fn meddle(&self, statement: &'static str) {
        match self.url.clone() {
            None => {
                let options = SqliteConnectOptions::new().filename(self.folder.path().join("lumencast.db"));
                let mut connection = options.connect().await.expect("the file");
                sqlx::raw_sql(statement).execute(&mut connection).await.expect("it is done");
                connection.close().await.expect("it is closed");
            }
            Some(url) => {
                let database = url.rsplit('/').next().expect("a name").to_owned();
                let ask = move || Postgres::shared().ask(&database, statement);
                tokio::task::spawn_blocking(ask).await.expect("it is done");
            }
        }
    }

    /// An account with credits.
    pub async fn account(&self, name: &str, credits: i64) -> String {
        let made = self.store.accounts().insert(&account(name), credits).await.expect("rows");
        made.expect("a new name").id
    }

    pub async fn balance(&self, account: &str) -> Balance {
        self.store.accounts().balance(account, MONTH).await.expect("rows")
    }

    /// A paid job.
    pub async fn job(&self, account: &str) -> JobRow {
        new(self.store.image_jobs().create(&order(account), &TERMS).await.expect("rows"))
    }

    /// A job that a worker has.
    pub async fn claimed(&self, account: &str) -> (String, String) {
        self.job(account).await;
        let row = self.store.image_jobs().claim("w", NOW, LEASE).await.expect("rows").expect("a job");
        (row.id, row.lease.expect("a lease"))
    }

    pub async fn get(&self, account: &str, id: &str) -> JobRow {
        self.store.image_jobs().get(account, id).await.expect("rows").expect("a job")
    }

    /// The ledger's kinds and amounts, oldest first.
    pub async fn ledger(&self, account: &str) -> Vec<(String, i64)> {
        let mut rows = self.accounts().ledger(account, 1_000, 0).await.expect("rows");
        rows.reverse();
        rows.into_iter().map(|row| (row.kind, row.amount)).collect()
    }

    pub fn accounts(&self) -> Accounts {
        self.store.accounts()
    }
}

pub fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A basic account, as the first start makes it.
pub fn account(name: &str) -> AccountRow {
    AccountRow::plain(uuid(), name.to_owned(), NOW)
}

/// A job with the fewest values.
pub fn order(account: &str) -> NewJob {
    NewJob {
        id: uuid(),
        account: account.to_owned(),
        service: "virtual-staging".to_owned(),
        config: "living-room".to_owned(),
        resolution: "2K".to_owned(),
        prompt: None,
        options: None,
        location: None,
        input_path: format!("{account}/api_1709654321_a1b2c3d4e5f6.jpg"),
        mask_path: None,
        reference_path: None,
        reference_id: None,
        idempotency_key: None,
        created_at: NOW,
    }
}

pub fn new(created: Created) -> JobRow {
    match created {
        Created::New(row) => row,
        other => panic!("not a new job: {other:?}"),
    }
}

pub fn done(change: Change) -> JobRow {
    match change {
        Change::Done(row) => row,
        other => panic!("not done: {other:?}"),
    }
}
