//! Image jobs on the built server, worker process and all: over HTTP, by credits, through a kill, beside program.

mod air;
mod client;
mod elsewhere;
mod files;
mod flow;
mod hostile;
mod memory;
mod paid;
mod waiting;
