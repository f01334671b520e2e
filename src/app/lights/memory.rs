//! What the lights keep across starts, and the one task that stores it.
//!
//! ```text
//! looks ─ changed ─► a moment later ─┐
//! settings, rules, at once ──────────┴─► rows
//! ```
//!
//! Refuses to know: when changes are allowed.

use super::{forms, output_form::LightOutput, scene_form::Scene};
use crate::{
    domain::{
        fault::Fault,
        lights::{Controller, MAX_LEDS, Nightlight, Rule, Segment, Strip},
    },
    lighting::{Progress, SavedFade, SavedState, Snapshot},
    store::{LightMemory, StoreError},
    tasks,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until, timeout},
};

/// How long looks may go on changing before they are stored.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the final write may take.
const LAST: Duration = Duration::from_secs(5);
const LOOKS: &str = "looks";
const SETTINGS: &str = "settings";
const RULES: &str = "rules";
const OUTPUTS: &str = "outputs";
const SCENES: &str = "scenes";
const SENDER: &str = "sender";

/// A value to be stored, and where the result goes.
pub(super) enum SaveRequest {
    /// See [`super::settings`]; JSON.
    Settings(String, oneshot::Sender<Result<(), Fault>>),
    /// The rules that came by request.
    Rules(Vec<Rule>, oneshot::Sender<Result<(), Fault>>),
    /// The outputs that came by request.
    Outputs(Vec<LightOutput>, oneshot::Sender<Result<(), Fault>>),
    /// The scenes.
    Scenes(Vec<Scene>, oneshot::Sender<Result<(), Fault>>),
    /// The looks, now; then nothing more.
    End(oneshot::Sender<()>),
}

/// The stored values.
pub(super) struct Kept {
    pub strip: Option<Strip>,
    pub saved_state: SavedState,
    pub settings: Option<Value>,
    pub rules: Vec<Rule>,
    pub outputs: Vec<LightOutput>,
    pub scenes: Vec<Scene>,
    /// The sender's id of E1.31; constant.
    pub sender: [u8; 16],
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Looks {
    power: bool,
    brightness: u8,
    led_count: u16,
    untouched: bool,
    segments: Vec<KeptSegment>,
    #[serde(default)]
    wakes: Option<u8>,
    #[serde(default)]
    nightlight: Option<KeptFade>,
}

/// A nightlight's fade.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptFade {
    seconds: u16,
    target: u8,
    /// None in rows of earlier versions, whose `seconds` are the rest from the present brightness on.
    #[serde(default)]
    from: Option<u8>,
    #[serde(default)]
    passed_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct KeptSegment {
    id: u8,
    start: u16,
    length: u16,
    reverse: bool,
    look: Value,
}

/// Reads the stored values. A value that cannot be read is left out with a warning.
///
/// # Errors
/// When the rows cannot be had.
pub(super) async fn read(rows: &LightMemory) -> Result<Kept, StoreError> {
    let looks: Option<Looks> = rows.get(LOOKS).await?.and_then(|text| understood(LOOKS, &text));
    let saved_state = looks.as_ref().map(saved_state).unwrap_or_default();
    let strip = looks.and_then(strip);
    let settings = rows.get(SETTINGS).await?.and_then(|text| understood(SETTINGS, &text));
    let rules: Vec<Value> = rows.get(RULES).await?.and_then(|text| understood(RULES, &text)).unwrap_or_default();
    let rule = |value: &Value| forms::rule(value).inspect_err(|fault| tracing::warn!("a rule is left out: {fault}"));
    let outputs: Vec<Value> = rows.get(OUTPUTS).await?.and_then(|text| understood(OUTPUTS, &text)).unwrap_or_default();
    let output = |value: &Value| {
        let read = LightOutput::read(value.as_object()?, None, 0);
        read.inspect_err(|fault| tracing::warn!("an output is left out: {fault}")).ok()
    };
    let outputs = outputs.iter().filter_map(output).collect();
    let scenes = rows.get(SCENES).await?.and_then(|text| understood(SCENES, &text)).unwrap_or_default();
    let sender = rows.get(SENDER).await?.and_then(|text| uuid::Uuid::parse_str(&text).ok());
    let sender = match sender {
        Some(sender) => sender,
        None => {
            let new = uuid::Uuid::new_v4();
            rows.put(SENDER, &new.to_string()).await?;
            new
        }
    };
    let rules = rules.iter().filter_map(|value| rule(value).ok()).collect();
    Ok(Kept { strip, saved_state, settings, rules, outputs, scenes, sender: *sender.as_bytes() })
}

/// Stores changes until it is stopped. A change that was being written during a panic is lost, and its caller gets an
/// error.
pub(super) async fn keep(
    rows: LightMemory,
    mut changes: watch::Receiver<u64>,
    looks: impl Fn() -> Snapshot + Send + Sync + 'static,
    mut orders: mpsc::Receiver<SaveRequest>,
) {
    let mut restarts = tasks::Restarts::of("light-memory");
    while restarts.again_after(write(&rows, &mut changes, &looks, &mut orders)).await {
        changes.mark_changed();
    }
}

async fn write(
    rows: &LightMemory,
    changes: &mut watch::Receiver<u64>,
    looks: &(impl Fn() -> Snapshot + Sync),
    orders: &mut mpsc::Receiver<SaveRequest>,
) {
    let mut due: Option<Instant> = None;
    let mut lasts = true;
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(SaveRequest::Settings(text, reply)) => {
                    let _ = reply.send(kept(rows.put(SETTINGS, &text).await)); // fails when the caller has gone
                }
                Some(SaveRequest::Rules(rules, reply)) => {
                    let text = Value::from_iter(rules.iter().map(forms::rule_value)).to_string();
                    let _ = reply.send(kept(rows.put(RULES, &text).await));
                }
                Some(SaveRequest::Outputs(outputs, reply)) => {
                    let text = Value::from_iter(outputs.iter().map(LightOutput::value)).to_string();
                    let _ = reply.send(kept(rows.put(OUTPUTS, &text).await));
                }
                Some(SaveRequest::Scenes(scenes, reply)) => {
                    let text = serde_json::to_string(&scenes).unwrap_or_default();
                    let _ = reply.send(kept(rows.put(SCENES, &text).await));
                }
                Some(SaveRequest::End(reply)) => {
                    put_looks(rows, &looks()).await;
                    let _ = reply.send(());
                    return;
                }
                None => return,
            },
            changed = changes.changed(), if lasts => {
                lasts = changed.is_ok();
                // From the first change on, so that an endless fade is stored too.
                due = due.or(Some(Instant::now() + PAUSE));
            }
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                due = None;
                put_looks(rows, &looks()).await;
            }
        }
    }
}

/// Stores the looks and ends the task.
pub(super) async fn end(orders: &mpsc::Sender<SaveRequest>) {
    let (reply, ended) = oneshot::channel();
    let end = async {
        if orders.send(SaveRequest::End(reply)).await.is_ok() {
            let _ = ended.await; // fails after a panic, and the rest is lost
        }
    };
    let _ = timeout(LAST, end).await; // a disk that hangs must not hold up the end
}

async fn put_looks(rows: &LightMemory, looks: &Snapshot) {
    let Snapshot { controller, segments, untouched, nightlight, wakes } = looks;
    let Controller { power, brightness, led_count } = *controller;
    let segment = |segment: &Segment| {
        let Segment { id, start, length, reverse, look } = *segment;
        KeptSegment { id, start, length, reverse, look: forms::look_value(&look) }
    };
    let segments = segments.iter().map(segment).collect();
    let fade = |Progress { order, from, passed, .. }: &Progress| KeptFade {
        seconds: order.seconds,
        target: order.target,
        from: Some(*from),
        passed_ms: u64::try_from(passed.as_millis()).unwrap_or(u64::MAX),
    };
    let nightlight = nightlight.as_ref().map(fade);
    let looks = Looks { power, brightness, led_count, untouched: *untouched, segments, wakes: *wakes, nightlight };
    let text = serde_json::to_string(&looks).unwrap_or_default();
    if let Err(error) = rows.put(LOOKS, &text).await {
        tracing::error!(%error, "the looks of the lights could not be written down");
    }
}

fn kept(done: Result<(), StoreError>) -> Result<(), Fault> {
    done.map_err(|error| {
        tracing::error!(%error, "a setting of the lights could not be written down");
        Fault::failed(
            "not_kept",
            "",
            "The change is in use, but it could not be saved and will be gone after the next start",
        )
    })
}

fn saved_state(looks: &Looks) -> SavedState {
    let fade = |KeptFade { seconds, target, from, passed_ms }: &KeptFade| SavedFade {
        order: Nightlight { seconds: *seconds, target: *target },
        from: from.unwrap_or(looks.brightness),
        passed: Duration::from_millis(*passed_ms),
    };
    SavedState { nightlight: looks.nightlight.as_ref().map(fade), wakes: looks.wakes }
}

fn strip(looks: Looks) -> Option<Strip> {
    let Looks { power, brightness, led_count, untouched, segments, wakes: _, nightlight: _ } = looks;
    if !(1..=MAX_LEDS).contains(&led_count) {
        return None;
    }
    let controller = Controller { power, brightness, led_count };
    let segment = |kept: KeptSegment| {
        let look = forms::look(&kept.look).ok()?;
        let KeptSegment { id, start, length, reverse, look: _ } = kept;
        Some(Segment { id, start, length, reverse, look })
    };
    Some(Strip::restore(controller, segments.into_iter().filter_map(segment), untouched))
}

fn understood<T: for<'a> Deserialize<'a>>(name: &str, text: &str) -> Option<T> {
    let read = serde_json::from_str(text);
    read.inspect_err(|error| tracing::warn!("{name} of the lights cannot be read any more: {error}")).ok()
}
