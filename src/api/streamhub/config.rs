//! `/apps/{app}/config` and `/apps/{app}/transcoding/layers`: sizes and coding. Bare bodies.

use super::{
    apps::{Switches, set},
    call::Call,
    input::Pattern,
    reply::{Answer, Reply},
    views::{coding, layers},
};
use crate::app::rooms::apps::{
    App,
    config::{Encoding, Hwaccel, Layer, Rendition},
};
use std::sync::Arc;

const LAYER_NAME: Pattern = Pattern {
    shown: "/^[a-z0-9_-]{1,20}$/",
    fits: |name| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        (1..=20).contains(&name.len()) && name.bytes().all(plain)
    },
};

/// `GET …/config`.
pub async fn get(_: Call, app: Arc<App>) -> Answer {
    Ok(Reply::bare(coding(&app)))
}

/// `GET …/transcoding/layers`.
pub async fn ladder(_: Call, app: Arc<App>) -> Answer {
    Ok(Reply::bare(layers(&app.config.webrtc.layers)))
}

/// `PATCH …/config`: what is given, the rest stays; a list replaces the whole list.
pub async fn patch(call: Call, app: Arc<App>) -> Answer {
    let mut input = call.body();
    let adaptive = input.flag("adaptive");
    let ladder = input.objects("layers", 1..=8, |layer| {
        let name = layer.text("name").like(&LAYER_NAME).needed();
        Layer { name, height: number(layer.needed_whole("height", 1..=4320)) }
    });
    let rtmp_transcode = input.flag("rtmpTranscode");
    let enabled = input.flag("transcodingEnabled");
    let encoding = input.word_of("encoding", &[("h264", Encoding::H264), ("h264+vp8", Encoding::H264Vp8)]);
    let vod_adaptive = input.flag("vodAdaptive");
    let rungs = input.objects("vodRenditions", 0..=8, |rung| Rendition {
        height: number(rung.needed_whole("height", 144..=4320)),
        bitrate_kbps: number(rung.needed_whole("bitrateKbps", 100..=50_000)),
    });
    let choices = [("auto", Hwaccel::Auto), ("gpu", Hwaccel::Gpu), ("cpu", Hwaccel::Cpu)];
    let hwaccel = input.word_of("hwaccel", &choices);
    let features = input.object("features", Switches::read).unwrap_or_default();
    input.done()?;
    let changed = call.parts().apps.patch(&app.name, |draft| {
        let config = &mut draft.config;
        set(&mut config.webrtc.adaptive, adaptive.as_ref());
        set(&mut config.webrtc.layers, ladder.as_ref());
        set(&mut config.rtmp.transcode, rtmp_transcode.as_ref());
        set(&mut config.transcoding.enabled, enabled.as_ref());
        set(&mut config.transcoding.encoding, encoding.as_ref());
        set(&mut config.transcoding.vod_adaptive, vod_adaptive.as_ref());
        set(&mut config.transcoding.vod_renditions, rungs.as_ref());
        set(&mut config.transcoding.hwaccel, hwaccel.as_ref());
        features.apply(&mut config.features);
    });
    Ok(Reply::bare(coding(&*changed.await?)))
}

/// What was checked to be small and not below zero.
fn number(checked: i64) -> u32 {
    u32::try_from(checked).unwrap_or_default()
}
