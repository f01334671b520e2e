//! Rows of every kind, every rule in SQLite and in a real PostgreSQL; objects in a folder and in S3.

mod apps;
mod cameras;
mod imaging {
    mod accounts;
    mod objects;
    mod orders;
    mod queue;
    mod webhooks;
}
mod ingress;
mod journal;
mod keys;
mod lights;
mod old_data;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod test_store;
mod users;
