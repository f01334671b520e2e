//! `/upload`: takes a picture in.

use super::{
    Parts,
    error::Refusal,
    fields::Fields,
    new_job,
    reply::{self, Answer},
    wire::UploadBody,
};
use crate::app::imaging::accounts::Account;

/// The bytes of the picture in a body.
pub fn picture(mut body: Fields<'_>) -> Result<Vec<u8>, Refusal> {
    new_job::picture("image", body.needed("image", "a JPEG, PNG, WebP or GIF in base64.")?)
}

/// Keeps it.
pub async fn put(parts: &Parts, account: &Account, picture: Vec<u8>) -> Answer {
    let upload = parts.uploads.put(account, picture).await.map_err(Refusal::Upload)?;
    Ok(reply::ok(&UploadBody::of(&upload)).created())
}
