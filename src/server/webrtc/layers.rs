//! The layers of a publisher that sends its picture in several sizes at once (RFC 8853), and which of them is on air: the
//! largest that arrives. Another takes over at one of its key frames.
//!
//! Refuses to know: what is in the frames.

use std::time::{Duration, Instant};
use str0m::media::Rid;

/// How long the first frame waits for those of other layers, so that the first picture on air is not the smallest.
const GATHERING: Duration = Duration::from_millis(500);
/// The layer on air counts as lost when it is silent for so long, and another one sent so many frames meanwhile: at a low
/// frame rate silence means nothing.
const SILENT: Duration = Duration::from_millis(500);
const MISSED: u32 = 10;
/// Shortest time between two requests for a key frame of one layer.
const ASKING: Duration = Duration::from_millis(500);

/// See the module's text. A publisher without layers has one, without a name.
#[derive(Debug, Default)]
pub struct Layers {
    /// How many were negotiated.
    expected: usize,
    layers: Vec<Layer>,
    on_air: Option<usize>,
    began: Option<Instant>,
}

#[derive(Debug)]
struct Layer {
    rid: Option<Rid>,
    /// Pixels of its last key frame; 0 before.
    pixels: u64,
    last: Instant,
    /// Frames since the layer on air sent one.
    ahead: u32,
    asked: Option<Instant>,
}

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is on air.
    Take,
    /// It is on air, the first one of its layer.
    Begin,
    Leave,
    /// It is not on air, but its layer should be: a key frame is needed.
    Ask,
}

impl Layers {
    /// So many layers were negotiated.
    pub fn expect(&mut self, count: usize) {
        self.expected = count;
    }

    /// The name of the layer on air.
    pub fn on_air(&self) -> Option<Rid> {
        self.on_air.and_then(|at| self.layers.get(at)?.rid)
    }

    /// Decides on a frame; `size` is a key frame's in pixels.
    pub fn judge(&mut self, rid: Option<Rid>, size: Option<(u32, u32)>, now: Instant) -> Verdict {
        let began = *self.began.get_or_insert(now);
        let at = self.layers.iter().position(|layer| layer.rid == rid).unwrap_or_else(|| {
            self.layers.push(Layer { rid, pixels: 0, last: now, ahead: 0, asked: None });
            self.layers.len() - 1
        });
        if let Some(layer) = self.layers.get_mut(at) {
            (layer.last, layer.ahead) = (now, layer.ahead + 1);
            if let Some((width, height)) = size {
                layer.pixels = u64::from(width) * u64::from(height);
            }
        }
        let is_only = self.expected < 2 && self.layers.len() < 2;
        if is_only || self.on_air == Some(at) {
            let first = self.on_air != Some(at);
            self.layers.iter_mut().for_each(|layer| layer.ahead = 0);
            self.on_air = Some(at);
            return if first { Verdict::Begin } else { Verdict::Take };
        }
        let known = self.layers.iter().filter(|layer| layer.pixels > 0).count();
        if self.on_air.is_none() && known < self.expected && now - began < GATHERING {
            return Verdict::Leave;
        }
        if self.best(now) != Some(at) {
            return Verdict::Leave;
        }
        if size.is_none() {
            return Verdict::Ask;
        }
        self.layers.iter_mut().for_each(|layer| layer.ahead = 0);
        self.on_air = Some(at);
        Verdict::Begin
    }

    /// Whether a key frame of a layer may be requested now; notes that it is.
    pub fn may_ask(&mut self, rid: Option<Rid>, now: Instant) -> bool {
        let Some(layer) = self.layers.iter_mut().find(|layer| layer.rid == rid) else { return true };
        let lately = layer.asked.is_some_and(|asked| now.saturating_duration_since(asked) < ASKING);
        if !lately {
            layer.asked = Some(now);
        }
        !lately
    }

    /// The largest layer that arrives; one whose size is not known yet may be the largest.
    fn best(&self, now: Instant) -> Option<usize> {
        let most = self.layers.iter().map(|layer| layer.ahead).max().unwrap_or_default();
        let silent = |layer: &Layer| now.saturating_duration_since(layer.last) > SILENT;
        let lost = |at: usize, layer: &Layer| silent(layer) && (self.on_air != Some(at) || most >= MISSED);
        let arriving = self.layers.iter().enumerate().filter(|(at, layer)| !lost(*at, layer));
        let rank = |layer: &Layer| if layer.pixels == 0 { u64::MAX } else { layer.pixels };
        // Of equal ones the one on air.
        arriving.max_by_key(|(at, layer)| (rank(layer), self.on_air == Some(*at))).map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [(&str, (u32, u32)); 3] = [("q", (160, 90)), ("h", (320, 180)), ("f", (640, 360))];

    fn judge(layers: &mut Layers, name: &str, keyframe: bool, at: Instant) -> Verdict {
        let size = SIZES.iter().find(|(known, _)| *known == name).map(|(_, size)| *size);
        layers.judge(Some(name.into()), size.filter(|_| keyframe), at)
    }

    fn three() -> (Layers, Instant) {
        let mut layers = Layers::default();
        layers.expect(3);
        (layers, Instant::now())
    }

    #[test]
    fn the_largest_layer_goes_on_air_and_the_next_one_when_it_is_lost() {
        let (mut layers, begin) = three();
        let at = |ms| begin + Duration::from_millis(ms);
        assert_eq!(judge(&mut layers, "q", true, at(0)), Verdict::Leave, "others may come");
        assert_eq!(judge(&mut layers, "h", true, at(1)), Verdict::Leave);
        assert_eq!(judge(&mut layers, "f", true, at(2)), Verdict::Begin, "all are known");
        for n in 1..=40u64 {
            assert_eq!(judge(&mut layers, "q", n == 20, at(33 * n)), Verdict::Leave);
            assert_eq!(judge(&mut layers, "f", false, at(33 * n)), Verdict::Take);
        }
        // Layer f falls silent; q and h go on.
        let lost = (41..80u64).find(|n| {
            let verdict = judge(&mut layers, "q", false, at(33 * n));
            assert_eq!(verdict, Verdict::Leave, "not the smallest");
            judge(&mut layers, "h", false, at(33 * n)) == Verdict::Ask
        });
        assert!(lost.is_some_and(|n| (15..18).contains(&(n - 40))), "{lost:?}");
        assert!(layers.may_ask(Some("h".into()), at(3000)) && !layers.may_ask(Some("h".into()), at(3400)));
        assert_eq!(judge(&mut layers, "h", true, at(2700)), Verdict::Begin);
        assert_eq!(layers.on_air(), Some("h".into()));
        assert_eq!(judge(&mut layers, "f", false, at(2800)), Verdict::Ask, "it is back");
        assert_eq!(judge(&mut layers, "f", true, at(2900)), Verdict::Begin);
    }

    #[test]
    fn the_best_of_those_that_came_is_taken_when_the_others_do_not_come() {
        let (mut layers, begin) = three();
        assert_eq!(judge(&mut layers, "q", true, begin), Verdict::Leave);
        let late = begin + GATHERING;
        assert_eq!(judge(&mut layers, "q", false, late), Verdict::Ask);
        assert_eq!(judge(&mut layers, "q", true, late), Verdict::Begin);
    }

    #[test]
    fn a_pause_of_all_layers_changes_nothing() {
        let (mut layers, begin) = three();
        for name in ["q", "h", "f"] {
            judge(&mut layers, name, true, begin);
        }
        let later = begin + Duration::from_secs(9);
        assert_eq!(judge(&mut layers, "q", true, later), Verdict::Leave);
        assert_eq!(judge(&mut layers, "f", false, later), Verdict::Take);
    }

    #[test]
    fn a_publisher_without_layers_is_taken_at_once() {
        let (mut layers, now) = (Layers::default(), Instant::now());
        assert_eq!(layers.judge(None, None, now), Verdict::Begin);
        assert_eq!((layers.judge(None, Some((9, 9)), now), layers.on_air()), (Verdict::Take, None));
    }
}
