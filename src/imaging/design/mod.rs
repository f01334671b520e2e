//! The service design-options.
