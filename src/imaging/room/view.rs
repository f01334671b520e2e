//! The camera that took a picture of a room: the direction of each pixel, and its point on the floor.
//!
//! The world is the room: x to the right and z towards the camera along the walls, y up, the floor at 0, the camera
//! above the origin. A point of the floor is named by (u, v), metres to the right and metres ahead: x = u, z = -v.
//! Refuses to know: pixels' values, how the camera was found.

use glam::{Mat3, Mat4, Vec2, Vec3, Vec4};

/// A camera without distortion; its axis goes through the middle of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Pixels in a row.
    pub width: f32,
    /// Rows.
    pub height: f32,
    /// Focal length in pixels.
    pub focal: f32,
    /// From the world's axes to those of the camera (x right, y up, z backwards).
    pub turn: Mat3,
    /// Metres from the floor up to the camera.
    pub eye: f32,
}

/// Metres from the floor to an unknown camera.
pub const EYE: f32 = 1.5;

impl View {
    /// The default camera of a picture without clues: 60 degrees wide, level, the horizon at 45 % of the height.
    pub fn usual(width: f32, height: f32) -> Self {
        let focal = width.max(height * 0.9) / 2.0 / 30f32.to_radians().tan();
        let pitch = -(0.05 * height / focal).atan();
        Self { width, height, focal, turn: turned(0.0, pitch, 0.0), eye: EYE }
    }

    /// The same camera for the picture at another size.
    pub fn scaled(&self, width: f32, height: f32) -> Self {
        Self { width, height, focal: self.focal * width / self.width, ..*self }
    }

    /// Where a pixel looks to, in the world; not of length 1.
    pub fn ray(&self, x: f32, y: f32) -> Vec3 {
        let ray = Vec3::new((x - self.width / 2.0) / self.focal, (self.height / 2.0 - y) / self.focal, -1.0);
        self.turn.transpose() * ray
    }

    /// The point (u, v) of the floor at a pixel; `None` at and above the horizon.
    pub fn floor_at(&self, x: f32, y: f32) -> Option<Vec2> {
        let ray = self.ray(x, y);
        (ray.y < -1e-3).then(|| Vec2::new(ray.x, -ray.z) * (self.eye / -ray.y))
    }

    /// The pixel of a point of the world; `None` behind the camera.
    pub fn pixel_of(&self, point: Vec3) -> Option<Vec2> {
        let seen = self.turn * (point - Vec3::new(0.0, self.eye, 0.0));
        (seen.z < -0.05).then(|| {
            Vec2::new(self.width / 2.0 - seen.x / seen.z * self.focal, self.height / 2.0 + seen.y / seen.z * self.focal)
        })
    }

    /// The row of the horizon in a column.
    pub fn horizon(&self, x: f32) -> f32 {
        let up = self.turn.y_axis;
        self.height / 2.0 + (up.x * (x - self.width / 2.0) - up.z * self.focal) / up.y.max(0.1)
    }

    /// World to camera.
    pub fn view_matrix(&self) -> Mat4 {
        Mat4::from_mat3(self.turn) * Mat4::from_translation(Vec3::new(0.0, -self.eye, 0.0))
    }

    /// Camera to the clip space of a window of the picture: `left`, `top`, `width`, `height` in pixels.
    pub fn window_matrix(&self, window: [f32; 4]) -> Mat4 {
        let [left, top, width, height] = window;
        let (near, far) = (0.05, 100.0);
        let across = 2.0 * (self.width / 2.0 - left) / width - 1.0;
        let down = 1.0 - 2.0 * (self.height / 2.0 - top) / height;
        Mat4::from_cols(
            Vec4::new(2.0 * self.focal / width, 0.0, 0.0, 0.0),
            Vec4::new(0.0, 2.0 * self.focal / height, 0.0, 0.0),
            Vec4::new(-across, -down, (far + near) / (near - far), -1.0),
            Vec4::new(0.0, 0.0, 2.0 * far * near / (near - far), 0.0),
        )
    }
}

/// The turn of a camera that looks `yaw` to the left of the walls' direction and `pitch` up, rolled by `roll` (radians).
pub fn turned(yaw: f32, pitch: f32, roll: f32) -> Mat3 {
    Mat3::from_rotation_z(-roll) * Mat3::from_rotation_x(-pitch) * Mat3::from_rotation_y(-yaw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_camera_sees_the_horizon_at_45_percent_and_the_floor_below() {
        let view = View::usual(800.0, 600.0);
        assert!((view.horizon(10.0) - 270.0).abs() < 0.5, "{}", view.horizon(10.0));
        assert!(view.floor_at(400.0, 265.0).is_none());
        let near = view.floor_at(400.0, 599.0).unwrap();
        assert!(near.x.abs() < 1e-3 && (2.0..4.0).contains(&near.y), "{near}");
    }

    #[test]
    fn a_point_of_the_floor_comes_back_to_its_pixel() {
        let view = View { turn: turned(0.4, -0.2, 0.05), ..View::usual(640.0, 480.0) };
        for (x, y) in [(20.0, 470.0), (320.0, 400.0), (600.0, 350.0)] {
            let floor = view.floor_at(x, y).unwrap();
            let back = view.pixel_of(Vec3::new(floor.x, 0.0, -floor.y)).unwrap();
            assert!(back.distance(Vec2::new(x, y)) < 0.05, "{back}");
        }
    }

    #[test]
    fn a_window_shows_its_part_of_the_picture() {
        let view = View { turn: turned(0.2, -0.1, 0.0), ..View::usual(640.0, 480.0) };
        let point = Vec3::new(0.4, 0.3, -4.0);
        let pixel = view.pixel_of(point).unwrap();
        let window = [100.0, 150.0, 320.0, 200.0];
        let seen = (view.window_matrix(window) * view.view_matrix()).project_point3(point);
        let x = window[0] + (seen.x + 1.0) / 2.0 * window[2];
        let y = window[1] + (1.0 - seen.y) / 2.0 * window[3];
        assert!(pixel.distance(Vec2::new(x, y)) < 0.05, "{pixel} {x} {y}");
    }
}
