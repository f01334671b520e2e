//! Authentication of a connection: token and attempts.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Failed attempts after which a connection is dropped.
const ATTEMPTS: u32 = 5;

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// Wrong token.
    Refused,
    /// Wrong token for the last time.
    TooMany,
}

/// One connection's authentication.
#[derive(Debug, Default)]
pub struct Authentication {
    failures: u32,
    open: bool,
}

impl Authentication {
    /// Whether the right token was shown.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Judges a token. An authenticated connection stays authenticated.
    pub fn attempt(&mut self, token: &str, presented: &str) -> Verdict {
        // Digests are of one length, so that the time taken does not disclose the token's.
        let [right, shown]: [[u8; 32]; 2] = [token, presented].map(|text| Sha256::digest(text).into());
        let same = right.ct_eq(&shown);
        if bool::from(same) && !token.is_empty() {
            self.open = true;
            return Verdict::Accepted;
        }
        self.failures += 1;
        if self.failures < ATTEMPTS { Verdict::Refused } else { Verdict::TooMany }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_wrong_token_is_the_last() {
        let mut authentication = Authentication::default();
        for _ in 0..4 {
            assert_eq!(authentication.attempt("right", "wrong"), Verdict::Refused);
        }
        assert_eq!(authentication.attempt("right", "righ"), Verdict::TooMany);
        assert!(!authentication.is_open());
    }

    #[test]
    fn an_empty_token_lets_nobody_in() {
        let mut authentication = Authentication::default();
        assert_eq!(authentication.attempt("", ""), Verdict::Refused);
        assert!(!authentication.is_open());
    }

    #[test]
    fn the_right_token_opens_again_and_again() {
        let mut authentication = Authentication::default();
        assert_eq!(authentication.attempt("right", "right"), Verdict::Accepted);
        assert_eq!(authentication.attempt("right", "right"), Verdict::Accepted);
        assert!(authentication.is_open());
    }
}
