//! `lumencast account`: accounts of image jobs and their credits.

use super::{AccountAction, images};
use crate::{
    app::wall_clock::now_ms,
    config::Config,
    domain::imaging::Service,
    store::{AccountChange, AccountRow, Accounts, Entry, EntryKind},
};
use anyhow::{Context, bail, ensure};
use uuid::Uuid;

const PLANS: [&str; 4] = ["free", "basic", "pro", "enterprise"];
const STATUSES: [&str; 4] = ["active", "past_due", "cancelled", "none"];

/// What of an account can be set.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Terms {
    /// free, basic, pro or enterprise; 4K asks for any but free.
    #[arg(long)]
    plan: Option<String>,
    /// Of the subscription: active, past_due, cancelled or none.
    #[arg(long)]
    status: Option<String>,
    /// Requests in a minute, 1 to 100000.
    #[arg(long, value_name = "N")]
    rpm: Option<u32>,
    /// Credits that may be used in a month; "none" for as many as there are.
    #[arg(long, value_name = "N")]
    monthly_limit: Option<String>,
    /// Ids of the services it may use, with commas between; "all".
    #[arg(long, value_name = "IDS")]
    services: Option<String>,
    /// An enterprise's name.
    #[arg(long, value_name = "NAME")]
    company: Option<String>,
    /// What one credit costs an enterprise, in cents.
    #[arg(long, value_name = "CENTS")]
    credit_price: Option<u32>,
    /// ISO 4217, e.g. EUR.
    #[arg(long)]
    currency: Option<String>,
    /// Whether the owner wants credits bought when they run out; a note, nothing is bought here.
    #[arg(long, value_name = "BOOL")]
    auto_topup: Option<bool>,
}

impl Terms {
    fn change(&self) -> anyhow::Result<AccountChange> {
        one_of("--plan", self.plan.as_deref(), &PLANS)?;
        one_of("--status", self.status.as_deref(), &STATUSES)?;
        ensure!(self.rpm.is_none_or(|rpm| (1..=100_000).contains(&rpm)), "--rpm: is not between 1 and 100000");
        let monthly_credit_limit = match self.monthly_limit.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(limit) => Some(Some(limit.parse::<u32>().map(i64::from).context("--monthly-limit")?)),
        };
        Ok(AccountChange {
            plan: self.plan.clone(),
            status: self.status.clone(),
            rate_limit_rpm: self.rpm.map(i64::from),
            monthly_credit_limit,
            allowed_services: self.services.as_deref().map(services).transpose()?,
            company_name: self.company.clone().map(Some),
            credit_price_cents: self.credit_price.map(|cents| Some(i64::from(cents))),
            currency: self.currency.clone(),
            auto_topup_enabled: self.auto_topup,
        })
    }
}

fn one_of(option: &str, value: Option<&str>, all: &[&str]) -> anyhow::Result<()> {
    match value {
        Some(value) if !all.contains(&value) => bail!("{option}: {value:?} is none of {}", all.join(", ")),
        _ => Ok(()),
    }
}

fn services(list: &str) -> anyhow::Result<Option<String>> {
    if list == "all" {
        return Ok(None);
    }
    let ids: Vec<&str> = list.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    for id in &ids {
        let all = Service::ALL.map(Service::id);
        ensure!(all.contains(id), "--services: {id:?} is none of {}", all.join(", "));
    }
    Ok(Some(serde_json::to_string(&ids)?))
}

/// Carries out one action; a running server sees it at once.
pub fn run(config: &Config, action: AccountAction) -> anyhow::Result<()> {
    super::runtime()?.block_on(async {
        let store = match action {
            AccountAction::List => match images::existing_store(config).await? {
                Some(store) => store,
                None => {
                    print_heading();
                    return Ok(());
                }
            },
            _ => images::store(config).await?,
        };
        crate::app::imaging::accounts::Accounts::open(&store).await?;
        let accounts = store.accounts();
        match action {
            AccountAction::Create { name, id, credits, terms } => create(&accounts, &name, id, credits, &terms).await?,
            AccountAction::List => list(&accounts).await?,
            AccountAction::Set { name, terms } => {
                let account = find(&accounts, &name).await?;
                accounts.update(&account.id, &terms.change()?).await?;
            }
            AccountAction::Topup { name, credits, note } => {
                let (kind, amount) = (EntryKind::Topup, i64::from(credits));
                post(&accounts, &name, kind, amount, note.as_deref()).await?;
            }
            AccountAction::Adjust { name, credits, note } => {
                post(&accounts, &name, EntryKind::Adjust, credits, Some(&note)).await?;
            }
            AccountAction::Ledger { name, limit } => ledger(&accounts, &name, limit).await?,
        }
        store.close().await;
        Ok(())
    })
}

async fn create(accounts: &Accounts, name: &str, id: Option<Uuid>, credits: u32, terms: &Terms) -> anyhow::Result<()> {
    let name = name.trim();
    ensure!(
        (1..=100).contains(&name.chars().count()) && !name.contains(char::is_control),
        "a name is one line of 1 to 100 characters"
    );
    let change = terms.change()?;
    let id = id.unwrap_or_else(Uuid::new_v4).to_string();
    ensure!(accounts.get(&id).await?.is_none(), "there is an account {id} already");
    let row = AccountRow::plain(id.clone(), name.to_owned(), now_ms());
    if accounts.insert(&row, i64::from(credits)).await?.is_none() {
        bail!("there is an account {name:?} already");
    }
    accounts.update(&id, &change).await?;
    println!("{id}");
    Ok(())
}

async fn list(accounts: &Accounts) -> anyhow::Result<()> {
    print_heading();
    for row in accounts.list().await? {
        let has = accounts.balance(&row.id, now_ms()).await?.remaining;
        let AccountRow { id, name, plan, status, rate_limit_rpm, .. } = row;
        println!("{id:<38} {name:<20} {plan:<11} {status:<10} {has:>8} {rate_limit_rpm:>5}");
    }
    Ok(())
}

fn print_heading() {
    println!("{:<38} {:<20} {:<11} {:<10} {:>8} {:>5}", "ID", "NAME", "PLAN", "STATUS", "CREDITS", "RPM");
}

async fn post(accounts: &Accounts, name: &str, kind: EntryKind, amount: i64, note: Option<&str>) -> anyhow::Result<()> {
    let account = find(accounts, name).await?;
    accounts.post(&account.id, &Entry { kind, amount, note, job: None, at: now_ms() }).await?;
    println!("{}", accounts.balance(&account.id, now_ms()).await?.remaining);
    Ok(())
}

async fn ledger(accounts: &Accounts, name: &str, limit: u32) -> anyhow::Result<()> {
    let account = find(accounts, name).await?;
    println!("{:>6} {:<8} {:>7} {:<38} NOTE", "NO", "KIND", "CREDITS", "JOB");
    for row in accounts.ledger(&account.id, limit, 0).await? {
        let (job, note) = (row.job.unwrap_or_default(), row.note.unwrap_or_default());
        println!("{:>6} {:<8} {:>+7} {job:<38} {note}", row.seq, row.kind, row.amount);
    }
    Ok(())
}

/// By name or id.
async fn find(accounts: &Accounts, name: &str) -> anyhow::Result<AccountRow> {
    let found = match accounts.by_name(name).await? {
        Some(row) => Some(row),
        None => accounts.get(name).await?,
    };
    found.with_context(|| format!("there is no account {name:?}; `lumencast account list` shows them"))
}
