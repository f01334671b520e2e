//! Larger pictures: a small neural network that doubles, and where its weights are absent or a picture is large already,
//! an edge-directed upscaler of our own.
//!
//! ```text
//! picture ─► smaller or hardly larger? ─► Lanczos
//!         └► doubled by the network, tile by tile, while it is small ─► the rest edge-directed, or Lanczos down
//! ```
//!
//! Refuses to know: files of pictures, the purpose of upscaling, the origin of weights.

mod edges;
mod graph;
mod network;
mod tensor;

#[cfg(test)]
mod tests;

pub use edges::enlarge;
pub use network::Weights;

use super::{
    Fault, Stop,
    picture::{Picture, Plane},
    resize::{self, Filter},
};

/// Up to this factor the effect of an upscaler is invisible.
const HARDLY: f64 = 1.1;
/// How often the difference to the original is added back.
const ROUNDS: usize = 2;
/// The largest input of the network, in pixels: half of 4096 x 3072 each way.
const NETWORK_PIXELS: u64 = 3_300_000;

/// A picture with a long edge of exactly `long_edge` pixels. With weights it is doubled by the network as often as
/// needed.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn to_long_edge(
    mut picture: Picture,
    long_edge: u32,
    weights: Option<&Weights>,
    stop: &Stop,
) -> Result<Picture, Fault> {
    stop.check()?;
    let wanted = resize::fitting(picture.width(), picture.height(), long_edge);
    while let Some(weights) = weights
        && is_worth_it(&picture, long_edge)
        && u64::from(picture.width()) * u64::from(picture.height()) <= NETWORK_PIXELS
    {
        picture = weights.double(&picture, stop)?;
    }
    if is_worth_it(&picture, long_edge) {
        return enlarge(&picture, wanted.0, wanted.1, stop);
    }
    stop.check()?;
    if (picture.width(), picture.height()) == wanted {
        Ok(picture)
    } else {
        Ok(resize::resize(&picture, wanted.0, wanted.1))
    }
}

/// Adds back the difference between the original and a smaller copy of the upscaled picture, and clips to 0 to 1. One
/// channel at a time, so that there are no two copies of a large picture.
fn faithful(made: &mut Picture, original: &Picture, stop: &Stop) -> Result<(), Fault> {
    for _ in 0..ROUNDS {
        stop.check()?;
        let copy = resize::resize(made, original.width(), original.height());
        for channel in 0..3 {
            stop.check()?;
            let pairs = original.pixels().zip(copy.pixels());
            let lack = pairs.map(|(wanted, got)| wanted[channel] - got[channel]).collect();
            let Some(lack) = Plane::from_data(original.width(), original.height(), lack) else { break };
            let lack = resize::plane_by(&lack, made.width(), made.height(), Filter::Lanczos);
            made.pixels_mut().zip(&lack.data).for_each(|(pixel, lack)| pixel[channel] += lack);
        }
    }
    made.data.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
    Ok(())
}

fn is_worth_it(picture: &Picture, long_edge: u32) -> bool {
    f64::from(long_edge) > f64::from(picture.long_edge().max(1)) * HARDLY
}
