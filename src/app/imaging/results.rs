//! Results, fetched by their secret key alone: no credential is required, and no key can be guessed.
//!
//! Refuses to know: HTTP, and the owners of jobs.

use super::random_hex;
use crate::store::{Objects, StoreError};
use bytes::Bytes;

/// Hex digits of a key: 128 random bits.
const KEY_LEN: usize = 32;

/// The results. Clones share them.
#[derive(Clone)]
pub struct Results {
    objects: Objects,
}

impl Results {
    /// Among these objects.
    pub fn new(objects: Objects) -> Self {
        Self { objects }
    }

    /// Keeps a JPEG file; gives its key.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn put(&self, jpeg: Vec<u8>) -> Result<String, StoreError> {
        let key = random_hex::<{ KEY_LEN / 2 }>();
        self.objects.put(&path(&key), Bytes::from(jpeg)).await?;
        Ok(key)
    }

    /// Deletes a file whose key was never handed out.
    pub(super) async fn drop(&self, key: &str) {
        if let Err(error) = self.objects.delete(&path(key)).await {
            tracing::warn!(%error, "an unneeded result could not be deleted");
        }
    }

    /// The file of a key, if there is one: some megabytes.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn open(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        if key.len() != KEY_LEN || !key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(None);
        }
        Ok(self.objects.get(&path(key)).await?)
    }
}

fn path(key: &str) -> String {
    format!("results/{key}.jpg")
}
