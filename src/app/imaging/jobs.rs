//! Jobs as their owners see them: ordered, read, cancelled, ordered again.
//!
//! Refuses to know: HTTP and the plane's JSON, and workers.

use super::{
    accounts::Account,
    month_began,
    uploads::{Claim, UploadFault, Uploads},
};
use crate::app::wall_clock::now_ms;
use crate::{
    domain::imaging::{JobStatus, Request, Resolution, Service},
    store::{self, Change, ImageJobs, JobQuery, JobRow, Store, StoreError, Terms},
};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// An order.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The picture to make.
    pub request: Request,
    /// Scene settings as received.
    pub options: Option<Value>,
    /// The place as received.
    pub location: Option<Value>,
    /// The upload it starts from.
    pub input: String,
    /// A file: light where the picture may be changed.
    pub mask: Option<Vec<u8>>,
    /// A picture to follow.
    pub reference: Option<Reference>,
    /// The owner's own id for it.
    pub reference_id: Option<String>,
    /// Identifies a repeated order as the first one.
    pub idempotency_key: Option<String>,
}

/// A picture to follow.
#[derive(Debug, Clone)]
pub enum Reference {
    /// A file.
    Bytes(Vec<u8>),
    /// An upload.
    Path(String),
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// A UUID.
    pub id: String,
    /// Its state.
    pub status: JobStatus,
    /// The service.
    pub service: Service,
    /// The preset.
    pub config: String,
    /// The size of the picture.
    pub resolution: Resolution,
    /// The prompt, as the caller wrote it.
    pub prompt: Option<String>,
    /// The owner's own id for it.
    pub reference_id: Option<String>,
    /// See [`NewJob::idempotency_key`].
    pub idempotency_key: Option<String>,
    /// Scene settings as received.
    pub options: Option<Value>,
    /// The place as received.
    pub location: Option<Value>,
    /// The upload it starts from.
    pub input_path: String,
    /// The key of the result.
    pub output_key: Option<String>,
    /// Why there is no result.
    pub error_message: Option<String>,
    /// Its price in credits, without refunds.
    pub credits_used: i64,
    /// The engine that made the result.
    pub engine: Option<String>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Milliseconds since 1970 UTC.
    pub started_at: Option<i64>,
    /// Milliseconds since 1970 UTC.
    pub completed_at: Option<i64>,
}

impl Job {
    /// From its row; `None` for a row of a version that knows more than this one.
    pub fn of(row: JobRow) -> Option<Self> {
        let parse = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Some(Self {
            status: row.state()?,
            service: Service::from_id(&row.service)?,
            resolution: Resolution::from_id(&row.resolution)?,
            id: row.id,
            config: row.config,
            prompt: row.prompt,
            reference_id: row.reference_id,
            idempotency_key: row.idempotency_key,
            options: parse(row.options),
            location: parse(row.location),
            input_path: row.input_path,
            output_key: row.output_key,
            error_message: row.error_message,
            credits_used: row.credits_used,
            engine: row.engine,
            created_at: row.created_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
        })
    }
}

/// The outcome of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// It is paid and waits.
    New(Job),
    /// It was ordered before.
    Same(Job),
}

/// Why an order was not taken. Nothing was charged.
#[derive(Debug, thiserror::Error)]
pub enum CreateFault {
    /// Too few credits.
    #[error("{required} credits needed, {remaining} left")]
    Credits {
        /// The price.
        required: i64,
        /// The credits left.
        remaining: i64,
    },
    /// The account's monthly limit is reached.
    #[error("{used} of {limit} credits of this month are used")]
    Monthly {
        /// Credits that may be used in a month.
        limit: i64,
        /// Credits used this month.
        used: i64,
    },
    /// 4K without a paid plan.
    #[error("4K needs a paid plan")]
    Unpaid,
    /// The account may not use this service.
    #[error("{} is not allowed for this account", .0.id())]
    Service(Service),
    /// The subscription is not in force; its status.
    #[error("the subscription is {0}")]
    Inactive(String),
    /// A path of another account, or of none.
    #[error("{field} is not of this account")]
    Foreign {
        /// The request's field.
        field: &'static str,
    },
    /// A path of its own without a file.
    #[error("nothing is at {field}")]
    Missing {
        /// The request's field.
        field: &'static str,
    },
    /// Not a picture.
    #[error("{field}: {text}")]
    Unreadable {
        /// The request's field.
        field: &'static str,
        /// The reason, for the caller.
        text: String,
    },
    /// Too many pictures come at once.
    #[error("too many pictures come at once")]
    Busy,
    /// The server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a job was not cancelled, or not ordered again.
#[derive(Debug, thiserror::Error)]
pub enum ActionFault {
    /// No job of this account.
    #[error("no such job")]
    Unknown,
    /// It is in a state that does not allow it.
    #[error("the job is {}", .0.id())]
    State(JobStatus),
    /// It cannot be paid.
    #[error(transparent)]
    Create(CreateFault),
}

impl From<StoreError> for ActionFault {
    fn from(error: StoreError) -> Self {
        Self::Create(CreateFault::Store(error))
    }
}

/// A query for jobs of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only in this state.
    pub status: Option<JobStatus>,
    /// Only of this service.
    pub service: Option<Service>,
    /// At most this many.
    pub limit: u32,
    /// Without this many first ones.
    pub offset: u64,
}

/// The jobs. Clones share them.
#[derive(Clone)]
pub struct Jobs {
    rows: ImageJobs,
    uploads: Uploads,
    /// Notified of each job that waits.
    waiting: Arc<Notify>,
}

impl Jobs {
    /// Works on the rows of a store; `waiting` is notified of each job that waits for a worker.
    pub fn new(store: &Store, uploads: Uploads, waiting: Arc<Notify>) -> Self {
        Self { rows: store.image_jobs(), uploads, waiting }
    }

    /// Takes an order: charges it and queues it for a worker, or does nothing.
    ///
    /// # Errors
    /// [`CreateFault::Store`] and [`CreateFault::Busy`] alone are the server's fault.
    pub async fn create(&self, account: &Account, new: NewJob) -> Result<Created, CreateFault> {
        // Checked first: a repeated order gets the same answer, whatever has happened to its pictures.
        if let Some(key) = &new.idempotency_key
            && let Some(row) = self.rows.by_idempotency_key(&account.id, key).await?
        {
            return known(row).map(Created::Same);
        }
        let Request { service, resolution, .. } = new.request;
        allowed(account, service, resolution)?;
        self.claim(account, "storage_path", &new.input).await?;
        let mut kept: Vec<String> = Vec::new();
        let made = self.order(account, new, &mut kept).await;
        if !matches!(made, Ok(Created::New(_))) {
            for path in &kept {
                self.uploads.drop(path).await;
            }
        }
        made
    }

    async fn order(&self, account: &Account, new: NewJob, kept: &mut Vec<String>) -> Result<Created, CreateFault> {
        let Request { service, config, resolution, prompt, .. } = new.request;
        let mask_path = match new.mask {
            Some(bytes) => Some(self.keep(account, ("mask_base64", "mask"), bytes, kept).await?),
            None => None,
        };
        let reference_path = match new.reference {
            Some(Reference::Bytes(bytes)) => {
                Some(self.keep(account, ("reference_image_base64", "ref"), bytes, kept).await?)
            }
            Some(Reference::Path(path)) => {
                self.claim(account, "reference_image_storage_path", &path).await?;
                Some(path)
            }
            None => None,
        };
        let row = store::NewJob {
            id: Uuid::new_v4().to_string(),
            account: account.id.clone(),
            service: service.id().to_owned(),
            config,
            resolution: resolution.id().to_owned(),
            prompt: (!prompt.is_empty()).then_some(prompt),
            options: new.options.map(|options| options.to_string()),
            location: new.location.map(|location| location.to_string()),
            input_path: new.input,
            mask_path,
            reference_path,
            reference_id: new.reference_id,
            idempotency_key: new.idempotency_key,
            created_at: now_ms(),
        };
        let terms = terms(account, resolution);
        match self.rows.create(&row, &terms).await? {
            store::Created::New(row) => {
                self.waiting.notify_one();
                known(row).map(Created::New)
            }
            store::Created::Same(row) => known(row).map(Created::Same),
            store::Created::Short { remaining } => Err(CreateFault::Credits { required: terms.cost, remaining }),
            store::Created::OverMonth { used, limit } => Err(CreateFault::Monthly { limit, used }),
        }
    }

    /// A job of an account.
    pub async fn get(&self, account: &Account, id: &str) -> Result<Option<Job>, StoreError> {
        Ok(self.rows.get(&account.id, id).await?.and_then(Job::of))
    }

    /// A page, newest first, and how many there are on all pages.
    pub async fn list(&self, account: &Account, query: ListQuery) -> Result<(Vec<Job>, u64), StoreError> {
        let query = JobQuery {
            status: query.status.map(|status| status.id().to_owned()),
            service: query.service.map(|service| service.id().to_owned()),
            limit: query.limit,
            offset: query.offset,
        };
        let (rows, total) = self.rows.page(&account.id, &query).await?;
        Ok((rows.into_iter().filter_map(Job::of).collect(), total))
    }

    /// Cancels a job. Its credits come back unless an engine works on it already.
    ///
    /// # Errors
    /// [`CreateFault::Store`] alone is the server's fault.
    pub async fn cancel(&self, account: &Account, id: &str) -> Result<Job, ActionFault> {
        changed(self.rows.cancel(&account.id, id, now_ms()).await?, 0)
    }

    /// Orders a job again that failed or was cancelled; it is charged anew.
    ///
    /// # Errors
    /// [`CreateFault::Store`] alone is the server's fault.
    pub async fn retry(&self, account: &Account, id: &str) -> Result<Job, ActionFault> {
        let job = self.get(account, id).await?.ok_or(ActionFault::Unknown)?;
        if !job.status.can_retry() {
            return Err(ActionFault::State(job.status));
        }
        allowed(account, job.service, job.resolution).map_err(ActionFault::Create)?;
        self.claim(account, "storage_path", &job.input_path).await.map_err(ActionFault::Create)?;
        let terms = terms(account, job.resolution);
        let job = changed(self.rows.retry(&account.id, id, now_ms(), &terms).await?, terms.cost)?;
        self.waiting.notify_one();
        Ok(job)
    }

    async fn claim(&self, account: &Account, field: &'static str, path: &str) -> Result<(), CreateFault> {
        match self.uploads.claim(account, path).await? {
            Claim::Own => Ok(()),
            Claim::Foreign => Err(CreateFault::Foreign { field }),
            Claim::Missing => Err(CreateFault::Missing { field }),
        }
    }

    async fn keep(
        &self,
        account: &Account,
        (field, what): (&'static str, &'static str),
        bytes: Vec<u8>,
        kept: &mut Vec<String>,
    ) -> Result<String, CreateFault> {
        let upload = self.uploads.keep(account, what, bytes).await.map_err(|fault| match fault {
            UploadFault::Unreadable(text) | UploadFault::TooLarge(text) => CreateFault::Unreadable { field, text },
            UploadFault::Busy => CreateFault::Busy,
            UploadFault::Store(error) => CreateFault::Store(error),
        })?;
        kept.push(upload.path.clone());
        Ok(upload.path)
    }
}

fn allowed(account: &Account, service: Service, resolution: Resolution) -> Result<(), CreateFault> {
    if !account.is_active() {
        return Err(CreateFault::Inactive(account.status.clone()));
    }
    if !account.may_use(service) {
        return Err(CreateFault::Service(service));
    }
    if resolution == Resolution::FourK && !account.is_paid() {
        return Err(CreateFault::Unpaid);
    }
    Ok(())
}

fn terms(account: &Account, resolution: Resolution) -> Terms {
    Terms {
        cost: resolution.credits(),
        monthly_limit: account.monthly_credit_limit,
        month_began: month_began(now_ms()),
    }
}

fn known(row: JobRow) -> Result<Job, CreateFault> {
    Job::of(row).ok_or_else(|| CreateFault::Store(StoreError::Newer))
}

fn changed(change: Change, cost: i64) -> Result<Job, ActionFault> {
    match change {
        Change::Done(row) => known(row).map_err(ActionFault::Create),
        Change::Not(row) => Err(Job::of(row).map_or(ActionFault::Unknown, |job| ActionFault::State(job.status))),
        Change::Unknown => Err(ActionFault::Unknown),
        Change::Short { remaining } => Err(ActionFault::Create(CreateFault::Credits { required: cost, remaining })),
        Change::OverMonth { used, limit } => Err(ActionFault::Create(CreateFault::Monthly { limit, used })),
    }
}
