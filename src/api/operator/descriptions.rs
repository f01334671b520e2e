//! What each metric is, for the `# HELP` lines of Prometheus' text format: the one table of all metrics of the server.

use Kind::{Counter, Gauge};
use metrics::{describe_counter, describe_gauge};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

const METRICS: &[(Kind, &str, &str)] = &[
    (Gauge, "lumencast_info", "Always 1; its label is the version."),
    (Gauge, "lumencast_uptime_seconds", "Seconds since the start."),
    (Gauge, "lumencast_task_down", "Instances of a task that wait to be started again."),
    (Counter, "lumencast_task_panics_total", "Panics of a task."),
    (Counter, "lumencast_task_restarts_total", "Starts of a task after a panic."),
    (Counter, "lumencast_mixer_slots_total", "Frames that the program mixer composed."),
    (Counter, "lumencast_mixer_late_slots_total", "Frames of program that came more than half a frame late."),
    (Counter, "lumencast_mixer_slate_slots_total", "Frames in which program showed a slate instead of its source."),
    (Gauge, "lumencast_mixer_fps", "Frames of program in the last second."),
    (Gauge, "lumencast_source_fps", "Frames of a source in the last second, as program can show them."),
    (Gauge, "lumencast_source_bitrate_kbps", "Kilobits that came from a source in the last second."),
    (Gauge, "lumencast_source_width_pixels", "Width of a source's picture."),
    (Gauge, "lumencast_source_height_pixels", "Height of a source's picture."),
    (Gauge, "lumencast_source_has_audio", "1 where a source has sound."),
    (Gauge, "lumencast_source_signal", "1 for the state that a source's signal is in: ok, stalled or noSignal."),
    (Gauge, "lumencast_source_last_frame_age_seconds", "Age of the frame of a source that is shown."),
    (Counter, "lumencast_source_frames_total", "Frames of a source put on the frame grid."),
    (
        Counter,
        "lumencast_source_frames_dropped_total",
        "Frames left out because another took their slot or they came late.",
    ),
    (
        Counter,
        "lumencast_source_frames_skipped_total",
        "Frames not shown because newer ones had come, as after a stall.",
    ),
    (
        Counter,
        "lumencast_source_frames_repeated_total",
        "Slots that showed the frame before while a source was delivering.",
    ),
    (Counter, "lumencast_source_anchored_total", "How often a source's clock was tied to show time anew."),
    (Gauge, "lumencast_output_bitrate_kbps", "Kilobits that an output sent or wrote in the last second."),
    (Gauge, "lumencast_output_fps", "Frames that an output sent or wrote in the last second."),
    (Gauge, "lumencast_output_uptime_seconds", "Seconds since an output went live; 0 while it is not."),
    (Gauge, "lumencast_output_last_frame_age_seconds", "Seconds since an output's last frame."),
    (Counter, "lumencast_output_bytes_total", "Bytes that an output sent or wrote."),
    (Counter, "lumencast_output_frames_dropped_total", "Frames that an output had no room for."),
    (Gauge, "lumencast_recordings_disk_free_bytes", "Bytes that are free on the disk of recordings."),
    (Gauge, "lumencast_recordings_disk_needed_bytes", "Bytes that must stay free there (record.min_free_mb)."),
    (
        Gauge,
        "lumencast_recordings_disk_room",
        "1 for the state that the disk is in: ok, low (below twice the need) or full.",
    ),
    (Gauge, "lumencast_lights_fps", "Frames of the lights in the last second."),
    (Counter, "lumencast_lights_frames_total", "Frames that the lights drew."),
    (Counter, "lumencast_lights_late_frames_total", "Frames of the lights that came late."),
    (Gauge, "lumencast_lights_failing_destinations", "Destinations to which the last packet could not be sent."),
    (Gauge, "lumencast_lights_output_up", "1 while an output is sent, 0 while it waits for its name or interface."),
    (Gauge, "lumencast_lights_universes", "Universes that are sent."),
    (Counter, "lumencast_lights_packets_total", "Packets of the lights that were sent."),
    (Counter, "lumencast_lights_send_errors_total", "Packets of the lights that could not be sent."),
    (Gauge, "lumencast_connections", "Connections open at an endpoint."),
    (Counter, "lumencast_connections_refused_total", "Connections refused for the limits of an endpoint."),
    (Counter, "lumencast_connections_evicted_total", "Unauthenticated connections ended in favour of new ones."),
    (Counter, "lumencast_stalled_bodies_total", "HTTP requests ended because their body stalled."),
    (Counter, "lumencast_unread_connections_total", "HTTP connections ended because their answers were not read."),
    (Gauge, "lumencast_journal_waiting", "Beginnings and ends of streams that are not written down yet."),
    (Counter, "lumencast_journal_written_total", "Beginnings and ends of streams that were written down."),
    (Counter, "lumencast_journal_failures_total", "Writes of the journal that failed and were tried again."),
    (Counter, "lumencast_journal_refused_total", "Entries of the journal that the database refused."),
    (Gauge, "lumencast_rtmp_connections", "RTMP connections."),
    (Counter, "lumencast_rtmp_bytes_total", "Bytes received over RTMP."),
    (Counter, "lumencast_rtmp_refused_total", "RTMP publishers refused, by reason."),
    (Counter, "lumencast_rtmp_damaged_tags_total", "FLV tags of RTMP publishers that could not be read."),
    (Gauge, "lumencast_srt_connections", "SRT connections."),
    (Counter, "lumencast_srt_bytes_total", "Bytes received over SRT."),
    (Counter, "lumencast_srt_refused_total", "SRT publishers refused, by reason."),
    (Gauge, "streamhub_ws_ingest_cameras", "Cameras connected over WebSockets."),
    (Gauge, "streamhub_ws_ingest_viewers", "Viewers of MJPEG, by kind."),
    (Counter, "streamhub_ws_ingest_bytes_total", "Bytes received from cameras."),
    (Counter, "streamhub_ws_ingest_frames_total", "Frames received from cameras."),
    (Counter, "streamhub_ws_ingest_dropped_frames_total", "Frames of cameras that were dropped."),
    (Gauge, "webrtc_sessions", "WebRTC sessions, by kind."),
    (Counter, "webrtc_sessions_total", "WebRTC sessions since the start, by kind."),
    (Counter, "webrtc_nacks_total", "Requests of viewers to send packets again."),
    (Counter, "webrtc_keyframe_requests_total", "Requests of viewers for a key frame."),
    (Counter, "webrtc_keyframe_requests_sent_total", "Requests for a key frame that were passed on to publishers."),
    (Counter, "webrtc_sent_bytes_total", "Bytes of media sent to viewers."),
    (Counter, "webrtc_unsent_bytes_total", "Bytes of media that the system did not take."),
    (Counter, "webrtc_unread_jobs_total", "Work that a busy WebRTC thread had no room for."),
];

/// Describes every metric to the recorder that is in use.
pub fn describe() {
    for (kind, name, text) in METRICS {
        match kind {
            Counter => describe_counter!(*name, *text),
            Gauge => describe_gauge!(*name, *text),
        }
    }
}
