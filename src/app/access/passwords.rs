//! Password hashes (Argon2id, in PHC form). One takes tens of milliseconds and 19 MiB, and unauthenticated clients can
//! trigger them: so two at a time are computed, off the runtime's threads, a few more wait, and the memory goes back to
//! the system each time.
//!
//! Refuses to know: accounts.

#![expect(unsafe_code, reason = "memory that goes back to the system is mapped by hand")]

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version,
    password_hash::{Output, ParamsString, PasswordHash, SaltString, rand_core::OsRng},
};
use std::{io, ptr::NonNull, slice, sync::Arc};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hashes that are computed at a time.
const AT_A_TIME: usize = 2;
/// Hashes that wait for their turn; further requests are refused.
const WAITING: usize = 32;
/// The most memory that a stored hash may ask for, in KiB.
const MOST_MEMORY: u32 = 64 * 1024;

/// Why there is no result: the server's fault.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    /// Too many requests wait; this one may be repeated at once.
    #[error("too many passwords are being checked; try again")]
    Busy,
    /// It cannot be computed.
    #[error("passwords cannot be hashed: {0}")]
    Broken(String),
}

impl PasswordFault {
    fn broken(error: &impl std::fmt::Display) -> Self {
        Self::Broken(error.to_string())
    }
}

/// See the module's text. Clones share the queue.
#[derive(Debug, Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_A_TIME + WAITING)), turns: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

impl Passwords {
    /// The hash of a password.
    ///
    /// # Errors
    /// See [`PasswordFault`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordFault> {
        let password = password.to_owned();
        self.in_turn(move || hash(&password)).await?
    }

    /// Whether it is the password of that hash; `None` takes as long and gives false.
    ///
    /// # Errors
    /// See [`PasswordFault`].
    pub async fn fits(&self, password: &str, hash: Option<&str>) -> Result<bool, PasswordFault> {
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        self.in_turn(move || match hash {
            Some(hash) => fits(&password, &hash),
            // As much work for an unknown account as for a known one, so that the time does not reveal which exist.
            None => self::hash(&password).map(|_| false),
        })
        .await?
    }

    /// Both the place in the queue and the turn are held until the work is done, even if the caller has gone meanwhile.
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordFault> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| PasswordFault::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|error| PasswordFault::broken(&error))?;
        let held: [OwnedSemaphorePermit; 2] = [place, turn];
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(held);
            done
        });
        working.await.map_err(|error| PasswordFault::broken(&error))
    }
}

fn hash(password: &str) -> Result<String, PasswordFault> {
    let broken = |error: argon2::password_hash::Error| PasswordFault::broken(&error);
    let (params, salt) = (Params::DEFAULT, SaltString::generate(&mut OsRng));
    let output = digest(password, salt.as_salt(), params.clone(), Params::DEFAULT_OUTPUT_LEN)?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(broken)?,
        salt: Some(salt.as_salt()),
        hash: Some(Output::new(&output).map_err(broken)?),
    };
    Ok(hash.to_string())
}

fn fits(password: &str, hash: &str) -> Result<bool, PasswordFault> {
    let broken = |error: argon2::password_hash::Error| PasswordFault::broken(&error);
    let hash = PasswordHash::new(hash).map_err(broken)?;
    let params = Params::try_from(&hash).map_err(broken)?;
    let (Some(salt), Some(wanted)) = (hash.salt, hash.hash) else {
        return Err(PasswordFault::Broken("a stored hash has no salt or no output".to_owned()));
    };
    let known = hash.algorithm == ARGON2ID_IDENT && hash.version == Some(Version::V0x13.into());
    if !known || params.m_cost() > MOST_MEMORY {
        return Err(PasswordFault::Broken("a stored hash is of another kind".to_owned()));
    }
    let output = digest(password, salt, params, wanted.len())?;
    Ok(output.ct_eq(wanted.as_bytes()).into())
}

fn digest(
    password: &str,
    salt: argon2::password_hash::Salt<'_>,
    params: Params,
    length: usize,
) -> Result<Vec<u8>, PasswordFault> {
    let mut raw = [0; argon2::password_hash::Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut raw).map_err(|error| PasswordFault::broken(&error))?;
    let memory = Pages::new(params.block_count()).map_err(|error| PasswordFault::broken(&error))?;
    let mut output = vec![0; length];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, memory)
        .map_err(|error| PasswordFault::broken(&error))?;
    Ok(output)
}

/// Memory of its own for one hash, which goes back to the system at the end. The allocator would keep it: once a block of
/// this size was freed, glibc takes the next ones from the heap of the thread, and each thread keeps its heap.
struct Pages {
    start: NonNull<Block>,
    count: usize,
}

impl Pages {
    /// This many blocks of zeros.
    fn new(count: usize) -> io::Result<Self> {
        let (protection, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping at an address that the system chooses overlaps no other memory.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), count * Block::SIZE, protection, kind, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("the system mapped address 0"))?;
        Ok(Self { start, count })
    }
}

impl AsMut<[Block]> for Pages {
    fn as_mut(&mut self) -> &mut [Block] {
        // SAFETY: the mapping has `count` blocks, is aligned to a page, and belongs to `self` alone. A block is integers,
        // for which zeros are good values.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.count) }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: it is the mapping of `new`, and nothing of it is borrowed any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.count * Block::SIZE) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher, PasswordVerifier};

    #[test]
    fn hashes_are_those_of_the_crate_both_ways() {
        let own = hash("correct horse").expect("a hash");
        assert!(own.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{own}");
        let parsed = PasswordHash::new(&own).expect("PHC form");
        Argon2::default().verify_password(b"correct horse", &parsed).expect("it fits");
        let salt = SaltString::generate(&mut OsRng);
        let foreign = Argon2::default().hash_password(b"correct horse", &salt).expect("a hash").to_string();
        assert!(fits("correct horse", &foreign).expect("an answer"));
        assert!(!fits("correct horses", &foreign).expect("an answer"));
        assert!(matches!(fits("x", "nonsense"), Err(PasswordFault::Broken(_))));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_run_at_a_time_and_those_beyond_the_queue_are_told_so() {
        let passwords = Passwords::default();
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let running = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let asked: Vec<_> = (0..AT_A_TIME + WAITING)
            .map(|_| {
                let (passwords, gate, running) = (passwords.clone(), gate.clone(), running.clone());
                tokio::spawn(async move {
                    passwords
                        .in_turn(move || {
                            use std::sync::atomic::Ordering::SeqCst;
                            let most = running.fetch_add(1, SeqCst) + 1;
                            let _ = gate.lock().map(|gate| gate.recv());
                            running.fetch_sub(1, SeqCst);
                            most
                        })
                        .await
                })
            })
            .collect();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.fits("x", None).await, Err(PasswordFault::Busy)));
        for _ in 0..AT_A_TIME + WAITING {
            go.send(()).expect("they wait");
        }
        for asked in asked {
            let most = asked.await.expect("no panic").expect("its turn");
            assert!(most <= AT_A_TIME, "{most} ran at a time");
        }
        assert!(!passwords.fits("x", None).await.expect("there is room again"));
    }
}
