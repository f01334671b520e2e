//! The conductor: the one task that owns the [`Show`].
//!
//! ```text
//! planes ─ command ─►┐                 ┌─► orders  (to the engine)
//! engine ─ report ──►│ conductor(Show) │─► updates (to the bus)
//!                    └─────────────────┴─► answer  (to the caller)
//! ```
//!
//! Refuses to know: how an order is carried out, and how a plane words an answer.

use crate::{
    app::show::bus::{Bus, Subscription},
    domain::{
        command::{Command, Reply, Ticket},
        fault::Fault,
        order::{Order, Report},
        show::Show,
        view::View,
    },
    tasks,
};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// Commands that may wait; further callers wait for a place.
const INBOX: usize = 256;
/// Commands that may wait for the engine's confirmation; while there are as many, further ones stay in the inbox.
/// Thereby the queues behind have a bound too: each holds the orders of these commands, and reports are never refused.
const UNCONFIRMED: usize = 1024;

type Answer = oneshot::Sender<Result<Reply, Fault>>;

/// The way to the show for planes and services. Cheap to clone.
#[derive(Clone)]
pub struct ShowHandle {
    inbox: mpsc::Sender<(Command, Answer)>,
    bus: Arc<Bus>,
}

impl ShowHandle {
    /// Carries out a command and waits until the machine confirmed it.
    ///
    /// # Errors
    /// The show's own fault, or `unavailable` when the server goes down meanwhile.
    pub async fn command(&self, command: Command) -> Result<Reply, Fault> {
        let gone = || Fault::unavailable("The server is shutting down");
        let (answer, answered) = oneshot::channel();
        self.inbox.send((command, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// The present state.
    pub fn view(&self) -> Arc<View> {
        self.bus.latest().view.clone()
    }

    /// All updates from now on, beginning with a snapshot.
    pub fn subscribe(&self) -> Subscription {
        self.bus.subscribe()
    }
}

/// Starts the conductor. It ends when every handle is gone, or when the engine's reports end; the server cannot do
/// without it ([`tasks::vital`]).
pub fn spawn(
    mut show: Show,
    mut orders: impl FnMut(Order) + Send + 'static,
    mut reports: mpsc::UnboundedReceiver<Report>,
) -> ShowHandle {
    let (inbox, mut commands) = mpsc::channel::<(Command, Answer)>(INBOX);
    let bus = Arc::new(Bus::new(show.view()));
    let handle = ShowHandle { inbox, bus: bus.clone() };
    tasks::vital("conductor", async move {
        let mut waiting: HashMap<Ticket, Answer> = HashMap::new();
        let mut next = 0;
        loop {
            while let Some(order) = show.next_order() {
                tracing::debug!(?order, "order");
                orders(order);
            }
            let events = show.drain_events();
            if !events.is_empty() {
                bus.publish(show.view(), events);
            }
            // Answers come last: a caller that has its answer finds its effect in the view.
            while let Some(ack) = show.next_ack() {
                if let Some(answer) = waiting.remove(&ack.ticket) {
                    let _ = answer.send(ack.result); // fails when the caller has gone
                }
            }
            tokio::select! {
                biased;
                report = reports.recv() => match report {
                    Some(report) => show.report(report),
                    None => break,
                },
                command = commands.recv(), if waiting.len() < UNCONFIRMED => match command {
                    Some((command, answer)) => {
                        next += 1;
                        tracing::debug!(?command, ticket = next, "command");
                        waiting.insert(Ticket(next), answer);
                        show.command(Ticket(next), command);
                    }
                    None => break,
                },
            }
        }
    });
    handle
}
