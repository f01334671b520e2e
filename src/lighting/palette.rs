//! Stand-in until the palettes come in.
