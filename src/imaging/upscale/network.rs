//! The network that doubles pictures: its weights from a folder, and pictures through it tile by tile.
//!
//! Tiles overlap by the network's reach, so that no seam can show, and memory is that of one tile for any picture.
//! Source: the TensorFlow.js layers format; the models of UpscalerJS (MIT).

use super::{graph::Graph, tensor::Tensor};
use crate::imaging::{Fault, Stop, picture::Picture};
use serde_json::Value;
use std::{collections::HashMap, path::Path};

/// Pixels of the input in a tile without its overlap, each way. Larger wastes less on overlaps and takes more memory.
const TILE: usize = 160;
/// Weights of a larger network would take longer than any job may.
const MAX_WEIGHTS: usize = 64 << 20;

/// A network that makes pictures twice as large. Cloning copies the weights; share it by reference.
#[derive(Debug, Clone)]
pub struct Weights {
    graph: Graph,
    /// The network's value for 1.0 of a picture.
    range: f32,
}

impl Weights {
    /// Reads `model.json` and the files it names beside it; `None`, with the reason in the log, where that is not
    /// possible or it is no network that doubles.
    pub fn load(dir: &Path) -> Option<Self> {
        let loaded = Self::read(dir);
        if let Err(why) = &loaded {
            tracing::info!(dir = %dir.display(), %why, "no network to upscale with");
        }
        loaded.ok()
    }

    fn read(dir: &Path) -> Result<Self, String> {
        let file = |name: &str| std::fs::read(dir.join(name)).map_err(|error| format!("{name}: {error}"));
        let model: Value = serde_json::from_slice(&file("model.json")?).map_err(|error| error.to_string())?;
        let mut weights = HashMap::new();
        for group in model["weightsManifest"].as_array().into_iter().flatten() {
            let mut bytes = Vec::new();
            for name in group["paths"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if Path::new(name).components().count() != 1 || name.starts_with('.') {
                    return Err(format!("{name} is no file beside it"));
                }
                bytes.extend(file(name)?);
            }
            if bytes.len() > MAX_WEIGHTS {
                return Err("the network is too large".into());
            }
            distribute(group, &bytes, &mut weights)?;
        }
        Self::of(&model, weights)
    }

    pub(super) fn of(model: &Value, weights: HashMap<String, (Vec<usize>, Vec<f32>)>) -> Result<Self, String> {
        let graph = Graph::read(model, weights)?;
        let range = if graph.is_of_unit_range() { 1.0 } else { 255.0 };
        let weights = Self { graph, range };
        // Tried once on a tiny tensor: a network that runs on one picture runs on all.
        let tried = weights.graph.run(Tensor::new(4, 3, 3)).ok_or("its layers do not fit together")?;
        if (tried.width, tried.height, tried.channels) != (8, 6, 3) {
            return Err("it does not double pictures".into());
        }
        Ok(weights)
    }

    /// A picture of twice the width and height that shrinks back to the original: the network alone is sharp but
    /// changes colours, see [`super::faithful`].
    ///
    /// # Errors
    /// [`Fault::Stopped`], checked before each tile.
    pub fn double(&self, picture: &Picture, stop: &Stop) -> Result<Picture, Fault> {
        let mut out = self.raw(picture, TILE, stop)?;
        super::faithful(&mut out, picture, stop)?;
        Ok(out)
    }

    /// The network's output, in tiles of a size in pixels.
    pub(super) fn raw(&self, picture: &Picture, tile: usize, stop: &Stop) -> Result<Picture, Fault> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut out = Picture::new(picture.width() * 2, picture.height() * 2);
        let reach = self.graph.reach();
        for top in (0..height).step_by(tile.max(1)) {
            for left in (0..width).step_by(tile.max(1)) {
                stop.check()?;
                // The tile with the surroundings that the network needs; at the picture's own edges there are none,
                // just as when all of it goes through at once.
                let (x0, y0) = (left.saturating_sub(reach), top.saturating_sub(reach));
                let (x1, y1) = ((left + tile + reach).min(width), (top + tile + reach).min(height));
                let mut input = Tensor::new(x1 - x0, y1 - y0, 3);
                for y in y0..y1 {
                    let from = &picture.data[(y * width + x0) * 3..(y * width + x1) * 3];
                    let to = input.row_mut(y - y0).iter_mut();
                    to.zip(from).for_each(|(to, from)| *to = from.clamp(0.0, 1.0) * self.range);
                }
                let made = self.graph.run(input).ok_or_else(|| Fault::Engine("the upscaling network failed".into()))?;
                let (right, bottom) = ((left + tile).min(width), (top + tile).min(height));
                for y in top * 2..bottom * 2 {
                    let from = &made.row(y - y0 * 2)[(left - x0) * 6..(right - x0) * 6];
                    let start = (y * width * 2 + left * 2) * 3;
                    let to = out.data[start..start + from.len()].iter_mut();
                    to.zip(from).for_each(|(to, from)| *to = (from / self.range).clamp(0.0, 1.0));
                }
            }
        }
        Ok(out)
    }
}

/// Cuts a group's bytes into its weights, little-endian 32-bit floats one behind the other.
fn distribute(
    group: &Value,
    bytes: &[u8],
    weights: &mut HashMap<String, (Vec<usize>, Vec<f32>)>,
) -> Result<(), String> {
    let mut at = 0usize;
    for entry in group["weights"].as_array().into_iter().flatten() {
        let name = entry["name"].as_str().ok_or("a weight has no name")?;
        if entry["dtype"] != "float32" || !entry["quantization"].is_null() {
            return Err(format!("{name} is not of 32-bit floats"));
        }
        let sides = entry["shape"].as_array().into_iter().flatten();
        let shape: Vec<usize> = sides.filter_map(Value::as_u64).map(|side| side as usize).collect();
        let end = shape.iter().try_fold(4usize, |all, side| all.checked_mul(*side)).and_then(|len| at.checked_add(len));
        let slice = end.and_then(|end| bytes.get(at..end)).ok_or_else(|| format!("{name} is cut short"))?;
        at += slice.len();
        let (values, _) = slice.as_chunks::<4>();
        weights.insert(name.to_owned(), (shape, values.iter().map(|four| f32::from_le_bytes(*four)).collect()));
    }
    Ok(())
}
