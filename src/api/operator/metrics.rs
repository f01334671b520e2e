//! `GET /metrics` in the Prometheus text format.
//!
//! The figures of the engine are put into a recorder of their own at each scrape: what ended since the last one is not
//! in it, where a lasting recorder would show its last value for ever.

use super::{
    OperatorState, describe,
    health::{room, signal},
};
use crate::app::lights::{Figures, outputs::OutputView};
use crate::domain::{
    disk::{Disk, Room},
    source::{Signal, SourceId},
    stats::{MixerStats, OutputKind, OutputStats, SourceStats, Stats},
    view::View,
};
use crate::tasks::{self, TaskReport};
use metrics::{Label, counter, gauge, with_local_recorder};
use metrics_exporter_prometheus::PrometheusBuilder;
use warp::{
    http::header::CONTENT_TYPE,
    reply::{Reply, Response, with_header},
};

/// The answer as of now.
pub fn reply(state: &OperatorState) -> Response {
    let recorder = PrometheusBuilder::new().build_recorder();
    let stats = state.telemetry.read();
    with_local_recorder(&recorder, || {
        describe();
        of_tasks();
        record(&stats, &state.show.view(), state.began.elapsed().as_secs_f64());
        if let Some(lights) = &state.lights {
            of_lights(&lights.figures(), &lights.outputs());
        }
    });
    let process = state.process.as_ref().map(|handle| handle.render()).unwrap_or_default();
    let text = recorder.handle().render() + &process;
    with_header(text, CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8").into_response()
}

fn record(stats: &Stats, view: &View, uptime: f64) {
    let Stats { mixer, sources, outputs, disk } = stats;
    gauge!("lumencast_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("lumencast_uptime_seconds").set(uptime);
    of_mixer(mixer);
    for (id, stats) in sources {
        let kind = view.sources.iter().find(|s| s.id == *id).map_or("unknown", |s| s.kind.name());
        of_source(*id, kind, stats);
    }
    outputs.iter().for_each(of_output);
    disk.iter().for_each(of_disk);
}

fn of_disk(disk: &Disk) {
    let Disk { room: present, free, needed } = *disk;
    gauge!("lumencast_recordings_disk_free_bytes").set(free as f64);
    gauge!("lumencast_recordings_disk_needed_bytes").set(needed as f64);
    for state in [Room::Enough, Room::Low, Room::Full] {
        gauge!("lumencast_recordings_disk_room", "state" => room(state)).set(u8::from(state == present));
    }
}

/// Every task that is started again or ends the server, by its name; none of them has an instance of its own.
fn of_tasks() {
    for (name, TaskReport { panics, restarts, down }) in tasks::report().0 {
        counter!("lumencast_task_panics_total", "task" => name).absolute(panics);
        counter!("lumencast_task_restarts_total", "task" => name).absolute(restarts);
        gauge!("lumencast_task_down", "task" => name).set(down);
    }
}

fn of_mixer(stats: &MixerStats) {
    let MixerStats { slots, late, slate, fps } = *stats;
    counter!("lumencast_mixer_slots_total").absolute(slots);
    counter!("lumencast_mixer_late_slots_total").absolute(late);
    counter!("lumencast_mixer_slate_slots_total").absolute(slate);
    gauge!("lumencast_mixer_fps").set(fps);
}

fn of_lights(figures: &Figures, outputs: &[OutputView]) {
    let Figures { fps, frames, late, output } = *figures;
    gauge!("lumencast_lights_fps").set(fps);
    counter!("lumencast_lights_frames_total").absolute(frames);
    counter!("lumencast_lights_late_frames_total").absolute(late);
    gauge!("lumencast_lights_universes").set(output.universes as f64);
    counter!("lumencast_lights_packets_total").absolute(output.packets);
    counter!("lumencast_lights_send_errors_total").absolute(output.errors);
    gauge!("lumencast_lights_failing_destinations").set(output.failing as f64);
    for view in outputs {
        let up = u8::from(view.problem.is_none());
        gauge!("lumencast_lights_output_up", "output" => view.output.id.clone()).set(up);
    }
}

fn of_source(id: SourceId, kind: &'static str, stats: &SourceStats) {
    let SourceStats {
        signal: present,
        fps,
        bitrate_kbps,
        width,
        height,
        frames,
        dropped,
        skipped,
        repeated,
        anchored,
        last_frame_ms,
        has_audio,
        peak_db: _, // a meter, not a metric: meaningless at the pace of scrapes
    } = *stats;
    let of = || vec![Label::new("source", id.to_string()), Label::new("kind", kind)];
    gauge!("lumencast_source_fps", of()).set(fps);
    gauge!("lumencast_source_bitrate_kbps", of()).set(bitrate_kbps);
    gauge!("lumencast_source_width_pixels", of()).set(width);
    gauge!("lumencast_source_height_pixels", of()).set(height);
    gauge!("lumencast_source_has_audio", of()).set(u8::from(has_audio));
    counter!("lumencast_source_frames_total", of()).absolute(frames);
    counter!("lumencast_source_frames_dropped_total", of()).absolute(dropped);
    counter!("lumencast_source_frames_skipped_total", of()).absolute(skipped);
    counter!("lumencast_source_frames_repeated_total", of()).absolute(repeated);
    counter!("lumencast_source_anchored_total", of()).absolute(anchored);
    if let Some(age) = last_frame_ms {
        gauge!("lumencast_source_last_frame_age_seconds", of()).set(age as f64 / 1e3);
    }
    // One series for each state, of which one is 1: so they can be summed and alerted on.
    for state in [Signal::Ok, Signal::Stalled, Signal::None] {
        let mut labels = of();
        labels.push(Label::new("state", signal(state)));
        gauge!("lumencast_source_signal", labels).set(u8::from(state == present));
    }
}

fn of_output(stats: &OutputStats) {
    let OutputStats { kind, number, stream, bitrate_kbps, fps, bytes, dropped, uptime_s, last_frame_ms } = stats;
    let kind = match kind {
        OutputKind::Push => "push",
        OutputKind::Record => "record",
        OutputKind::Hls => "hls",
    };
    let of = || {
        let number = Label::new("number", number.to_string());
        vec![Label::new("kind", kind), number, Label::new("stream", stream.to_string())]
    };
    gauge!("lumencast_output_bitrate_kbps", of()).set(*bitrate_kbps);
    gauge!("lumencast_output_fps", of()).set(*fps);
    gauge!("lumencast_output_uptime_seconds", of()).set(*uptime_s);
    counter!("lumencast_output_bytes_total", of()).absolute(*bytes);
    counter!("lumencast_output_frames_dropped_total", of()).absolute(*dropped);
    if let Some(age) = last_frame_ms {
        gauge!("lumencast_output_last_frame_age_seconds", of()).set(*age as f64 / 1e3);
    }
}
