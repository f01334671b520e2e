//! Channels of pixels with a border of zeros, and the convolution on them.
//!
//! The border makes a convolution one matrix product per kernel row, straight on the stored values: beside a pixel lie
//! its neighbours' channels, so rows of the matrix overlap in memory and nothing is copied. Refuses to know: layers.

#![expect(unsafe_code, reason = "matrix products take pointers")]

/// Zeros on each side of every row and of the whole; half of the largest kernel.
pub const BORDER: usize = 3;

/// Rows of pixels of channels.
#[derive(Debug, Clone)]
pub struct Tensor {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    /// With the border: `(height + 2 * BORDER) * (width + 2 * BORDER) * channels` values.
    pub data: Vec<f32>,
}

/// The kernel and bias of one convolution, as TensorFlow.js stores them: rows, columns, channels in, channels out.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    /// Rows and columns; odd.
    pub side: usize,
    pub inputs: usize,
    pub outputs: usize,
    pub values: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Tensor {
    pub fn new(width: usize, height: usize, channels: usize) -> Self {
        Self { width, height, channels, data: vec![0.0; (width + 2 * BORDER) * (height + 2 * BORDER) * channels] }
    }

    /// Pixels in a stored row.
    pub fn stride(&self) -> usize {
        self.width + 2 * BORDER
    }

    /// The values of one row, without border.
    pub fn row(&self, y: usize) -> &[f32] {
        let start = ((y + BORDER) * self.stride() + BORDER) * self.channels;
        &self.data[start..start + self.width * self.channels]
    }

    /// The values of one row, without border, for changing.
    pub fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let start = ((y + BORDER) * self.stride() + BORDER) * self.channels;
        let end = start + self.width * self.channels;
        &mut self.data[start..end]
    }

    /// With zeros beyond the edges, size kept. `None` where the kernel does not fit the channels or the border.
    pub fn convolved(&self, kernel: &Kernel) -> Option<Self> {
        let radius = kernel.side / 2;
        let run = kernel.side * self.channels;
        let fits = kernel.side % 2 == 1
            && radius <= BORDER
            && kernel.inputs == self.channels
            && kernel.values.len() == kernel.side * run * kernel.outputs
            && kernel.bias.len() == kernel.outputs;
        if !fits || self.width == 0 || self.height == 0 {
            return None;
        }
        let mut out = Self::new(self.width, self.height, kernel.outputs);
        let stride = self.stride();
        let first = BORDER * stride + BORDER;
        // From the first pixel to the last one, the border between rows included; that part is cleared afterwards.
        let pixels = (self.height - 1) * stride + self.width;
        for pixel in
            out.data[first * kernel.outputs..(first + pixels) * kernel.outputs].chunks_exact_mut(kernel.outputs)
        {
            pixel.copy_from_slice(&kernel.bias);
        }
        for (row, values) in kernel.values.chunks_exact(run * kernel.outputs).enumerate() {
            let start = (first + row * stride - radius * stride - radius) * self.channels;
            let from = &self.data[start..start + (pixels - 1) * self.channels + run];
            let to = &mut out.data[first * kernel.outputs..(first + pixels) * kernel.outputs];
            // SAFETY: row i of the left matrix is `run` values from i * channels on, the last one ending where `from`
            // ends; the right one has run x outputs values; the result pixels x outputs, disjoint from both.
            unsafe {
                matrixmultiply::sgemm(
                    pixels,
                    run,
                    kernel.outputs,
                    1.0,
                    from.as_ptr(),
                    self.channels as isize,
                    1,
                    values.as_ptr(),
                    kernel.outputs as isize,
                    1,
                    1.0,
                    to.as_mut_ptr(),
                    kernel.outputs as isize,
                    1,
                );
            }
        }
        for y in 0..self.height - 1 {
            let gap = ((y + BORDER) * stride + BORDER + self.width) * kernel.outputs;
            out.data[gap..gap + 2 * BORDER * kernel.outputs].fill(0.0);
        }
        Some(out)
    }

    /// Negative values to zero.
    pub fn rectify(&mut self) {
        self.data.iter_mut().for_each(|value| *value = value.max(0.0));
    }

    /// Value by value; `None` where sizes differ.
    pub fn add(&mut self, other: &Self) -> Option<()> {
        (self.data.len() == other.data.len() && self.channels == other.channels).then(|| {
            self.data.iter_mut().zip(&other.data).for_each(|(value, more)| *value += more);
        })
    }

    /// The channels of all, one behind the other; `None` where sizes differ.
    pub fn concatenated(parts: &[&Self]) -> Option<Self> {
        let first = parts.first()?;
        if parts.iter().any(|part| (part.width, part.height) != (first.width, first.height)) {
            return None;
        }
        let channels = parts.iter().map(|part| part.channels).sum();
        let mut out = Self::new(first.width, first.height, channels);
        let mut start = 0;
        for part in parts {
            let pixels = out.data.chunks_exact_mut(channels).zip(part.data.chunks_exact(part.channels));
            pixels.for_each(|(to, from)| to[start..start + part.channels].copy_from_slice(from));
            start += part.channels;
        }
        Some(out)
    }

    /// Every pixel `factor` x `factor` times.
    pub fn repeated(&self, factor: usize) -> Self {
        self.spread(factor, self.channels, |_, _| 0)
    }

    /// Channels to pixels: of each pixel a square of `factor` x `factor`; `None` where channels do not divide so.
    pub fn shuffled(&self, factor: usize) -> Option<Self> {
        let channels = self.channels / (factor * factor).max(1);
        (channels > 0 && channels * factor * factor == self.channels)
            .then(|| self.spread(factor, channels, |x, y| (y * factor + x) * channels))
    }

    /// Larger by a factor; `part` gives the first channel for a place within the square.
    fn spread(&self, factor: usize, channels: usize, part: impl Fn(usize, usize) -> usize) -> Self {
        let mut out = Self::new(self.width * factor, self.height * factor, channels);
        for y in 0..out.height {
            let from = self.row(y / factor);
            for (x, to) in out.row_mut(y).chunks_exact_mut(channels).enumerate() {
                let start = x / factor * self.channels + part(x % factor, y % factor);
                to.copy_from_slice(&from[start..start + channels]);
            }
        }
        out
    }
}
