//! Where a surface is: what the mask shows, or a surface of the room that is sure, clipped to its outline and without
//! what stands before it.
//!
//! ```text
//! room ─► outline, free of things ─► beside things as far as the surface's own colour goes ─► share at each pixel
//! ```
//!
//! Refuses to know: paints, how a room is found.

use crate::imaging::{
    grade::{
        colour::{oklab, smooth},
        field::{Stretch, shrink},
        layout::{base_within, labs},
    },
    picture::{Picture, Plane},
    resize,
    room::{Room, shell::Face},
    wishes::Surface,
};

/// The share of a surface at each pixel; `None` unless it is seen for certain. Furniture is not told apart.
pub fn find(picture: &Picture, room: &Room, surface: Surface) -> Option<Plane> {
    let share = |wanted: fn(Face) -> bool| up_to_edges(picture, room, wanted);
    let sure = &room.confidence;
    match surface {
        Surface::Floor => sure.floor().then(|| share(|face| face == Face::Floor)),
        Surface::Wall => sure.walls().then(|| share(Face::is_wall)),
        Surface::Ceiling => sure.ceiling().then(|| share(|face| face == Face::Ceiling)),
        Surface::Furniture => None,
    }
}

/// The share of faces: the room is known at a small size, so beside things and openings the colour of each pixel decides.
fn up_to_edges(picture: &Picture, room: &Room, wanted: fn(Face) -> bool) -> Plane {
    let (width, height) = (picture.width(), picture.height());
    let mut share = room.share(wanted, &room.free, width, height);
    let near = room.share(wanted, &room.near, width, height);
    let small = shrink(picture);
    let inside = resize::plane(&share, small.width(), small.height());
    let colours = labs(&small);
    // The surface's own colour around each place.
    let own: [Plane; 3] = std::array::from_fn(|channel| {
        let mut plane = inside.clone();
        plane.data.iter_mut().zip(&colours).for_each(|(value, lab)| *value = lab[channel]);
        base_within(&plane, &inside, (small.long_edge() as usize / 50).max(1))
    });
    let stretched = own.each_ref().map(|plane| Stretch::new(plane, width, height));
    let (mut between, mut rows) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    let across = (width as usize).max(1);
    for (y, line) in share.data.chunks_exact_mut(across).enumerate() {
        for (row, plane) in rows.iter_mut().zip(&stretched) {
            plane.row(y, &mut between, row);
        }
        for (x, value) in line.iter_mut().enumerate() {
            let at = y * across + x;
            if near.data[at] > *value {
                let pixel = &picture.data[at * 3..at * 3 + 3];
                let [light, a, b] = oklab([pixel[0], pixel[1], pixel[2]]);
                let tint = (a - rows[1][x]).hypot(b - rows[2][x]);
                let apart = (0.5 * (light - rows[0][x])).hypot(2.0 * tint);
                *value = value.max(near.data[at] * smooth(0.05, 0.03, apart));
            }
        }
    }
    share
}

/// The sentence for surfaces that were asked for and not found.
pub fn missing(surfaces: &[Surface], outside: bool) -> String {
    let name = |surface: &Surface| match (surface, outside) {
        (Surface::Floor, false) => "the floor",
        (Surface::Floor, true) => "the ground",
        (Surface::Wall, false) => "the walls",
        (Surface::Wall, true) => "the facade",
        (Surface::Ceiling, _) => "the ceiling",
        (Surface::Furniture, _) => "the furniture",
    };
    let names: Vec<&str> = surfaces.iter().map(name).collect();
    format!(
        "What is to be painted was not found with certainty in this picture: {}. Send a mask that marks it, and ask for \
         one surface at a time.",
        names.join(", ")
    )
}
