//! Access units cut into RTP payloads: H.264 (RFC 6184), VP8 (RFC 7741), VP9 (RFC 9628) and Opus (RFC 7587).
//!
//! All payloads of a unit but the last are equally long where the format allows it, so that a kernel can be handed many
//! datagrams at once. Refuses to know: RTP headers, receivers, encryption.

use super::{
    h264,
    packet::{AudioCodec, VideoCodec},
};
use std::sync::Arc;

/// Longest payload in bytes: with headers, extensions, tag, UDP and IPv6 it stays below 1280 bytes.
pub const PAYLOAD: usize = 1140;

/// NAL unit types of RFC 6184, 5.2: several units in one payload, and a part of one unit.
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// One RTP payload; cloning shares the bytes.
pub type Payload = Arc<[u8]>;

/// Cuts the pictures of one stream.
#[derive(Debug, Default)]
pub struct Cutter {
    /// Counts VP9 pictures; 15 bits go out.
    picture: u16,
}

impl Cutter {
    /// The payloads of an access unit; the last one has the marker. `sets` are the parameter sets that go before an
    /// H.264 key frame. Empty for codecs that RTP does not carry here.
    pub fn picture(&mut self, codec: VideoCodec, data: &[u8], keyframe: bool, sets: &[&[u8]]) -> Vec<Payload> {
        match codec {
            VideoCodec::H264 => h264_payloads(data, if keyframe { sets } else { &[] }),
            VideoCodec::Vp8 => {
                let described = data.chunks(PAYLOAD - 1).enumerate();
                described.map(|(at, part)| joined(&[if at == 0 { 0x10 } else { 0 }], part)).collect()
            }
            VideoCodec::Vp9 => {
                self.picture = (self.picture + 1) & 0x7fff;
                vp9_payloads(data, keyframe, self.picture)
            }
            _ => Vec::new(),
        }
    }

    /// The payload of a sound packet; `None` for codecs that WebRTC does not carry.
    pub fn sound(codec: AudioCodec, data: &[u8]) -> Option<Payload> {
        (codec == AudioCodec::Opus && !data.is_empty()).then(|| data.into())
    }
}

fn h264_payloads(data: &[u8], sets: &[&[u8]]) -> Vec<Payload> {
    let mut out = Vec::with_capacity(data.len() / PAYLOAD + 2);
    let mut small: Vec<&[u8]> = Vec::new();
    let mut held = 1;
    for unit in sets.iter().copied().chain(h264::units(data)).filter(|unit| !unit.is_empty()) {
        if held + 2 + unit.len() > PAYLOAD {
            aggregate(&mut small, &mut out);
            held = 1;
        }
        if unit.len() > PAYLOAD {
            fragment(unit, &mut out);
        } else if held + 2 + unit.len() > PAYLOAD {
            out.push(unit.into());
        } else {
            held += 2 + unit.len();
            small.push(unit);
        }
    }
    aggregate(&mut small, &mut out);
    out
}

/// Units that fit into one payload together; a single one goes as it is.
fn aggregate(units: &mut Vec<&[u8]>, out: &mut Vec<Payload>) {
    match units.as_slice() {
        [] => {}
        [one] => out.push((*one).into()),
        several => {
            let importance = several.iter().filter_map(|unit| unit.first()).map(|byte| byte & 0x60).max();
            let mut payload = vec![STAP_A | importance.unwrap_or_default()];
            for unit in several {
                payload.extend_from_slice(&(unit.len() as u16).to_be_bytes()); // shorter than PAYLOAD
                payload.extend_from_slice(unit);
            }
            out.push(payload.into());
        }
    }
    units.clear();
}

fn fragment(unit: &[u8], out: &mut Vec<Payload>) {
    let Some((head, body)) = unit.split_first() else { return };
    let parts = body.chunks(PAYLOAD - 2);
    let last = parts.len() - 1;
    for (at, part) in parts.enumerate() {
        let edge = if at == 0 { 0x80 } else { 0 } | if at == last { 0x40 } else { 0 };
        out.push(joined(&[FU_A | (head & 0xe0), edge | (head & 0x1f)], part));
    }
}

/// In flexible mode, each picture depending on the one before: the form that receivers accept without layer structure.
fn vp9_payloads(data: &[u8], keyframe: bool, picture: u16) -> Vec<Payload> {
    const ID: u8 = 0x80;
    const LEANS: u8 = 0x40;
    const FLEXIBLE: u8 = 0x10;
    const BEGIN: u8 = 0x08;
    const END: u8 = 0x04;
    let [high, low] = (picture | 0x8000).to_be_bytes();
    let parts = data.chunks(PAYLOAD - 4);
    let last = parts.len().saturating_sub(1);
    let described = parts.enumerate().map(|(at, part)| {
        let edge = if at == 0 { BEGIN } else { 0 } | if at == last { END } else { 0 };
        let flags = ID | FLEXIBLE | edge;
        match keyframe {
            true => joined(&[flags, high, low], part),
            false => joined(&[flags | LEANS, high, low, 1 << 1], part),
        }
    });
    described.collect()
}

fn joined(head: &[u8], body: &[u8]) -> Payload {
    [head, body].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixed(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes(), *unit].concat()).collect()
    }

    /// Reassembles NAL units, as a receiver would (RFC 6184, 5.7 and 5.8).
    fn received(payloads: &[Payload]) -> Vec<Vec<u8>> {
        let mut units: Vec<Vec<u8>> = Vec::new();
        for payload in payloads {
            match payload[0] & 0x1f {
                STAP_A => {
                    let mut rest = &payload[1..];
                    while let Some((length, after)) = rest.split_first_chunk::<2>() {
                        let (unit, after) = after.split_at(u16::from_be_bytes(*length).into());
                        units.push(unit.to_vec());
                        rest = after;
                    }
                }
                FU_A => {
                    if payload[1] & 0x80 != 0 {
                        units.push(vec![(payload[0] & 0xe0) | (payload[1] & 0x1f)]);
                    }
                    units.last_mut().unwrap().extend_from_slice(&payload[2..]);
                }
                _ => units.push(payload.to_vec()),
            }
        }
        units
    }

    #[test]
    fn a_key_frame_goes_behind_its_parameter_sets_and_comes_out_whole() {
        let slice: Vec<u8> = std::iter::once(0x65).chain((0..5000).map(|i| i as u8)).collect();
        let (sps, pps, sei) = ([0x67, 1, 2, 3], [0x68, 4], [0x06, 5, 5]);
        let payloads = Cutter::default().picture(VideoCodec::H264, &prefixed(&[&sei, &slice]), true, &[&sps, &pps]);
        assert!(payloads.iter().all(|payload| payload.len() <= PAYLOAD));
        assert_eq!(payloads[0][0] & 0x1f, STAP_A, "small units share a payload");
        assert!(payloads[1..payloads.len() - 1].iter().all(|payload| payload.len() == PAYLOAD), "equally long");
        assert_eq!(received(&payloads), [&sps[..], &pps, &sei, &slice]);
        let delta = Cutter::default().picture(VideoCodec::H264, &prefixed(&[&[0x41, 9]]), false, &[&sps, &pps]);
        assert_eq!(received(&delta), [[0x41, 9]], "no parameter sets before other frames");
    }

    #[test]
    fn units_of_every_length_come_out_as_they_went_in() {
        for length in (1..40).chain(PAYLOAD - 8..PAYLOAD + 8).chain(2 * PAYLOAD - 6..2 * PAYLOAD + 6) {
            let unit: Vec<u8> = std::iter::once(0x41).chain((1..length).map(|i| i as u8)).collect();
            let payloads = Cutter::default().picture(VideoCodec::H264, &prefixed(&[&unit, &unit]), false, &[]);
            assert!(payloads.iter().all(|payload| payload.len() <= PAYLOAD), "{length}");
            assert_eq!(received(&payloads), [unit.clone(), unit], "{length}");
        }
    }

    #[test]
    fn vp8_and_vp9_say_where_a_picture_begins_and_ends() {
        let data = vec![7; 2 * PAYLOAD];
        let vp8 = Cutter::default().picture(VideoCodec::Vp8, &data, true, &[]);
        assert_eq!(vp8.iter().map(|payload| payload[0]).collect::<Vec<_>>(), [0x10, 0, 0]);
        assert_eq!(vp8.iter().map(|payload| payload.len() - 1).sum::<usize>(), data.len());
        let mut cutter = Cutter::default();
        let key = cutter.picture(VideoCodec::Vp9, &data, true, &[]);
        let delta = cutter.picture(VideoCodec::Vp9, &data[..9], false, &[]);
        assert_eq!(key.iter().map(|payload| payload[0]).collect::<Vec<_>>(), [0x98, 0x90, 0x94]);
        assert_eq!(&delta[0][..4], [0xdc, 0x80, 2, 2], "begins and ends, leans on the picture before");
        assert_eq!(&delta[0][4..], &data[..9]);
    }

    #[test]
    fn what_webrtc_does_not_carry_gives_nothing() {
        assert!(Cutter::default().picture(VideoCodec::Jpeg, &[1, 2, 3], true, &[]).is_empty());
        assert!(Cutter::default().picture(VideoCodec::H264, &[], true, &[]).is_empty());
        assert_eq!(Cutter::sound(AudioCodec::Aac, &[1]), None);
    }
}
