//! Ids in paths.

/// The longest id that is looked up, in bytes.
const ID: usize = 64;

/// Whether an id may be one that was given out: no database is asked for others.
pub fn possible(id: &str) -> bool {
    id.len() <= ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::possible;

    #[test]
    fn ids_that_nobody_gave_out_are_told_without_a_look() {
        assert!(possible("0b9f3c1e-5a55-4a3e-9f0a-1f2e3d4c5b6a") && possible("key_abc234"));
        for id in ["a/b", "a\0", "ü", "a b", &"x".repeat(65)] {
            assert!(!possible(id), "{id:?}");
        }
    }
}
