//! Scenes: saved, shown, deleted.
//!
//! Refuses to know: HTTP, how a scene is written down.

use super::{
    Lights, forms,
    memory::SaveRequest,
    scene_form::{Plan, SCENES, Scene, checked},
};
use crate::domain::{
    fault::Fault,
    lights::{ControllerChange, LookChange, NewSegment, Segment, SegmentChange},
};
use serde_json::{Map, Value, json};
use std::{sync::PoisonError, time::Duration};
use tokio::sync::oneshot;

impl Lights {
    /// The scenes by their ids.
    pub fn scenes(&self) -> Vec<Scene> {
        self.0.scenes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Saves a scene, under the lowest free id where none is given; without `spec` the strip as it is now.
    ///
    /// # Errors
    /// `invalid` (`name`, `id`, or a key of the spec); `conflict` (`too_many_scenes`); `failed` when it cannot be stored.
    pub async fn save_scene(
        &self,
        id: Option<u8>,
        name: &str,
        spec: Option<Map<String, Value>>,
    ) -> Result<Scene, Fault> {
        let spec = spec.unwrap_or_else(|| self.present());
        checked(name, &spec)?;
        self.change_scenes(|scenes| {
            let free = || (0..SCENES).find(|id| scenes.iter().all(|scene| scene.id != *id));
            let full = || Fault::conflict("too_many_scenes", "id", format!("There are {SCENES} scenes already"));
            let id = id.or_else(free).ok_or_else(full)?;
            let scene = Scene { id, name: name.to_owned(), spec };
            scenes.retain(|other| other.id != id);
            scenes.push(scene.clone());
            scenes.sort_by_key(|scene| scene.id);
            Ok(scene)
        })
        .await
    }

    /// Deletes a scene.
    ///
    /// # Errors
    /// `not_found`; `failed` when that cannot be stored.
    pub async fn delete_scene(&self, id: u8) -> Result<(), Fault> {
        self.change_scenes(|scenes| {
            let place = scenes.iter().position(|scene| scene.id == id).ok_or_else(|| not_found(id))?;
            scenes.remove(place);
            Ok(())
        })
        .await
    }

    /// Shows a scene, over a time, which may be none. One of the page's form makes segment 0 over the whole strip where
    /// there is none.
    ///
    /// # Errors
    /// `not_found`; `invalid` (`start`) where segment 0 is missing and others are in its place.
    pub fn apply_scene(&self, id: u8, lasts: Duration) -> Result<(), Fault> {
        let scene = self.scenes().into_iter().find(|scene| scene.id == id).ok_or_else(|| not_found(id))?;
        let Plan { controller, look, segments } = Plan::read(&scene.spec)?;
        self.over(lasts, |strip| {
            if let Some(segments) = &segments {
                strip.set_segments(segments);
            } else if look != LookChange::default() {
                let change = SegmentChange { look, ..SegmentChange::default() };
                if strip.update_segment(0, change).is_err() {
                    strip.create_segment(NewSegment { start: 0, length: u16::MAX, reverse: false, look })?;
                }
            }
            if controller != ControllerChange::default() {
                strip.set_controller(controller);
            }
            Ok(())
        })
    }

    /// The strip as it is now.
    fn present(&self) -> Map<String, Value> {
        let view = self.view();
        let segment = |segment: &Segment| {
            let mut value = forms::look_value(&segment.look);
            value["id"] = segment.id.into();
            value["start"] = segment.start.into();
            value["length"] = segment.length.into();
            value["reverse"] = segment.reverse.into();
            value
        };
        let segments: Vec<Value> = view.segments.iter().map(segment).collect();
        let present = json!({
            "power": view.controller.power,
            "brightness": view.controller.brightness,
            "segments": segments,
        });
        present.as_object().cloned().unwrap_or_default()
    }

    async fn change_scenes<T>(&self, by: impl FnOnce(&mut Vec<Scene>) -> Result<T, Fault>) -> Result<T, Fault> {
        let (done, kept) = {
            let _order = self.0.changing();
            let permit = self.0.permit()?;
            let mut scenes = self.scenes();
            let done = by(&mut scenes)?;
            let (reply, kept) = oneshot::channel();
            permit.send(SaveRequest::Scenes(scenes.clone(), reply));
            *self.0.scenes.lock().unwrap_or_else(PoisonError::into_inner) = scenes;
            (done, kept)
        };
        kept.await.map_err(|_| Fault::unavailable("The server is shutting down"))??;
        Ok(done)
    }
}

/// No scene has this id.
pub fn not_found(id: u8) -> Fault {
    Fault::not_found("not_found", "id", format!("There is no scene {id}"))
}
