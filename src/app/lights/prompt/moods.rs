//! Moods: words for several settings at once. Refuses to know: sentences.

use crate::domain::lights::{Effect, Nightlight, Palette, Rgb};

/// Settings that belong together.
#[derive(Debug, PartialEq)]
pub struct Mood {
    pub words: &'static [&'static str],
    /// A place or an occasion, which counts before a mere air.
    pub scene: bool,
    pub effect: Effect,
    /// 1 to 200.
    pub speed: Option<u8>,
    pub intensity: Option<u8>,
    pub primary: Rgb,
    pub secondary: Option<Rgb>,
    pub palette: Option<Palette>,
    pub brightness: Option<u8>,
    /// A fade that begins at this brightness.
    pub fade: Option<Nightlight>,
}

impl Mood {
    const fn moving(mut self, speed: u8, intensity: u8, secondary: Rgb) -> Self {
        self.speed = Some(speed);
        self.intensity = Some(intensity);
        self.secondary = Some(secondary);
        self
    }

    const fn drawn_from(mut self, palette: Palette) -> Self {
        self.palette = Some(palette);
        self
    }

    const fn rising(mut self, seconds: u16, target: u8) -> Self {
        self.fade = Some(Nightlight { seconds, target });
        self
    }

    const fn at(mut self, brightness: u8) -> Self {
        self.brightness = Some(brightness);
        self
    }
}

const fn air(words: &'static [&'static str], effect: Effect, primary: Rgb) -> Mood {
    Mood { scene: false, ..scene(words, effect, primary) }
}

const fn scene(words: &'static [&'static str], effect: Effect, primary: Rgb) -> Mood {
    let (speed, intensity, secondary, palette, brightness, fade) = (None, None, None, None, None, None);
    Mood { words, scene: true, effect, speed, intensity, primary, secondary, palette, brightness, fade }
}

/// All moods: speed, intensity and secondary colour in this order.
pub static MOODS: &[Mood] = &[
    air(&["cozy", "cosy", "snug", "homely"], Effect::Candle, [255, 140, 40]).moving(60, 120, [255, 80, 0]),
    air(&["warm", "warmer"], Effect::Solid, [255, 160, 70]),
    air(&["cool", "cold", "chilly"], Effect::Solid, [200, 228, 255]),
    air(&["romantic", "valentine", "date night"], Effect::Breathe, [255, 20, 80]).moving(50, 128, [128, 0, 64]).at(100),
    air(
        &["relax", "relaxing", "relaxed", "chill", "chilled", "zen", "meditation", "spa"],
        Effect::Breathe,
        [60, 140, 200],
    )
    .moving(40, 128, [120, 80, 200])
    .at(110),
    air(&["focus", "focused", "concentrate", "concentration", "study", "reading"], Effect::Solid, [255, 244, 229])
        .at(230),
    air(&["happy", "cheerful", "joyful"], Effect::Confetti, [255, 200, 0])
        .moving(110, 128, [255, 0, 128])
        .drawn_from(Palette::Rainbow),
    air(&["sad", "melancholic", "melancholy"], Effect::Breathe, [20, 40, 140]).moving(30, 128, [40, 0, 80]).at(80),
    air(&["spooky", "scary", "creepy"], Effect::Candle, [120, 0, 200]).moving(140, 220, [255, 90, 0]).at(110),
    scene(&["fireplace", "hearth", "campfire", "bonfire"], Effect::Fire, [255, 80, 0]).moving(180, 200, [255, 40, 0]),
    scene(&["candlelight", "candlelit dinner"], Effect::Candle, [255, 140, 40]).moving(80, 140, [255, 80, 0]).at(90),
    scene(&["lava", "volcano", "magma"], Effect::Noise, [255, 60, 0])
        .moving(60, 200, [128, 0, 0])
        .drawn_from(Palette::Lava),
    scene(&["lava lamp"], Effect::Noise, [255, 60, 0]).moving(25, 128, [255, 0, 128]).drawn_from(Palette::Lava),
    scene(
        &["party", "party night", "disco", "dance", "dance floor", "rave", "club", "birthday"],
        Effect::Confetti,
        [255, 0, 128],
    )
    .moving(180, 200, [0, 128, 255])
    .drawn_from(Palette::Party),
    scene(&["concert", "stage show", "rock show"], Effect::Scanner, [255, 0, 80]).moving(170, 180, [0, 80, 255]),
    scene(&["ocean", "sea", "underwater", "aquarium", "beach"], Effect::Pacifica, [0, 90, 255])
        .moving(60, 128, [0, 200, 200])
        .drawn_from(Palette::Ocean),
    scene(&["forest", "jungle", "woods", "nature", "meadow"], Effect::Noise, [0, 160, 40])
        .moving(50, 128, [60, 200, 0])
        .drawn_from(Palette::Forest),
    scene(&["sky", "cloud", "cloudy"], Effect::ColorWaves, [120, 190, 255])
        .moving(40, 128, [255, 255, 255])
        .drawn_from(Palette::Cloud),
    scene(&["sunset", "dusk", "evening sun"], Effect::Gradient, [255, 94, 20]).moving(60, 128, [128, 0, 128]),
    scene(&["sunrise", "dawn", "morning"], Effect::Gradient, [255, 170, 60]).moving(60, 128, [255, 90, 120]),
    scene(&["sunny", "summer", "tropical"], Effect::Gradient, [255, 200, 0]).moving(80, 128, [0, 200, 200]).at(220),
    scene(&["autumn", "fall colors", "harvest"], Effect::Comet, [255, 90, 0]).moving(50, 160, [120, 40, 0]),
    scene(&["winter", "snow", "snowfall", "frost", "icy"], Effect::Sparkle, [90, 140, 200]).moving(
        70,
        128,
        [255, 255, 255],
    ),
    scene(&["storm", "thunderstorm", "lightning", "thunder"], Effect::Sparkle, [10, 10, 60]).moving(
        200,
        230,
        [255, 255, 255],
    ),
    scene(&["aurora", "northern lights", "polar lights"], Effect::ColorWaves, [0, 255, 128])
        .moving(40, 128, [120, 0, 255])
        .drawn_from(Palette::Forest),
    scene(&["space", "galaxy", "night sky", "starry", "stars", "universe"], Effect::Twinkle, [200, 215, 255]).moving(
        50,
        128,
        [40, 0, 120],
    ),
    scene(&["christmas", "xmas", "advent"], Effect::Comet, [255, 0, 0]).moving(80, 200, [0, 160, 0]),
    scene(&["halloween", "haunted house", "witch"], Effect::Comet, [255, 90, 0]).moving(90, 180, [90, 0, 160]),
    scene(&["new year", "fireworks"], Effect::Confetti, [255, 200, 60])
        .moving(190, 230, [255, 255, 255])
        .drawn_from(Palette::Rainbow),
    scene(&["police", "emergency", "siren", "patrol car"], Effect::Comet, [255, 0, 0]).moving(200, 255, [0, 0, 255]),
    scene(&["cyberpunk", "synthwave", "gaming", "arcade"], Effect::Comet, [255, 0, 200]).moving(
        130,
        200,
        [0, 220, 255],
    ),
    scene(&["matrix", "hacker"], Effect::Rain, [0, 255, 60]).moving(120, 180, [0, 40, 0]),
    scene(&["movie", "cinema", "film night"], Effect::Solid, [255, 120, 40]).at(40),
    scene(&["sleep", "sleepy", "bedtime", "good night"], Effect::Solid, [255, 90, 20]).at(25),
    air(&["night", "at night", "by night", "nighttime"], Effect::Solid, [255, 90, 20]).at(25),
    scene(&["wake me up", "wake me", "wake up", "waking up"], Effect::Solid, [255, 170, 90]).at(1).rising(900, 200),
    scene(&["on air", "recording"], Effect::Solid, [255, 0, 0]),
    scene(&["wedding", "dinner"], Effect::Twinkle, [255, 200, 140]).moving(60, 128, [255, 255, 255]).at(150),
];
