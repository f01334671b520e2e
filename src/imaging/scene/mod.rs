//! Three-dimensional scenes: meshes, materials, light, a camera, and the picture that it sees.
