//! Names of apps and rooms, and which app owns a room.
//!
//! All rooms of the server share one space of names. An app owns the room that is named like its prefix and those that
//! begin with the prefix and a dash; where several prefixes fit, the longest wins. Refuses to know: rows, tenants.

/// The app of the program mixer's own output; it is built in.
pub const PROGRAM: &str = "program";
/// The room of the mixer's program.
pub const PROGRAM_ROOM: &str = "program-main";
/// The longest name of a room in a request, in characters (StreamHub, join tokens).
pub const ROOM_MAX: usize = 120;

/// `^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$`: valid names of apps.
pub fn is_slug(name: &str) -> bool {
    let bytes = name.as_bytes();
    (3..=32).contains(&bytes.len()) && is_prefix(name) && bytes.last().is_some_and(|&last| last != b'-')
}

/// `^[a-z0-9][a-z0-9-]{0,39}$`: valid prefixes of rooms.
pub fn is_prefix(prefix: &str) -> bool {
    let bytes = prefix.as_bytes();
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=40).contains(&bytes.len())
        && bytes.first().is_some_and(plain)
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
}

/// `^[a-zA-Z0-9._-]+$`: valid names of rooms, with prefix or without.
pub fn is_room(room: &str) -> bool {
    // The length of a short name with the longest prefix and a dash before it.
    (1..=ROOM_MAX + 41).contains(&room.len()) && room.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Whether rooms with this name belong to a prefix, if no longer one fits.
pub fn falls_under(room: &str, prefix: &str) -> bool {
    room.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The full name of a room that an app calls `room`; nothing: the app's first room.
pub fn with_prefix(prefix: &str, room: &str) -> String {
    match room {
        "" => prefix.to_owned(),
        room if falls_under(room, prefix) => room.to_owned(),
        room => format!("{prefix}-{room}"),
    }
}

/// The longest of these prefixes that a room belongs to.
pub fn longest<'a, T>(room: &str, prefixes: impl IntoIterator<Item = (&'a str, T)>) -> Option<T> {
    let fitting = prefixes.into_iter().filter(|(prefix, _)| falls_under(room, prefix));
    fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, of)| of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_3_to_32_characters_and_no_dash_at_either_end() {
        for good in ["abc", "live", "a-b", "0a9", &"x".repeat(32)] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "ab", "-ab", "ab-", "Abc", "a_b", "a.b", "äbc", &"x".repeat(33)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }

    #[test]
    fn a_prefix_has_1_to_40_characters() {
        assert!(is_prefix("a") && is_prefix("a-") && is_prefix(&"x".repeat(40)));
        assert!(!is_prefix("") && !is_prefix("-a") && !is_prefix("A") && !is_prefix(&"x".repeat(41)));
    }

    #[test]
    fn a_room_gets_its_prefix_once() {
        for (room, full) in [
            ("", "live"),
            ("live", "live"),
            ("live-demo", "live-demo"),
            ("demo", "live-demo"),
            ("live2-x", "live-live2-x"),
            ("livestream", "live-livestream"),
        ] {
            assert_eq!(with_prefix("live", room), full);
        }
    }

    #[test]
    fn the_longest_prefix_owns_a_room() {
        let owner = |room| longest(room, [("live", 1), ("live-2", 2), ("live2", 3)]);
        for (room, of) in [
            ("live", Some(1)),
            ("live-x", Some(1)),
            ("live-2", Some(2)),
            ("live-2-x", Some(2)),
            ("live-22", Some(1)),
            ("live2-x", Some(3)),
            ("live3-x", None),
            ("liv", None),
        ] {
            assert_eq!(owner(room), of, "{room}");
        }
    }
}
