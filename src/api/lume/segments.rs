//! `/api/v2/segments` and one of them.

use super::{
    fields::{Fields, needed},
    reply::{self, Answer, Reply},
    wire::{SegmentBody, SegmentsBody},
};
use crate::{
    app::lights::Lights,
    domain::{
        fault::Fault,
        lights::{NewSegment, SEGMENTS, SegmentChange},
    },
};

/// The highest number of an LED in requests: they are 16 bits wide.
const LAST: i64 = 65_535;

/// `GET`: all, with the controller.
pub fn list(lights: &Lights) -> Answer {
    Ok(Reply::ok(&SegmentsBody::from(&lights.view())))
}

/// `POST`.
pub fn create(lights: &Lights, body: &Fields) -> Answer {
    let new = NewSegment {
        start: needed("start", body.number("start", 0, LAST)?)?,
        length: needed("length", body.number("length", 1, LAST)?)?,
        look: body.look()?,
        reverse: body.flag("reverse")?.unwrap_or(false),
    };
    let lasts = body.transition()?;
    let segment = lights.over(lasts, |strip| strip.create_segment(new))?;
    Ok(Reply::ok(&SegmentBody::from(&segment)).created())
}

/// `GET` of one.
pub fn read(lights: &Lights, id: &str) -> Answer {
    let id = number(id)?;
    let view = lights.view();
    let segment = view.segments.iter().find(|segment| segment.id == id);
    let segment = segment.ok_or_else(|| Fault::not_found("not_found", "id", format!("There is no segment {id}")))?;
    Ok(Reply::ok(&SegmentBody::from(segment)))
}

/// `PUT` of one. `reverse` is passed over: it is settled when a segment is made.
pub fn change(lights: &Lights, id: &str, body: &Fields) -> Answer {
    let id = number(id)?;
    let change = SegmentChange {
        start: body.number("start", 0, LAST)?,
        length: body.number("length", 1, LAST)?,
        look: body.look()?,
    };
    let lasts = body.transition()?;
    Ok(Reply::ok(&SegmentBody::from(&lights.over(lasts, |strip| strip.update_segment(id, change))?)))
}

/// `DELETE` of one.
pub fn delete(lights: &Lights, id: &str) -> Answer {
    lights.delete_segment(number(id)?)?;
    Ok(reply::success())
}

/// The id in a path, one that a segment can have.
fn number(id: &str) -> Result<u8, Fault> {
    let digits = id.bytes().all(|byte| byte.is_ascii_digit());
    let number = id.parse().ok().filter(|number| digits && *number < SEGMENTS);
    number.ok_or_else(|| Fault::invalid("id", format!("Must be between 0 and {}", SEGMENTS - 1)))
}
