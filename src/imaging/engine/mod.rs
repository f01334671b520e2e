//! The engines that make the pictures: `local` here, `http` at a service with the images-edit API.
//!
//! ```text
//! Task ─► prepare (compressing) ─► Prepared ─► Engines::make (processing) ─► Made
//!                                               ├─ local: design, enhance, plans, staging; upscale
//!                                               └─ http:  POST …/images/edits
//! ```

pub mod http;
mod local;
mod words;

use super::{
    Fault, Stop, codec,
    picture::{Picture, Plane},
    upscale::{self, Weights},
};
use crate::domain::imaging::{Request, Service};
use std::{any::Any, sync::Arc};

/// The long edge to which a reference picture is brought, in pixels.
const REFERENCE_EDGE: u32 = 1024;
/// The long edge to which a plan is brought: its strokes must remain visible.
const PLAN_EDGE: u32 = 3000;
/// JPEG quality of results.
const QUALITY: u8 = 92;
/// JPEG quality of pictures for a remote engine.
const SENT_QUALITY: u8 = 95;
/// The long edge of pictures for a remote engine: such services work at 1.5 K and accept few megabytes.
const SENT_EDGE: u32 = 2048;

/// The input of a job.
#[derive(Debug, Clone)]
pub struct Task {
    /// The request.
    pub request: Request,
    /// The picture, as a file.
    pub input: Vec<u8>,
    /// Where it may be changed, as a file: light where it may.
    pub mask: Option<Vec<u8>>,
    /// A picture to follow, as a file.
    pub reference: Option<Vec<u8>>,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// A JPEG file.
    pub jpeg: Vec<u8>,
    /// Its pixels in a row.
    pub width: u32,
    /// Its rows.
    pub height: u32,
    /// The engine that made it: `local` or `http`.
    pub engine: &'static str,
}

/// The pictures of a job, read and brought to a size that is worked on.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Upright, at most as large as the result.
    pub picture: Picture,
    /// Of the picture's size.
    pub mask: Option<Plane>,
    /// Some 1000 pixels wide.
    pub reference: Option<Picture>,
}

/// Reads a job's pictures. Blocks for as long as decoding takes.
///
/// # Errors
/// When one of them is no picture or too large, or the first too small ([`codec::admit_size`]).
pub fn prepare(task: &Task, stop: &Stop) -> Result<Prepared, Fault> {
    let edge = match task.request.service {
        Service::Plans3d => PLAN_EDGE,
        _ => task.request.resolution.long_edge(),
    };
    let head = codec::probe(&task.input)?;
    codec::admit_size(head.width, head.height)?;
    let picture = codec::decode(&task.input, Some(edge))?;
    stop.check()?;
    let (width, height) = (picture.width(), picture.height());
    let mask = task.mask.as_ref().map(|mask| codec::decode_mask(mask, width, height)).transpose()?;
    let reference = task.reference.as_ref().map(|file| codec::decode(file, Some(REFERENCE_EDGE))).transpose()?;
    stop.check()?;
    Ok(Prepared { picture, mask, reference })
}

/// About how many bytes of memory a job takes at most, for deciding how many run at once.
pub fn memory(task: &Task) -> u64 {
    let edge = u64::from(task.request.resolution.long_edge());
    // An unreadable picture takes next to nothing.
    let pixels = codec::probe(&task.input).map_or(0, |probe| u64::from(probe.width) * u64::from(probe.height));
    // Some pictures of three floats side by side, and the input's bytes while it is decoded.
    edge * edge * 12 * 6 + pixels.min(edge * edge * 2) * 12 + pixels * 4
}

/// An object that is kept for as long as work on a thread of its own lasts, even if its caller is gone.
pub type Room = Arc<dyn Any + Send + Sync>;

/// Which engine a job goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This machine.
    Local,
    /// The service elsewhere.
    Http,
}

/// Jobs of a service, or of one of its presets, go to an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The service.
    pub service: Service,
    /// One preset; all when `None`.
    pub config: Option<String>,
    /// The engine.
    pub choice: Choice,
}

/// The engines there are. Clones share them.
#[derive(Clone)]
pub struct Engines {
    weights: Option<Arc<Weights>>,
    http: Option<http::Http>,
    routes: Arc<[Route]>,
    usual: Choice,
}

impl Engines {
    /// `weights` are those of the upscaling network, if they are installed; the first matching entry of `routes`
    /// decides, `usual` where there is none.
    pub fn new(weights: Option<Weights>, http: Option<http::Http>, routes: Vec<Route>, usual: Choice) -> Self {
        Self { weights: weights.map(Arc::new), http, routes: routes.into(), usual }
    }

    fn choice(&self, request: &Request) -> Choice {
        let fits = |route: &&Route| {
            route.service == request.service && route.config.as_ref().is_none_or(|config| *config == request.config)
        };
        self.routes.iter().find(fits).map_or(self.usual, |route| route.choice)
    }

    /// Makes the picture. Long computations run on threads for blocking work, which keep `room`.
    ///
    /// # Errors
    /// Why there is none, with the party at fault.
    pub async fn make(&self, request: &Request, prepared: Prepared, room: Room, stop: &Stop) -> Result<Made, Fault> {
        let edge = request.resolution.long_edge();
        let http = match (self.choice(request), &self.http) {
            (Choice::Http, Some(http)) => http,
            (Choice::Http, None) => return Err(Fault::Engine("there is no images service configured".to_owned())),
            (Choice::Local, _) => {
                let (request, weights, stop) = (request.clone(), self.weights.clone(), stop.clone());
                return blocking(room, move || {
                    let picture = local::make(&request, prepared, weights.as_deref(), &stop)?;
                    finish(picture, edge, weights.as_deref(), "local", &stop)
                })
                .await;
            }
        };
        let (stopped, weights) = (stop.clone(), self.weights.clone());
        let pictures = blocking(room.clone(), move || sent(&prepared)).await?;
        let bytes = http.edit(request, &pictures).await?;
        blocking(room, move || {
            let picture = codec::decode(&bytes, None)
                .map_err(|fault| Fault::Engine(format!("the images service sent no good picture: {fault}")))?;
            finish(picture, edge, weights.as_deref(), "http", &stopped)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    room: Room,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(move || {
        let _room = room;
        work()
    })
    .await;
    done.unwrap_or_else(|_| Err(Fault::Engine("the picture could not be worked on".to_owned())))
}

/// The result's size and file.
fn finish(
    picture: Picture,
    edge: u32,
    weights: Option<&Weights>,
    engine: &'static str,
    stop: &Stop,
) -> Result<Made, Fault> {
    let picture = upscale::to_long_edge(picture, edge, weights, stop)?;
    let jpeg = codec::encode_jpeg(&picture, QUALITY)?;
    Ok(Made { jpeg, width: picture.width(), height: picture.height(), engine })
}

/// The pictures for a remote service.
fn sent(prepared: &Prepared) -> Result<http::Pictures, Fault> {
    use super::resize;
    let picture = &prepared.picture;
    let smaller = (picture.long_edge() > SENT_EDGE).then(|| resize::to_fit(picture, SENT_EDGE));
    let picture = smaller.as_ref().unwrap_or(picture);
    let mask = prepared.mask.as_ref().map(|mask| resize::plane(mask, picture.width(), picture.height()));
    Ok(http::Pictures {
        input: codec::encode_jpeg(picture, SENT_QUALITY)?,
        mask: mask.map(|mask| http::hole(&mask)).transpose()?,
        reference: prepared
            .reference
            .as_ref()
            .map(|reference| codec::encode_jpeg(reference, SENT_QUALITY))
            .transpose()?,
    })
}
