//! sACN from a lighting desk over the strip: a socket, a thread, and the received levels.
//!
//! ```text
//! UDP 5568 ─► thread ─► Receiver (winning source, its LEDs) ◄─ copy_frame, once a frame
//! ```
//!
//! Times are durations since the `Instant` that was given when it was opened. Refuses to know: effects, power (off
//! overrides all input; that is up to the caller), and how LEDs are sent.

mod receiver;

pub use receiver::{InputStatus, Layout, Merge, Receiver, Refused};

use crate::{domain::lights::Rgb, protocol::lighting::sacn, tasks};
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, eventfd, poll},
    io::{Errno, write},
};
use socket2::{Domain, Socket, Type};
use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    os::fd::OwnedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tracing::warn;

/// The longest packet that is read; a longer one is no E1.31.
const MOST: usize = 1500;
/// Packets that are read before the stop signal is checked, so that a flood does not keep the thread.
const AT_ONCE: usize = 64;

/// The address and layout of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SacnInputSpec {
    /// Usually 0.0.0.0:5568. With the address of an interface, only packets that arrive there are received, multicast
    /// ones too.
    pub address: SocketAddr,
    pub layout: Layout,
    /// No group is joined. Otherwise that of each universe is.
    pub unicast: bool,
    /// What counts among sources of one priority.
    pub merge: Merge,
    /// The id of our own outputs, which are ignored.
    pub own: Option<[u8; 16]>,
}

/// See the module's text. Dropping it ends the thread.
pub struct SacnInput {
    shared: Arc<Shared>,
    local: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    receiver: Mutex<Receiver>,
    /// Written once, as the stop signal.
    end: OwnedFd,
    origin: Instant,
}

impl SacnInput {
    /// Opens the socket and begins to receive. `origin` is the zero of time for this input and its caller.
    ///
    /// # Errors
    /// `InvalidInput` for a layout that is out of range; else the system's error: the port is taken, no such interface.
    pub fn open(spec: SacnInputSpec, led_count: u16, origin: Instant) -> io::Result<Self> {
        let receiver = Receiver::new(spec.layout, led_count)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no such universes or start channel"))?
            .merging(spec.merge);
        let receiver = match spec.own {
            Some(own) => receiver.ignoring_cid(own),
            None => receiver,
        };
        let first = socket(spec.address)?;
        let local = first.local_addr()?;
        let mut sockets = vec![first];
        if !spec.unicast {
            let IpAddr::V4(interface) = local.ip() else {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "groups need an IPv4 address to listen at"));
            };
            for universe in (spec.layout.universe..).take(spec.layout.universes.into()) {
                let group = sacn::group(universe);
                // A socket that is bound to an interface's address does not receive multicast.
                let own = match interface.is_unspecified() {
                    true => None,
                    false => Some(socket((group, local.port()).into())?),
                };
                own.as_ref().unwrap_or(&sockets[0]).join_multicast_v4(&group, &interface)?;
                sockets.extend(own);
            }
        }
        let end = eventfd(0, EventfdFlags::CLOEXEC)?;
        let shared = Arc::new(Shared { receiver: Mutex::new(receiver), end, origin });
        let listening = Arc::clone(&shared);
        let thread = tasks::restarting_thread("sacn-input", "sacn", move || listening.listen(&sockets))?;
        Ok(Self { shared, local, thread: Some(thread) })
    }

    /// The address it listens on, with the actual port where 0 was requested.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Copies the received levels over `out`, and returns whether they override the effects; else `out` stays as it
    /// was.
    pub fn copy_frame(&self, now: Duration, out: &mut [Rgb]) -> bool {
        let mut receiver = self.shared.receiver();
        let Some(frame) = receiver.frame(now) else { return false };
        let length = frame.len().min(out.len());
        out[..length].copy_from_slice(&frame[..length]);
        true
    }

    /// Its state.
    pub fn status(&self, now: Duration) -> InputStatus {
        self.shared.receiver().status(now)
    }
}

fn socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
    // Several programs of one machine may listen to the same group.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

impl Drop for SacnInput {
    fn drop(&mut self) {
        let told = write(&self.shared.end, &1_u64.to_ne_bytes());
        if let (Ok(_), Some(thread)) = (told, self.thread.take()) {
            drop(thread.join());
        }
    }
}

impl Shared {
    /// Nothing panics while it is held; even so, the content stays usable.
    fn receiver(&self) -> MutexGuard<'_, Receiver> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, sockets: &[UdpSocket]) {
        let mut buffer = [0; MOST];
        loop {
            let mut ends = vec![PollFd::new(&self.end, PollFlags::IN)];
            ends.extend(sockets.iter().map(|socket| PollFd::new(socket, PollFlags::IN)));
            match poll(&mut ends, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => {
                    warn!(error = %io::Error::from(error), "listening to sACN has ended");
                    return;
                }
            }
            if !ends[0].revents().is_empty() {
                return;
            }
            for socket in sockets {
                for _ in 0..AT_ONCE {
                    let Ok(length) = socket.recv(&mut buffer) else { break };
                    let now = self.origin.elapsed();
                    // A refused packet is only left out of the count: any host may send to this port.
                    let _ = self.receiver().packet(&buffer[..length], now);
                }
            }
        }
    }
}
