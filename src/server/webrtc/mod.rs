//! The WebRTC endpoint: WHIP (RFC 9725) and WHEP, all peers on one UDP socket, with TCP for those no datagram reaches.
//!
//! ```text
//!            HTTP: POST offer ─► SessionAccess ─► answer, and a peer for the worker with the fewest
//!  UDP, TCP ─► demux ─► worker ─► WHIP peer ─ Packet ─► PublishLease
//!                         ▲└────► WHEP peers ◄─ payloads ─ GOP cache ◄─ Unit ─ Live
//!                         └ one for every two cores
//! ```
//!
//! ICE: candidates of an offer are not looked at. A check is sent only to where one with the session's password came from,
//! and media only to where a check was answered; so no offer can make the endpoint send anything to third parties.
//! Refuses to know: rooms, tokens, transcoding. See docs/adr/0010.

mod access;
mod datagram_batch;
mod demux;
mod gop_cache;
mod http;
mod layers;
mod local_addresses;
mod mailbox;
mod pace;
mod peer;
mod peer_id;
mod publish;
mod round_trip;
mod rtp_timeline;
mod sdp;
mod session;
mod sync;
mod tcp;
mod tcp_connections;
mod udp;
mod viewer;
mod worker;

pub use access::{Answer, MessageChannel, PlayGrant, PublishGrant, SendMessage, SessionAccess, Source, ViewerCodecs};

use crate::app::access::connection_limiter::ConnectionLimiter;
use crate::tasks;
use datagram_batch::{DatagramBatch, Sockets};
use demux::Demux;
use mailbox::{Job, Mailbox};
use quinn_udp::UdpSocketState;
use session::Sessions;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::AtomicUsize},
    thread::JoinHandle,
};
use tcp_connections::TcpConnections;
use tokio_util::sync::CancellationToken;
use warp::{filters::BoxedFilter, reply::Response};
use worker::Worker;

/// How the endpoint is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The UDP address for all media; port 0 takes any.
    pub udp: SocketAddr,
    /// The address of the fallback over TCP; port 0 takes any.
    pub tcp: Option<SocketAddr>,
    /// Addresses of a router that translates to this machine with the same ports. Offered first.
    pub public: Vec<IpAddr>,
    /// Media threads; 0 is one for every two cores.
    pub workers: usize,
    /// Shares of the connections over TCP.
    pub limiter: ConnectionLimiter,
}

impl Default for Settings {
    fn default() -> Self {
        let udp = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 7882);
        Self { udp, tcp: None, public: Vec::new(), workers: 0, limiter: ConnectionLimiter::alone("webrtc", 1024) }
    }
}

/// See the module's text. Dropping it ends every session.
pub struct WebRtcEndpoint {
    sessions: Arc<Sessions>,
    udp: SocketAddr,
    tcp: Option<SocketAddr>,
    threads: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

impl WebRtcEndpoint {
    /// Opens the sockets and starts the media threads. Must be called on a Tokio runtime.
    ///
    /// # Errors
    /// The system's error: an address is taken or not ours, or there is no thread to be had.
    pub async fn open(settings: Settings, access: Arc<dyn SessionAccess>) -> io::Result<Self> {
        let socket = udp::open(settings.udp)?;
        let udp = socket.local_addr()?;
        let listener = match settings.tcp {
            Some(address) => Some(tokio::net::TcpListener::bind(address).await?),
            None => None,
        };
        let tcp = listener.as_ref().map(tokio::net::TcpListener::local_addr).transpose()?;
        let sockets = Arc::new(Sockets {
            state: UdpSocketState::new((&socket).into())?,
            udp: socket,
            bound: udp.ip(),
            local_addresses: local_addresses::LocalAddresses::of(udp.ip(), &settings.public),
            tcp: TcpConnections::default(),
        });
        let (demux, stop) = (Arc::new(Demux::default()), CancellationToken::new());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = if settings.workers == 0 { cores.div_ceil(2) } else { settings.workers };
        let (mut threads, mut workers) = (Vec::new(), Vec::new());
        for n in 0..count {
            let (mailbox, inbox) = Mailbox::new();
            let load = Arc::new(AtomicUsize::new(0));
            let worker = Worker::new(mailbox.clone(), demux.clone(), DatagramBatch::new(sockets.clone()), load.clone());
            threads.push(tasks::vital_thread("webrtc-worker", format!("webrtc-{n}"), move || worker.run(&inbox))?);
            workers.push((mailbox, load));
        }
        let sessions = {
            let addresses = sockets.local_addresses.clone();
            Sessions::new(access, workers, demux.clone(), &settings.limiter, addresses, udp.port(), tcp)?
        };
        let sessions = Arc::new(sessions);
        tasks::vital("webrtc-udp", udp::read(sockets.clone(), demux.clone(), stop.clone()));
        if let Some(listener) = listener {
            tasks::vital("webrtc-tcp", tcp::serve(listener, settings.limiter, (sockets, demux), stop.clone()));
        }
        Ok(Self { sessions, udp, tcp, threads, stop })
    }

    /// Everything under `/whip` and `/whep`.
    pub fn routes(&self) -> BoxedFilter<(Response,)> {
        http::routes(self.sessions.clone())
    }

    /// Where media is taken.
    pub fn udp(&self) -> SocketAddr {
        self.udp
    }

    /// Where media is taken over TCP.
    pub fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }
}

impl Drop for WebRtcEndpoint {
    fn drop(&mut self) {
        for (mailbox, _) in self.sessions.workers() {
            mailbox.put(Job::Stop);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        self.stop.cancel();
    }
}
