//! `/api/config`: settings of the controller. Secrets are shown masked, and a mask that is posted back changes nothing.

use super::{
    error::Refusal,
    fields::Fields,
    permission::Permission,
    reply::{self, Answer, Reply},
};
use crate::{
    app::lights::{
        Lights, mqtt,
        settings::{DeviceSettings, LAST_UNIVERSE, SettingsChange},
    },
    domain::{fault::Fault, lights::MAX_LEDS},
};
use serde::Serialize;

/// Replaces a secret, or the beginning of one.
const MASK: &str = "****";
/// Longer keys show their last characters.
const LONG_KEY: usize = 8;
/// How many of them.
const SHOWN: usize = 4;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigBody<'a> {
    #[serde(rename = "wifiSSID")]
    wifi_ssid: &'a str,
    led_count: u16,
    ai_api_key: String,
    ai_api_key_set: bool,
    ai_model: &'a str,
    sacn_enabled: bool,
    mqtt_enabled: bool,
    mqtt_broker: &'a str,
    mqtt_port: u16,
    wifi_password: &'static str,
    auth_token: &'static str,
    auth_enabled: bool,
    /// Absent where the brightness after a start is the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_brightness: Option<u8>,
    sacn_universe: u16,
    sacn_universe_count: u8,
    sacn_start_channel: u16,
    sacn_unicast: bool,
    mqtt_username: &'a str,
    mqtt_password: &'static str,
    mqtt_topic_prefix: &'a str,
    /// The objects of the device's own page.
    sacn: SacnBody,
    mqtt: MqttBody,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SacnBody {
    enabled: bool,
    universe: u16,
    universe_count: u8,
    start_channel: u16,
    unicast: bool,
}

#[derive(Debug, Serialize)]
struct MqttBody {
    enabled: bool,
    connected: bool,
}

/// Values that the device's page posts empty where they were not touched.
const UNTOUCHED: [&str; 12] = [
    "wifiSSID",
    "ledCount",
    "aiModel",
    "defaultBrightness",
    "sacnUniverse",
    "sacnUniverseCount",
    "sacnStartChannel",
    "mqttBroker",
    "mqttPort",
    "mqttUsername",
    "mqttTopicPrefix",
    "wifiPassword",
];

/// `GET`. A client with read permission alone sees no broker, no user, and no end of a key.
pub fn read(lights: &Lights, permission: Permission) -> Answer {
    let settings = lights.settings();
    let all = permission > Permission::Read;
    let shown = |text| if all { text } else { "" };
    let DeviceSettings { wifi_ssid, ai_api_key, ai_model, auth_token, default_brightness, sacn, mqtt, .. } = &*settings;
    Ok(Reply::ok(&ConfigBody {
        wifi_ssid,
        led_count: lights.view().controller.led_count,
        ai_api_key: match ai_api_key {
            Some(key) if all => masked_key(key),
            key => masked(key.is_some()).to_owned(),
        },
        ai_api_key_set: ai_api_key.is_some(),
        ai_model,
        sacn_enabled: sacn.enabled,
        mqtt_enabled: mqtt.enabled,
        mqtt_broker: shown(&mqtt.broker),
        mqtt_port: mqtt.port,
        wifi_password: "",
        auth_token: masked(auth_token.is_some()),
        auth_enabled: auth_token.is_some(),
        default_brightness: *default_brightness,
        sacn_universe: sacn.universe,
        sacn_universe_count: sacn.universe_count,
        sacn_start_channel: sacn.start_channel,
        sacn_unicast: sacn.unicast,
        mqtt_username: shown(&mqtt.username),
        mqtt_password: masked(!mqtt.password.is_empty()),
        mqtt_topic_prefix: &mqtt.topic_prefix,
        sacn: SacnBody {
            enabled: sacn.enabled,
            universe: sacn.universe,
            universe_count: sacn.universe_count,
            start_channel: sacn.start_channel,
            unicast: sacn.unicast,
        },
        mqtt: MqttBody { enabled: mqtt.enabled, connected: lights.mqtt_connected() },
    }))
}

/// `POST`. A Wi-Fi password is accepted and dropped: the server has no Wi-Fi as a lamp has. `null`, and an empty value of
/// a field that is no secret, leave it as it is: the device's page posts them. An empty secret is removed.
pub async fn change(lights: &Lights, body: &Fields, permission: Permission) -> Answer {
    let body = &body.touched(&UNTOUCHED);
    body.text("wifiPassword", 64)?;
    let change = SettingsChange {
        led_count: body.number("ledCount", 1, MAX_LEDS.into())?,
        wifi_ssid: body.text("wifiSSID", 32)?,
        ai_api_key: header_safe("aiApiKey", secret(body, "aiApiKey", 512)?)?,
        ai_model: body.text("aiModel", 128)?,
        auth_token: header_safe("authToken", secret(body, "authToken", 128)?)?,
        default_brightness: body.byte("defaultBrightness")?,
        sacn_enabled: body.flag("sacnEnabled")?,
        sacn_universe: body.number("sacnUniverse", 1, LAST_UNIVERSE.into())?,
        sacn_universe_count: body.number("sacnUniverseCount", 1, 8)?,
        sacn_start_channel: body.number("sacnStartChannel", 1, 512)?,
        sacn_unicast: body.flag("sacnUnicast")?,
        mqtt_enabled: body.flag("mqttEnabled")?,
        mqtt_broker: body.text("mqttBroker", 253)?,
        mqtt_port: body.number("mqttPort", 1, 65_535)?,
        mqtt_username: body.text("mqttUsername", 128)?,
        mqtt_password: secret(body, "mqttPassword", 128)?,
        mqtt_topic_prefix: topic("mqttTopicPrefix", body.text("mqttTopicPrefix", 128)?)?,
    };
    if permission < Permission::Administer
        && let Some(field) = named(&change, &lights.settings())
    {
        return Err(Refusal::NotEntitled(field));
    }
    lights.change_settings(change).await?;
    Ok(reply::success())
}

/// The first field of a change that names another destination or a secret. A client that posts back the shown values
/// changes nothing; a secret counts with any value, or guesses could be tried.
fn named(change: &SettingsChange, old: &DeviceSettings) -> Option<&'static str> {
    fn other<T: PartialEq>(new: Option<&T>, old: &T) -> bool {
        new.is_some_and(|new| new != old)
    }
    let secret = |new: Option<&String>, set: bool| new.is_some_and(|new| set || !new.is_empty());
    let DeviceSettings { sacn, mqtt, .. } = old;
    let fields = [
        ("mqttBroker", other(change.mqtt_broker.as_ref(), &mqtt.broker)),
        ("mqttPort", other(change.mqtt_port.as_ref(), &mqtt.port)),
        ("mqttUsername", other(change.mqtt_username.as_ref(), &mqtt.username)),
        ("mqttPassword", secret(change.mqtt_password.as_ref(), !mqtt.password.is_empty())),
        ("aiApiKey", secret(change.ai_api_key.as_ref(), old.ai_api_key.is_some())),
        ("authToken", secret(change.auth_token.as_ref(), old.auth_token.is_some())),
        ("sacnEnabled", other(change.sacn_enabled.as_ref(), &sacn.enabled)),
        ("sacnUniverse", other(change.sacn_universe.as_ref(), &sacn.universe)),
        ("sacnUniverseCount", other(change.sacn_universe_count.as_ref(), &sacn.universe_count)),
        ("sacnStartChannel", other(change.sacn_start_channel.as_ref(), &sacn.start_channel)),
        ("sacnUnicast", other(change.sacn_unicast.as_ref(), &sacn.unicast)),
    ];
    fields.into_iter().find(|(_, named)| *named).map(|(field, _)| field)
}

fn masked(set: bool) -> &'static str {
    if set { MASK } else { "" }
}

fn masked_key(key: &str) -> String {
    let length = key.chars().count();
    let end: String = key.chars().skip(length.saturating_sub(SHOWN)).collect();
    if length > LONG_KEY { format!("{MASK}{end}") } else { MASK.to_owned() }
}

/// A secret that is not a mask.
fn secret(body: &Fields, name: &str, most: usize) -> Result<Option<String>, Fault> {
    Ok(body.text(name, most)?.filter(|secret| !secret.starts_with(MASK)))
}

/// Empty, or valid in a header: a token that cannot be sent would lock every client out.
fn header_safe(name: &str, text: Option<String>) -> Result<Option<String>, Fault> {
    match text {
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(Fault::invalid(name, "Must have no blanks and only ASCII characters"))
        }
        text => Ok(text),
    }
}

/// A valid prefix of topics: no wildcards of MQTT.
fn topic(name: &str, text: Option<String>) -> Result<Option<String>, Fault> {
    match text {
        Some(text) if !mqtt::is_prefix(&text) => {
            Err(Fault::invalid(name, "Must be the beginning of a topic: not empty, without # or +, and no $ in front"))
        }
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::masked_key;

    #[test]
    fn only_the_end_of_a_long_key_is_shown() {
        assert_eq!(masked_key("sk-ant-api03-abcd"), "****abcd");
        assert_eq!(masked_key("123456789"), "****6789");
        assert_eq!(masked_key("12345678"), "****");
    }
}
