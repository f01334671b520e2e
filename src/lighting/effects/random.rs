//! Repeatable randomness: the same seed gives the same numbers on every machine.
//!
//! SplitMix64 (Steele, Lea, Flood 2014): a counter that is stirred. Not for secrets.

/// See the module's text.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
    /// Random bytes in reserve, and how many of them are left.
    pool: u64,
    left: u8,
}

impl Random {
    /// Begins a sequence of numbers.
    pub fn new(seed: u64) -> Self {
        Self { state: seed, pool: 0, left: 0 }
    }

    /// The sequence of one frame: for the same frame, it is the same again.
    pub fn of_frame(seed: u64, frame: u64) -> Self {
        Self::new(stir(seed ^ stir(frame)))
    }

    /// 64 bits.
    #[inline]
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        stir(self.state)
    }

    /// Replaces each value by `other` of the value and a random byte of its own.
    #[inline]
    pub fn each(&mut self, values: &mut [u8], other: impl Fn(u8, u8) -> u8) {
        let (eights, rest) = values.as_chunks_mut::<8>();
        for values in eights {
            let bytes = self.number().to_le_bytes();
            *values = std::array::from_fn(|at| other(values[at], bytes[at]));
        }
        for (value, byte) in rest.iter_mut().zip(self.number().to_le_bytes()) {
            *value = other(*value, byte);
        }
    }

    /// 0 to 255.
    #[inline]
    pub fn byte(&mut self) -> u8 {
        if self.left == 0 {
            (self.pool, self.left) = (self.number(), 8);
        }
        let byte = self.pool as u8;
        self.pool >>= 8;
        self.left -= 1;
        byte
    }

    /// 0 to `end` - 1; 0 where `end` is 0. `end` is below 2³².
    #[inline]
    pub fn below(&mut self, end: usize) -> usize {
        (((self.number() >> 32) * end as u64) >> 32) as usize
    }

    /// True in this many of 256 cases.
    #[inline]
    pub fn chance(&mut self, of_256: u32) -> bool {
        u32::from(self.byte()) < of_256
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads a difference in one bit over all bits.
#[inline]
pub fn stir(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_splitmix64() {
        let mut random = Random::new(0);
        assert_eq!(random.number(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.number(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn chance_comes_as_often_as_it_says() {
        let mut random = Random::new(7);
        let hits = (0..25_600).filter(|_| random.chance(36)).count();
        assert!((3_300..3_900).contains(&hits), "{hits} of 25600");
        assert!((0..1000).all(|_| random.below(7) < 7) && random.below(0) == 0);
    }
}
