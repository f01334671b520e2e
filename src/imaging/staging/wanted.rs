//! Which pieces a prompt names: "two armchairs", "no rug", "with plants and a bookshelf".
//!
//! Refuses to know: sizes, places.

use super::furniture::Kind;
use crate::imaging::wishes;

/// Pieces by name; the first of a row is the word in a prompt.
const NAMES: &[(&str, Item)] = &[
    ("sofa", Item::Sofa),
    ("couch", Item::Sofa),
    ("armchair", Item::Armchair),
    ("rug", Item::Rug),
    ("carpet", Item::Rug),
    ("lamp", Item::Lamp),
    ("tv", Item::Media),
    ("television", Item::Media),
    ("sideboard", Item::Media),
    ("bookshelf", Item::Bookshelf),
    ("bookshelves", Item::Bookshelf),
    ("bookcase", Item::Bookshelf),
    ("shelf", Item::Bookshelf),
    ("shelves", Item::Bookshelf),
    ("plant", Item::Plant),
    ("greenery", Item::Plant),
    ("bed", Item::Bed),
    ("nightstand", Item::Nightstand),
    ("wardrobe", Item::Wardrobe),
    ("closet", Item::Wardrobe),
    ("desk", Item::Desk),
    ("chair", Item::Chair),
    ("stool", Item::Stool),
    ("island", Item::Island),
    ("fridge", Item::Fridge),
    ("refrigerator", Item::Fridge),
    ("bathtub", Item::Bathtub),
    ("tub", Item::Bathtub),
    ("toilet", Item::Toilet),
    ("towel", Item::Towels),
    ("table", Item::Table),
];

/// What a prompt can ask for or deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Item {
    Sofa,
    Armchair,
    Rug,
    Lamp,
    Media,
    Bookshelf,
    Plant,
    Bed,
    Nightstand,
    Wardrobe,
    Desk,
    Chair,
    Stool,
    Island,
    Fridge,
    Bathtub,
    Toilet,
    Towels,
    Table,
}

impl Item {
    /// What a piece is called.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Sofa | Kind::Loveseat => Self::Sofa,
            Kind::Armchair => Self::Armchair,
            Kind::Rug | Kind::SmallRug => Self::Rug,
            Kind::FloorLamp => Self::Lamp,
            Kind::Media | Kind::Sideboard => Self::Media,
            Kind::Bookshelf => Self::Bookshelf,
            Kind::Plant | Kind::SmallPlant => Self::Plant,
            Kind::Bed | Kind::SingleBed => Self::Bed,
            Kind::Nightstand => Self::Nightstand,
            Kind::Wardrobe => Self::Wardrobe,
            Kind::Desk | Kind::SmallDesk => Self::Desk,
            Kind::OfficeChair | Kind::DiningChair => Self::Chair,
            Kind::Stool => Self::Stool,
            Kind::Island => Self::Island,
            Kind::Fridge => Self::Fridge,
            Kind::Bathtub => Self::Bathtub,
            Kind::Toilet => Self::Toilet,
            Kind::TowelRack => Self::Towels,
            Kind::CoffeeTable
            | Kind::SideTable
            | Kind::DiningTable
            | Kind::SmallTable
            | Kind::Counter
            | Kind::SmallCounter
            | Kind::Basin => Self::Table,
        }
    }
}

/// What is asked for by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How many of what; 0 is none.
    counts: Vec<(Item, u32)>,
}

impl Wanted {
    /// Reads a prompt.
    pub fn of(prompt: &str) -> Self {
        let words = wishes::words(prompt);
        let mut counts: Vec<(Item, u32)> = Vec::new();
        let mut denied = false;
        // Words since "no", at most three of which may describe the piece; behind a denied piece, words that go on.
        let mut since = 0;
        for (index, word) in words.iter().enumerate() {
            since += 1;
            match word.as_str() {
                "no" | "without" | "not" => (denied, since) = (true, 0),
                "or" | "nor" | "and" if denied => since = 1,
                "with" | "but" | "add" | "include" => denied = false,
                _ if number(word).is_some() => denied = denied && since < 2 && word == "a",
                _ => {}
            }
            let item = NAMES.iter().find(|(name, _)| word == name || word.strip_suffix('s') == Some(name));
            let Some((name, item)) = item else { continue };
            // "no rug or plants" denies both, "no rug, plants" does not.
            let count = if denied && since <= 3 {
                since = 3;
                0
            } else {
                denied = false;
                let plural = if word == name { 1 } else { 2 };
                let before = &words[index.saturating_sub(3)..index];
                before.iter().rev().find_map(|word| number(word)).unwrap_or(plural)
            };
            if counts.iter().all(|(other, _)| other != item) {
                counts.push((*item, count));
            }
        }
        Self { counts }
    }

    /// How many of a piece, when its usual number is `usual`.
    pub fn count(&self, kind: Kind, usual: u32) -> u32 {
        let named = self.counts.iter().find(|(item, _)| *item == Item::of(kind));
        named.map_or(usual, |(_, count)| (*count).min(4))
    }

    /// Whether a piece may stand there.
    pub fn allows(&self, kind: Kind) -> bool {
        self.count(kind, 1) > 0
    }
}

fn number(word: &str) -> Option<u32> {
    match word {
        "a" | "an" | "one" | "single" => Some(1),
        "two" | "pair" | "couple" => Some(2),
        "three" => Some(3),
        "four" => Some(4),
        _ => word.parse().ok().filter(|count| *count < 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_counted_and_denied_as_the_prompt_says() {
        let wanted = Wanted::of("Cosy room with two armchairs and plants, a bookshelf, no rug or tv");
        assert_eq!(wanted.count(Kind::Armchair, 1), 2);
        assert_eq!(wanted.count(Kind::Plant, 1), 2);
        assert_eq!(wanted.count(Kind::Bookshelf, 0), 1);
        assert!(!wanted.allows(Kind::Rug) && !wanted.allows(Kind::Media));
        assert_eq!(wanted.count(Kind::Sofa, 1), 1);
    }

    #[test]
    fn what_comes_after_a_denial_of_something_else_is_wanted() {
        let wanted = Wanted::of("without a sofa but with 3 plants");
        assert!(!wanted.allows(Kind::Sofa));
        assert_eq!(wanted.count(Kind::Plant, 1), 3);
    }
}
