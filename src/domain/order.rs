//! Orders of the show to the machines, and their reports.

use super::{
    command::{RecordingInfo, Ticket},
    disk::Disk,
    graphic::Graphic,
    input::InputChange,
    output::{LinkState, OutputSource},
    push_url::PushUrl,
    source::{Health, SourceId},
    switcher::{Fade, SceneChange},
    time::{ShowTime, Slot},
};

/// An order to the media engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Answered by [`Report::Switched`].
    Switch {
        ticket: Ticket,
        change: SceneChange,
    },
    /// Answered by [`Report::InputChanged`] or [`Report::InputFailed`]; after a failure everything is as it was.
    ChangeInput {
        ticket: Ticket,
        source: SourceId,
        change: InputChange,
    },
    /// Draw it and key it on a channel; answered by [`Report::GraphicShown`] or [`Report::GraphicFailed`].
    ShowGraphic {
        ticket: Ticket,
        channel: String,
        graphic: Graphic,
    },
    /// Answered by [`Report::GraphicLeaving`], later by [`Report::GraphicGone`].
    HideGraphic {
        ticket: Ticket,
        channel: String,
        graphic: String,
    },
    /// Answered by [`Report::RecordingStarted`], [`Report::RecordingFailed`] or [`Report::RecordingOutOfSpace`].
    StartRecording {
        ticket: Ticket,
        recorder: u8,
        stream: OutputSource,
        /// The recording that it goes on with, in a next part.
        after: Option<RecordingInfo>,
    },
    /// Answered by [`Report::RecordingStopped`] or [`Report::RecordingFailed`]. The ticket is that of the stop, or of the
    /// start when the show ends a recording by itself.
    StopRecording {
        ticket: Ticket,
        recorder: u8,
    },
    /// Followed by [`Report::Push`] at each change.
    StartPush {
        output: u8,
        stream: OutputSource,
        url: PushUrl,
    },
    StopPush {
        output: u8,
    },
}

/// What the media engine reports.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// The change is in the picture of this slot.
    Switched {
        ticket: Ticket,
        slot: Slot,
        time: ShowTime,
        /// A later cut took the same slot: the picture never was as this change would have had it.
        superseded: bool,
    },
    /// A dissolve reached its end: from this slot on there is only its target.
    FadeEnded {
        fade: Fade,
        slot: Slot,
        time: ShowTime,
    },
    /// The inputs are as ordered from this slot on.
    InputChanged {
        ticket: Ticket,
        slot: Slot,
        time: ShowTime,
    },
    InputFailed {
        ticket: Ticket,
        /// For people.
        reason: String,
    },
    /// The first slot that shows it.
    GraphicShown {
        ticket: Ticket,
        channel: String,
        graphic: String,
        slot: Slot,
        time: ShowTime,
    },
    /// The first slot of its out animation.
    GraphicLeaving {
        ticket: Ticket,
        channel: String,
        graphic: String,
        slot: Slot,
        time: ShowTime,
    },
    /// It is no longer seen.
    GraphicGone {
        channel: String,
        graphic: String,
        slot: Slot,
    },
    GraphicFailed {
        ticket: Ticket,
        channel: String,
        graphic: String,
        reason: String,
    },
    /// Too many graphics wait to be drawn; nothing has changed.
    GraphicRefused {
        ticket: Ticket,
        channel: String,
        graphic: String,
    },
    /// A source's signal changed.
    Source {
        source: SourceId,
        health: Health,
    },
    RecordingStarted {
        ticket: Ticket,
        recorder: u8,
        file: String,
        first: Option<(Slot, ShowTime)>,
    },
    RecordingStopped {
        ticket: Ticket,
        recorder: u8,
        file: String,
        /// The files in which it went on where the format of the stream changed.
        parts: Vec<String>,
        first: Option<(Slot, ShowTime)>,
        frames: u64,
    },
    /// `ticket` is `None` when it failed on its own while running.
    RecordingFailed {
        ticket: Option<Ticket>,
        recorder: u8,
        reason: String,
    },
    /// A recording is over, or could not begin, because its disk takes no more.
    RecordingOutOfSpace {
        /// Of its start.
        ticket: Ticket,
        recorder: u8,
        reason: String,
        /// What there is of it; `None` when it had not begun.
        kept: Option<RecordingInfo>,
    },
    /// The disk of recordings has more or less room than before.
    Disk(Disk),
    Push {
        output: u8,
        state: LinkState,
        error: Option<String>,
    },
}
