//! Skirting boards: where the floor ends below them. Refuses to know: the rest of the box.

use super::{
    cluster,
    shell::{Face, Shell},
    view::View,
};
use crate::imaging::tone::Lab;

/// The tallest skirting board in centimetres.
const SKIRTING: usize = 16;

/// Skirting boards are no floor: where a second edge runs below the border of floor and wall, the floor ends there.
pub fn above(view: &View, mut shell: Shell, colours: &[Lab], width: usize) -> Shell {
    for (side, wall) in [Face::Left, Face::Right, Face::Back].into_iter().enumerate() {
        let edges: Vec<f32> = (0..SKIRTING)
            .map(|centimetres| {
                let mut lower = shell;
                lower.skirting[side] = centimetres as f32 * 0.01;
                foot_edge(view, &lower, wall, colours, width)
            })
            .collect();
        let most = edges.iter().copied().fold(0.0, f32::max);
        let peak = |at: &usize| {
            let near = |off: usize| edges.get(off).copied().unwrap_or(f32::MAX);
            let here = edges[*at];
            here >= near(*at + 1) && here >= near(*at + 2) && here > near(*at - 1) && here > near(*at - 2)
        };
        let lowest = (2..SKIRTING - 2).filter(|at| edges[*at] > 0.4 * most && edges[*at] > 0.015).rfind(peak);
        shell.skirting[side] = lowest.map_or(0.0, |centimetres| centimetres as f32 * 0.01);
    }
    shell
}

/// Mean change of colour right across the border of floor and a wall.
fn foot_edge(view: &View, shell: &Shell, wall: Face, colours: &[Lab], width: usize) -> f32 {
    let height = colours.len() / width.max(1);
    let (mut sum, mut count) = (0.0f32, 0.0f32);
    for x in (3..width.saturating_sub(3)).step_by(2) {
        let at = x as f32 + 0.5;
        let is_floor = |y: usize| shell.face(view, at, y as f32 + 0.5) == Face::Floor;
        // The border is crossed once from the bottom up.
        let (mut low, mut high) = (height.saturating_sub(3), 2);
        if low <= high || !is_floor(low) || is_floor(high) {
            continue;
        }
        while low - high > 1 {
            let middle = (low + high) / 2;
            if is_floor(middle) { low = middle } else { high = middle }
        }
        if shell.face(view, at, high as f32 + 0.5) == wall {
            let row = |y: usize| colours[y * width + x];
            sum += cluster::apart(row(high), row(low), 1.0);
            count += 1.0;
        }
    }
    if count > 8.0 { sum / count } else { 0.0 }
}
