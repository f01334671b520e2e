//! Answers Art-Net's polls, so that controllers and desks list this sender and its port addresses.
//!
//! ```text
//! UDP 6454 ─ ArtPoll ─► thread ─► ArtPollReply for each four port addresses, to its sender
//! ```
//!
//! Levels that arrive are not read. Anyone may send polls, with any sender's address: answers are limited in number, so
//! that they are no use against others. Refuses to know: the strip, and how it is sent.

use super::output::local_address;
use crate::{
    protocol::lighting::artnet::{self, Node, PORTS, Packet},
    tasks,
};
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, eventfd, poll},
    io::{Errno, write},
};
use socket2::{Domain, Socket, Type};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    os::fd::OwnedFd,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tracing::warn;

/// The longest packet that is read.
const MOST: usize = 1500;
/// Polls that are answered in each second; controllers send one in 2.5 to 3 s.
const ANSWERS: u32 = 20;

/// See the module's text. Dropping it ends the thread.
pub struct ArtnetNode {
    /// Written once, as the stop signal.
    end: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl ArtnetNode {
    /// Opens the socket and begins to answer for these port addresses, which ascend.
    ///
    /// # Errors
    /// The system's error: the port is taken, no such interface.
    pub fn open(listen: SocketAddr, ports: Vec<u16>, name: &str) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, None)?;
        // Other programs of this machine may listen to Art-Net too.
        socket.set_reuse_address(true)?;
        socket.set_broadcast(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&listen.into())?;
        let socket: UdpSocket = socket.into();
        let end = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let (ended, name) = (end.clone(), name.to_owned());
        let thread = tasks::restarting_thread("artnet-node", "artnet", move || {
            answer(&socket, &ended, &ports, &name);
        })?;
        Ok(Self { end, thread: Some(thread) })
    }
}

impl Drop for ArtnetNode {
    fn drop(&mut self) {
        let written = write(&*self.end, &1_u64.to_ne_bytes());
        if let (Ok(_), Some(thread)) = (written, self.thread.take()) {
            drop(thread.join());
        }
    }
}

fn answer(socket: &UdpSocket, end: &OwnedFd, ports: &[u16], name: &str) {
    let mut buffer = [0; MOST];
    let (mut second, mut answered) = (Instant::now(), 0);
    loop {
        let mut ends = [PollFd::new(end, PollFlags::IN), PollFd::new(socket, PollFlags::IN)];
        match poll(&mut ends, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => {
                warn!(error = %io::Error::from(error), "Art-Net polls are no longer answered");
                return;
            }
        }
        if !ends[0].revents().is_empty() {
            return;
        }
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let Ok(Packet::Poll(asked)) = artnet::parse(&buffer[..length]) else { continue };
        let wanted = |port: &u16| asked.targets.is_none_or(|(least, most)| (least..=most).contains(port));
        if !ports.iter().any(wanted) {
            continue;
        }
        if second.elapsed() >= Duration::from_secs(1) {
            (second, answered) = (Instant::now(), 0);
        }
        answered += 1;
        if answered > ANSWERS {
            continue;
        }
        for reply in replies(ports, name, address(socket, from)) {
            // A controller that is gone by now asks again, or does not.
            let _ = socket.send_to(&reply, from);
        }
    }
}

/// Replies of at most four port addresses each, all of one net and sub-net.
fn replies(ports: &[u16], name: &str, address: Ipv4Addr) -> Vec<Vec<u8>> {
    let groups = ports.chunk_by(|one, other| one >> 4 == other >> 4).flat_map(|group| group.chunks(PORTS));
    let reply = |(ports, bind_index)| artnet::poll_reply(&Node { address, name, ports, bind_index });
    groups.zip(1..=u8::MAX).map(reply).collect()
}

/// The address that the asking one sees.
fn address(socket: &UdpSocket, from: SocketAddr) -> Ipv4Addr {
    match socket.local_addr().map(|address| address.ip()) {
        Ok(IpAddr::V4(own)) if !own.is_unspecified() => own,
        _ => local_address(from).unwrap_or(Ipv4Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reply_has_four_port_addresses_of_one_sub_net_at_most() {
        let ports = [0, 1, 2, 3, 4, 0x10, 0x7ff1];
        let replies = replies(&ports, "Lumencast", Ipv4Addr::new(192, 0, 2, 5));
        let named = |reply: &Vec<u8>| -> Vec<u16> {
            let count = usize::from(reply[173]);
            let base = u16::from(reply[18]) << 8 | u16::from(reply[19]) << 4;
            reply[186..186 + count].iter().map(|port| base | u16::from(*port)).collect()
        };
        assert_eq!(
            replies.iter().map(named).collect::<Vec<_>>(),
            [vec![0, 1, 2, 3], vec![4], vec![0x10], vec![0x7ff1]]
        );
        assert!(replies.iter().all(|reply| reply.len() == artnet::POLL_REPLY && reply[10..14] == [192, 0, 2, 5]));
        assert_eq!(replies.iter().map(|reply| reply[211]).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
}
