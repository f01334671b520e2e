//! Areas of a small picture: grown, shrunk, connected, and whether they end at edges. Refuses to know: rooms.

use super::cluster;
use crate::imaging::tone::Lab;

/// Grown (`to` true) or shrunk by `reach` pixels.
pub fn spread(set: &[bool], width: usize, reach: usize, to: bool) -> Vec<bool> {
    let height = set.len() / width.max(1);
    let pass = |from: &[bool], across: bool| -> Vec<bool> {
        (0..from.len())
            .map(|at| {
                let (x, y) = (at % width, at / width);
                let (here, end, stride) = if across { (x, width, 1) } else { (y, height, width) };
                let first = at - here.min(reach) * stride;
                let count = here.min(reach) + 1 + reach.min(end - 1 - here);
                if (0..count).any(|step| from[first + step * stride] == to) { to } else { !to }
            })
            .collect()
    };
    pass(&pass(set, true), false)
}

/// Connected areas.
pub fn connected(set: &[bool], width: usize) -> Vec<Vec<usize>> {
    let mut taken = vec![false; set.len()];
    let mut found = Vec::new();
    for start in 0..set.len() {
        if !set[start] || taken[start] {
            continue;
        }
        taken[start] = true;
        let mut blob = vec![start];
        let mut next = 0;
        while let Some(&at) = blob.get(next) {
            next += 1;
            let x = at % width;
            let nears = [
                (x > 0, at.wrapping_sub(1)),
                (x + 1 < width, at + 1),
                (true, at.wrapping_sub(width)),
                (true, at + width),
            ];
            for (inside, near) in nears {
                if inside && set.get(near).copied().unwrap_or(false) && !taken[near] {
                    taken[near] = true;
                    blob.push(near);
                }
            }
        }
        found.push(blob);
    }
    found
}

/// Whether an area ends at edges, as things do and shade does not.
pub fn edged(blob: &[usize], set: &[bool], colours: &[Lab], width: usize) -> bool {
    let (mut border, mut edges) = (0.0f32, 0.0f32);
    let height = colours.len() / width.max(1);
    for &at in blob {
        let (x, y) = (at % width, at / width);
        for (inside, near, stride) in [
            (x > 2 && x + 3 < width, at + 1, 1),
            (x > 2 && x + 3 < width, at.wrapping_sub(1), 1),
            (y > 2 && y + 3 < height, at + width, width),
            (y > 2 && y + 3 < height, at.wrapping_sub(width), width),
        ] {
            if inside && !set[near] {
                border += 1.0;
                let change = cluster::apart(colours[at - 2 * stride], colours[at + 2 * stride], 1.0);
                edges += f32::from(u8::from(change > 0.045));
            }
        }
    }
    edges > 0.4 * border
}
