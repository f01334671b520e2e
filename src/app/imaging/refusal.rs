//! Why a caller of image jobs is refused.

use crate::store::StoreError;

/// Why a caller is refused.
#[derive(Debug, thiserror::Error)]
pub enum CallerRefusal {
    /// There is no credential at all.
    #[error("no credential")]
    NoCredential,
    /// A key that was not made here.
    #[error("an unknown API key")]
    BadKey,
    /// A key that its owner switched off.
    #[error("a revoked API key")]
    RevokedKey,
    /// A token that is not well signed, or has expired.
    #[error("a bad or expired token")]
    BadToken,
    /// A good credential without an account.
    #[error("no subscription")]
    NoAccount,
    /// It cannot be looked up: the server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}
