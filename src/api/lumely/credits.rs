//! `/credits` and `/services`: what an account has and may ask for.

use super::{
    Parts,
    error::Refusal,
    reply::{self, Answer},
    wire::{CreditsBody, ServicesBody},
};
use crate::app::imaging::accounts::Account;

/// What is left, and of what.
pub async fn read(parts: &Parts, account: &Account) -> Answer {
    let credits = parts.accounts.credits(account).await.map_err(|error| Refusal::internal(&error))?;
    Ok(reply::ok(&CreditsBody::of(account, &credits)))
}

/// What the account may use.
pub fn services(account: &Account) -> Answer {
    Ok(reply::ok(&ServicesBody::of(account)))
}
