//! The service virtual-staging.
