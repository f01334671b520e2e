//! The clock of a transport stream (program clock reference, ISO/IEC 13818-1, 2.4.3.5) over a gap: where packets were
//! lost, packets that carry a clock and nothing else stand in for theirs.
//!
//! A demuxer takes a clock that leaps by more than half a second for another clock, and guesses the distance by the
//! bytes in between; what comes after lost packets would be shown at the wrong time.
//!
//! Refuses to know: what was lost, and why.

use bytes::Bytes;

const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// References of one program come at most so far apart, in units of 1/90000 s.
const STEP: u64 = 400 * 90;
/// A longer leap is another clock, in units of 1/90000 s.
const LONGEST: u64 = 20 * 90_000;
/// The clock begins again at zero after this one, in units of 1/90000 s.
const WRAP: u64 = 1 << 33;
/// Programs whose clocks are watched.
const PROGRAMS: usize = 16;

/// The newest reference of a program.
#[derive(Debug)]
struct Clock {
    pid: u16,
    base: u64,
}

/// Watches the clocks of one transport stream.
#[derive(Debug, Default)]
pub struct ClockBridge {
    clocks: Vec<Clock>,
}

impl ClockBridge {
    /// The same bytes, with packets in front of each reference that leaps ahead. Only whole packets are looked at, as SRT
    /// and UDP carry them; other bytes pass as they are.
    pub fn bridge(&mut self, bytes: Bytes) -> Bytes {
        let is_whole = bytes.len().is_multiple_of(PACKET) && bytes.iter().step_by(PACKET).all(|sync| *sync == SYNC);
        if !is_whole {
            return bytes;
        }
        let mut bridged: Option<Vec<u8>> = None;
        for (n, packet) in bytes.chunks_exact(PACKET).enumerate() {
            let missing = self.missing(packet);
            if !missing.is_empty() {
                bridged.get_or_insert_with(|| bytes[..n * PACKET].to_vec()).extend_from_slice(&missing);
            }
            if let Some(bridged) = &mut bridged {
                bridged.extend_from_slice(packet);
            }
        }
        bridged.map_or(bytes, Bytes::from)
    }

    /// The packets that are missing before this one.
    fn missing(&mut self, packet: &[u8]) -> Vec<u8> {
        let [_, high, low, control, length, flags, clock @ ..] = packet else { return Vec::new() };
        let has_clock = control & 0x20 != 0 && *length >= 7 && flags & 0x10 != 0;
        let [a, b, c, d, e, ..] = clock else { return Vec::new() };
        if !has_clock {
            return Vec::new();
        }
        let pid = u16::from_be_bytes([high & 0x1f, *low]);
        let base = u64::from(u32::from_be_bytes([*a, *b, *c, *d])) << 1 | u64::from(e >> 7);
        let Some(known) = self.clocks.iter_mut().find(|clock| clock.pid == pid) else {
            if self.clocks.len() < PROGRAMS {
                self.clocks.push(Clock { pid, base });
            }
            return Vec::new();
        };
        let before = std::mem::replace(&mut known.base, base);
        let leap = base.wrapping_sub(before) % WRAP;
        let is_announced = flags & 0x80 != 0; // the encoder says that it is another clock
        if is_announced || !(STEP + 1..=LONGEST).contains(&leap) {
            return Vec::new();
        }
        (1..)
            .map(|n| n * STEP)
            .take_while(|step| *step < leap)
            .flat_map(|step| reference(packet, before + step))
            .collect()
    }
}

/// A packet of the same stream with nothing but a reference.
fn reference(of: &[u8], base: u64) -> [u8; PACKET] {
    let mut packet = [0xff; PACKET];
    let base = base % WRAP;
    packet[0] = SYNC;
    packet[1] = of.get(1).map_or(0, |high| high & 0x1f);
    packet[2] = of.get(2).copied().unwrap_or_default();
    // A packet without payload does not count: it has the counter of the one before.
    packet[3] = 0x20 | of.get(3).map_or(0, |control| control.wrapping_sub(1) & 0x0f);
    packet[4] = 183;
    packet[5] = 0x10;
    packet[6..10].copy_from_slice(&u32::to_be_bytes((base >> 1) as u32));
    packet[10] = u8::from(base & 1 == 1) << 7 | 0x7e;
    packet[11] = 0;
    packet
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(pid: u16, milliseconds: u64, flags: u8) -> Vec<u8> {
        let [high, low] = pid.to_be_bytes();
        let mut packet = reference(&[SYNC, high, low, 1], milliseconds * 90 % WRAP).to_vec();
        packet[5] |= flags;
        packet
    }

    /// Process identifiers and references of bytes, in milliseconds.
    fn clocks(bytes: &[u8]) -> Vec<(u16, u64)> {
        let base = |p: &[u8]| u64::from(u32::from_be_bytes([p[6], p[7], p[8], p[9]])) << 1 | u64::from(p[10] >> 7);
        bytes.chunks(PACKET).map(|p| (u16::from_be_bytes([p[1] & 0x1f, p[2]]), base(p) / 90)).collect()
    }

    fn bridged(bridge: &mut ClockBridge, packets: &[Vec<u8>]) -> Vec<(u16, u64)> {
        clocks(&bridge.bridge(Bytes::from(packets.concat())))
    }

    #[test]
    fn a_gap_is_bridged_in_steps_of_its_own_program() {
        let mut bridge = ClockBridge::default();
        let begin = [packet(256, 1_000, 0), packet(300, 50_000, 0), packet(256, 1_100, 0)];
        assert_eq!(bridged(&mut bridge, &begin), [(256, 1_000), (300, 50_000), (256, 1_100)]);
        let gap = bridged(&mut bridge, &[packet(300, 50_400, 0), packet(256, 2_350, 0)]);
        assert_eq!(gap, [(300, 50_400), (256, 1_500), (256, 1_900), (256, 2_300), (256, 2_350)]);
    }

    #[test]
    fn a_gap_over_the_end_of_the_clock_is_bridged() {
        let (mut bridge, end) = (ClockBridge::default(), WRAP / 90);
        bridged(&mut bridge, &[packet(256, end - 300, 0)]);
        let gap = bridged(&mut bridge, &[packet(256, end + 600, 0)]);
        assert_eq!(gap.len(), 3);
        assert!(gap[0].1.abs_diff(100) <= 1 && gap[1].1.abs_diff(500) <= 1, "{gap:?}");
    }

    #[test]
    fn another_clock_is_not_bridged() {
        for (after, flags) in [(3_000, 0x80), (500, 0), (90_000, 0), (1_000, 0)] {
            let mut bridge = ClockBridge::default();
            assert_eq!(bridged(&mut bridge, &[packet(256, 1_000, 0), packet(256, after, flags)]).len(), 2, "{after}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_pass_as_they_are(mut bytes in prop::collection::vec(any::<u8>(), 0..800), whole in any::<bool>()) {
            if whole {
                bytes.truncate(bytes.len() / PACKET * PACKET);
                bytes.iter_mut().step_by(PACKET).for_each(|sync| *sync = SYNC);
            }
            let passed = ClockBridge::default().bridge(Bytes::from(bytes.clone()));
            prop_assert!(whole || passed == bytes);
            prop_assert!(passed.len() >= bytes.len());
        }
    }
}
