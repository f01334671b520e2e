//! The words that prompts are understood by without a model, as tables. `docs/guides/lighting-prompts.md` lists them
//! for people; a test keeps both alike.
//!
//! A word may be a phrase of up to [`LONGEST_PHRASE`] words; the longest one counts. Refuses to know: sentences.

use super::moods::{MOODS, Mood};
use crate::domain::lights::{Effect, Palette, Rgb};
use std::{collections::BTreeMap, sync::LazyLock};

/// Words in the longest phrase.
pub const LONGEST_PHRASE: usize = 4;

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    Color(Rgb),
    Shade(Shade),
    Mood(&'static Mood),
    Effect(Effect),
    Palette(Palette),
    Speed(Amount),
    Intensity(Amount),
    Brightness(Amount),
    Power(bool),
    /// What a number beside it is about.
    Noun(Noun),
    /// What follows is not wished for.
    Denial,
    /// A denial ends.
    Turn,
    /// What follows stays on where all was to go off; else a denial.
    Except,
    /// The same; else a denial ends.
    But,
}

/// What a number can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    Speed,
    Intensity,
    Brightness,
}

/// How much of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    To(u8),
    /// Times what it is.
    Times(f32),
}

/// What a word does to the colour that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// Half white.
    Pastel,
    /// A third white.
    Pale,
    /// Less than half as bright.
    Dark,
    /// As bright and pure as it gets.
    Bright,
    /// Half grey.
    Muted,
}

pub const COLORS: &[(&str, Rgb)] = &[
    ("red", [255, 0, 0]),
    ("scarlet", [255, 36, 0]),
    ("crimson", [220, 20, 60]),
    ("maroon", [128, 0, 0]),
    ("coral", [255, 100, 70]),
    ("salmon", [250, 128, 114]),
    ("peach", [255, 180, 120]),
    ("orange", [255, 100, 0]),
    ("amber", [255, 150, 0]),
    ("gold", [255, 190, 0]),
    ("golden", [255, 190, 0]),
    ("yellow", [255, 220, 0]),
    ("brown", [120, 60, 15]),
    ("lime", [170, 255, 0]),
    ("olive", [128, 128, 0]),
    ("green", [0, 255, 0]),
    ("emerald", [0, 200, 80]),
    ("mint", [120, 255, 180]),
    ("teal", [0, 128, 128]),
    ("turquoise", [0, 220, 200]),
    ("aqua", [0, 255, 255]),
    ("cyan", [0, 255, 255]),
    ("ice blue", [150, 220, 255]),
    ("sky blue", [80, 180, 255]),
    ("electric blue", [0, 80, 255]),
    ("royal blue", [40, 70, 225]),
    ("blue", [0, 0, 255]),
    ("navy", [0, 0, 128]),
    ("indigo", [75, 0, 130]),
    ("violet", [138, 43, 226]),
    ("purple", [128, 0, 128]),
    ("lavender", [180, 140, 255]),
    ("lilac", [200, 162, 200]),
    ("magenta", [255, 0, 255]),
    ("fuchsia", [255, 0, 255]),
    ("pink", [255, 105, 180]),
    ("hot pink", [255, 20, 147]),
    ("rose", [255, 0, 128]),
    ("white", [255, 255, 255]),
    ("warm white", [255, 180, 107]),
    ("soft white", [255, 197, 143]),
    ("neutral white", [255, 228, 206]),
    ("cool white", [212, 235, 255]),
    ("cold white", [201, 226, 255]),
    ("daylight", [255, 249, 253]),
    ("ivory", [255, 240, 200]),
    ("beige", [245, 222, 179]),
    ("silver", [192, 192, 192]),
    ("gray", [128, 128, 128]),
    ("grey", [128, 128, 128]),
    ("black", [0, 0, 0]),
];

/// Before a colour. Some of these words mean a brightness where no colour follows.
pub const SHADES: &[(&str, Shade)] = &[
    ("pastel", Shade::Pastel),
    ("light", Shade::Pale),
    ("pale", Shade::Pale),
    ("soft", Shade::Pale),
    ("dark", Shade::Dark),
    ("deep", Shade::Dark),
    ("bright", Shade::Bright),
    ("vivid", Shade::Bright),
    ("neon", Shade::Bright),
    ("pure", Shade::Bright),
    ("muted", Shade::Muted),
    ("dusty", Shade::Muted),
];

pub const EFFECTS: &[(Effect, &[&str])] = &[
    (Effect::Solid, &["solid", "solid color", "static", "steady", "still", "plain", "constant"]),
    (Effect::Rainbow, &["rainbow", "spectrum", "all colors"]),
    (Effect::Gradient, &["gradient", "blend", "ombre"]),
    (Effect::Fire, &["fire", "flame", "flaming", "burning", "blaze"]),
    (Effect::FireUp, &["fireup", "fire up", "rising fire"]),
    (Effect::Confetti, &["confetti", "colorful dots"]),
    (Effect::ColorWaves, &["colorwaves", "color waves", "rainbow waves", "colorful waves"]),
    (Effect::Noise, &["noise", "plasma", "drifting"]),
    (Effect::Pacifica, &["pacifica"]),
    (Effect::Pride, &["pride", "pride flag"]),
    (Effect::Theater, &["theater", "theater chase", "chase", "marquee", "running lights"]),
    (Effect::Sinelon, &["sinelon", "pendulum", "swinging"]),
    (Effect::Pulse, &["pulse", "pulsing", "pulsating", "heartbeat", "throbbing"]),
    (Effect::Breathe, &["breathe", "breathing", "fade in and out"]),
    (Effect::Sparkle, &["sparkle", "sparkling", "glitter", "glittering", "shimmering"]),
    (Effect::Twinkle, &["twinkle", "twinkling", "fairy lights"]),
    (Effect::Strobe, &["strobe", "flash", "flashing", "blink", "blinking"]),
    (Effect::Candle, &["candle", "flicker", "flickering"]),
    (Effect::Comet, &["comet", "shooting star"]),
    (Effect::Meteor, &["meteor", "meteor shower"]),
    (Effect::Scanner, &["scanner", "scanning", "larson", "cylon", "knight rider"]),
    (Effect::Rain, &["rain", "raining", "raindrops", "drizzle"]),
    (Effect::Wave, &["wave", "waving", "ripple"]),
];

pub const PALETTES: &[(Palette, &[&str])] = &[
    (Palette::Rainbow, &["rainbow palette", "rainbow colors"]),
    (Palette::Lava, &["lava palette", "lava colors"]),
    (Palette::Ocean, &["ocean palette", "ocean colors"]),
    (Palette::Party, &["party palette", "party colors"]),
    (Palette::Forest, &["forest palette", "forest colors"]),
    (Palette::Cloud, &["cloud palette", "cloud colors"]),
    (Palette::Heat, &["heat palette", "heat colors"]),
];

pub const SPEEDS: &[(Amount, &[&str])] = &[
    (Amount::To(15), &["very slow", "very slowly", "crawling", "barely moving"]),
    (Amount::To(40), &["calm", "calmly", "lazy", "peaceful"]),
    (Amount::To(50), &["slow", "slowly"]),
    (Amount::To(80), &["not too fast", "not so fast"]),
    (Amount::To(100), &["normal speed", "medium speed", "moderate"]),
    (Amount::To(150), &["fast", "quick", "quickly", "lively", "energetic"]),
    (Amount::To(180), &["very fast", "rapid", "rapidly", "hectic"]),
    (Amount::To(200), &["frantic", "crazy", "furious", "as fast as possible"]),
    (Amount::Times(0.6), &["slower", "slow down", "calmer"]),
    (Amount::Times(1.6), &["faster", "speed up", "quicker"]),
];

pub const INTENSITIES: &[(Amount, &[&str])] = &[
    (Amount::To(60), &["gentle", "gently", "subtle", "mild"]),
    (Amount::To(230), &["intense", "strong", "wild"]),
    (Amount::Times(0.6), &["gentler", "less intense", "subtler"]),
    (Amount::Times(1.6), &["more intense", "stronger", "wilder"]),
];

pub const BRIGHTNESSES: &[(Amount, &[&str])] = &[
    (Amount::To(20), &["very dim", "very dark", "barely lit"]),
    (Amount::To(40), &["dark", "nightlight"]),
    (Amount::To(60), &["dim", "dimmed", "low light"]),
    (Amount::To(90), &["soft", "softly lit", "not too bright", "not so bright"]),
    (Amount::To(128), &["half bright", "half brightness"]),
    (Amount::To(220), &["bright", "brightly"]),
    (Amount::To(255), &["very bright", "full brightness", "full power", "brightest", "as bright as possible"]),
    (Amount::Times(0.6), &["dimmer", "darker", "less bright"]),
    (Amount::Times(1.6), &["brighter", "more light"]),
];

pub const NOUNS: &[(Noun, &[&str])] =
    &[(Noun::Speed, &["speed"]), (Noun::Intensity, &["intensity"]), (Noun::Brightness, &["brightness"])];

pub const POWERS: &[(bool, &[&str])] = &[
    (false, &["off", "lights out", "blackout", "darkness"]),
    (
        true,
        &[
            "lights on",
            "all on",
            "everything on",
            "turn on",
            "turn it on",
            "turn them on",
            "turn the lights on",
            "switch on",
            "switch it on",
            "switch the lights on",
            "power on",
        ],
    ),
];

pub const DENIALS: &[&str] = &["no", "not", "without", "never", "dont", "nor", "neither", "instead of"];
pub const EXCEPTS: &[&str] = &["except", "apart from"];
pub const BUTS: &[&str] = &["but"];
pub const TURNS: &[&str] = &["with", "just", "only", "rather", "instead", "please"];

static TABLE: LazyLock<BTreeMap<&'static str, Vec<Meaning>>> = LazyLock::new(|| {
    let mut table: BTreeMap<_, Vec<Meaning>> = BTreeMap::new();
    let mut add = |words: &[&'static str], meaning: Meaning| {
        words.iter().for_each(|word| table.entry(*word).or_default().push(meaning));
    };
    SHADES.iter().for_each(|(word, shade)| add(&[word], Meaning::Shade(*shade)));
    COLORS.iter().for_each(|(word, color)| add(&[word], Meaning::Color(*color)));
    MOODS.iter().for_each(|mood| add(mood.words, Meaning::Mood(mood)));
    EFFECTS.iter().for_each(|(effect, words)| add(words, Meaning::Effect(*effect)));
    PALETTES.iter().for_each(|(palette, words)| add(words, Meaning::Palette(*palette)));
    SPEEDS.iter().for_each(|(amount, words)| add(words, Meaning::Speed(*amount)));
    INTENSITIES.iter().for_each(|(amount, words)| add(words, Meaning::Intensity(*amount)));
    BRIGHTNESSES.iter().for_each(|(amount, words)| add(words, Meaning::Brightness(*amount)));
    NOUNS.iter().for_each(|(noun, words)| add(words, Meaning::Noun(*noun)));
    POWERS.iter().for_each(|(power, words)| add(words, Meaning::Power(*power)));
    add(DENIALS, Meaning::Denial);
    add(EXCEPTS, Meaning::Except);
    add(BUTS, Meaning::But);
    add(TURNS, Meaning::Turn);
    table
});

/// Every word and phrase of the vocabulary.
pub fn words() -> Vec<&'static str> {
    TABLE.keys().copied().collect()
}

/// The meanings of the longest phrase at the beginning of `words`, and how many words it has. Most have one meaning; a
/// word that shades a colour may mean a brightness too, and then has the shade first. A plural means the same as its
/// singular, but shades nothing: "lights" are not "light".
pub fn longest(words: &[&str]) -> Option<(&'static [Meaning], usize)> {
    (1..=LONGEST_PHRASE.min(words.len())).rev().find_map(|length| {
        let phrase = words[..length].join(" ");
        let singular = || phrase.strip_suffix('s').and_then(|one| TABLE.get(one)).filter(|found| !shades(found));
        TABLE.get(phrase.as_str()).or_else(singular).map(|meanings| (meanings.as_slice(), length))
    })
}

fn shades(meanings: &[Meaning]) -> bool {
    matches!(meanings, [Meaning::Shade(_), ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_as_sentences_are_read_and_means_one_thing() {
        for (word, meanings) in TABLE.iter() {
            let plain = word.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
            assert!(plain && word.split(' ').count() <= LONGEST_PHRASE, "{word}");
            let one = meanings.len() == 1 || matches!(meanings.as_slice(), [Meaning::Shade(_), Meaning::Brightness(_)]);
            assert!(one, "{word}: {meanings:?}");
        }
    }

    #[test]
    fn every_effect_has_its_id_and_every_palette_a_word() {
        for effect in Effect::ALL {
            assert_eq!(TABLE.get(effect.id()).map(Vec::as_slice), Some([Meaning::Effect(effect)].as_slice()));
        }
        assert_eq!(PALETTES.iter().map(|(palette, _)| *palette).collect::<Vec<_>>(), Palette::ALL);
    }
}
