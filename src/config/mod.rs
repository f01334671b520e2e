//! Typed settings with defaults; errors name the key.
