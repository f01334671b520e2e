//! `GET /health`: the quick check of the LUME document with its four keys unchanged, and our own beside them.

use super::OperatorState;
use crate::{
    domain::{
        disk::{Disk, Room},
        output::LinkState,
        source::{Signal, SourceId},
        view::View,
    },
    tasks,
};
use serde::Serialize;
use warp::{
    http::StatusCode,
    reply::{Reply, Response, json, with_status},
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// `ok`; `degraded` while a task waits to be started again; `broken` once the server is going down for a task that it
    /// cannot do without.
    status: &'static str,
    /// The tasks that are down, by name.
    degraded: Vec<&'static str>,
    /// Seconds.
    uptime: u64,
    /// Available memory of the machine in bytes; `null` when unknown.
    free_heap: Option<u64>,
    /// Always `null`: the server has no Wi-Fi as a lamp has.
    #[serde(rename = "wifiRSSI")]
    wifi_rssi: Option<i32>,
    version: &'static str,
    /// What an operator should look after, one sentence each.
    warnings: Vec<String>,
    /// The disk of recordings; `null` before the first look at it.
    disk: Option<DiskHealth>,
    sources: Vec<SourceHealth>,
    outputs: Vec<OutputHealth>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DiskHealth {
    /// `ok`; `low` below twice what must stay free; `full` while recorders stop for it.
    state: &'static str,
    /// Bytes.
    free: u64,
    /// Bytes that must stay free.
    needed: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceHealth {
    source_id: u32,
    label: String,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct OutputHealth {
    output: u8,
    /// Where its destination stands; `idle` where none is configured.
    state: &'static str,
}

/// How much room there is, in a word.
pub(super) fn room(room: Room) -> &'static str {
    match room {
        Room::Enough => "ok",
        Room::Low => "low",
        Room::Full => "full",
    }
}

/// The answer as of now.
pub fn reply(state: &OperatorState) -> Response {
    let view: &View = &state.show.view();
    let memory = std::fs::read_to_string("/proc/meminfo").ok();
    let sources = view.sources.iter().map(|source| {
        let SourceId(source_id) = source.id;
        SourceHealth { source_id, label: source.label.clone(), status: signal(source.health.signal) }
    });
    let outputs = view.outputs.iter().map(|output| {
        let state = output.push.as_ref().map_or(LinkState::Idle, |push| push.state);
        OutputHealth { output: output.number, state: link(state) }
    });
    let disk = state.telemetry.read().disk;
    let (tasks, broken) = tasks::report();
    let mut degraded: Vec<_> = tasks.iter().filter(|(_, task)| task.down > 0).map(|(name, _)| *name).collect();
    degraded.extend(broken.as_ref().map(|broken| broken.task));
    let (status, code) = match (&broken, degraded.is_empty()) {
        (Some(_), _) => ("broken", StatusCode::SERVICE_UNAVAILABLE),
        (None, false) => ("degraded", StatusCode::OK),
        (None, true) => ("ok", StatusCode::OK),
    };
    let health = Health {
        status,
        degraded,
        uptime: state.began.elapsed().as_secs(),
        free_heap: memory.as_deref().and_then(available),
        wifi_rssi: None,
        version: env!("CARGO_PKG_VERSION"),
        warnings: disk.and_then(|disk| disk.warning()).into_iter().collect(),
        disk: disk.map(|Disk { room: present, free, needed }| DiskHealth { state: room(present), free, needed }),
        sources: sources.collect(),
        outputs: outputs.collect(),
    };
    with_status(json(&health), code).into_response()
}

/// `MemAvailable` of proc(5)'s meminfo in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

pub(super) fn signal(signal: Signal) -> &'static str {
    match signal {
        Signal::Ok => "ok",
        Signal::Stalled => "stalled",
        Signal::None => "noSignal",
    }
}

fn link(state: LinkState) -> &'static str {
    match state {
        LinkState::Idle => "idle",
        LinkState::Connecting => "connecting",
        LinkState::Live => "live",
        LinkState::Reconnecting => "reconnecting",
        LinkState::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_that_is_available_is_read_in_bytes() {
        assert_eq!(available("MemTotal: 8 kB\nMemAvailable:    3 kB\n"), Some(3 * 1024));
        assert_eq!(available("MemTotal: 8 kB\n"), None);
        assert_eq!(available("MemAvailable: lots\n"), None);
    }
}
