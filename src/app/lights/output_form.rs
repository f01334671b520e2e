//! An output as settings and requests have it, with its host as a name, and as JSON.
//!
//! ```json
//! {"id": "desk", "protocol": "ddp", "unicast": "wled.local", "start": 0, "length": 60, "order": "grbw",
//!  "brightness": 200, "currentMa": 2000}
//! ```
//!
//! Refuses to know: addresses of hosts, and whether outputs fit together.

use super::forms::number;
use crate::{
    domain::fault::Fault,
    lighting::{ColourOrder, Destination, OutputSpec, Protocol},
};
use serde_json::{Map, Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What a host has to be.
pub const HOST: &str = "Must be a name or an address, with or without port";

/// An output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LightOutput {
    /// 1 to 64 letters, digits, `-` and `_`.
    pub id: String,
    pub protocol: Protocol,
    /// The first universe; not for DDP.
    pub universe: u16,
    /// The first channel in the first universe.
    pub channel: u16,
    /// The first LED.
    pub start: u16,
    /// LEDs.
    pub length: u16,
    pub order: ColourOrder,
    /// `host` or `host:port`; none: the multicast groups of sACN.
    pub unicast: Option<String>,
    /// The address of the interface that multicast leaves by.
    pub interface: Option<Ipv4Addr>,
    /// sACN's, 0 to 200.
    pub priority: u8,
    /// See [`OutputSpec::sync`].
    pub sync: Option<u16>,
    /// Frames per second at most, 1 to 60.
    pub fps: u8,
    /// Of this output alone, 0 to 255.
    pub brightness: u8,
    /// Milliamperes that its LEDs may draw; none: no limit.
    pub current_ma: Option<u32>,
}

impl LightOutput {
    /// Where it goes: an address, a name to look up, or the groups.
    pub fn host(&self) -> Host<'_> {
        let Some(host) = self.unicast.as_deref() else { return Host::Groups };
        let port = self.protocol.port();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Host::Address((address, port).into());
        }
        if let Ok(address) = host.parse::<SocketAddr>() {
            return Host::Address(address);
        }
        match host.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => {
                Host::Name(name, port.parse().unwrap_or(self.protocol.port()))
            }
            _ => Host::Name(host, port),
        }
    }

    /// Whether its host can be a destination at all: no URL, no port 0, and a port that is one.
    pub fn has_sound_host(&self) -> bool {
        match self.host() {
            Host::Groups => true,
            Host::Address(address) => address.port() != 0 && !address.ip().is_unspecified(),
            Host::Name(name, port) => {
                // A colon only in a link-local address that names its interface, such as fe80::1%eth0.
                let signs = if name.contains('%') { "-._%:" } else { "-._" };
                let sound = |byte: u8| byte.is_ascii_alphanumeric() || signs.as_bytes().contains(&byte);
                port != 0 && !name.is_empty() && name.bytes().all(sound)
            }
        }
    }

    /// As the engine has it, at this destination.
    pub fn spec(&self, to: Destination) -> OutputSpec {
        let &Self { protocol, universe, channel, start, length, order, interface, priority, sync, .. } = self;
        let &Self { fps, brightness, current_ma, .. } = self;
        OutputSpec {
            protocol,
            universe,
            channel,
            start,
            length,
            order,
            to,
            priority,
            sync,
            interface,
            fps,
            brightness,
            current_ma,
        }
    }

    /// Reads an output. Values that are missing are those of `old`, or else the defaults: the rest of a strip of
    /// `led_count` LEDs. `null` takes an optional value away.
    ///
    /// # Errors
    /// `invalid` with the key.
    pub fn read(body: &Map<String, Value>, old: Option<&Self>, led_count: u16) -> Result<Self, Fault> {
        let id = id(body)?;
        let protocol = match body.get("protocol") {
            None => old.map(|old| old.protocol).ok_or_else(|| Fault::invalid("protocol", "Is required"))?,
            Some(value) => {
                let named = |protocol: &Protocol| value.as_str() == Some(protocol.name());
                let known = [Protocol::Sacn, Protocol::Artnet, Protocol::Ddp].into_iter().find(named);
                known.ok_or_else(|| Fault::invalid("protocol", "Must be sacn, artnet or ddp"))?
            }
        };
        let old = old.filter(|old| old.protocol == protocol);
        let start = whole(body, "start", 0, 65_535)?.unwrap_or(old.map_or(0, |old| old.start));
        let rest = led_count.saturating_sub(start);
        Ok(Self {
            id,
            protocol,
            universe: whole(body, "universe", 0, 65_535)?.unwrap_or(old.map_or(1, |old| old.universe)),
            channel: whole(body, "channel", 1, 512)?.unwrap_or(old.map_or(1, |old| old.channel)),
            start,
            length: whole(body, "length", 1, 65_535)?.unwrap_or(old.map_or(rest, |old| old.length)),
            order: match body.get("order") {
                None => old.map_or(ColourOrder::Rgb, |old| old.order),
                Some(value) => value.as_str().and_then(|name| name.parse().ok()).ok_or_else(|| {
                    let names = ColourOrder::ALL.map(ColourOrder::name).join(", ");
                    Fault::invalid("order", format!("Must be one of {names}"))
                })?,
            },
            unicast: optional(body, "unicast", old.and_then(|old| old.unicast.clone()), host)?,
            interface: optional(body, "interface", old.and_then(|old| old.interface), |value| {
                let address = value.as_str().and_then(|text| text.parse().ok());
                address.ok_or_else(|| Fault::invalid("interface", "Must be the IPv4 address of an interface"))
            })?,
            priority: whole(body, "priority", 0, 200)?.unwrap_or(old.map_or(100, |old| old.priority)),
            sync: optional(body, "sync", old.and_then(|old| old.sync), |_| needed(body, "sync", 1, 63_999))?,
            fps: whole(body, "fps", 1, 60)?.unwrap_or(old.map_or(protocol.fps(), |old| old.fps)),
            brightness: whole(body, "brightness", 0, 255)?.unwrap_or(old.map_or(255, |old| old.brightness)),
            current_ma: optional(body, "currentMa", old.and_then(|old| old.current_ma), |_| {
                needed(body, "currentMa", 1, 1_000_000)
            })?,
        })
    }

    /// As [`LightOutput::read`] reads it.
    pub fn value(&self) -> Value {
        json!({
            "id": self.id,
            "protocol": self.protocol.name(),
            "universe": self.universe,
            "channel": self.channel,
            "start": self.start,
            "length": self.length,
            "order": self.order.name(),
            "unicast": self.unicast,
            "interface": self.interface,
            "priority": self.priority,
            "sync": self.sync,
            "fps": self.fps,
            "brightness": self.brightness,
            "currentMa": self.current_ma,
        })
    }
}

/// See [`LightOutput::host`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    Groups,
    Address(SocketAddr),
    Name(&'a str, u16),
}

fn id(body: &Map<String, Value>) -> Result<String, Fault> {
    let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
    let sound = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if sound { Ok(id.to_owned()) } else { Err(Fault::invalid("id", "Must be 1 to 64 letters, digits, - and _")) }
}

fn whole<T: TryFrom<i64>>(body: &Map<String, Value>, key: &str, least: i64, most: i64) -> Result<Option<T>, Fault> {
    Ok(number(body, key, least..=most)?.and_then(|number| T::try_from(number).ok()))
}

fn needed<T: TryFrom<i64>>(body: &Map<String, Value>, key: &str, least: i64, most: i64) -> Result<T, Fault> {
    whole(body, key, least, most)?.ok_or_else(|| Fault::invalid(key, "Is required"))
}

fn optional<T>(
    body: &Map<String, Value>,
    key: &str,
    old: Option<T>,
    read: impl FnOnce(&Value) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    match body.get(key) {
        None => Ok(old),
        Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some),
    }
}

fn host(value: &Value) -> Result<String, Fault> {
    let sound = |host: &&str| (1..=260).contains(&host.len()) && host.bytes().all(|byte| byte.is_ascii_graphic());
    let host = value.as_str().filter(sound);
    host.map(str::to_owned).ok_or_else(|| Fault::invalid("unicast", HOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value, old: Option<&LightOutput>) -> Result<LightOutput, String> {
        let Value::Object(body) = value else { return Err("no object".to_owned()) };
        LightOutput::read(&body, old, 160).map_err(|fault| fault.subject)
    }

    #[test]
    fn what_is_written_is_read_and_what_is_missing_stays() {
        let whole = json!({ "id": "a", "protocol": "sacn", "start": 100, "order": "grbw", "unicast": "lamp.lan:5569" });
        let output = read(whole, None).unwrap();
        assert_eq!((output.length, output.fps, output.universe, output.brightness), (60, 44, 1, 255));
        assert_eq!(output.host(), Host::Name("lamp.lan", 5569));
        assert_eq!(read(output.value(), None), Ok(output.clone()));
        let changed = read(json!({ "id": "a", "brightness": 9, "unicast": null }), Some(&output)).unwrap();
        assert_eq!((changed.brightness, changed.unicast.clone(), changed.start), (9, None, 100));
        assert_eq!(changed.host(), Host::Groups);
        let ddp = read(json!({ "id": "a", "protocol": "ddp", "unicast": "[::1]" }), Some(&output)).unwrap();
        assert_eq!((ddp.fps, ddp.start), (60, 0), "another protocol begins anew");
        assert_eq!(ddp.host(), Host::Address("[::1]:4048".parse().unwrap()));
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_no_url() {
        for (host, sound) in [
            ("wled-desk.local", true),
            ("lamp_2:4049", true),
            ("192.0.2.7:4049", true),
            ("2001:db8::7", true),
            ("fe80::1%eth0", true),
            ("http://wled.local/", false),
            ("lamp:99999", false),
            ("lamp:0", false),
            (":4048", false),
            ("127.0.0.1:0", false),
            ("0.0.0.0", false),
            ("[::]:4048", false),
        ] {
            let output = read(json!({ "id": "a", "protocol": "ddp", "unicast": host }), None).unwrap();
            assert_eq!(output.has_sound_host(), sound, "{host}: {:?}", output.host());
        }
    }

    #[test]
    fn each_key_is_checked() {
        let with = |key: &str, value: Value| {
            let mut body = json!({ "id": "a", "protocol": "sacn" });
            body[key] = value;
            read(body, None).unwrap_err()
        };
        for (key, value) in [
            ("id", json!("a b")),
            ("protocol", json!("dmx")),
            ("order", json!("wrgb")),
            ("unicast", json!("two words")),
            ("interface", json!("eth0")),
            ("sync", json!(0)),
            ("fps", json!(61)),
            ("brightness", json!(256)),
            ("currentMa", json!(0)),
            ("priority", json!(201)),
        ] {
            assert_eq!(with(key, value), key);
        }
    }
}
