//! Fewer pixels, well filtered.
