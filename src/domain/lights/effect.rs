//! The effects there are, and which parameters each of them heeds.

/// What kind of effect it is, by its number in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// 0: stands still.
    Solid,
    /// 1: moves in place.
    Animated,
    /// 2: moves along.
    Moving,
}

impl Category {
    /// Its number in lists.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// The parameters that an effect heeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uses {
    pub palette: bool,
    pub primary: bool,
    pub secondary: bool,
    pub speed: bool,
    pub intensity: bool,
}

macro_rules! effects {
    ($($name:ident $id:literal $label:literal $category:ident $flags:literal,)*) => {
        /// What a segment does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Effect {
            $(#[doc = $label] $name,)*
        }

        impl Effect {
            /// All, in the document's order.
            pub const ALL: [Self; 23] = [$(Self::$name,)*];

            /// Its id in requests.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Its name for people.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// Its kind.
            pub fn category(self) -> Category {
                match self { $(Self::$name => Category::$category,)* }
            }

            fn flags(self) -> &'static str {
                match self { $(Self::$name => $flags,)* }
            }
        }
    };
}

// P: palette, 1: primary colour, 2: secondary colour, S: speed, I: intensity.
effects! {
    Solid "solid" "Solid Color" Solid "1",
    Rainbow "rainbow" "Rainbow" Animated "S",
    Gradient "gradient" "Gradient" Animated "12S",
    Fire "fire" "Fire" Animated "PSI",
    FireUp "fireup" "Fire Up" Animated "SI",
    Confetti "confetti" "Confetti" Animated "PS",
    ColorWaves "colorwaves" "Color Waves" Animated "PS",
    Noise "noise" "Noise" Animated "PS",
    Pacifica "pacifica" "pacifica" Animated "S",
    Pride "pride" "pride" Animated "S",
    Theater "theater" "Theater Chase" Animated "PS",
    Sinelon "sinelon" "Sinelon" Animated "PS",
    Pulse "pulse" "Pulse" Animated "1S",
    Breathe "breathe" "Breathe" Animated "1S",
    Sparkle "sparkle" "Sparkle" Animated "1S",
    Twinkle "twinkle" "Twinkle" Animated "1S",
    Strobe "strobe" "Strobe" Animated "1S",
    Candle "candle" "Candle" Animated "1SI",
    // Its tail depends on intensity all the same; the registry does not list it.
    Comet "comet" "Comet" Animated "12S",
    Meteor "meteor" "Meteor" Moving "1SI",
    Scanner "scanner" "Scanner" Moving "1SI",
    Rain "rain" "Rain" Moving "1SI",
    Wave "wave" "Wave" Moving "1SI",
}

impl Effect {
    /// The effect of an id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.id() == id)
    }

    /// The parameters it heeds.
    pub fn uses(self) -> Uses {
        let flags = self.flags();
        Uses {
            palette: flags.contains('P'),
            primary: flags.contains('1'),
            secondary: flags.contains('2'),
            speed: flags.contains('S'),
            intensity: flags.contains('I'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_is_found_by_its_id_and_by_no_other() {
        for effect in Effect::ALL {
            assert_eq!(Effect::from_id(effect.id()), Some(effect));
        }
        assert_eq!(Effect::from_id("none"), None);
        assert_eq!(Effect::from_id("Fire"), None);
    }

    #[test]
    fn the_documents_two_examples_heed_what_it_says() {
        let fire = Uses { palette: true, primary: false, secondary: false, speed: true, intensity: true };
        let gradient = Uses { palette: false, primary: true, secondary: true, speed: true, intensity: false };
        assert_eq!((Effect::Fire.uses(), Effect::Gradient.uses()), (fire, gradient));
        assert!((Effect::Fire.category().number(), Effect::Gradient.category().number()) == (1, 1));
    }
}
