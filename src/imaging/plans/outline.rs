//! Outlines of marks as few straight edges. Refuses to know: what is outlined.

use super::bits::Bits;
use glam::Vec2;

/// Outlines of all marks and holes, in pixels, straightened: edges stray at most `slack` pixels from the marks, and
/// those nearly level or upright are exactly so.
pub fn outlines(bits: &Bits, slack: f32) -> Vec<Vec<Vec2>> {
    let mut all: Vec<Vec<Vec2>> =
        traced(bits).iter().map(|one| simplified(one, slack)).filter(|one| one.len() > 2).collect();
    for axis in 0..2 {
        align(&mut all, axis, slack * 1.5);
    }
    for one in &mut all {
        one.dedup();
        if one.len() > 1 && one.first() == one.last() {
            one.pop();
        }
    }
    all.retain(|one| one.len() > 2);
    all
}

/// Along the borders of pixels, marks on the right.
fn traced(bits: &Bits) -> Vec<Vec<Vec2>> {
    const WAYS: [(isize, isize); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];
    let mut seen = vec![false; bits.data.len()];
    let mut all = Vec::new();
    for start in 0..bits.data.len() {
        let (left, top) = ((start % bits.width) as isize, (start / bits.width) as isize);
        if !bits.data[start] || seen[start] || bits.at(left, top - 1) {
            continue;
        }
        let (mut x, mut y, mut way) = (left, top, 0usize);
        let mut line = Vec::new();
        loop {
            if way == 0 {
                let at = y as usize * bits.width + x as usize;
                if seen[at] {
                    break;
                }
                seen[at] = true;
            }
            let (dx, dy) = WAYS[way];
            (x, y) = (x + dx, y + dy);
            // The two pixels ahead: on the left and on the right of the way.
            let (ahead_left, ahead_right) = match way {
                0 => (bits.at(x, y - 1), bits.at(x, y)),
                1 => (bits.at(x, y), bits.at(x - 1, y)),
                2 => (bits.at(x - 1, y), bits.at(x - 1, y - 1)),
                _ => (bits.at(x - 1, y - 1), bits.at(x, y - 1)),
            };
            let turn = if ahead_left {
                3
            } else if ahead_right {
                0
            } else {
                1
            };
            if turn != 0 {
                line.push(Vec2::new(x as f32, y as f32));
                way = (way + turn) % 4;
            }
        }
        all.push(line);
    }
    all
}

/// The closed line with as few corners as stay within `slack` (after Douglas and Peucker).
fn simplified(line: &[Vec2], slack: f32) -> Vec<Vec2> {
    let Some(&first) = line.first() else { return Vec::new() };
    let far =
        (0..line.len()).max_by(|&a, &b| line[a].distance_squared(first).total_cmp(&line[b].distance_squared(first)));
    let far = far.unwrap_or(0);
    let mut keep = vec![false; line.len() + 1];
    keep[0] = true;
    keep[far] = true;
    let at = |index: usize| line[index % line.len()];
    let mut parts = vec![(0, far), (far, line.len())];
    while let Some((from, to)) = parts.pop() {
        let (a, b) = (at(from), at(to));
        let way = (b - a).normalize_or_zero();
        let off = |index: usize| if a == b { at(index).distance(a) } else { way.perp_dot(at(index) - a).abs() };
        if let Some(most) = (from + 1..to).max_by(|&one, &two| off(one).total_cmp(&off(two)))
            && off(most) > slack
        {
            keep[most] = true;
            parts.extend([(from, most), (most, to)]);
        }
    }
    (0..line.len()).filter(|&index| keep[index]).map(at).collect()
}

/// Edges nearly along the other axis get one coordinate on `axis`, and those close to each other the same.
fn align(all: &mut [Vec<Vec2>], axis: usize, slack: f32) {
    let mut edges = Vec::new();
    for (line, points) in all.iter().enumerate() {
        for (from, &a) in points.iter().enumerate() {
            let to = (from + 1) % points.len();
            let way = points[to] - a;
            let (off, along) = (way[axis].abs(), way[1 - axis].abs());
            if off <= 0.1 * along || (off <= slack && along > 3.0 * off) {
                edges.push(((a[axis] + points[to][axis]) * 0.5, along, line, from, to));
            }
        }
    }
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut start = 0;
    while start < edges.len() {
        let group = edges[start..].iter().take_while(|edge| edge.0 - edges[start].0 <= slack).count();
        let part = &edges[start..start + group];
        let length: f32 = part.iter().map(|edge| edge.1.max(0.1)).sum();
        let place = part.iter().map(|edge| edge.0 * edge.1.max(0.1)).sum::<f32>() / length;
        for &(_, _, line, from, to) in part {
            all[line][from][axis] = place;
            all[line][to][axis] = place;
        }
        start += group;
    }
}
