//! Frame rates as broadcast writes them: exact fractions, read from 30, 29.97 or "30000/1001".
//!
//! Refuses to know: clocks and slots.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// Nominal rates with an NTSC form (nominal x 1000/1001, SMPTE ST 2036 and older) that is written as a rounded decimal.
const NTSC_NOMINAL: [u32; 5] = [24, 30, 48, 60, 120];

/// A frame rate in frames per second, as a fraction in lowest terms, above 0 and at most 120.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Frames.
    pub num: u32,
    /// In this many seconds.
    pub den: u32,
}

impl Rate {
    /// The rate `num/den` in lowest terms; none when it is not above 0 and at most 120.
    pub fn new(num: u32, den: u32) -> Option<Self> {
        let in_range = num > 0 && den > 0 && u64::from(num) <= 120 * u64::from(den);
        let divisor = gcd(num, den);
        in_range.then(|| Self { num: num / divisor, den: den / divisor })
    }

    /// Reads a decimal: 29.97 and its kin become their 1001 fractions, others are exact to a thousandth.
    fn from_decimal(value: f64) -> Option<Self> {
        if !(0.001..=120.0).contains(&value) {
            return None;
        }
        let ntsc =
            NTSC_NOMINAL.into_iter().find(|&nominal| (value - f64::from(nominal) * 1000.0 / 1001.0).abs() < 0.005);
        match ntsc {
            Some(nominal) => Self::new(nominal * 1000, 1001),
            None => Self::new((value * 1000.0).round() as u32, 1000),
        }
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

/// The text is not a frame rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a frame rate above 0 and at most 120; write 30, 29.97 or \"30000/1001\"")]
pub struct NotARate(String);

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        let rate = match text.split_once('/') {
            Some((num, den)) => match (num.trim().parse(), den.trim().parse()) {
                (Ok(num), Ok(den)) => Self::new(num, den),
                _ => None,
            },
            None => text.trim().parse().ok().and_then(Self::from_decimal),
        };
        rate.ok_or_else(|| NotARate(format!("{text:?}")))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a frame rate such as 30, 29.97 or \"30000/1001\"")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Rate, E> {
                let rate = u32::try_from(value).ok().and_then(|num| Rate::new(num, 1));
                rate.ok_or_else(|| E::custom(NotARate(value.to_string())))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Rate, E> {
                let rate = u32::try_from(value).ok().and_then(|num| Rate::new(num, 1));
                rate.ok_or_else(|| E::custom(NotARate(value.to_string())))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Rate, E> {
                Rate::from_decimal(value).ok_or_else(|| E::custom(NotARate(value.to_string())))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Rate, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(text: &str) -> Option<(u32, u32)> {
        text.parse::<Rate>().ok().map(|rate| (rate.num, rate.den))
    }

    #[test]
    fn rounded_decimals_become_the_exact_ntsc_fractions() {
        for text in ["29.97", "29.970", "29.97003", "30000/1001"] {
            assert_eq!(fraction(text), Some((30000, 1001)), "{text}");
        }
        for text in ["23.976", "23.98"] {
            assert_eq!(fraction(text), Some((24000, 1001)), "{text}");
        }
        assert_eq!(fraction("59.94"), Some((60000, 1001)));
        assert_eq!(fraction("119.88"), Some((120000, 1001)));
    }

    #[test]
    fn whole_and_odd_rates_stay_what_they_are_in_lowest_terms() {
        assert_eq!(fraction("30"), Some((30, 1)));
        assert_eq!(fraction("25.0"), Some((25, 1)));
        assert_eq!(fraction("12.5"), Some((25, 2)));
        assert_eq!(fraction("50/2"), Some((25, 1)));
    }

    #[test]
    fn zero_negative_unbounded_and_nonsense_rates_are_refused() {
        for text in ["0", "0/1", "30/0", "-25", "121", "NaN", "inf", "fast", "30/", "1e9"] {
            assert_eq!(fraction(text), None, "{text}");
        }
    }
}
