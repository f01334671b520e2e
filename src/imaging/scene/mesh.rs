//! Surfaces of triangles, moved and put together. Refuses to know: shapes (see `shapes`, `solids`), how they look.

use glam::{Affine3A, Quat, Vec2, Vec3};

/// A corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vertex {
    /// Metres.
    pub position: Vec3,
    /// Outwards, length 1; smooth surfaces share it between triangles.
    pub normal: Vec3,
    /// Metres along the surface, for patterns.
    pub uv: Vec2,
}

/// Three corners, counter-clockwise seen from outside, and what they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triangle {
    /// Indices into [`Mesh::vertices`]; triangles with others are not drawn.
    pub corners: [u32; 3],
    /// Index into [`super::Scene::materials`].
    pub material: u32,
}

/// Triangles with their corners.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mesh {
    /// Corners.
    pub vertices: Vec<Vertex>,
    /// Triangles.
    pub triangles: Vec<Triangle>,
}

impl Mesh {
    /// All in one, in order.
    pub fn all(parts: impl IntoIterator<Item = Mesh>) -> Self {
        let mut whole = Self::default();
        for part in parts {
            whole.append(part);
        }
        whole
    }

    /// Adds another's triangles.
    pub fn append(&mut self, other: Mesh) {
        let first = self.vertices.len() as u32;
        self.vertices.extend(other.vertices);
        self.triangles.extend(
            other
                .triangles
                .into_iter()
                .map(|one| Triangle { corners: one.corners.map(|corner| corner + first), ..one }),
        );
    }

    /// All of one material.
    pub fn painted(mut self, material: usize) -> Self {
        for triangle in &mut self.triangles {
            triangle.material = material as u32;
        }
        self
    }

    /// Moved by metres.
    pub fn moved(self, x: f32, y: f32, z: f32) -> Self {
        self.placed(Affine3A::from_translation(Vec3::new(x, y, z)))
    }

    /// Turned about the y axis, counter-clockwise seen from above.
    pub fn turned(self, radians: f32) -> Self {
        self.placed(Affine3A::from_rotation_y(radians))
    }

    /// Turned about any axis through the origin.
    pub fn tilted(self, axis: Vec3, radians: f32) -> Self {
        self.placed(Affine3A::from_quat(Quat::from_axis_angle(axis.try_normalize().unwrap_or(Vec3::X), radians)))
    }

    /// Stretched along the axes; uv stay in metres only for 1.
    pub fn scaled(self, x: f32, y: f32, z: f32) -> Self {
        self.placed(Affine3A::from_scale(Vec3::new(x, y, z)))
    }

    /// Put anywhere by an affine map that does not flatten.
    pub fn placed(mut self, place: Affine3A) -> Self {
        let normals = place.matrix3.inverse().transpose();
        let mirrored = place.matrix3.determinant() < 0.0;
        for vertex in &mut self.vertices {
            vertex.position = place.transform_point3(vertex.position);
            vertex.normal = (normals * vertex.normal).normalize_or_zero();
        }
        if mirrored {
            for triangle in &mut self.triangles {
                triangle.corners.swap(1, 2);
            }
        }
        self
    }

    /// Lowest and highest coordinates; `None` without corners.
    pub fn bounds(&self) -> Option<(Vec3, Vec3)> {
        let first = self.vertices.first()?.position;
        Some(
            self.vertices
                .iter()
                .fold((first, first), |(low, high), one| (low.min(one.position), high.max(one.position))),
        )
    }

    /// A corner more; its index.
    pub(super) fn corner(&mut self, position: Vec3, normal: Vec3, uv: Vec2) -> u32 {
        self.vertices.push(Vertex { position, normal, uv });
        self.vertices.len() as u32 - 1
    }

    /// A triangle more.
    pub(super) fn face(&mut self, corners: [u32; 3]) {
        self.triangles.push(Triangle { corners, material: 0 });
    }

    /// A grid of `columns` by `rows` corners that were just added from index `first` becomes faces. Right-handed:
    /// columns x rows point outwards.
    pub(super) fn grid(&mut self, first: u32, columns: u32, rows: u32) {
        for row in 1..rows {
            for column in 1..columns {
                let far = first + row * columns + column;
                let near = far - columns;
                self.face([near - 1, near, far]);
                self.face([near - 1, far, far - 1]);
            }
        }
    }
}
