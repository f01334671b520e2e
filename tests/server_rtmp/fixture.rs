//! A show with one key, and an endpoint opened to it.

pub use super::encoder::soon;
use futures::future::BoxFuture;
use lumencast::app::access::admission::{Admission, PublishLease};
use lumencast::app::access::contract::{AccessRequest, Refusal};
use lumencast::app::access::publish_lease::PublishLeases;
use lumencast::app::rooms::live::{Live, Start};
use lumencast::media::clock::ShowClock;
use lumencast::protocol::packet::Packet;
use lumencast::server::rtmp::{Settings, bind};
use std::{net::SocketAddr, sync::Arc};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Packets of one publisher that a test may leave unread.
const MOST: usize = 1024;

/// Lets `live/KEY` in and hands each granted publisher's packets to the test; `live/BROKEN` is never available.
struct Fixture {
    leases: PublishLeases,
    arrivals: mpsc::UnboundedSender<mpsc::Receiver<Packet>>,
}

impl Admission for Fixture {
    fn admit(&self, request: AccessRequest) -> BoxFuture<'_, Result<PublishLease, Refusal>> {
        Box::pin(async move {
            let key = request.credential.unwrap_or_default();
            match (request.app.as_str(), key.as_str()) {
                ("live", "KEY") => {}
                ("live", "BROKEN") => return Err(Refusal::Unavailable),
                _ => return Err(Refusal::UnknownKey),
            }
            let hold = self.leases.take(&key).await?;
            let live = Live::new("test", ShowClock::start());
            let (sender, receiver) = mpsc::channel(MOST);
            let listener = live.listen(Start::Now, move |unit| {
                let _ = sender.try_send(unit.packet.clone()); // a test may have seen enough
            });
            self.arrivals.send(receiver).map_err(|_| Refusal::Unavailable)?;
            Ok(PublishLease::on_stream(live.begin(), hold, Box::new(listener)))
        })
    }
}

/// An open endpoint.
pub struct RtmpServer {
    pub address: SocketAddr,
    pub leases: PublishLeases,
    pub arrivals: mpsc::UnboundedReceiver<mpsc::Receiver<Packet>>,
    pub shutdown: CancellationToken,
    pub running: JoinHandle<()>,
}

impl RtmpServer {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// An endpoint on changed settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Settings::default() };
        change(&mut settings);
        gst::init().unwrap();
        let listener = bind(&settings).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrivals) = mpsc::unbounded_channel();
        let (leases, shutdown) = (PublishLeases::new(), CancellationToken::new());
        let fixture = Arc::new(Fixture { leases: leases.clone(), arrivals: sender });
        let running = tokio::spawn(listener.run(fixture, shutdown.clone()));
        Self { address, leases, arrivals, shutdown, running }
    }

    pub fn url(&self, name: &str) -> String {
        format!("rtmp://{}/{name}", self.address)
    }

    /// The packets of the next publisher that is let in.
    pub async fn next_lease(&mut self) -> mpsc::Receiver<Packet> {
        soon(self.arrivals.recv()).await.unwrap()
    }
}

impl Drop for RtmpServer {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// All packets until the lease is given up.
pub async fn all(mut packets: mpsc::Receiver<Packet>) -> Vec<Packet> {
    let mut all = Vec::new();
    while let Some(packet) = soon(packets.recv()).await {
        all.push(packet);
    }
    all
}
