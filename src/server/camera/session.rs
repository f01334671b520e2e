//! One camera's session without its socket: which pictures are accepted, when a ping is due, when it ends.
//!
//! Refuses to know: sockets and clocks (the time is an argument: since the camera connected), rooms, wording.

use super::pace::Pace;
use std::time::Duration;

/// Timeouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// The session ends after this long without an accepted picture.
    pub idle: Duration,
    /// Between pings.
    pub ping: Duration,
}

impl Default for Timeouts {
    /// As in the sheet (6.3).
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), ping: Duration::from_secs(15) }
    }
}

/// Unanswered pings after which the connection counts as dead.
const UNANSWERED: u32 = 2;
/// Messages in a row that are no JPEG after which the session ends.
const STRANGE: u32 = 5;

/// Why a session is ended by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    FrameTooLarge,
    InvalidFrames,
    Idle,
    /// It does not answer pings: the connection is dead, so no close frame is sent.
    Dead,
}

/// The verdict on a binary message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Take,
    /// More than the rate allows: dropped silently.
    TooFast,
    /// Not a JPEG: dropped.
    Strange,
    End(End),
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Nothing,
    Ping,
    End(End),
}

/// See the module's text.
#[derive(Debug)]
pub struct Session {
    timeouts: Timeouts,
    largest: usize,
    pace: Pace,
    strange: u32,
    /// When the last picture was accepted, or the camera connected.
    taken: Duration,
    pinged: Duration,
    unanswered: u32,
    figures: Pace,
    /// Pictures accepted, and those dropped for their rate, since the camera connected.
    pub received: u64,
    pub too_fast: u64,
}

impl Session {
    /// A session that begins now: at most `fps` pictures a second, none larger than `largest` bytes.
    pub fn new(fps: u32, largest: usize, timeouts: Timeouts) -> Self {
        let now = Duration::ZERO;
        Self {
            timeouts,
            largest,
            pace: Pace::new(fps, now),
            strange: 0,
            taken: now,
            pinged: now,
            unanswered: 0,
            figures: Pace::new(1, now),
            received: 0,
            too_fast: 0,
        }
    }

    /// A binary message came.
    pub fn frame(&mut self, data: &[u8], now: Duration) -> Verdict {
        if data.len() > self.largest {
            return Verdict::End(End::FrameTooLarge);
        }
        if data.len() < 4 || !data.starts_with(&[0xff, 0xd8]) {
            self.strange += 1;
            let last = self.strange >= STRANGE;
            return if last { Verdict::End(End::InvalidFrames) } else { Verdict::Strange };
        }
        self.strange = 0;
        if !self.pace.take(now) {
            self.too_fast += 1;
            return Verdict::TooFast;
        }
        self.taken = now;
        self.received += 1;
        Verdict::Take
    }

    /// Whether the camera's figures are read now: at most once a second, since they are stored.
    pub fn figures(&mut self, now: Duration) -> bool {
        self.figures.take(now)
    }

    /// A pong came.
    pub fn pong(&mut self) {
        self.unanswered = 0;
    }

    /// When [`Session::due`] is to be called next.
    pub fn next(&self) -> Duration {
        (self.pinged + self.timeouts.ping).min(self.taken + self.timeouts.idle)
    }

    /// The action that is due now; call until there is none.
    pub fn due(&mut self, now: Duration) -> Due {
        if now >= self.pinged + self.timeouts.ping {
            if self.unanswered >= UNANSWERED {
                return Due::End(End::Dead);
            }
            self.pinged = now;
            self.unanswered += 1;
            return Due::Ping;
        }
        if now >= self.taken + self.timeouts.idle {
            return Due::End(End::Idle);
        }
        Due::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: [u8; 4] = [0xff, 0xd8, 0xff, 0xd9];

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn only_the_fifth_strange_message_in_a_row_ends_the_session() {
        let mut session = Session::new(15, 100, Timeouts::default());
        for strange in [&b"\xff\xd8\xff"[..], b"GIF89a", b"", b"\xd8\xff\xff\xff"] {
            assert_eq!(session.frame(strange, at(1)), Verdict::Strange);
        }
        assert_eq!(session.frame(&JPEG, at(1)), Verdict::Take);
        for _ in 0..4 {
            assert_eq!(session.frame(b"RIFF", at(1)), Verdict::Strange);
        }
        assert_eq!(session.frame(b"RIFF", at(1)), Verdict::End(End::InvalidFrames));
    }

    #[test]
    fn a_frame_of_the_limit_is_taken_and_one_byte_more_ends_the_session() {
        let mut session = Session::new(15, 8, Timeouts::default());
        assert_eq!(session.frame(&[0xff, 0xd8, 1, 2, 3, 4, 0xff, 0xd9], at(1)), Verdict::Take);
        assert_eq!(session.frame(&[0xff, 0xd8, 1, 2, 3, 4, 5, 0xff, 0xd9], at(1)), Verdict::End(End::FrameTooLarge));
    }

    #[test]
    fn what_comes_too_fast_is_counted_apart() {
        let mut session = Session::new(3, 100, Timeouts::default());
        let verdicts: Vec<_> = (0..5).map(|_| session.frame(&JPEG, at(1))).collect();
        assert_eq!(verdicts[..3], [Verdict::Take; 3]);
        assert_eq!(verdicts[3..], [Verdict::TooFast; 2]);
        assert_eq!((session.received, session.too_fast), (3, 2));
    }

    #[test]
    fn a_camera_without_pictures_is_idle_after_thirty_seconds() {
        let mut session = Session::new(15, 100, Timeouts::default());
        assert_eq!(session.frame(&JPEG, at(5)), Verdict::Take);
        assert_eq!(session.next(), at(15));
        assert_eq!(session.due(at(14)), Due::Nothing);
        assert_eq!(session.due(at(15)), Due::Ping);
        assert_eq!(session.due(at(15)), Due::Nothing);
        session.pong();
        assert_eq!(session.frame(b"text", at(29)), Verdict::Strange, "strange messages are no sign of a picture");
        assert_eq!(session.due(at(30)), Due::Ping);
        session.pong();
        assert_eq!(session.next(), at(35));
        assert_eq!(session.due(at(35)), Due::End(End::Idle));
    }

    #[test]
    fn two_unanswered_pings_end_the_session_when_the_third_is_due() {
        let mut session = Session::new(15, 100, Timeouts::default());
        for (now, due) in [(15, Due::Ping), (30, Due::Ping), (45, Due::End(End::Dead))] {
            assert_eq!(session.frame(&JPEG, at(now)), Verdict::Take);
            assert_eq!(session.due(at(now)), due);
        }
        session.pong();
        assert_eq!(session.due(at(45)), Due::Ping, "an answer to either is enough");
    }
}
