//! Things in space and how they look: meshes, materials, lights and a camera, traced to pixels.
//!
//! ```text
//! Mesh + Material + Light + Camera ─► Scene ─► render (Bvh, rays, filter) ─► colour, shade of the floor, depth
//! ```
//!
//! Metres, y up, right-handed; colours are linear. Refuses to know: photographs, plans, furniture, tone mapping.

mod bvh;
mod camera;
mod filter;
mod light;
mod material;
mod mesh;
mod render;
mod sampling;
mod shading;
mod shapes;
mod solids;
#[cfg(test)]
mod tests;
mod texture;

pub use camera::{Camera, Ray};
pub use light::{Lamp, Sky, Sun};
pub use material::{Material, Pattern, linear};
pub use mesh::{Mesh, Triangle, Vertex};
pub use render::{Catcher, Options, Pixel, Rendered, render, rows};

/// Everything a rendering looks at.
#[derive(Debug, Clone)]
pub struct Scene {
    /// All surfaces.
    pub mesh: Mesh,
    /// What [`Triangle::material`] counts in; a triangle of a material that is missing is grey.
    pub materials: Vec<Material>,
    /// Where it is seen from.
    pub camera: Camera,
    /// The sun, if it shines.
    pub sun: Option<Sun>,
    /// Light from all around.
    pub sky: Sky,
    /// Light from nearby.
    pub lamps: Vec<Lamp>,
}

impl Scene {
    /// An empty scene under an even white sky.
    pub fn new(camera: Camera) -> Self {
        Self { mesh: Mesh::default(), materials: Vec::new(), camera, sun: None, sky: Sky::default(), lamps: Vec::new() }
    }

    /// Adds a material and answers its index for [`Mesh::painted`].
    pub fn material(&mut self, material: Material) -> usize {
        self.materials.push(material);
        self.materials.len() - 1
    }

    /// Adds surfaces.
    pub fn add(&mut self, mesh: Mesh) {
        self.mesh.append(mesh);
    }
}
