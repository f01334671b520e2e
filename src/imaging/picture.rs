//! Pictures in memory: what operations work on between decoding and encoding.
//!
//! Refuses to know: files, formats, what an operation is for.

/// RGB as sRGB-encoded values, 0 to 1, interleaved, rows from the top. Values may leave 0 to 1 between two operations.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    width: u32,
    height: u32,
    /// `width * height * 3` values.
    pub data: Vec<f32>,
}

impl Picture {
    /// A black picture.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, data: vec![0.0; width as usize * height as usize * 3] }
    }

    /// Takes over values; `None` when their number does not fit the size.
    pub fn from_data(width: u32, height: u32, data: Vec<f32>) -> Option<Self> {
        (data.len() == width as usize * height as usize * 3).then_some(Self { width, height, data })
    }

    /// From 8-bit RGB; `None` when the number of bytes does not fit the size.
    pub fn from_rgb8(width: u32, height: u32, rgb: &[u8]) -> Option<Self> {
        Self::from_data(width, height, rgb.iter().map(|&value| f32::from(value) / 255.0).collect())
    }

    /// 8-bit RGB, rounded; what is outside 0 to 1 is clipped.
    pub fn to_rgb8(&self) -> Vec<u8> {
        self.data.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect()
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Pixels along the long edge.
    pub fn long_edge(&self) -> u32 {
        self.width.max(self.height)
    }

    /// One pixel; outside of the picture the nearest one.
    pub fn at(&self, x: i64, y: i64) -> [f32; 3] {
        let x = x.clamp(0, i64::from(self.width) - 1) as usize;
        let y = y.clamp(0, i64::from(self.height) - 1) as usize;
        let start = (y * self.width as usize + x) * 3;
        [self.data[start], self.data[start + 1], self.data[start + 2]]
    }

    /// Pixels in order, for reading.
    pub fn pixels(&self) -> impl Iterator<Item = &[f32]> {
        self.data.chunks_exact(3)
    }

    /// Pixels in order, for changing.
    pub fn pixels_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.data.chunks_exact_mut(3)
    }
}

/// One value a pixel: where and how much an operation acts (0 not at all, 1 fully), or a lightness, or a depth.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    width: u32,
    height: u32,
    /// `width * height` values.
    pub data: Vec<f32>,
}

impl Plane {
    /// The same value everywhere.
    pub fn filled(width: u32, height: u32, value: f32) -> Self {
        Self { width, height, data: vec![value; width as usize * height as usize] }
    }

    /// Takes over values; `None` when their number does not fit the size.
    pub fn from_data(width: u32, height: u32, data: Vec<f32>) -> Option<Self> {
        (data.len() == width as usize * height as usize).then_some(Self { width, height, data })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// One value; outside of the plane the nearest one.
    pub fn at(&self, x: i64, y: i64) -> f32 {
        let x = x.clamp(0, i64::from(self.width) - 1) as usize;
        let y = y.clamp(0, i64::from(self.height) - 1) as usize;
        self.data[y * self.width as usize + x]
    }
}
