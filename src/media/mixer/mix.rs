//! Program's sound: audio follows video. Sans-IO but for reading the sources' sound.
//!
//! The gain of each source moves from where it was to where the scene wants it: within 5 ms on a cut, over the whole
//! slot during a fade (equal power), so that nothing clicks.

use super::scene::Scene;
use crate::{
    domain::source::SourceId,
    media::ingest::sound::{RATE, Sample, Sound},
};
use std::{collections::BTreeMap, f32::consts::FRAC_PI_2};

/// The ramp of a cut: 5 ms.
const RAMP: usize = (RATE / 200) as usize;

/// The present gain of each source that is heard.
#[derive(Debug, Default)]
pub struct Gains(BTreeMap<SourceId, f32>);

impl Gains {
    /// Mixes the samples from number `from` on. Sources that are not heard are kept up to date with `skip`.
    /// `leaving` are sounds of inputs that are gone, each with the gain it had: they are faded out.
    pub fn mix<'a>(
        &mut self,
        scene: Option<Scene>,
        sounds: impl Iterator<Item = (SourceId, &'a Sound)>,
        leaving: impl Iterator<Item = (f32, &'a Sound)>,
        from: u64,
        samples: &mut [Sample],
    ) {
        samples.fill([0.0; 2]);
        let ramp = match scene {
            Some(Scene::Mix { .. }) => samples.len(),
            _ => RAMP.min(samples.len()),
        };
        for (id, sound) in sounds {
            let begin = self.0.get(&id).copied().unwrap_or(0.0);
            let end = wanted(scene, id);
            if begin == 0.0 && end == 0.0 {
                sound.skip_to(from + samples.len() as u64);
                continue;
            }
            sound.mix_into(from, samples, |i| ramped(begin, end, i, ramp));
            if end == 0.0 {
                self.0.remove(&id);
            } else {
                self.0.insert(id, end);
            }
        }
        let brief = RAMP.min(samples.len());
        for (gain, sound) in leaving {
            sound.mix_into(from, samples, |i| ramped(gain, 0.0, i, brief));
        }
        for sample in samples {
            *sample = sample.map(|value| value.clamp(-1.0, 1.0));
        }
    }

    /// Forgets a source; gives the gain that it had.
    pub fn take(&mut self, id: SourceId) -> f32 {
        self.0.remove(&id).unwrap_or(0.0)
    }
}

fn wanted(scene: Option<Scene>, id: SourceId) -> f32 {
    match scene {
        Some(Scene::One(source)) if source == id => 1.0,
        Some(Scene::Mix { from, to, .. }) if from == to && from == id => 1.0,
        Some(Scene::Mix { to, share, .. }) if to == id => (share * FRAC_PI_2).sin(),
        Some(Scene::Mix { from, share, .. }) if from == id => (share * FRAC_PI_2).cos(),
        _ => 0.0,
    }
}

fn ramped(begin: f32, end: f32, i: usize, ramp: usize) -> f32 {
    if i >= ramp { end } else { begin + (end - begin) * (i + 1) as f32 / ramp as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds() -> [Sound; 2] {
        [0.5_f32, 0.25].map(|level| {
            let sound = Sound::default();
            sound.put(0, &vec![[level; 2]; 48_000]);
            sound
        })
    }

    fn all(sounds: &[Sound; 2]) -> impl Iterator<Item = (SourceId, &Sound)> {
        [SourceId(0), SourceId(1)].into_iter().zip(sounds)
    }

    fn none<'a>() -> impl Iterator<Item = (f32, &'a Sound)> {
        std::iter::empty()
    }

    fn largest_step(mix: &[Sample]) -> f32 {
        mix.windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_cut_is_heard_within_five_milliseconds_and_without_a_click() {
        let sounds = sounds();
        let mut gains = Gains::default();
        let mut mix = vec![[0.0; 2]; 1600];
        gains.mix(Some(Scene::One(SourceId(0))), all(&sounds), none(), 0, &mut mix);
        assert_eq!(mix[1599], [0.5, 0.5]);
        gains.mix(Some(Scene::One(SourceId(1))), all(&sounds), none(), 1600, &mut mix);
        assert!(largest_step(&mix) < 0.01, "a step of {}", largest_step(&mix));
        assert!(mix[240..].iter().all(|sample| *sample == [0.25, 0.25]), "{:?}", &mix[236..244]);
        gains.mix(Some(Scene::One(SourceId(1))), all(&sounds), none(), 3200, &mut mix);
        assert!(mix.iter().all(|sample| *sample == [0.25, 0.25]), "the old source is silent");
    }

    #[test]
    fn a_fade_moves_from_one_sound_to_the_other_over_its_slots() {
        let sounds = sounds();
        let mut gains = Gains::default();
        let mut mix = vec![[0.0; 2]; 1600];
        gains.mix(Some(Scene::One(SourceId(0))), all(&sounds), none(), 0, &mut mix);
        let mut last = mix[1599][0];
        for n in 1..=9 {
            let scene = Scene::Mix { from: SourceId(0), to: SourceId(1), share: n as f32 / 10.0 };
            gains.mix(Some(scene), all(&sounds), none(), n * 1600, &mut mix);
            assert!((mix[0][0] - last).abs() < 0.01, "slot {n} begins where the one before ended");
            last = mix[1599][0];
            let angle = n as f32 / 10.0 * FRAC_PI_2;
            assert!((last - (0.5 * angle.cos() + 0.25 * angle.sin())).abs() < 1e-4);
        }
    }

    #[test]
    fn a_source_that_goes_while_it_is_heard_is_faded_out_without_a_click() {
        let sounds = sounds();
        let mut gains = Gains::default();
        let mut mix = vec![[0.0; 2]; 1600];
        gains.mix(Some(Scene::One(SourceId(0))), all(&sounds), none(), 0, &mut mix);
        let gain = gains.take(SourceId(0));
        assert_eq!(gain, 1.0);
        let stays = || all(&sounds).skip(1);
        let leaving = [(gain, &sounds[0])].into_iter();
        gains.mix(Some(Scene::One(SourceId(1))), stays(), leaving, 1600, &mut mix);
        assert!(largest_step(&mix) < 0.01 && (mix[0][0] - 0.5).abs() < 0.01, "a step of {}", largest_step(&mix));
        assert!(mix[240..].iter().all(|sample| *sample == [0.25, 0.25]));
        assert_eq!(gains.take(SourceId(0)), 0.0);
    }
}
