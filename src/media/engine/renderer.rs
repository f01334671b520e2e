//! The renderer: draws graphics on a thread of its own, so that no slot waits for one.

use crate::{
    domain::{command::Ticket, graphic::Graphic, order::Report, time::Format},
    media::{
        graphics::{Fonts, template},
        mixer::{Instruction, Mixer},
    },
};
use std::sync::{Arc, mpsc};

enum Job {
    Draw { ticket: Ticket, channel: String, graphic: Graphic },
    Hide { ticket: Ticket, channel: String, graphic: String },
}

/// See the module's text. It ends when it is dropped.
pub struct Renderer {
    jobs: mpsc::Sender<Job>,
}

impl Renderer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        project: Format,
        mixer: Arc<Mixer>,
        reports: tokio::sync::mpsc::UnboundedSender<Report>,
    ) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::Builder::new().name("renderer".into()).spawn(move || {
            while let Ok(job) = inbox.recv() {
                let (ticket, channel, graphic) = match job {
                    Job::Draw { ticket, channel, graphic } => (ticket, channel, graphic),
                    Job::Hide { ticket, channel, graphic } => {
                        mixer.instruct(Instruction::Hide { ticket, channel, graphic });
                        continue;
                    }
                };
                match instruction(project, ticket, &channel, &graphic) {
                    Ok(instruction) => mixer.instruct(instruction),
                    Err(reason) => {
                        tracing::error!(graphic = %graphic.id, "{reason}");
                        let failed = Report::GraphicFailed { ticket, channel, graphic: graphic.id, reason };
                        let _ = reports.send(failed); // nobody hears it only at shutdown
                    }
                }
            }
        })?;
        Ok(Self { jobs })
    }

    /// Draws a graphic and has it keyed as soon as it is drawn. Never blocks.
    pub fn draw(&self, ticket: Ticket, channel: String, graphic: Graphic) {
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
