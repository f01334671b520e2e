//! Conductor, event bus, telemetry and services: where planes and endpoints meet media and rows. Uses neither `gst` nor
//! `sqlx`.
//!
//! ```text
//! show/    the conductor and the bus     access/  keys, logins, tokens, leases of publishers
//! rooms/   apps, rooms, ingresses        imaging/, lights/  image jobs and lights     outbox, telemetry
//! ```

pub mod access;
pub mod imaging;
pub mod lights;
pub mod outbox;
pub mod rooms;
pub mod show;
pub mod telemetry;
pub mod wall_clock;
