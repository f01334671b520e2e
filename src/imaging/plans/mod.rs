//! The service 3d-plans.
