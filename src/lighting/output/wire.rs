//! A socket that sends many packets to many destinations in one call.
//!
//! Nothing waits here: a packet that the kernel does not take is lost, as on any network. One destination that cannot
//! be reached does not hold up the others. Refuses to know: the content of packets.

use super::packet::Packet;
use rustix::{
    io::Errno,
    net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg},
};
use socket2::{Domain, Socket, Type};
use std::{
    array,
    io::{self, IoSlice},
    net::Ipv4Addr,
};

/// Packets in one call.
const BATCH: usize = 64;
/// Bytes that may wait in the socket: a frame of 64 universes several times.
const BUFFER: usize = 1 << 20;

/// See the module's text.
pub struct Wire(Socket);

impl Wire {
    /// A socket for an address family; `interface` is the one that multicast leaves by.
    ///
    /// # Errors
    /// The system's error, e.g. that no interface has this address.
    pub fn open(domain: Domain, interface: Option<Ipv4Addr>) -> io::Result<Self> {
        let socket = Socket::new(domain, Type::DGRAM, None)?;
        socket.set_nonblocking(true)?;
        // A destination may be a broadcast address, which ArtSync requires.
        socket.set_broadcast(true)?;
        socket.set_send_buffer_size(BUFFER)?;
        if let Some(interface) = interface {
            socket.set_multicast_if_v4(&interface)?;
        }
        Ok(Self(socket))
    }

    /// Sends some of `packets`, in the order of `batch`, and reports for each whether it was sent.
    pub fn send(&self, packets: &[Packet], batch: &[usize], mut on_result: impl FnMut(usize, Result<(), Errno>)) {
        for batch in batch.chunks(BATCH) {
            let packet = |place: usize| &packets[batch[place.min(batch.len() - 1)]];
            let slices: [_; BATCH] = array::from_fn(|place| [IoSlice::new(&packet(place).bytes)]);
            let mut controls: [_; BATCH] = array::from_fn(|_| SendAncillaryBuffer::default());
            let mut places = 0..;
            let mut messages = controls.each_mut().map(|control| {
                let place = places.next().unwrap_or_default();
                MMsgHdr::new_with_addr(&packet(place).address, &slices[place], control)
            });
            let mut done = 0;
            while done < batch.len() {
                match sendmmsg(&self.0, &mut messages[done..batch.len()], SendFlags::NOSIGNAL) {
                    Ok(count) => {
                        // The kernel never returns zero; if it did, this loop would not end.
                        let end = (done + count.max(1)).min(batch.len());
                        batch[done..end].iter().for_each(|place| on_result(*place, Ok(())));
                        done = end;
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => {
                        on_result(batch[done], Err(error));
                        done += 1;
                    }
                }
            }
        }
    }
}
