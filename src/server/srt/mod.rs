//! The SRT endpoint: many callers on one port, each admitted by the key in its stream id.
//!
//! ```text
//! caller ─► libsrt ─ handshake ─► judge: key, room? ─► rejected there, or
//!                  └ messages ──► one thread a caller ─► demuxer ─► lease
//! ```
//!
//! Refuses to know: which keys exist and what becomes of the packets (both behind [`Admission`]), and the transport
//! stream.

mod connection;
mod libsrt;

use crate::{
    app::access::{
        admission::{Admission, PublishLease},
        connection_limiter::{ConnectionLimiter, ConnectionSlot},
        contract::{AccessRequest, Refusal},
    },
    protocol::srt::{BadStreamId, request},
    tasks::{self, catch_panic, catch_panic_async},
};
use connection::serve;
use libsrt::{Caller, Options, Rejection};
use metrics::counter;
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{runtime::Handle, sync::oneshot};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// How long a caller's handshake waits for the answer whether its key is known. The library reads no other caller's
/// packets meanwhile; what takes longer is answered after the handshake.
const ADMISSION_TIMEOUT: Duration = Duration::from_millis(40);
/// How long a caller that was let in may take to complete its handshake.
const COMPLETE: Duration = Duration::from_secs(3);
/// How long connections get to end after shutdown.
const DRAIN: Duration = Duration::from_secs(3);

/// What the endpoint listens on and what it allows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The UDP address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What a lost packet has to come again; the larger of ours and the caller's holds.
    pub latency: Duration,
    /// 10 to 79 bytes; callers must have the same.
    pub passphrase: Option<String>,
    /// Shares of callers; those beyond are rejected.
    pub limiter: ConnectionLimiter,
    /// A publisher must send something this often.
    pub idle_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8890)),
            latency: Duration::from_millis(120),
            passphrase: None,
            limiter: ConnectionLimiter::alone("srt", 64),
            idle_timeout: Duration::from_secs(10),
        }
    }
}

/// A bound endpoint. Callers are turned away until it runs.
pub struct Listener {
    socket: Arc<libsrt::Listener>,
    access: Arc<CallerAccess>,
    idle_timeout: Duration,
}

/// What the check of callers needs, and the callers that were admitted and have not connected yet.
struct CallerAccess {
    open: OnceLock<Open>,
    limiter: ConnectionLimiter,
    callers: TaskTracker,
    pending: Mutex<HashMap<i32, PendingCaller>>,
}

struct Open {
    admission: Arc<dyn Admission>,
    runtime: Handle,
}

/// A caller between the handshake's judgement and its first message.
struct PendingCaller {
    peer: SocketAddr,
    lease: PendingLease,
    slot: CallerSlot,
}

/// A caller's slot, and that the listener waits for its end.
struct CallerSlot {
    connection: ConnectionSlot,
    _waited_for: TaskTrackerToken,
}

enum PendingLease {
    PublishLease(Box<PublishLease>),
    /// It takes longer: another publisher is on the key and must prove alive.
    Deferred(oneshot::Receiver<Result<PublishLease, Refusal>>),
}

/// Binds the port.
///
/// # Errors
/// That libsrt is missing, or its error, e.g. that the address is in use.
pub fn bind(settings: &Settings) -> io::Result<Listener> {
    let (limiter, callers) = (settings.limiter.clone(), TaskTracker::new());
    let access = Arc::new(CallerAccess { open: OnceLock::new(), limiter, callers, pending: Mutex::default() });
    let checking = access.clone();
    let options = Options {
        latency: settings.latency,
        passphrase: settings.passphrase.as_deref(),
        peer_idle: settings.idle_timeout,
        read: Duration::from_millis(100),
    };
    let check = move |caller: Caller| {
        checking.check(&caller).inspect_err(|why| {
            counter!("lumencast_srt_refused_total", "reason" => format!("{why:?}")).increment(1);
            tracing::info!(peer = %caller.peer, ?why, "SRT caller refused");
        })
    };
    let socket = libsrt::Listener::bind(settings.listen, &options, Box::new(check))?;
    Ok(Listener { socket: Arc::new(socket), access, idle_timeout: settings.idle_timeout })
}

/// Ends the waiting for callers, also when the endpoint breaks down: a thread that waits for ever would keep the
/// process.
struct CloseOnDrop(Arc<libsrt::Listener>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl CallerAccess {
    fn check(self: &Arc<Self>, caller: &Caller) -> Result<(), Rejection> {
        let Open { admission, runtime } = self.open.get().ok_or(Rejection::Unavailable)?;
        let request = request(caller.stream_id).map_err(|why| match why {
            BadStreamId::NoKey => Rejection::BadRequest,
            BadStreamId::Mode => Rejection::BadMode,
        })?;
        let slot = self.limiter.enter(caller.peer.ip()).map_err(|_| Rejection::Overload)?;
        let slot = CallerSlot { connection: slot, _waited_for: self.callers.token() };
        let request = AccessRequest {
            app: request.app,
            credential: Some(request.key),
            password: request.password,
            peer: Some(caller.peer.ip().into()),
            ..AccessRequest::default()
        };
        let (answer, mut asked) = oneshot::channel();
        let admission = admission.clone();
        runtime.spawn(catch_panic_async("srt-admission", async move {
            // The receiver is gone when the caller gave up; the lease is free again then.
            let _ = answer.send(admission.admit(request).await);
        }));
        let soon = runtime.block_on(async { tokio::time::timeout(ADMISSION_TIMEOUT, &mut asked).await });
        let lease = match soon {
            Ok(Ok(Ok(lease))) => {
                slot.connection.mark_authenticated();
                PendingLease::PublishLease(Box::new(lease))
            }
            Ok(Ok(Err(refusal))) => return Err(rejection(refusal)),
            Ok(Err(_)) => return Err(Rejection::Unavailable),
            Err(_) => PendingLease::Deferred(asked),
        };
        self.lock().insert(caller.socket, PendingCaller { peer: caller.peer, lease, slot });
        // The handshake may still fail, e.g. for another passphrase.
        let (access, socket) = (Arc::downgrade(self), caller.socket);
        runtime.spawn(async move {
            tokio::time::sleep(COMPLETE).await;
            let late = access.upgrade().and_then(|access| access.lock().remove(&socket));
            drop(late);
        });
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i32, PendingCaller>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rejection(refusal: Refusal) -> Rejection {
    match refusal {
        Refusal::UnknownKey | Refusal::UnknownRoom => Rejection::NotFound,
        Refusal::Unauthorized | Refusal::Expired | Refusal::Password | Refusal::Disabled => Rejection::Forbidden,
        Refusal::Forbidden | Refusal::OtherRoom | Refusal::MayNotPublish | Refusal::MayNotWatch => Rejection::Forbidden,
        Refusal::InUse => Rejection::Conflict,
        Refusal::QuotaExceeded | Refusal::TooMany | Refusal::Unavailable => Rejection::Unavailable,
    }
}

impl Listener {
    /// Where the endpoint listens, with the port that was taken.
    ///
    /// # Errors
    /// What the library says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `shutdown` fires, then closes all connections and returns.
    pub async fn run(self, admission: Arc<dyn Admission>, shutdown: CancellationToken) {
        let Self { socket, access, idle_timeout } = self;
        let runtime = Handle::current();
        if access.open.set(Open { admission, runtime: runtime.clone() }).is_err() {
            return; // it can run only once, since it is consumed
        }
        let (listening, leases, stop) = (socket.clone(), access.clone(), shutdown.clone());
        let open = CloseOnDrop(socket);
        let accept = move || {
            loop {
                let (socket, number) = match listening.accept() {
                    Ok(accepted) => accepted,
                    Err(_) if stop.is_cancelled() => return,
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept an SRT caller");
                        std::thread::park_timeout(Duration::from_millis(100));
                        continue;
                    }
                };
                let Some(PendingCaller { peer, lease, slot }) = leases.lock().remove(&number) else { continue };
                let (runtime, stop) = (runtime.clone(), stop.clone());
                let thread = tasks::once_thread("srt-connection", "srt", move || {
                    serve(&socket, (peer, &slot.connection), lease, idle_timeout, &runtime, &stop);
                });
                if let Err(error) = thread {
                    tracing::error!(%error, "no thread for an SRT caller");
                }
            }
        };
        let mut accepting = tokio::task::spawn_blocking(|| catch_panic("srt-accept", accept));
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = &mut accepting => return, // without it nothing is accepted any more
        }
        drop(open);
        let _ = tokio::time::timeout(DRAIN, accepting).await;
        access.lock().clear();
        access.callers.close();
        if tokio::time::timeout(DRAIN, access.callers.wait()).await.is_err() {
            tracing::warn!("SRT connections did not end in time");
        }
    }
}
