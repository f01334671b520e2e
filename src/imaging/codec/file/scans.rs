//! What the scans of a JPEG have brought of its picture: all of it, or does a scan lack?
//!
//! Refuses to know: coded data. Whether a scan is whole is for the decoder to find out.
//!
//! Source: ITU-T T.81 B.2.3 and G.1.1.

/// Coefficients of a block.
const BLOCK: usize = 64;
/// A coefficient that no scan has brought yet.
const NONE: u8 = 0xff;

/// Of each component, by its id, the bits that each coefficient still lacks.
#[derive(Debug)]
pub struct Scans {
    components: Vec<(u8, [u8; BLOCK])>,
    is_progressive: bool,
}

impl Scans {
    /// None yet, of a frame by its marker and header.
    pub fn of(marker: u8, frame: &[u8]) -> Self {
        let (parts, _) = frame.get(6..).unwrap_or_default().as_chunks::<3>();
        let components = parts.iter().map(|[id, ..]| (*id, [NONE; BLOCK])).collect();
        Self { components, is_progressive: matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce) }
    }

    /// Takes a scan into account, by its header.
    pub fn add(&mut self, scan: &[u8]) {
        let Some((&count, rest)) = scan.split_first() else { return };
        let Some((parts, &[first, last, bits])) = rest.split_at_checked(usize::from(count) * 2) else { return };
        let (band, lacking) = if self.is_progressive { (first..=last, bits & 15) } else { (0..=63, 0) };
        let (parts, _) = parts.as_chunks::<2>();
        for (_, block) in self.components.iter_mut().filter(|(id, _)| parts.iter().any(|[part, _]| part == id)) {
            for at in band.clone() {
                if let Some(coefficient) = block.get_mut(usize::from(at)) {
                    *coefficient = lacking;
                }
            }
        }
    }

    /// Whether every component has all bits of all coefficients.
    pub fn are_complete(&self) -> bool {
        !self.components.is_empty()
            && self.components.iter().all(|(_, block)| block.iter().all(|lacking| *lacking == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREY: &[u8] = &[8, 0, 8, 0, 8, 1, 7, 0x11, 0];
    const COLOUR: &[u8] = &[8, 0, 8, 0, 8, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];

    #[test]
    fn a_sequential_picture_is_complete_with_the_last_of_its_components() {
        let mut scans = Scans::of(0xc0, COLOUR);
        for (id, complete) in [(1, false), (3, false), (2, true)] {
            scans.add(&[1, id, 0, 0, 63, 0]);
            assert_eq!(scans.are_complete(), complete, "component {id}");
        }
        let mut scans = Scans::of(0xc0, COLOUR);
        scans.add(&[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
        assert!(scans.are_complete());
    }

    #[test]
    fn a_progressive_picture_is_complete_with_the_last_bit_of_the_last_band() {
        let mut scans = Scans::of(0xc2, GREY);
        let steps = [([0, 0, 0x01], false), ([1, 63, 0x01], false), ([0, 0, 0x10], false), ([1, 63, 0x10], true)];
        for ([first, last, bits], complete) in steps {
            scans.add(&[1, 7, 0, first, last, bits]);
            assert_eq!(scans.are_complete(), complete, "{first} to {last}");
        }
    }

    #[test]
    fn broken_headers_bring_nothing() {
        let mut scans = Scans::of(0xc0, COLOUR);
        for header in [&[][..], &[3], &[3, 1, 0], &[200; 9]] {
            scans.add(header);
        }
        assert!(!scans.are_complete());
        assert!(!Scans::of(0xc0, &[]).are_complete());
    }
}
