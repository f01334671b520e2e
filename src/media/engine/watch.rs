//! The watch: looks at every source ten times a second and measures everything once a second.

use super::{disk::DiskWatch, outputs::Gauge, sources::Sources};
use crate::{
    domain::{
        order::Report,
        source::{Health, SourceId},
        stats::Stats,
    },
    media::mixer::Mixer,
    tasks,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

const LOOK: Duration = Duration::from_millis(100);
/// Looks between two measurements.
const MEASURE: u32 = 10;

/// See the module's text.
pub struct Watch {
    stop: Arc<(Mutex<bool>, Condvar)>,
}

impl Watch {
    /// Starts watching.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        sources: Arc<Sources>,
        mixer: Arc<Mixer>,
        outputs: Gauge,
        disk: DiskWatch,
        stats: Arc<Mutex<Stats>>,
        reports: tokio::sync::mpsc::UnboundedSender<Report>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let (waiting, mut known) = (stop.clone(), BTreeMap::<SourceId, Health>::new());
        tasks::restarting_thread("watch", "watch", move || {
            let mut looks = 0;
            while !stopped(&waiting) {
                tasks::fault_point("watch");
                looks += 1;
                let sources = sources.all();
                known.retain(|id, _| sources.iter().any(|source| source.id == *id));
                let measure = looks % MEASURE == 0;
                if measure {
                    let sources = sources.iter().map(|source| (source.id, source.measure())).collect();
                    let (outputs, disk) = (outputs.read(), disk.latest());
                    let measured = Stats { mixer: mixer.stats(), sources, outputs, disk };
                    *stats.lock().unwrap_or_else(PoisonError::into_inner) = measured;
                }
                for source in &sources {
                    let (id, health) = (source.id, source.health());
                    let before = known.insert(id, health).unwrap_or_default();
                    let turned = before.signal != health.signal || before.has_audio != health.has_audio;
                    // While frames come or have just stopped, the figures change; those of a dead source do not.
                    let moved = measure && health.fps != before.fps;
                    if turned || moved {
                        let _ = reports.send(Report::Source { source: id, health }); // fails only at shutdown
                    }
                }
            }
        })?;
        Ok(Self { stop })
    }

    /// Ends the thread soon.
    pub fn stop(&self) {
        let (stop, changed) = &*self.stop;
        *stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

fn stopped((stop, changed): &(Mutex<bool>, Condvar)) -> bool {
    let stop = stop.lock().unwrap_or_else(PoisonError::into_inner);
    let (stop, _) = changed.wait_timeout_while(stop, LOOK, |stop| !*stop).unwrap_or_else(PoisonError::into_inner);
    *stop
}
