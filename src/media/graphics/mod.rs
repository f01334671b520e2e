//! Graphics keyed over program: built-in SVG templates, their rasters and the blend step.
