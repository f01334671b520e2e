//! Pipelines for sources that GStreamer's own elements connect to.
//!
//! The elements get the address that the guard checked instead of the name, so that the name cannot resolve to another
//! one meanwhile. Where TLS needs the name, it stays: the server behind it must have its certificate.
//!
//! Refuses to know: retries.

use super::{
    CONNECT,
    spec::{Protocol, PullSpec, Transport},
};
use crate::media::{
    ingest::demux::Output,
    pipeline::{Failure, FailureKind},
    template::{Template, Value},
};
use gst::prelude::*;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use url::Url;

/// When RTP over UDP stays away for this long, TCP is tried.
const UDP_SILENCE: Duration = Duration::from_secs(3);
/// How late a reordered packet may be.
const JITTER: Duration = Duration::from_millis(200);

/// The pipeline of a source, in state `Null`, with its streams joined to the output.
///
/// # Errors
/// The failure, when this machine cannot build it.
pub(super) fn build(spec: &PullSpec, address: SocketAddr, output: &Arc<Output>) -> Result<gst::Pipeline, Failure> {
    let pinned = pinned(&spec.url, address);
    match &spec.protocol {
        Protocol::Rtsp { transport } => {
            let protocols = match (transport, spec.url.scheme()) {
                (Transport::Tcp, "rtsp") => "tcp",
                (Transport::Udp, "rtsp") => "udp",
                (Transport::Either, "rtsp") => "tcp+udp",
                _ => "tcp+tls",
            };
            let pipeline = template(
                "pull_rtsp",
                &[
                    ("location", pinned.as_str().into()),
                    ("protocols", protocols.into()),
                    ("udp_silence_us", micros(UDP_SILENCE)),
                    ("tcp_timeout_us", micros(CONNECT)),
                    ("jitter_ms", millis(JITTER)),
                ],
            )?;
            let source = element(&pipeline, "source")?;
            refuse_redirects(&source);
            output.take_rtp_from(&source);
            Ok(pipeline)
        }
        Protocol::Srt { stream_id, passphrase, latency } => {
            let pipeline = template(
                "pull_srt",
                &[
                    ("address", format!("srt://{address}").into()),
                    ("stream_id", stream_id.clone().unwrap_or_default().into()),
                    ("latency_ms", millis(latency.unwrap_or(Duration::from_millis(125)))),
                ],
            )?;
            if let Some(passphrase) = passphrase {
                element(&pipeline, "source")?.set_property("passphrase", passphrase);
            }
            with(pipeline, output)
        }
        Protocol::Rtmp => with(template("pull_rtmp", &[("location", pinned.as_str().into())])?, output),
        Protocol::Udp => {
            let values = [("address", address.ip().to_string().into()), ("port", i64::from(address.port()).into())];
            with(template("pull_udp", &values)?, output)
        }
        Protocol::Web => Err(here("web sources are fetched elsewhere")),
    }
}

/// Joins the streams of the template's demuxer to the output.
fn with(pipeline: gst::Pipeline, output: &Arc<Output>) -> Result<gst::Pipeline, Failure> {
    output.take_from(&element(&pipeline, "streams")?);
    Ok(pipeline)
}

/// The URL with the checked address in place of the name, unless TLS checks the name.
fn pinned(url: &Url, address: SocketAddr) -> Url {
    let mut pinned = url.clone();
    if !matches!(url.scheme(), "rtsps" | "rtmps") {
        // Only URLs without a host refuse this, and the guard rejects those.
        let _ = pinned.set_ip_host(address.ip());
    }
    pinned
}

/// An RTSP server may answer that the media is elsewhere, and the element would follow. It is stopped before it sends
/// anything to another host.
fn refuse_redirects(source: &gst::Element) {
    let place = |source: &gst::Element| {
        let location = source.property::<Option<String>>("location")?;
        let url = Url::parse(&location).ok()?;
        Some((url.host_str()?.to_owned(), url.port()))
    };
    let first = place(source);
    source.connect("before-send", false, move |values| {
        let source = values.first()?.get::<gst::Element>().ok()?;
        let same = place(&source) == first;
        if !same {
            gst::element_error!(source, gst::ResourceError::NotFound, ["it refers to another server"]);
        }
        Some(same.to_value())
    });
}

pub(super) fn template(name: &str, values: &[(&str, Value)]) -> Result<gst::Pipeline, Failure> {
    Template::load(name).and_then(|template| template.build(&[], values)).map_err(|error| here(error.to_string()))
}

pub(super) fn element(pipeline: &gst::Pipeline, name: &str) -> Result<gst::Element, Failure> {
    pipeline.by_name(name).ok_or_else(|| here(format!("the template has no element {name}")))
}

fn millis(time: Duration) -> Value {
    Value::Int(time.as_millis() as i64)
}

fn micros(time: Duration) -> Value {
    Value::Int(time.as_micros() as i64)
}

pub(super) fn here(text: impl Into<String>) -> Failure {
    Failure { fault: FailureKind::Here, text: text.into() }
}
