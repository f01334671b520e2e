//! Where a scene is seen from: rays through a picture, and back from space to the picture.
//!
//! Places in the picture are 0 to 1 from the left and from the top. Refuses to know: surfaces, pixels.

use glam::{Mat3, Mat4, Vec2, Vec3};

/// A half-line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// Where it begins.
    pub origin: Vec3,
    /// Where it goes; not of length 1 for rays of a camera (see [`Camera::ray`]).
    pub direction: Vec3,
}

impl Ray {
    /// The place after `distance` lengths of its direction.
    pub fn at(&self, distance: f32) -> Vec3 {
        self.origin + self.direction * distance
    }
}

/// A perspective or parallel view. Origin and direction of its rays change evenly over the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    origin: [Vec3; 3],
    direction: [Vec3; 3],
}

impl Camera {
    /// Perspective from `from` to `at`. `focal` is the focal length in picture heights (1.2 is a normal lens, 0.7 a
    /// wide one), `aspect` width by height. The horizon is level; looking straight down, -z is up in the picture.
    pub fn looking(from: Vec3, at: Vec3, focal: f32, aspect: f32) -> Self {
        let (forward, right, up) = axes(from, at);
        let (across, down) = (right * (aspect / focal), -up / focal);
        Self { origin: [from, Vec3::ZERO, Vec3::ZERO], direction: [forward - (across + down) * 0.5, across, down] }
    }

    /// Parallel view from `from` to `at` that shows `height` metres from bottom to top.
    pub fn parallel(from: Vec3, at: Vec3, height: f32, aspect: f32) -> Self {
        let (forward, right, up) = axes(from, at);
        let (across, down) = (right * (height * aspect), -up * height);
        Self { origin: [from - (across + down) * 0.5, across, down], direction: [forward, Vec3::ZERO, Vec3::ZERO] }
    }

    /// From matrices as graphics interfaces use them (right-handed view looking along -z; any perspective projection,
    /// also off-centre, with depth 0..1 or -1..1). `None` when they cannot be inverted.
    pub fn of(view: Mat4, projection: Mat4) -> Option<Self> {
        let both = projection * view;
        if !(both.determinant().abs() > 1e-20 && view.determinant().abs() > 1e-20) {
            return None;
        }
        let (back, inverse) = (both.inverse(), view.inverse());
        let (eye, forward) = (inverse.transform_point3(Vec3::ZERO), -inverse.z_axis.truncate().normalize_or_zero());
        let place = |x: f32, y: f32| back.project_point3(Vec3::new(x, y, 0.5));
        let (corner, right, below) = (place(-1.0, 1.0), place(1.0, 1.0), place(-1.0, -1.0));
        let camera = if projection.w_axis.w == 0.0 {
            let far = (corner - eye).dot(forward);
            let scale = 1.0 / far;
            Self {
                origin: [eye, Vec3::ZERO, Vec3::ZERO],
                direction: [(corner - eye) * scale, (right - corner) * scale, (below - corner) * scale],
            }
        } else {
            let level = forward * (corner - eye).dot(forward);
            Self {
                origin: [corner - level, right - corner, below - corner],
                direction: [forward, Vec3::ZERO, Vec3::ZERO],
            }
        };
        camera.direction[0].is_finite().then_some(camera)
    }

    /// The ray through a place in the picture. Lengths of its direction are metres of depth: along the view, not
    /// along the ray.
    pub fn ray(&self, x: f32, y: f32) -> Ray {
        Ray {
            origin: self.origin[0] + self.origin[1] * x + self.origin[2] * y,
            direction: self.direction[0] + self.direction[1] * x + self.direction[2] * y,
        }
    }

    /// Where a point is seen: place in the picture and metres of depth. `None` behind the camera. The place may be
    /// outside of 0 to 1.
    pub fn project(&self, point: Vec3) -> Option<(Vec2, f32)> {
        let way = point - self.origin[0];
        if self.is_parallel() {
            let found = Mat3::from_cols(self.origin[1], self.origin[2], self.direction[0]).inverse() * way;
            return (found.z > 0.0).then_some((Vec2::new(found.x, found.y), found.z));
        }
        let found = Mat3::from_cols(self.direction[1], self.direction[2], self.direction[0]).inverse() * way;
        (found.z > 1e-6).then(|| (Vec2::new(found.x, found.y) / found.z, found.z))
    }

    /// Metres that one of `rows` pixels covers in `depth` metres.
    pub(super) fn footprint(&self, rows: u32, depth: f32) -> f32 {
        let height = if self.is_parallel() { self.origin[2].length() } else { self.direction[2].length() * depth };
        height / rows as f32
    }

    fn is_parallel(&self) -> bool {
        self.direction[1] == Vec3::ZERO && self.direction[2] == Vec3::ZERO
    }
}

/// Forward, right and up of a view.
fn axes(from: Vec3, at: Vec3) -> (Vec3, Vec3, Vec3) {
    let forward = (at - from).try_normalize().unwrap_or(Vec3::NEG_Z);
    let right = forward.cross(Vec3::Y).try_normalize().unwrap_or(Vec3::X);
    (forward, right, right.cross(forward))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Vec3, b: Vec3) -> bool {
        (a - b).length() < 1e-3
    }

    #[test]
    fn a_place_seen_through_a_ray_leads_back_to_it() {
        let (from, at) = (Vec3::new(3.0, 4.0, 9.0), Vec3::new(0.5, 0.0, -1.0));
        for camera in [Camera::looking(from, at, 1.1, 1.5), Camera::parallel(from, at, 6.0, 1.5)] {
            let (place, depth) = camera.project(camera.ray(0.2, 0.7).at(5.0)).unwrap();
            assert!((place - Vec2::new(0.2, 0.7)).length() < 1e-4 && (depth - 5.0).abs() < 1e-3, "{place} {depth}");
        }
    }

    #[test]
    fn matrices_and_a_look_at_make_the_same_camera() {
        let (from, at) = (Vec3::new(3.0, 4.0, 9.0), Vec3::new(0.5, 0.0, -1.0));
        let angle = 2.0 * (0.5f32 / 1.1).atan();
        let view = Mat4::look_at_rh(from, at, Vec3::Y);
        for projection in [Mat4::perspective_rh(angle, 1.5, 0.1, 50.0), Mat4::perspective_rh_gl(angle, 1.5, 0.1, 50.0)]
        {
            let (one, two) = (Camera::of(view, projection).unwrap(), Camera::looking(from, at, 1.1, 1.5));
            assert!(near(one.ray(0.1, 0.9).at(3.0), two.ray(0.1, 0.9).at(3.0)));
        }
        assert!(Camera::of(Mat4::ZERO, Mat4::IDENTITY).is_none());
    }

    #[test]
    fn what_is_behind_is_not_seen() {
        let camera = Camera::looking(Vec3::ZERO, Vec3::NEG_Z, 1.0, 1.0);
        assert!(camera.project(Vec3::Z).is_none());
        let (place, depth) = camera.project(Vec3::new(0.0, 0.5, -2.0)).unwrap();
        assert!((place - Vec2::new(0.5, 0.25)).length() < 1e-5 && (depth - 2.0).abs() < 1e-5);
    }
}
