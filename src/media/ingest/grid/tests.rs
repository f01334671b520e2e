use super::*;

const MS: u64 = 1_000_000;
const THIRTY: Rate = Rate { num: 30, den: 1 };

fn grid() -> Grid {
    Grid::new(THIRTY, Duration::from_millis(150))
}

/// Stamps rounded to milliseconds, as RTMP carries them.
fn rtmp_stamp(n: u64, fps: f64) -> u64 {
    (n as f64 * 1000.0 / fps).round() as u64 * MS
}

#[test]
fn a_source_of_the_projects_rate_takes_one_slot_a_frame_whatever_its_phase_and_jitter() {
    for phase in 0..40 {
        let mut grid = grid();
        let mut jitter = 17_u64;
        let mut expected = None;
        for n in 0..2000 {
            jitter = jitter.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let stamp = 10_000 * MS + phase * MS + rtmp_stamp(n, 30.0);
            let now = stamp + (jitter >> 40) % 60 * MS;
            let Placed::At { slot, repeated } = grid.place(ShowTime(stamp), ShowTime(now)) else {
                panic!("frame {n} of phase {phase} was dropped");
            };
            assert_eq!(repeated, 0, "frame {n}, phase {phase}");
            assert_eq!(slot, *expected.get_or_insert(slot), "frame {n}, phase {phase}");
            expected = Some(Slot(slot.0 + 1));
        }
        assert_eq!(grid.moved, 1);
    }
}

#[test]
fn the_first_frame_lies_exactly_on_its_slot_a_latency_behind_arrival() {
    let mut grid = grid();
    let Placed::At { slot, .. } = grid.place(ShowTime(1_000 * MS), ShowTime(1_010 * MS)) else { panic!() };
    let shown = THIRTY.time_of(slot).0;
    assert!((1_150 * MS..1_184 * MS).contains(&shown), "{shown}");
    assert_eq!(grid.offset(), shown as i64 - 1_000 * MS as i64);
}

#[test]
fn twenty_five_frames_fill_thirty_slots_and_sixty_frames_thirty() {
    let mut slow = grid();
    let mut repeats = 0;
    for n in 0..250 {
        let stamp = ShowTime(1_000 * MS + rtmp_stamp(n, 25.0));
        if let Placed::At { repeated, .. } = slow.place(stamp, stamp) {
            repeats += repeated;
        }
    }
    assert!((49..=50).contains(&repeats), "250 frames of 25 a second cover 299 slots of 30, not {}", 250 + repeats);
    let mut fast = grid();
    let dropped = (0..600).filter(|n| {
        let stamp = ShowTime(1_000 * MS + rtmp_stamp(*n, 60.0));
        fast.place(stamp, stamp) == Placed::Dropped
    });
    let dropped = dropped.count();
    assert!((299..=301).contains(&dropped), "{dropped}");
}

#[test]
fn another_latency_moves_the_frames_to_come_by_its_slots_and_once() {
    let mut grid = grid();
    let mut placed = Vec::new();
    for n in 0..90_u64 {
        match n {
            30 => grid.set_latency(Duration::from_millis(350)),
            60 => grid.set_latency(Duration::from_millis(50)),
            _ => {}
        }
        let stamp = ShowTime(1_000 * MS + rtmp_stamp(n, 30.0));
        placed.push(grid.place(stamp, stamp));
    }
    let slot = |n: usize| match placed[n] {
        Placed::At { slot, .. } => slot.0,
        Placed::Dropped => panic!("frame {n} was dropped: {placed:?}"),
    };
    assert_eq!(placed[30], Placed::At { slot: Slot(slot(29) + 7), repeated: 6 }, "200 ms are 6 slots");
    assert_eq!(slot(59), slot(29) + 36, "and none after that");
    // 300 ms earlier are 9 slots: so many frames come too late for the slots that are shown already.
    assert!(placed[60..69].iter().all(|placed| *placed == Placed::Dropped), "{:?}", &placed[58..72]);
    assert_eq!((slot(69), slot(89)), (slot(59) + 1, slot(59) + 21));
    assert_eq!(grid.latency(), Duration::from_millis(50));
}

#[test]
fn a_source_that_keeps_coming_late_is_moved_once() {
    let mut grid = grid();
    let mut moved_slots = 0;
    for n in 0..300 {
        let stamp = 1_000 * MS + rtmp_stamp(n, 30.0);
        let delay = if n < 100 { 20 } else { 260 };
        if let Placed::At { repeated, .. } = grid.place(ShowTime(stamp), ShowTime(stamp + delay * MS)) {
            moved_slots += repeated;
        }
    }
    assert_eq!(grid.moved, 2);
    assert!((4..=7).contains(&moved_slots), "{moved_slots}");
}

#[test]
fn a_first_frame_that_was_long_in_the_decoder_costs_no_frame_later() {
    for first in [0, 60, 150, 280, 400] {
        let mut grid = grid();
        for n in 0..600 {
            let stamp = 1_000 * MS + rtmp_stamp(n, 30.0);
            // The decoder catches up with what piled up behind its first frame.
            let delay = first.max(20 + n * 33) - n * 33;
            let placed = grid.place(ShowTime(stamp), ShowTime(stamp + delay * MS));
            assert!(matches!(placed, Placed::At { repeated: 0, .. }), "frame {n} after {first} ms: {placed:?}");
        }
        assert_eq!(grid.moved, 1, "{first} ms");
    }
}

#[test]
fn a_source_stands_where_it_stood_when_what_came_late_was_passed_over() {
    let mut grid = grid();
    for n in 0..60 {
        grid.place(ShowTime(1_000 * MS + rtmp_stamp(n, 30.0)), ShowTime(1_010 * MS + rtmp_stamp(n, 30.0)));
    }
    let offset = grid.offset();
    for n in 150..200 {
        let at = 1_000 * MS + rtmp_stamp(n, 30.0);
        let placed = grid.place(ShowTime(at), ShowTime(at + 30 * MS));
        assert!(matches!(placed, Placed::At { repeated: 0, .. }), "{n}: {placed:?}");
    }
    assert_eq!((grid.offset(), grid.moved), (offset, 1));
}

#[test]
fn the_last_ones_of_what_was_held_up_do_not_put_a_source_later() {
    let mut grid = grid();
    let at = |n: u64| 1_000 * MS + rtmp_stamp(n, 30.0);
    for n in 0..60 {
        grid.place(ShowTime(at(n)), ShowTime(at(n) + 10 * MS));
    }
    let offset = grid.offset();
    // Three seconds come at once; the decoder is through with them soon, and what then comes is in time.
    let burst = at(150);
    grid.pass(ShowTime(burst));
    let placed = |grid: &mut Grid, n: u64| {
        let came = (burst + (n - 135) * 2 * MS).max(at(n) + 10 * MS);
        matches!(grid.place(ShowTime(at(n)), ShowTime(came)), Placed::At { .. })
    };
    let shown: Vec<u64> = (138..240).filter(|n| placed(&mut grid, *n)).collect();
    assert_eq!(shown, (146..240).collect::<Vec<_>>());
    assert_eq!((grid.offset(), grid.moved), (offset, 1));
    // A slower decoder, that is through with them after a second.
    let placed = |grid: &mut Grid, n: u64| {
        let came = (at(390) + (n - 300) * 10 * MS).max(at(n) + 10 * MS);
        matches!(grid.place(ShowTime(at(n)), ShowTime(came)), Placed::At { .. })
    };
    grid.pass(ShowTime(at(390)));
    let shown: Vec<u64> = (340..480).filter(|n| placed(&mut grid, *n)).collect();
    assert_eq!(shown.last(), Some(&479));
    assert!(shown.windows(2).filter(|pair| pair[1] != pair[0] + 1).count() <= 1, "{shown:?}");
    assert_eq!((grid.offset(), grid.moved), (offset, 1), "{shown:?}");
    // Held up for good: after half a second it is put later.
    let at = |n: u64| at(n + 300);
    let late = |n: u64| ShowTime(at(n) + 2_000 * MS);
    grid.pass(late(300));
    let first = (300..400).find(|n| matches!(grid.place(ShowTime(at(*n)), late(*n)), Placed::At { .. }));
    assert_eq!(first, Some(314));
}

#[test]
fn a_source_that_was_put_later_by_a_stall_is_put_back_to_its_latency_once() {
    let at = |n: u64| 1_000 * MS + rtmp_stamp(n, 30.0);
    for slow in [12, 20, 28] {
        let mut grid = grid();
        for n in 0..60 {
            grid.place(ShowTime(at(n)), ShowTime(at(n) + 10 * MS));
        }
        let offset = grid.offset();
        // Three seconds come at once, and the machine is busy: the decoder takes `slow` ms for each of them.
        let place = |grid: &mut Grid, n: u64| {
            let came = (at(150) + (n - 60) * slow * MS).max(at(n) + 10 * MS);
            (came, grid.place(ShowTime(at(n)), ShowTime(came)))
        };
        let in_time = (60..).find(|n| at(150) + (n - 60) * slow * MS < at(*n) + 10 * MS).expect("it catches up");
        for n in 60..in_time + 60 {
            place(&mut grid, n);
        }
        let late = grid.offset() - offset;
        assert!((0..=60).contains(&(late / MS as i64)), "{late} ns later with {slow} ms a frame");
        for n in in_time + 60..in_time + 120 {
            let (_, placed) = place(&mut grid, n);
            assert!(matches!(placed, Placed::At { repeated: 0, .. }), "{n}: {placed:?}");
        }
    }
}

#[test]
fn a_stream_that_comes_in_bursts_is_put_back_at_most_once() {
    let mut grid = grid();
    let at = |n: u64| 1_000 * MS + rtmp_stamp(n, 30.0);
    // Each frame in its time; then 12 of them together.
    for n in 0..60 {
        grid.place(ShowTime(at(n)), ShowTime(at(n) + 10 * MS));
    }
    let placed = |grid: &mut Grid, n: u64| {
        matches!(grid.place(ShowTime(at(n)), ShowTime(at(n / 12 * 12 + 12))), Placed::At { repeated: 0, .. })
    };
    for n in 60..300 {
        placed(&mut grid, n);
    }
    assert!((300..600).all(|n| placed(&mut grid, n)), "it has found its place");
}

#[test]
fn a_source_that_was_anchored_by_what_came_late_is_put_earlier_again() {
    // Two seconds come at once; then each frame in its time.
    let mut grid = grid();
    let stamp = |n: u64| 1_000 * MS + rtmp_stamp(n, 30.0);
    let mut last = Slot(0);
    for n in 0..120 {
        let now = stamp(0) + stamp(n).saturating_sub(stamp(60));
        if let Placed::At { slot, .. } = grid.place(ShowTime(stamp(n)), ShowTime(now)) {
            let ahead = THIRTY.time_of(slot).0 as i64 - now as i64;
            assert!(ahead < 960 * MS as i64, "{n}: {ahead}: more than the frame queue holds");
            last = slot;
        }
    }
    let ahead = THIRTY.time_of(last).0 as i64 - (stamp(0) + stamp(119) - stamp(60)) as i64;
    assert!((100..700).contains(&(ahead / MS as i64)), "{ahead}");
}

#[test]
fn sound_without_a_picture_that_comes_too_late_is_heard_later_and_goes_with_the_picture_once_there_is_one() {
    let mut grid = grid();
    let stamp = |n: u64| ShowTime(1_000 * MS + n * 20 * MS);
    // On time, then two seconds late for good.
    let heard: Vec<bool> = (0..200)
        .map(|n| {
            let now = ShowTime(stamp(n).0 + if n < 50 { 10 * MS } else { 2_000 * MS });
            stamp(n).0 as i64 + grid.hear(stamp(n), now) >= now.0 as i64
        })
        .collect();
    assert!(heard[..50].iter().all(|heard| *heard) && heard[102..].iter().all(|heard| *heard), "{heard:?}");
    assert_eq!(grid.moved, 1);
    grid.place(stamp(200), ShowTime(stamp(200).0 + 2_000 * MS));
    assert_eq!(grid.hear(stamp(200), ShowTime(stamp(200).0 + 2_000 * MS)), grid.offset());
}

#[test]
fn a_publishers_clock_that_runs_off_costs_a_slot_at_a_time() {
    // 1000 ppm fast: in 100 s the publisher makes 3 frames too many.
    let mut grid = grid();
    let mut dropped = 0;
    for n in 0..3000_u64 {
        let stamp = 1_000 * MS + rtmp_stamp(n, 30.0);
        let now = 1_000 * MS + (n as f64 * 999.0 / 30.0 * 1e6) as u64;
        if grid.place(ShowTime(stamp), ShowTime(now)) == Placed::Dropped {
            dropped += 1;
        }
    }
    assert!(dropped <= 3, "{dropped}");
}
