//! Interprets a sentence without a model, by the words of the vocabulary.
//!
//! ```text
//! sentence ─► tokens ─► longest phrases ─► Wish (explicit) ─► Spec (with the mood below it, the state below that)
//! ```
//!
//! Explicit words count before a mood, a number before a word, the last effect or mood before an earlier one. A negated
//! word is no wish. Unknown words are skipped. Refuses to know: lights.

use super::{
    PromptError,
    color::{byte, palette_near, shaded},
    moods::Mood,
    sentence::{Token, tokens},
    spec::{FASTEST, MOST_COLORS, Now, Spec},
    vocabulary::{Amount, Meaning, Noun, Shade, longest},
};
use crate::domain::lights::{Effect, Palette, Rgb};

/// The requests of a sentence.
#[derive(Default)]
struct Wish {
    colors: Vec<Rgb>,
    /// A place or an occasion.
    scene: Option<&'static Mood>,
    /// A mere air: below a scene, only its brightness counts.
    air: Option<&'static Mood>,
    effect: Option<Effect>,
    palette: Option<Palette>,
    speed: Option<Amount>,
    intensity: Option<Amount>,
    brightness: Option<Amount>,
    power: Option<bool>,
    /// Numbers, which count before words.
    numbers: Vec<(Noun, u8)>,
}

/// The settings that a sentence asks for, given the present state `now`.
///
/// # Errors
/// [`PromptError::NotUnderstood`] when it asks for nothing that is known.
pub fn interpret(text: &str, now: &Now) -> Result<Spec, PromptError> {
    let spec = Reader::read(&tokens(text)).spec(now);
    if spec.is_empty() { Err(PromptError::NotUnderstood) } else { Ok(spec) }
}

/// Reads a sentence token by token.
#[derive(Default)]
struct Reader {
    wish: Wish,
    denied: bool,
    /// What follows stays on, though all was to go off.
    spared: bool,
    /// Shades for the next colour.
    shades: Vec<Shade>,
    /// The subject of the next number.
    noun: Option<Noun>,
}

impl Reader {
    fn read(tokens: &[Token]) -> Wish {
        let mut reader = Self::default();
        // Within a sentence it means a place.
        if let [Token::Word(word)] = tokens
            && word == "on"
        {
            reader.wish.power = Some(true);
        }
        let mut rest = tokens;
        while !rest.is_empty() {
            let taken = reader.step(rest);
            rest = &rest[taken..];
        }
        reader.wish
    }

    /// Reads the first phrase; returns how many tokens it has.
    fn step(&mut self, rest: &[Token]) -> usize {
        match &rest[0] {
            Token::Break => {
                (self.denied, self.noun) = (false, None);
                1
            }
            Token::Color(color) => {
                self.color(*color);
                1
            }
            Token::Number { value, percent } => self.number(*value, *percent, &rest[1..]),
            Token::Word(word) if word == "rgb" => match rest {
                [_, Token::Number { value: r, .. }, tail @ ..] => self.triplet(*r, tail),
                _ => 1,
            },
            Token::Word(word) => match longest(&words(rest)) {
                Some((meanings, length)) => {
                    self.meaning(meanings, &rest[length..]);
                    length
                }
                None => {
                    if !matches!(word.as_str(), "to" | "at" | "of" | "is" | "by") {
                        self.noun = None;
                    }
                    1
                }
            },
        }
    }

    fn meaning(&mut self, meanings: &[Meaning], behind: &[Token]) {
        self.noun = None;
        for meaning in meanings {
            match *meaning {
                Meaning::Denial => self.denied = true,
                Meaning::Turn => self.denied = false,
                Meaning::Except | Meaning::But if self.wish.power == Some(false) => {
                    (self.denied, self.spared) = (false, true);
                }
                Meaning::Except => self.denied = true,
                Meaning::But => self.denied = false,
                Meaning::Noun(noun) => self.noun = Some(noun),
                Meaning::Shade(shade) if before_color(behind) => {
                    self.shades.push(shade);
                    return; // the number is no brightness then
                }
                Meaning::Color(color) => self.color(color),
                Meaning::Shade(_) => {}
                _ if self.denied => {}
                Meaning::Mood(mood) => {
                    self.spare();
                    let place = if mood.scene { &mut self.wish.scene } else { &mut self.wish.air };
                    *place = Some(mood);
                }
                Meaning::Effect(effect) => {
                    self.spare();
                    self.wish.effect = Some(effect);
                }
                Meaning::Palette(palette) => {
                    self.spare();
                    self.wish.palette = Some(palette);
                }
                Meaning::Power(power) => self.wish.power = Some(power),
                Meaning::Speed(amount) => self.wish.speed = Some(amount),
                Meaning::Intensity(amount) => self.wish.intensity = Some(amount),
                Meaning::Brightness(amount) => self.wish.brightness = Some(amount),
            }
        }
    }

    fn color(&mut self, color: Rgb) {
        let color = self.shades.drain(..).rev().fold(color, shaded);
        if !self.denied && self.wish.colors.len() < MOST_COLORS {
            self.spare();
            self.wish.colors.push(color);
        }
    }

    /// Something is to be seen: all goes off but this.
    fn spare(&mut self) {
        if self.spared {
            self.wish.power = None;
        }
    }

    /// `rgb 255 80 0`, with any punctuation in between.
    fn triplet(&mut self, red: f32, tail: &[Token]) -> usize {
        let numbers = tail.iter().enumerate().filter(|(_, token)| **token != Token::Break);
        let numbers: Vec<_> = numbers.take(2).collect();
        let [(_, Token::Number { value: green, .. }), (last, Token::Number { value: blue, .. })] = numbers[..] else {
            return 2;
        };
        self.color([red, *green, *blue].map(|part| byte(part, 255.0)));
        3 + last
    }

    /// A number belongs to the noun before or after it; a percentage without a noun is a brightness.
    fn number(&mut self, value: f32, percent: bool, behind: &[Token]) -> usize {
        let behind = match longest(&words(behind)) {
            Some(([Meaning::Noun(noun)], length)) => Some((*noun, length)),
            _ => None,
        };
        let noun = self.noun.take().map(|noun| (noun, 0)).or(behind);
        let noun = noun.or_else(|| percent.then_some((Noun::Brightness, 0)));
        let Some((noun, length)) = noun else { return 1 };
        let most = if noun == Noun::Speed { f32::from(FASTEST) } else { 255.0 };
        let value = byte(if percent { value / 100.0 * most } else { value }, most);
        if !self.denied {
            self.wish.numbers.push((noun, value));
        }
        1 + length
    }
}

impl Wish {
    fn spec(self, now: &Now) -> Spec {
        if self.power == Some(false) {
            return Spec { power: Some(false), ..Spec::default() };
        }
        let mood = self.scene.or(self.air);
        let dimmed = [self.scene, self.air].into_iter().flatten().find_map(|mood| mood.brightness);
        let fade = mood.and_then(|mood| mood.fade);
        let palette_alone = self.palette.is_some() && self.colors.is_empty();
        let heeds_palette = now.look.effect.is_some_and(|effect| effect.uses().palette);
        let effect = self.effect.or(mood.map(|mood| mood.effect)).or(match self.colors.len() {
            0 => (palette_alone && !heeds_palette).then_some(Effect::ColorWaves),
            1 => Some(Effect::Solid),
            _ => Some(Effect::Gradient),
        });
        let uses = effect.map(Effect::uses);
        let (first, second) = (self.colors.first().copied(), self.colors.get(1).copied());
        // Beside a named colour, a mood's second one is only for effects that show two.
        let keeps_second = first.is_none() || uses.is_some_and(|uses| uses.secondary);
        let by_palette = uses.is_some_and(|uses| uses.palette && !uses.primary);
        let amount = |noun, said: Option<Amount>, moody: Option<u8>, is: u8, least: u8, most: u8| {
            let number = self.numbers.iter().rev().find(|(of, _)| *of == noun).map(|(_, number)| *number);
            let said = said.map(|amount| amount.of(moody.unwrap_or(is)));
            number.or(said).or(moody).map(|value| value.clamp(least, most))
        };
        let (look, brightness) = (&now.look, now.brightness);
        Spec {
            effect,
            speed: amount(Noun::Speed, self.speed, mood.and_then(|m| m.speed), look.speed, 1, FASTEST),
            intensity: amount(Noun::Intensity, self.intensity, mood.and_then(|m| m.intensity), look.intensity, 0, 255),
            primary: first.or(mood.map(|mood| mood.primary)),
            secondary: second.or(mood.and_then(|mood| mood.secondary).filter(|_| keeps_second)),
            palette: self
                .palette
                .or(first.filter(|_| by_palette).map(palette_near))
                .or(mood.and_then(|mood| mood.palette)),
            brightness: amount(Noun::Brightness, self.brightness, dimmed, brightness, 0, 255),
            power: self.power.or(fade.map(|_| true)),
            fade,
            colors: if self.colors.len() > 2 { self.colors } else { Vec::new() },
        }
    }
}

impl Amount {
    /// An increase is at least 16.
    fn of(self, is: u8) -> u8 {
        match self {
            Self::To(value) => value,
            Self::Times(factor) if factor > 1.0 => byte(f32::from(is) * factor, 255.0).max(is.saturating_add(16)),
            Self::Times(factor) => byte(f32::from(is) * factor, 255.0),
        }
    }
}

/// The first words, as many as a phrase may have and one more.
fn words(tokens: &[Token]) -> Vec<&str> {
    let words = tokens.iter().map_while(|token| if let Token::Word(word) = token { Some(word.as_str()) } else { None });
    words.take(super::vocabulary::LONGEST_PHRASE).collect()
}

/// Whether a colour comes next, with nothing but shades before it.
fn before_color(mut tokens: &[Token]) -> bool {
    loop {
        if let [Token::Color(_), ..] = tokens {
            return true;
        }
        match longest(&words(tokens)) {
            Some(([Meaning::Color(_)], _)) => return true,
            Some(([Meaning::Shade(_), ..], length)) => tokens = &tokens[length..],
            _ => return false,
        }
    }
}
