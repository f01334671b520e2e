//! I420 pictures in memory, borrowed or owned. Knows rows and strides, nothing about content.

/// An I420 picture to read: full-size luma, chroma halved in both directions (rounded up).
#[derive(Debug, Clone, Copy)]
pub struct Planes<'a> {
    /// Luma rows.
    pub y: &'a [u8],
    /// Bytes from one luma row to the next.
    pub y_stride: usize,
    /// Blue-difference rows.
    pub u: &'a [u8],
    /// Red-difference rows.
    pub v: &'a [u8],
    /// Bytes from one chroma row to the next, in both chroma planes.
    pub uv_stride: usize,
    /// Luma width in pixels.
    pub width: usize,
    /// Luma height in pixels.
    pub height: usize,
}

/// An I420 picture to write. Rows that do not fit into their slice are left alone.
#[derive(Debug)]
pub struct PlanesMut<'a> {
    /// Luma rows.
    pub y: &'a mut [u8],
    /// Bytes from one luma row to the next.
    pub y_stride: usize,
    /// Blue-difference rows.
    pub u: &'a mut [u8],
    /// Red-difference rows.
    pub v: &'a mut [u8],
    /// Bytes from one chroma row to the next, in both chroma planes.
    pub uv_stride: usize,
    /// Luma width in pixels.
    pub width: usize,
    /// Luma height in pixels.
    pub height: usize,
}

/// An owned I420 picture without padding: the strides are the plane widths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Luma width in pixels.
    pub width: usize,
    /// Luma height in pixels.
    pub height: usize,
    /// Luma, `width * height` bytes.
    pub y: Vec<u8>,
    /// Blue difference, `width.div_ceil(2) * height.div_ceil(2)` bytes.
    pub u: Vec<u8>,
    /// Red difference, as long as `u`.
    pub v: Vec<u8>,
}

impl Picture {
    /// A picture of one colour (BT.709 limited range code values).
    pub fn flat(width: usize, height: usize, [y, u, v]: [u8; 3]) -> Self {
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        Self { width, height, y: vec![y; width * height], u: vec![u; chroma], v: vec![v; chroma] }
    }

    /// The picture to read.
    pub fn planes(&self) -> Planes<'_> {
        Planes {
            y: &self.y,
            y_stride: self.width,
            u: &self.u,
            v: &self.v,
            uv_stride: self.width.div_ceil(2),
            width: self.width,
            height: self.height,
        }
    }

    /// The picture to write.
    pub fn planes_mut(&mut self) -> PlanesMut<'_> {
        PlanesMut {
            y: &mut self.y,
            y_stride: self.width,
            u: &mut self.u,
            v: &mut self.v,
            uv_stride: self.width.div_ceil(2),
            width: self.width,
            height: self.height,
        }
    }
}

/// One plane to read.
#[derive(Clone, Copy)]
pub(super) struct Plane<'a> {
    pub data: &'a [u8],
    pub stride: usize,
    pub width: usize,
    pub height: usize,
}

/// One plane to write.
pub(super) struct PlaneMut<'a> {
    pub data: &'a mut [u8],
    pub stride: usize,
    pub width: usize,
    pub height: usize,
}

impl<'a> Planes<'a> {
    pub(super) fn split(&self) -> [Plane<'a>; 3] {
        let chroma = |data| Plane {
            data,
            stride: self.uv_stride,
            width: self.width.div_ceil(2),
            height: self.height.div_ceil(2),
        };
        let luma = Plane { data: self.y, stride: self.y_stride, width: self.width, height: self.height };
        [luma, chroma(self.u), chroma(self.v)]
    }
}

impl PlanesMut<'_> {
    pub(super) fn split(&mut self) -> [PlaneMut<'_>; 3] {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let stride = self.uv_stride;
        let luma = PlaneMut { data: &mut *self.y, stride: self.y_stride, width: self.width, height: self.height };
        let [u, v] = [&mut *self.u, &mut *self.v].map(|data| PlaneMut { data, stride, width, height });
        [luma, u, v]
    }
}

impl<'a> Plane<'a> {
    /// `len` bytes of a row; `None` when the slice does not hold them.
    pub fn row(&self, row: usize, len: usize) -> Option<&'a [u8]> {
        self.data.get(row * self.stride..)?.get(..len)
    }
}

impl PlaneMut<'_> {
    /// Bytes `first..end` of a row; `None` when the slice does not hold them.
    pub fn row(&mut self, row: usize, first: usize, end: usize) -> Option<&mut [u8]> {
        self.data.get_mut(row * self.stride..)?.get_mut(first..end)
    }
}
