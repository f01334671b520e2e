//! The show in the plane's words. Every value is taken apart field by field, so that a new one must be decided on.

use super::wire::{
    Carried, Destination, Disk, Input, OutputState, OutputStats, Recorded, SourceHealth, Switched, SwitcherState,
    Tally, Transition, value,
};
use crate::domain::{
    command::{RecordingInfo, Reply},
    disk::{self, Room},
    output::{LinkState, OutputSource, Push, Recorder, Recording},
    source::{Health, Signal, Source},
    stats::{self, OutputKind, Stats},
    switcher::Switcher,
    tally,
    time::ShowTime,
    view::View,
};
use serde_json::{Value, json};

/// Topic `tally`.
pub fn tally(view: &View) -> Tally {
    let tally::Tally { program, preview } = view.tally();
    Tally { program: program.iter().map(|s| s.0).collect(), preview: preview.iter().map(|s| s.0).collect() }
}

/// Topic `switcher.state` as of a moment of show time.
pub fn switcher(view: &View, now: ShowTime) -> SwitcherState {
    let Switcher { program, preview, fade, duration } = &view.switcher;
    let transition = match fade {
        None => Transition { kind: "fade", active: false, progress: 0.0, duration: duration.as_secs_f64() },
        Some(fade) => {
            let length = fade.slots as f64 / view.project.rate.fps();
            let passed = view.fade_began.map_or(0.0, |(_, began)| now.since(began) as f64 / 1e9);
            let progress = if length > 0.0 { (passed / length).clamp(0.0, 1.0) } else { 1.0 };
            Transition { kind: "fade", active: true, progress, duration: length }
        }
    };
    SwitcherState { program: program.map(|s| s.0), preview: preview.map(|s| s.0), transition }
}

/// Topic `inputs`.
pub fn inputs(view: &View) -> Value {
    json!({ "inputs": view.sources.iter().map(input).collect::<Vec<_>>() })
}

fn input(source: &Source) -> Input {
    let Source { id, label, kind, latency: _, health } = source;
    Input {
        source_id: id.0,
        label: label.clone(),
        kind: kind.name(),
        status: signal(health.signal),
        has_audio: health.has_audio,
    }
}

/// Topic `source.health` of one source.
pub fn health(source: &Source) -> SourceHealth {
    let Health { signal: state, fps, last_frame_ms, has_audio: _ } = source.health;
    SourceHealth { source_id: source.id.0, status: signal(state), fps, last_frame_ms }
}

fn signal(signal: Signal) -> &'static str {
    match signal {
        Signal::Ok => "ok",
        Signal::Stalled => "stalled",
        Signal::None => "noSignal",
    }
}

/// Topic `disk`.
pub fn disk(disk: &disk::Disk) -> Disk {
    let disk::Disk { room, free, needed } = *disk;
    let state = match room {
        Room::Enough => "ok",
        Room::Low => "low",
        Room::Full => "full",
    };
    Disk { state, free_mb: free / 1_000_000, needed_mb: needed / 1_000_000, warning: disk.warning() }
}

/// Topic `output.<N>.state`; `None` when there is no such output.
pub fn output(view: &View, number: u8) -> Option<OutputState> {
    let output = view.outputs.iter().find(|o| o.number == number)?;
    let recorder = view.recorders.iter().find(|r| r.number == number);
    let destinations = output.push.as_ref().map(push).into_iter().chain(recorder.map(record)).collect();
    Some(OutputState { output: number, carries: carried(&output.stream), destinations })
}

fn push(push: &Push) -> Destination {
    let Push { url, state, error } = push;
    Destination {
        kind: "rtmp",
        state: link(*state),
        url: Some(url.masked()),
        carries: None,
        file: None,
        resumes: false,
        error: error.as_ref().map(|text| url.masked_in(text)),
    }
}

fn record(recorder: &Recorder) -> Destination {
    let Recorder { number: _, stream, state, error } = recorder;
    let (state, file) = match state {
        Recording::Idle if error.is_some() => ("error", None),
        Recording::Idle => ("idle", None),
        Recording::Starting | Recording::Cancelling => ("connecting", None),
        Recording::Running { file } | Recording::Stopping { file } => ("live", Some(path(file))),
        Recording::Suspended { file } => ("error", Some(path(file))),
    };
    let resumes = matches!(recorder.state, Recording::Suspended { .. });
    let (carries, error) = (Some(carried(stream)), error.clone());
    Destination { kind: "record", state, url: None, carries, file, resumes, error }
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

fn carried(stream: &OutputSource) -> Carried {
    let plain = |source| Carried { source, source_id: None };
    match stream {
        OutputSource::Program => plain("program"),
        OutputSource::Clean => plain("clean"),
        OutputSource::Preview => plain("preview"),
        OutputSource::Multiview1 => plain("multiview1"),
        OutputSource::Multiview2 => plain("multiview2"),
        OutputSource::Replay => plain("replay"),
        OutputSource::Input(id) => Carried { source: "camera", source_id: Some(id.0) },
        OutputSource::Room(_) => plain("room"), // no command of this plane puts one there
    }
}

/// Topic `output.<N>.stats`: one for each running destination; one of zeros for `rtmp` when it does not run.
pub fn output_stats(stats: &Stats, number: u8) -> Vec<OutputStats> {
    let mut all: Vec<_> = stats.outputs.iter().filter(|o| o.number == number).filter_map(destination_stats).collect();
    if !all.iter().any(|s| s.destination == "rtmp") {
        all.insert(
            0,
            OutputStats {
                output: number,
                destination: "rtmp",
                bitrate_kbps: 0.0,
                fps: 0.0,
                dropped_frames: 0,
                bytes_sent: 0,
                uptime: 0.0,
                abr_state: None,
            },
        );
    }
    all
}

fn destination_stats(stats: &stats::OutputStats) -> Option<OutputStats> {
    let stats::OutputStats { kind, number, stream: _, bitrate_kbps, fps, bytes, dropped, uptime_s, last_frame_ms: _ } =
        stats;
    let destination = match kind {
        OutputKind::Push => "rtmp",
        OutputKind::Record => "record",
        OutputKind::Hls => return None, // belongs to no numbered output
    };
    Some(OutputStats {
        output: *number,
        destination,
        bitrate_kbps: *bitrate_kbps,
        fps: *fps,
        dropped_frames: *dropped,
        bytes_sent: *bytes,
        uptime: *uptime_s,
        abr_state: None,
    })
}

/// The `data` of a command's answer. A reply of graphics or of inputs cannot come of a command of this plane and is empty.
pub fn reply(reply: Reply) -> Value {
    match reply {
        Reply::Done | Reply::InputAdded { .. } | Reply::Taken(_) | Reply::Released { .. } => json!({}),
        Reply::Switched { slot, time, slots, superseded } => value(Switched {
            slot: slot.0,
            frame_time: time.seconds(),
            slots: (slots > 0).then_some(slots),
            superseded,
        }),
        Reply::Recording(RecordingInfo { recorder, file, parts, first, frames }) => value(Recorded {
            recorder,
            file: path(&file),
            parts: parts.iter().map(|part| path(part)).collect(),
            first_slot: first.map(|(slot, _)| slot.0),
            first_frame_time: first.map(|(_, time)| time.seconds()),
            frames,
        }),
    }
}

fn path(file: &str) -> String {
    format!("recordings/{file}")
}
