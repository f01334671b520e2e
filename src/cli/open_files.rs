//! How many files the process may open (`RLIMIT_NOFILE`), and what of them connections may take: a recorder must be
//! able to open its file however many unauthenticated connections there are.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that no connection gets: database, recordings, pipelines, outputs, what is pulled and called.
const OWN: usize = 384;

/// Raises the limit as far as the system lets it; answers what it is now.
pub fn raise() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!(%error, ?current, "the limit of open files cannot be raised");
    }
    // No limit is as many as can be counted.
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

/// What connections get of `limit` open files when they want so many connections. All they want, where there is room;
/// else the small ones all they want, and the large ones the same each.
pub fn share<const N: usize>(limit: usize, wanted: [usize; N]) -> [usize; N] {
    let mut room = limit.saturating_sub(OWN).max(limit / 4);
    let mut order: [usize; N] = std::array::from_fn(|n| n);
    order.sort_by_key(|n| wanted[*n]);
    let mut given = [0; N];
    for (place, n) in order.into_iter().enumerate() {
        given[n] = wanted[n].min(room / (N - place)).max(1);
        room = room.saturating_sub(given[n]);
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_room_enough_every_door_gets_what_it_wants() {
        assert_eq!(share(65_536, [2048, 64, 256, 1024]), [2048, 64, 256, 1024]);
    }

    #[test]
    fn without_it_small_doors_come_first_and_384_files_are_left() {
        let given = share(1024, [2048, 64, 256, 1024]);
        assert_eq!(given, [192, 64, 192, 192]);
        assert!(given.iter().sum::<usize>() <= 1024 - OWN);
        assert_eq!(share(256, [2048, 64, 256, 1024]), [16; 4]);
    }
}
