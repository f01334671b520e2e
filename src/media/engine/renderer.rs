//! The renderer: draws graphics on a thread of its own, so that no slot waits for one.
//!
//! ```text
//! draw ─ at most WAITING ─┐
//! hide ───────────────────┴─► jobs, in their order ─► renderer ─► mixer
//!   └ full ─► GraphicRefused          └ cannot be drawn ─► GraphicFailed
//! ```

use crate::{
    domain::{command::Ticket, graphic::Graphic, order::Report, time::Format},
    media::{
        graphics::{Fonts, template},
        mixer::{Instruction, Mixer},
    },
    tasks,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};
use tokio::sync::mpsc::UnboundedSender;

/// Graphics that may wait to be drawn; one more is refused at once. Hides are never refused: there are at most as many as
/// graphics that were shown before.
const WAITING: usize = 32;

enum Job {
    Draw { ticket: Ticket, channel: String, graphic: Graphic },
    Hide { ticket: Ticket, channel: String, graphic: String },
}

/// See the module's text. It ends when it is dropped.
pub struct Renderer {
    jobs: mpsc::Sender<Job>,
    waiting: Arc<AtomicUsize>,
    reports: UnboundedSender<Report>,
}

impl Renderer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(project: Format, mixer: Arc<Mixer>, reports: UnboundedSender<Report>) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (left, failed) = (waiting.clone(), reports.clone());
        tasks::restarting_thread("renderer", "renderer", move || {
            while let Ok(job) = inbox.recv() {
                let (ticket, channel, graphic) = match job {
                    Job::Draw { ticket, channel, graphic } => (ticket, channel, graphic),
                    Job::Hide { ticket, channel, graphic } => {
                        mixer.instruct(Instruction::Hide { ticket, channel, graphic });
                        continue;
                    }
                };
                left.fetch_sub(1, Ordering::Relaxed);
                // Any outcome is reported: a take whose graphic makes the renderer panic is answered too.
                let drawn = tasks::catch_panic("renderer", || {
                    tasks::fault_point("renderer");
                    instruction(project, ticket, &channel, &graphic)
                });
                match drawn.unwrap_or_else(|panicked| Err(panicked.to_string())) {
                    Ok(instruction) => mixer.instruct(instruction),
                    Err(reason) => {
                        tracing::error!(graphic = %graphic.id, "{reason}");
                        let report = Report::GraphicFailed { ticket, channel, graphic: graphic.id, reason };
                        let _ = failed.send(report); // fails only at shutdown
                    }
                }
            }
        })?;
        Ok(Self { jobs, waiting, reports })
    }

    /// Draws a graphic and has it keyed as soon as it is drawn. Never blocks.
    pub fn draw(&self, ticket: Ticket, channel: String, graphic: Graphic) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            let report = Report::GraphicRefused { ticket, channel, graphic: graphic.id };
            let _ = self.reports.send(report); // fails only at shutdown
            return;
        }
        let _ = self.jobs.send(Job::Draw { ticket, channel, graphic }); // refused only at shutdown
    }

    /// Has a graphic leave, after everything that was ordered before. Never blocks.
    pub fn hide(&self, ticket: Ticket, channel: String, graphic: String) {
        let _ = self.jobs.send(Job::Hide { ticket, channel, graphic }); // refused only at shutdown
    }
}

fn instruction(project: Format, ticket: Ticket, channel: &str, graphic: &Graphic) -> Result<Instruction, String> {
    let drawn = || {
        let template = template(&graphic.template)?;
        let fields: Vec<_> = graphic.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let (width, height) = (project.width as usize, project.height as usize);
        let raster = template.render(&*Fonts::system()?, &fields, width, height)?;
        Ok((raster, template.motion(project.rate.num, project.rate.den, height)))
    };
    let (raster, motion) = drawn().map_err(|e: crate::media::graphics::GraphicsError| e.to_string())?;
    Ok(Instruction::Show {
        ticket,
        channel: channel.to_owned(),
        graphic: graphic.id.clone(),
        raster: Arc::new(raster),
        motion,
        z: graphic.z,
    })
}
