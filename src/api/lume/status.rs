//! `/api/status`: how the whole controller does.

use super::reply::{Answer, Reply};
use crate::app::lights::{Lights, outputs::OutputView, settings::SacnSettings};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

#[derive(Debug, Serialize)]
struct StatusBody {
    online: bool,
    ip: IpAddr,
    /// Seconds.
    uptime: u64,
    wifi: Wifi,
    led: Led,
    protocols: Protocols,
    /// Ours: what goes out to controllers.
    output: Output,
}

#[derive(Debug, Serialize)]
struct Wifi {
    ssid: String,
    /// Always `null`: the server is not on Wi-Fi as a lamp is.
    rssi: Option<i32>,
    connected: bool,
}

#[derive(Debug, Serialize)]
struct Led {
    count: u16,
    power: bool,
    brightness: u8,
    fps: u16,
}

#[derive(Debug, Serialize)]
struct Protocols {
    sacn: Sacn,
    mqtt: Mqtt,
}

/// The other fields are there only while it is enabled.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sacn {
    enabled: bool,
    #[serde(flatten)]
    details: Option<SacnDetails>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SacnDetails {
    universe: u16,
    universe_count: u8,
    start_channel: u16,
    unicast: bool,
    receiving: bool,
    packets: u64,
    source: Option<String>,
    priority: Option<u8>,
}

#[derive(Debug, Serialize)]
struct Mqtt {
    enabled: bool,
    connected: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    packets: u64,
    errors: u64,
    universes: usize,
    frames: u64,
    late_frames: u64,
    /// Outputs that are not sent now.
    waiting: Vec<Waiting>,
}

#[derive(Debug, Serialize)]
struct Waiting {
    id: String,
    problem: String,
}

fn waiting(view: OutputView) -> Option<Waiting> {
    Some(Waiting { id: view.output.id, problem: view.problem? })
}

/// `GET`.
pub fn read(lights: &Lights) -> Answer {
    let (controller, settings, figures) = (lights.view().controller, lights.settings(), lights.figures());
    let SacnSettings { enabled, universe, universe_count, start_channel, unicast } = settings.sacn;
    let desk = lights.desk().unwrap_or_default();
    let details = enabled.then_some(SacnDetails {
        universe,
        universe_count,
        start_channel,
        unicast,
        receiving: desk.receiving,
        packets: desk.packets,
        source: desk.source,
        priority: desk.priority,
    });
    Ok(Reply::ok(&StatusBody {
        online: true,
        ip: own_address(),
        uptime: lights.uptime(),
        wifi: Wifi { ssid: settings.wifi_ssid.clone(), rssi: None, connected: false },
        led: Led {
            count: controller.led_count,
            power: controller.power,
            brightness: controller.brightness,
            fps: figures.fps.round().clamp(0.0, f64::from(u16::MAX)) as u16,
        },
        protocols: Protocols {
            sacn: Sacn { enabled, details },
            mqtt: Mqtt { enabled: settings.mqtt.enabled, connected: lights.mqtt_connected() },
        },
        output: Output {
            packets: figures.output.packets,
            errors: figures.output.errors,
            universes: figures.output.universes,
            frames: figures.frames,
            late_frames: figures.late,
            waiting: lights.outputs().into_iter().filter_map(waiting).collect(),
        },
    }))
}

/// The address that this machine would use towards others. Nothing is sent: connecting a UDP socket only asks the
/// routing table, here about an address of RFC 5737.
fn own_address() -> IpAddr {
    let asked = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    asked().map_or(Ipv4Addr::LOCALHOST.into(), |own: std::net::SocketAddr| own.ip())
}
