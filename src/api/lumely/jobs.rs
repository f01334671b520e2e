//! `/jobs`: made, listed, read, cancelled, repeated.
//!
//! Refuses to know: queues, credits, rows.

use super::{
    Parts,
    error::Refusal,
    fields::Fields,
    ids::possible,
    new_job,
    reply::{self, Answer},
    wire::{JobBody, JobsBody},
};
use crate::{
    app::imaging::{
        accounts::Account,
        jobs::{Created, ListQuery, NewJob},
    },
    domain::imaging::JobStatus,
};
use std::str::FromStr;

/// Jobs of a page where the query names no limit.
const PAGE: u32 = 50;
/// The most jobs of a page; a larger limit is reduced to this.
const LARGEST_PAGE: u32 = 100;

/// An action on a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobAction {
    Cancel,
    Retry,
}

/// 201, or 200 with the job that was already made with the same key.
pub async fn create(parts: &Parts, account: &Account, new: NewJob) -> Answer {
    match parts.jobs.create(account, new).await.map_err(Refusal::Create)? {
        Created::New(job) => Ok(reply::ok(&JobBody::of(&job, &parts.public_url)).created()),
        Created::Same(job) => Ok(reply::ok(&JobBody::of(&job, &parts.public_url))),
    }
}

/// A job of the account.
pub async fn read(parts: &Parts, account: &Account, id: &str) -> Answer {
    if !possible(id) {
        return Err(Refusal::NoJob);
    }
    let job = parts.jobs.get(account, id).await.map_err(|error| Refusal::internal(&error))?;
    let job = job.ok_or(Refusal::NoJob)?;
    Ok(reply::ok(&JobBody::of(&job, &parts.public_url)))
}

/// The newest first, a page of them.
pub async fn list(parts: &Parts, account: &Account, query: &str) -> Answer {
    let query = asked(query)?;
    let (limit, offset) = (query.limit, query.offset);
    let (jobs, total) = parts.jobs.list(account, query).await.map_err(|error| Refusal::internal(&error))?;
    let jobs = jobs.iter().map(|job| JobBody::of(job, &parts.public_url)).collect();
    Ok(reply::ok(&JobsBody { jobs, total, limit, offset }))
}

/// The parsed query. Of a repeated name the last value counts; an empty one counts as missing.
fn asked(query: &str) -> Result<ListQuery, Refusal> {
    let invalid = |field: &str, message: String| Refusal::Invalid { field: field.to_owned(), message };
    let mut asked = ListQuery { status: None, service: None, limit: PAGE, offset: 0 };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let given = (!value.is_empty()).then_some(value.as_ref());
        match name.as_ref() {
            "status" => {
                let names = || JobStatus::ALL.map(JobStatus::id).join(", ");
                let status = |id| {
                    let none = || invalid("status", format!("status must be one of: {}.", names()));
                    JobStatus::from_id(id).ok_or_else(none)
                };
                asked.status = given.map(status).transpose()?;
            }
            "service_type" => asked.service = given.map(new_job::service_of).transpose()?,
            "limit" => {
                let must = || invalid("limit", format!("limit must be a whole number from 1 to {LARGEST_PAGE}."));
                let limit: Option<u64> = given.map(|text| whole(text).ok_or_else(must)).transpose()?;
                asked.limit = match limit {
                    None => PAGE,
                    Some(0) => return Err(must()),
                    Some(limit) => u32::try_from(limit).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE),
                };
            }
            "offset" => {
                let must = || invalid("offset", "offset must be a whole number from 0 on.".to_owned());
                asked.offset = given.map(|text| whole::<u32>(text).ok_or_else(must)).transpose()?.unwrap_or(0).into();
            }
            _ => {}
        }
    }
    Ok(asked)
}

/// A whole number without a sign.
fn whole<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The action in the body of a `PATCH`.
pub fn action(mut body: Fields<'_>) -> Result<JobAction, Refusal> {
    match body.needed("action", "\"cancel\" or \"retry\".")?.as_ref() {
        "cancel" => Ok(JobAction::Cancel),
        "retry" => Ok(JobAction::Retry),
        _ => {
            let message = "action must be one of: cancel, retry.".to_owned();
            Err(Refusal::Invalid { field: "action".to_owned(), message })
        }
    }
}

/// Performs the action. The answer is the job afterwards.
pub async fn act(parts: &Parts, account: &Account, id: &str, action: JobAction) -> Answer {
    if !possible(id) {
        return Err(Refusal::NoJob);
    }
    let job = match action {
        JobAction::Cancel => parts.jobs.cancel(account, id).await,
        JobAction::Retry => parts.jobs.retry(account, id).await,
    };
    let job = job.map_err(Refusal::Action)?;
    Ok(reply::ok(&JobBody::of(&job, &parts.public_url)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::imaging::Service;

    #[test]
    fn a_query_is_understood_and_a_page_is_never_too_large() {
        let all = asked("status=failed&service_type=3d-plans&limit=101&offset=7&x=y").expect("a query");
        assert_eq!((all.status, all.service), (Some(JobStatus::Failed), Some(Service::Plans3d)));
        assert_eq!((all.limit, all.offset), (100, 7));
        let none = asked("status=&limit=&limit=").expect("a query");
        assert_eq!((none.status, none.limit, none.offset), (None, 50, 0));
        assert_eq!(asked("limit=18446744073709551615").ok().map(|query| query.limit), Some(100));
        for query in ["status=done", "service_type=plans", "limit=0", "limit=-1", "limit=ten", "limit=+5", "offset=-1"]
        {
            assert!(matches!(asked(query), Err(Refusal::Invalid { .. })), "{query}");
        }
    }
}
