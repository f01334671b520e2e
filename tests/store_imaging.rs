//! The durable side of image jobs, every rule in SQLite and in a real PostgreSQL; objects in a folder and in S3.

#[path = "store_imaging/accounts.rs"]
mod accounts;
#[path = "store_imaging/objects.rs"]
mod objects;
#[path = "store_imaging/orders.rs"]
mod orders;
#[path = "store_imaging/place.rs"]
mod place;
#[path = "store_imaging/queue.rs"]
mod queue;
#[path = "store_imaging/webhooks.rs"]
mod webhooks;

mod support;
