//! The register of leases: which publisher holds which key, whether it is alive, and when another one replaces it.
//!
//! Refuses to know: the keys of the settings and the inputs behind leases. An
//! [`Admission`](crate::app::access::admission::Admission) checks the key, takes a [`LeaseGuard`] here, builds the
//! input, and hands both out as a [`PublishLease`](crate::app::access::admission::PublishLease).

use crate::app::access::contract::Refusal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// How long a challenger waits for the holder to deliver a packet before it takes the lease.
pub const GRACE: Duration = Duration::from_millis(900);
/// How long an evicted holder gets to release before the challenger gets the lease anyway.
const EVICTION_GRACE: Duration = Duration::from_millis(90);

/// The register; clones share it.
#[derive(Debug, Clone, Default)]
pub struct PublishLeases {
    register: Arc<Mutex<Register>>,
}

#[derive(Debug, Default)]
struct Register {
    lease_holders: HashMap<String, LeaseHolder>,
    next_id: u64,
}

/// The register's entry for a holder.
#[derive(Debug)]
struct LeaseHolder {
    id: u64,
    evicted: CancellationToken,
    /// Changes with each packet; closes when the guard is dropped.
    life: watch::Receiver<()>,
}

/// A held key. Dropping it frees the key.
#[derive(Debug)]
pub struct LeaseGuard {
    register: Arc<Mutex<Register>>,
    key: String,
    id: u64,
    evicted: CancellationToken,
    life: watch::Sender<()>,
}

enum Attempt {
    Taken(LeaseGuard),
    Held { id: u64, life: watch::Receiver<()> },
}

impl PublishLeases {
    /// An empty register.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a key. A free one is taken at once. The holder of a held one must deliver a packet within [`GRACE`], or it
    /// is evicted; when it leaves by itself meanwhile, its key is taken at once. Takes less than 1 s.
    ///
    /// # Errors
    /// [`Refusal::InUse`] when the holder is alive, or when another challenger was quicker.
    pub async fn take(&self, key: &str) -> Result<LeaseGuard, Refusal> {
        let deadline = Instant::now() + GRACE;
        let mut challenged = None;
        loop {
            let (id, mut life) = match self.attempt(key, None) {
                Attempt::Taken(guard) => return Ok(guard),
                Attempt::Held { id, life } => (id, life),
            };
            // A holder that came while we waited for another one has just proved alive.
            if *challenged.get_or_insert(id) != id {
                return Err(Refusal::InUse);
            }
            life.mark_unchanged();
            match tokio::time::timeout_at(deadline, life.changed()).await {
                Ok(Ok(())) => return Err(Refusal::InUse),
                // The holder has left, or is leaving: its entry is gone before its end of the channel.
                Ok(Err(_)) => {}
                Err(_) => return self.replace(key, id, life).await,
            }
        }
    }

    /// Takes a key at once; its holder is evicted.
    pub fn seize(&self, key: &str) -> LeaseGuard {
        loop {
            let holder = lock(&self.register).lease_holders.get(key).map(|holder| holder.id);
            if let Attempt::Taken(guard) = self.attempt(key, holder) {
                return guard;
            }
        }
    }

    /// Evicts the holder of a key, e.g. because its input was removed. Returns whether there was one.
    pub fn evict(&self, key: &str) -> bool {
        let holder = lock(&self.register).lease_holders.remove(key);
        holder.is_some_and(|holder| {
            holder.evicted.cancel();
            true
        })
    }

    /// Whether the key is held.
    pub fn is_held(&self, key: &str) -> bool {
        lock(&self.register).lease_holders.contains_key(key)
    }

    async fn replace(&self, key: &str, silent: u64, mut life: watch::Receiver<()>) -> Result<LeaseGuard, Refusal> {
        let Attempt::Taken(guard) = self.attempt(key, Some(silent)) else {
            return Err(Refusal::InUse);
        };
        // The key is taken; the silent holder should have closed its input before the new one opens. Its last packets
        // do not bring it back.
        let gone = async { while life.changed().await.is_ok() {} };
        if tokio::time::timeout(EVICTION_GRACE, gone).await.is_err() {
            tracing::warn!("an evicted publisher has not let go of its lease yet");
        }
        Ok(guard)
    }

    /// Takes the key if it is free or held by `silent`, which is evicted then.
    fn attempt(&self, key: &str, silent: Option<u64>) -> Attempt {
        let mut register = lock(&self.register);
        if let Some(holder) = register.lease_holders.get(key) {
            if silent != Some(holder.id) {
                return Attempt::Held { id: holder.id, life: holder.life.clone() };
            }
            holder.evicted.cancel();
        }
        let id = register.next_id;
        register.next_id += 1;
        let evicted = CancellationToken::new();
        let (sender, life) = watch::channel(());
        let holder = LeaseHolder { id, evicted: evicted.clone(), life };
        register.lease_holders.insert(key.to_owned(), holder);
        Attempt::Taken(LeaseGuard {
            register: Arc::clone(&self.register),
            key: key.to_owned(),
            id,
            evicted,
            life: sender,
        })
    }
}

impl LeaseGuard {
    /// Marks that the holder delivered something just now.
    pub fn alive(&self) {
        self.life.send_replace(());
    }

    /// Fires when the key was given to another publisher or taken away.
    pub fn evicted(&self) -> CancellationToken {
        self.evicted.clone()
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        let mut register = lock(&self.register);
        // After an eviction the key may belong to another holder.
        if register.lease_holders.get(&self.key).is_some_and(|holder| holder.id == self.id) {
            register.lease_holders.remove(&self.key);
        }
    }
}

/// A panic elsewhere leaves the map whole: every change to it is one insertion or one removal.
fn lock(register: &Mutex<Register>) -> MutexGuard<'_, Register> {
    register.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn a_free_key_is_taken_at_once() {
        let start = Instant::now();
        let leases = PublishLeases::new();
        let guard = leases.take("cam").await.unwrap();
        assert!(start.elapsed().is_zero() && leases.is_held("cam"));
        drop(guard);
        assert!(!leases.is_held("cam"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_challenger_is_refused_as_soon_as_the_holder_delivers() {
        let leases = PublishLeases::new();
        let guard = leases.take("cam").await.unwrap();
        let start = Instant::now();
        let delivery = async {
            sleep(Duration::from_millis(300)).await;
            guard.alive();
        };
        let (refused, ()) = tokio::join!(leases.take("cam"), delivery);
        assert_eq!(refused.unwrap_err(), Refusal::InUse);
        assert_eq!(start.elapsed(), Duration::from_millis(300));
        assert!(!guard.evicted().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_packet_from_before_the_challenge_does_not_count() {
        let leases = PublishLeases::new();
        let guard = leases.take("cam").await.unwrap();
        guard.alive();
        assert!(leases.take("cam").await.is_ok());
        assert!(guard.evicted().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_holder_is_replaced_within_a_second_and_frees_nothing_later() {
        let leases = PublishLeases::new();
        let old = leases.take("cam").await.unwrap();
        let start = Instant::now();
        let new = leases.take("cam").await.unwrap();
        assert!((GRACE..Duration::from_secs(1)).contains(&start.elapsed()));
        assert!(old.evicted().is_cancelled() && !new.evicted().is_cancelled());
        drop(old);
        assert!(leases.is_held("cam"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_challenger_waits_for_an_evicted_holder_to_let_go() {
        let leases = PublishLeases::new();
        let old = leases.take("cam").await.unwrap();
        let start = Instant::now();
        let leaving = async {
            old.evicted().cancelled().await;
            sleep(Duration::from_millis(20)).await;
            drop(old);
            start.elapsed()
        };
        let (new, left) = tokio::join!(leases.take("cam"), leaving);
        assert!(new.is_ok());
        assert_eq!(left, GRACE + Duration::from_millis(20));
        assert_eq!(start.elapsed(), left);
    }

    #[tokio::test(start_paused = true)]
    async fn a_challenger_gets_the_lease_at_once_when_the_holder_leaves() {
        let leases = PublishLeases::new();
        let old = leases.take("cam").await.unwrap();
        let start = Instant::now();
        let leaving = async {
            sleep(Duration::from_millis(200)).await;
            drop(old);
        };
        let (new, ()) = tokio::join!(leases.take("cam"), leaving);
        assert!(new.is_ok());
        assert_eq!(start.elapsed(), Duration::from_millis(200));
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_challengers_on_a_silent_holder_one_gets_the_lease() {
        let leases = PublishLeases::new();
        let _old = leases.take("cam").await.unwrap();
        let (first, second) = tokio::join!(leases.take("cam"), leases.take("cam"));
        assert!(first.is_ok() != second.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_evicted_key_is_free_and_other_keys_are_left_alone() {
        let leases = PublishLeases::new();
        let (cam, desk) = (leases.take("cam").await.unwrap(), leases.take("desk").await.unwrap());
        assert!(leases.evict("cam") && !leases.evict("cam"));
        assert!(cam.evicted().is_cancelled() && !desk.evicted().is_cancelled());
        let start = Instant::now();
        assert!(leases.take("cam").await.is_ok() && start.elapsed().is_zero());
    }
}
