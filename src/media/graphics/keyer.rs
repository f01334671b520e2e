//! Which graphics are on air, in which order, and how each looks in a given slot. Sans-IO: the
//! slot is an argument; the media thread asks, the orders come from outside.

use std::sync::Arc;

use super::motion::{Motion, Pose};
use super::raster::Raster;

/// One graphic on air.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Which graphic it is.
    pub id: String,
    /// Higher is nearer to the viewer.
    pub z: i32,
    /// How it comes and goes.
    pub motion: Motion,
    raster: Arc<Raster>,
    /// Raster that replaces the present one from a slot on.
    next: Option<(u64, Arc<Raster>)>,
    /// Slot in which the in animation began, or would have begun to be where it is.
    entered: u64,
    /// First slot of the out animation.
    released: Option<u64>,
}

/// What a take did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The graphic was off air and comes in.
    Entered,
    /// It was on air: its picture is replaced, without a second in animation.
    Updated,
    /// It was going out and comes back from where it was.
    Returned,
}

/// The graphics on air. Orders arrive in slot order; the slot of an order is the first in which
/// it shows, and may lie ahead of the slot being composed.
#[derive(Debug, Clone, Default)]
pub struct Keyer {
    /// In z order, among equals in the order of their first take.
    layers: Vec<Layer>,
}

impl Layer {
    /// Its pose in `slot`; `None` before its first one.
    pub fn pose(&self, slot: u64) -> Option<Pose> {
        let since_in = slot.checked_sub(self.entered)?;
        let since_out = self.released.and_then(|released| slot.checked_sub(released));
        Some(self.motion.pose(since_in, since_out))
    }

    /// The raster it shows in `slot`.
    pub fn raster(&self, slot: u64) -> &Raster {
        match &self.next {
            Some((from, next)) if slot >= *from => next,
            _ => &self.raster,
        }
    }
}

impl Keyer {
    /// Nothing on air.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a graphic on air from `slot` on, or updates it when it is on air already.
    pub fn take(&mut self, id: &str, raster: Arc<Raster>, motion: Motion, z: i32, slot: u64) -> Taken {
        let Some(index) = self.layers.iter().position(|layer| layer.id == id) else {
            self.insert(Layer { id: id.to_owned(), z, motion, raster, next: None, entered: slot, released: None });
            return Taken::Entered;
        };
        let mut layer = self.layers.remove(index);
        let pose = layer.pose(slot);
        if let Some((_, shown)) = layer.next.take_if(|(from, _)| *from <= slot) {
            layer.raster = shown;
        }
        layer.next = Some((slot, raster));
        (layer.motion, layer.z) = (motion, z);
        let taken = match (layer.released.take(), pose) {
            (None, _) => Taken::Updated,
            (Some(_), None | Some(Pose { done: true, .. })) => {
                layer.entered = slot;
                Taken::Entered
            }
            (Some(_), Some(pose)) => {
                layer.entered = slot.saturating_sub(motion.joined_at(pose.opacity));
                Taken::Returned
            }
        };
        self.insert(layer);
        taken
    }

    /// Starts the out animation in `slot`. Gives whether the graphic was on air and not already going out.
    pub fn release(&mut self, id: &str, slot: u64) -> bool {
        let layer = self.layers.iter_mut().find(|layer| layer.id == id);
        match layer {
            Some(layer) if layer.released.is_none() => {
                layer.released = Some(slot);
                true
            }
            _ => false,
        }
    }

    /// What is to be keyed in `slot`, the farthest first. Invisible layers are left out.
    pub fn poses(&self, slot: u64) -> impl Iterator<Item = (&Raster, Pose)> {
        self.layers
            .iter()
            .filter_map(move |layer| Some((layer.raster(slot), layer.pose(slot)?)))
            .filter(|(_, pose)| pose.opacity > 0)
    }

    /// Removes the graphics whose out animation is over in `slot` and names them.
    pub fn sweep(&mut self, slot: u64) -> Vec<String> {
        let gone = |layer: &mut Layer| layer.pose(slot).is_some_and(|pose| pose.done);
        self.layers.extract_if(.., gone).map(|layer| layer.id).collect()
    }

    /// Nothing is on air, coming or going: the mixer need not ask further.
    pub fn is_clear(&self) -> bool {
        self.layers.is_empty()
    }

    /// The graphic is on air and has not been released.
    pub fn is_live(&self, id: &str) -> bool {
        let live = |layer: &Layer| layer.id == id && layer.released.is_none();
        self.layers.iter().any(live)
    }

    /// The layers, the farthest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    fn insert(&mut self, layer: Layer) {
        let index = self.layers.partition_point(|other| other.z <= layer.z);
        self.layers.insert(index, layer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FADE: Motion = Motion { in_slots: 10, out_slots: 10, rise: 0 };

    /// A raster that is identified by its position.
    fn raster(x: i32) -> Arc<Raster> {
        Arc::new(Raster { left: x, ..Raster::empty() })
    }

    fn seen(keyer: &Keyer, slot: u64) -> Vec<(i32, u8)> {
        let poses = keyer.poses(slot);
        poses.map(|(raster, pose)| (raster.left, pose.opacity)).collect()
    }

    #[test]
    fn a_taken_graphic_shows_from_its_slot_on() {
        let mut keyer = Keyer::new();
        assert!(keyer.is_clear());
        assert_eq!(keyer.take("a", raster(2), FADE, 0, 100), Taken::Entered);
        assert!(!keyer.is_clear() && keyer.is_live("a"));
        assert_eq!(seen(&keyer, 99), []);
        assert_eq!(seen(&keyer, 100).len(), 1);
        assert_eq!(seen(&keyer, 109), [(2, 255)]);
    }

    #[test]
    fn a_second_take_replaces_the_picture_without_a_second_animation() {
        let mut keyer = Keyer::new();
        keyer.take("a", raster(2), FADE, 0, 100);
        assert_eq!(keyer.take("a", raster(4), FADE, 0, 200), Taken::Updated);
        assert_eq!(seen(&keyer, 199), [(2, 255)]);
        assert_eq!(seen(&keyer, 200), [(4, 255)]);
        assert_eq!(keyer.take("a", raster(6), FADE, 0, 201), Taken::Updated);
        assert_eq!(seen(&keyer, 200), [(4, 255)]);
        assert_eq!(seen(&keyer, 201), [(6, 255)]);
    }

    #[test]
    fn a_released_graphic_fades_and_is_swept_once() {
        let mut keyer = Keyer::new();
        keyer.take("a", raster(2), FADE, 0, 0);
        assert!(keyer.release("a", 50));
        assert!(!keyer.release("a", 51));
        assert!(!keyer.release("b", 51));
        assert!(!keyer.is_live("a"));
        assert_eq!(seen(&keyer, 49), [(2, 255)]);
        let opacity = seen(&keyer, 55)[0].1;
        assert!(opacity > 0 && opacity < 255);
        assert!(keyer.sweep(58).is_empty());
        assert_eq!(seen(&keyer, 59), []);
        assert_eq!(keyer.sweep(59), ["a"]);
        assert!(keyer.is_clear() && keyer.sweep(60).is_empty());
    }

    #[test]
    fn a_take_on_the_way_out_comes_back_without_a_jump() {
        let mut keyer = Keyer::new();
        keyer.take("a", raster(2), FADE, 0, 0);
        keyer.release("a", 50);
        let before = seen(&keyer, 55)[0].1;
        assert_eq!(keyer.take("a", raster(4), FADE, 0, 56), Taken::Returned);
        let after = seen(&keyer, 56)[0].1;
        assert!(after.abs_diff(before) < 80, "{before} then {after}");
        assert_eq!(seen(&keyer, 66), [(4, 255)]);
        assert!(keyer.is_live("a") && keyer.sweep(100).is_empty());
    }

    #[test]
    fn a_take_after_the_way_out_animates_again() {
        let mut keyer = Keyer::new();
        keyer.take("a", raster(2), FADE, 0, 0);
        keyer.release("a", 50);
        assert_eq!(keyer.take("a", raster(4), FADE, 0, 70), Taken::Entered);
        assert!(seen(&keyer, 70)[0].1 < 255);
    }

    #[test]
    fn layers_are_keyed_in_z_order_and_equals_in_order_of_take() {
        let mut keyer = Keyer::new();
        keyer.take("top", raster(6), FADE, 9, 0);
        keyer.take("low", raster(2), FADE, -1, 0);
        keyer.take("mid", raster(4), FADE, 9, 0);
        let order: Vec<i32> = seen(&keyer, 20).iter().map(|(x, _)| *x).collect();
        assert_eq!(order, [2, 6, 4]);
        keyer.take("low", raster(2), FADE, 10, 21);
        let order: Vec<i32> = seen(&keyer, 21).iter().map(|(x, _)| *x).collect();
        assert_eq!(order, [6, 4, 2]);
    }
}
