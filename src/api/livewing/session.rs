//! One client's session: authentication, limits, the order of answers, subscriptions.
//!
//! Two lanes lead to the show. Commands and queries of the first are answered in the order they came. Recordings start
//! and end when their file is ready, which may take seconds: they have a lane of their own and delay no other command.
//!
//! ```text
//! message ─► parse ─► limit ─┬─ at once: auth, describe, ping
//!                            ├─ in order: switching, outputs, queries, subscriptions ───┐
//!                            └─ when done: recordings ──────────────────────────────────┴─► answer, then events
//! ```

use super::{
    Plane,
    auth::{Authentication, Verdict},
    commands::{self, Request},
    error::{ApiError, Code},
    limits::Limits,
    map,
    topics::{State, Topic},
    wire::{self, Envelope, Refused, value},
};
use crate::{
    app::{
        access::connection_limiter::ConnectionSlot,
        show::bus::{Notice, Subscription},
    },
    domain::{command::Command, view::View},
};
use futures::{
    FutureExt, Stream, StreamExt,
    future::BoxFuture,
    stream::{FuturesOrdered, FuturesUnordered},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, convert::Infallible, pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

/// Requests in progress at once; beyond that the socket is not read.
const UNDER_WAY: usize = 256;
/// How long the mixer may take to confirm before a command counts as failed.
const CONFIRMATION: Duration = Duration::from_secs(10);
/// How long a recorder may take to find its first key frame or to finish its file.
const RECORDER: Duration = Duration::from_secs(60);
/// The show publishes a change and then answers the caller. Events wait this long for the answer that may follow, so
/// that a client reads the answer to its command before the events that the command caused.
const EVENT_AFTER_REPLY_DELAY: Duration = Duration::from_millis(2);
/// Between two `switcher.state` while a fade runs.
const FADE_STEP: Duration = Duration::from_millis(100);
/// Between two `output.<N>.stats`.
const STATS_STEP: Duration = Duration::from_secs(1);

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client is gone.
    Gone,
    /// The server closes with this code and reason.
    Close(u16, &'static str),
}

/// A request that is due to be answered.
struct PendingReply {
    id: String,
    kind: ReplyKind,
}

enum ReplyKind {
    Answer(Result<Value, ApiError>),
    /// To be answered from the present state.
    Question(Request),
}

/// See the module's text.
pub struct Session {
    plane: Arc<Plane>,
    slot: ConnectionSlot,
    out: mpsc::Sender<Message>,
    began: Instant,
    last_received: Instant,
    authentication: Authentication,
    limits: Limits,
    topics: BTreeSet<Topic>,
    subscription: Subscription,
    /// The view of the last notice; all events are made from it, so that none goes backwards.
    view: Arc<View>,
    /// Events that were serialized and not sent yet.
    events: Vec<String>,
    in_order: FuturesOrdered<BoxFuture<'static, PendingReply>>,
    when_done: FuturesUnordered<BoxFuture<'static, PendingReply>>,
}

impl Session {
    /// A session that has not authenticated.
    pub fn new(plane: Arc<Plane>, slot: ConnectionSlot, out: mpsc::Sender<Message>) -> Self {
        let now = Instant::now();
        Self {
            slot,
            out,
            began: now,
            last_received: now,
            authentication: Authentication::default(),
            limits: Limits::default(),
            topics: BTreeSet::new(),
            subscription: plane.show.subscribe(),
            view: plane.show.view(),
            events: Vec::new(),
            in_order: FuturesOrdered::new(),
            when_done: FuturesUnordered::new(),
            plane,
        }
    }

    /// Runs the session until it ends.
    pub async fn run(
        mut self,
        incoming: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
        gone: &CancellationToken,
        shutdown: &CancellationToken,
    ) -> End {
        // A send that waits for a slow client must not outlive it.
        tokio::select! {
            () = gone.cancelled() => End::Gone,
            Err(end) = self.serve(incoming, shutdown) => end,
        }
    }

    async fn serve(
        &mut self,
        incoming: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
        shutdown: &CancellationToken,
    ) -> Result<Infallible, End> {
        let keep_alive = self.plane.settings.keep_alive;
        let mut fading = ticks(FADE_STEP);
        let mut counting = ticks(STATS_STEP);
        let mut pinging = ticks(keep_alive);
        loop {
            let (fade, stats) = (self.watches_fade(), self.topics.iter().any(|t| matches!(t, Topic::OutputStats(_))));
            let busy = self.in_order.len() + self.when_done.len() >= UNDER_WAY;
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Err(End::Close(1001, "The server is shutting down")),
                () = sleep_until(self.began + self.plane.settings.auth_timeout), if !self.authentication.is_open() => {
                    let late = ApiError::new(Code::AuthTimeout, "system.auth was not sent in time");
                    self.send(wire::response(None, Err(late))).await?;
                    return Err(End::Close(4001, "Authentication timeout"));
                }
                notice = self.subscription.next() => {
                    self.absorb(notice.ok_or(End::Close(1001, "The show is over"))?);
                    let pending = timeout(EVENT_AFTER_REPLY_DELAY, pending(&mut self.in_order, &mut self.when_done));
                    match pending.await {
                        Ok(Some(pending)) => self.finish(pending).await?,
                        Ok(None) | Err(_) => self.send_events().await?,
                    }
                }
                Some(pending) = pending(&mut self.in_order, &mut self.when_done) => self.finish(pending).await?,
                message = incoming.next(), if !busy => {
                    self.last_received = Instant::now();
                    self.message(message).await?;
                }
                _ = fading.tick(), if fade => self.snapshot(Topic::SwitcherState).await?,
                _ = counting.tick(), if stats => {
                    for topic in self.topics.clone() {
                        if matches!(topic, Topic::OutputStats(_)) {
                            self.snapshot(topic).await?;
                        }
                    }
                }
                _ = pinging.tick() => {
                    if self.last_received.elapsed() > keep_alive * 2 {
                        return Err(End::Gone);
                    }
                    self.out.send(Message::Ping(Default::default())).await.map_err(|_| End::Gone)?;
                }
            }
        }
    }

    async fn message(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
        match message {
            None => Err(End::Gone),
            Some(Err(Error::Capacity(_))) => Err(End::Close(1009, "The message is too large")),
            Some(Err(_)) => Err(End::Gone),
            Some(Ok(Message::Text(text))) => self.request(Envelope::parse(&text)).await,
            Some(Ok(Message::Binary(_))) => {
                let error = ApiError::new(Code::ProtocolError, "Messages are text, not binary");
                self.request(Err(Refused { id: None, error })).await
            }
            // Pings and closes are answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => Ok(()),
        }
    }

    async fn request(&mut self, envelope: Result<Envelope, Refused>) -> Result<(), End> {
        let now = self.began.elapsed();
        let id = match &envelope {
            Ok(envelope) => Some(envelope.id.clone()),
            Err(refused) => refused.id.clone(),
        };
        let understood = self.limits.command(now).and_then(|()| {
            let envelope = envelope.map_err(|refused| refused.error)?;
            if !self.authentication.is_open() && envelope.kind != "system.auth" {
                return Err(ApiError::new(Code::AuthFailed, "Authenticate first with system.auth"));
            }
            let request = commands::parse(&envelope)?;
            match request {
                Request::Subscribe(_) | Request::Unsubscribe(_) => self.limits.subscription(now)?,
                Request::State => self.limits.state(now)?,
                _ => {}
            }
            Ok((envelope.id, request))
        });
        match understood {
            Err(error) => self.send(wire::response(id.as_deref(), Err(error))).await,
            Ok((id, Request::Auth { token })) => self.authenticate(&id, &token).await,
            Ok((id, Request::Ping)) => self.answer(&id, Ok(json!({}))).await,
            Ok((id, Request::Describe)) => self.answer(&id, Ok(commands::describe(env!("CARGO_PKG_VERSION")))).await,
            Ok((id, Request::Show(command))) => {
                self.command(id, command);
                Ok(())
            }
            Ok((id, question)) => {
                let pending = std::future::ready(PendingReply { id, kind: ReplyKind::Question(question) });
                self.in_order.push_back(Box::pin(pending));
                Ok(())
            }
        }
    }

    async fn authenticate(&mut self, id: &str, token: &str) -> Result<(), End> {
        match self.authentication.attempt(&self.plane.settings.token, token) {
            Verdict::Accepted => {
                self.slot.mark_authenticated();
                self.answer(id, Ok(json!({}))).await
            }
            Verdict::Refused => self.answer(id, Err(ApiError::new(Code::AuthFailed, "Invalid token"))).await,
            Verdict::TooMany => {
                let error = ApiError::new(Code::AuthRateLimited, "Too many failed attempts");
                self.answer(id, Err(error)).await?;
                Err(End::Close(4003, "Too many failed attempts"))
            }
        }
    }

    /// Starts a command. It is polled once here, so that commands reach the show in the order they came.
    fn command(&mut self, id: String, command: Command) {
        let recording = matches!(command, Command::StartRecording { .. } | Command::StopRecording { .. });
        let (limit, show) = (if recording { RECORDER } else { CONFIRMATION }, self.plane.show.clone());
        let mut carried_out: BoxFuture<'static, PendingReply> = Box::pin(async move {
            let result = match timeout(limit, show.command(command)).await {
                Ok(Ok(reply)) => Ok(map::reply(reply)),
                Ok(Err(fault)) => Err(fault.into()),
                Err(_) => Err(ApiError::new(Code::CommandFailed, "The engine did not confirm in time")),
            };
            PendingReply { id, kind: ReplyKind::Answer(result) }
        });
        if let Some(pending) = carried_out.as_mut().now_or_never() {
            carried_out = Box::pin(std::future::ready(pending));
        }
        if recording {
            self.when_done.push(carried_out);
        } else {
            self.in_order.push_back(carried_out);
        }
    }

    /// Answers a request that is due, then sends the events up to it.
    async fn finish(&mut self, PendingReply { id, kind }: PendingReply) -> Result<(), End> {
        // The show publishes before it answers: the events that belong to the answer are here already.
        while let Some(Some(notice)) = self.subscription.next().now_or_never() {
            self.absorb(notice);
        }
        match kind {
            ReplyKind::Answer(result) => self.answer(&id, result).await?,
            ReplyKind::Question(Request::Subscribe(topics)) => {
                self.answer(&id, Ok(json!({}))).await?;
                // Events older than the snapshots must not come after them.
                self.send_events().await?;
                for topic in topics {
                    self.topics.insert(topic);
                    self.snapshot(topic).await?;
                }
            }
            ReplyKind::Question(Request::Unsubscribe(topics)) => {
                self.topics.retain(|topic| !topics.contains(topic));
                self.answer(&id, Ok(json!({}))).await?;
            }
            ReplyKind::Question(question) => {
                let answer = self.look_up(&question);
                self.answer(&id, answer).await?;
            }
        }
        self.send_events().await
    }

    fn look_up(&self, question: &Request) -> Result<Value, ApiError> {
        let state = self.state();
        match question {
            Request::State => Ok(state.whole()),
            Request::SwitcherState => Ok(value(map::switcher(&self.view, state.now))),
            Request::InputsList => Ok(map::inputs(&self.view)),
            Request::OutputsList => {
                let all = self.view.outputs.iter().filter_map(|o| map::output(&self.view, o.number));
                Ok(json!({ "outputs": all.map(value).collect::<Vec<_>>() }))
            }
            Request::OutputState(number) => map::output(&self.view, *number)
                .map(value)
                .ok_or_else(|| ApiError::new(Code::ResourceNotFound, format!("There is no output {number}"))),
            Request::Auth { .. }
            | Request::Ping
            | Request::Describe
            | Request::Subscribe(_)
            | Request::Unsubscribe(_)
            | Request::Show(_) => Ok(json!({})), // answered when they are executed
        }
    }

    fn state(&self) -> State<'_> {
        let now = (self.plane.settings.now)();
        State { view: &self.view, telemetry: &self.plane.telemetry, now }
    }

    /// Processes a notice and serializes its subscribed events.
    fn absorb(&mut self, notice: Notice) {
        let (update, changed) = match notice {
            Notice::Change(update) => (update, true),
            Notice::Snapshot(update) => (update, false),
        };
        self.view = update.view.clone();
        let state = self.state();
        let changes: Vec<(Topic, Vec<Value>)> = if changed {
            update.events.iter().filter_map(|event| state.events(event, &self.topics)).collect()
        } else {
            self.topics.iter().map(|topic| (*topic, topic.data(&state))).collect()
        };
        let serialized =
            changes.iter().flat_map(|(topic, data)| data.iter().map(|d| wire::event(&topic.to_string(), d)));
        let serialized: Vec<_> = serialized.collect();
        self.events.extend(serialized);
    }

    async fn send_events(&mut self) -> Result<(), End> {
        for events in std::mem::take(&mut self.events) {
            self.send(events).await?;
        }
        Ok(())
    }

    async fn snapshot(&mut self, topic: Topic) -> Result<(), End> {
        for data in topic.data(&self.state()) {
            self.send(wire::event(&topic.to_string(), &data)).await?;
        }
        Ok(())
    }

    fn watches_fade(&self) -> bool {
        self.view.switcher.fade.is_some() && self.topics.contains(&Topic::SwitcherState)
    }

    async fn answer(&mut self, id: &str, result: Result<Value, ApiError>) -> Result<(), End> {
        self.send(wire::response(Some(id), result)).await
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        self.out.send(Message::text(text)).await.map_err(|_| End::Gone)
    }
}

type Ordered = FuturesOrdered<BoxFuture<'static, PendingReply>>;
type Unordered = FuturesUnordered<BoxFuture<'static, PendingReply>>;

/// The next answer of either lane; `None` at once when both are empty.
async fn pending(in_order: &mut Ordered, when_done: &mut Unordered) -> Option<PendingReply> {
    if in_order.is_empty() && when_done.is_empty() {
        return None;
    }
    let mut either = pin!(futures::stream::select(in_order, when_done));
    either.next().await
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
