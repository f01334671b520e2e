//! The service render-enhancement.
