//! Operations on the values of pixels: noise, light, colour, contrast, detail. They know no service.
