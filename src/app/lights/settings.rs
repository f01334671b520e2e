//! Settings of the lights' controller for clients, beside its looks. Kept across starts.

use crate::domain::fault::Fault;
use serde::{Deserialize, Serialize};

/// The last universe of E1.31.
pub const LAST_UNIVERSE: u16 = 63_999;

/// Settings of the controller. Never printed: there are secrets among them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeviceSettings {
    /// LEDs of the strip; none: as in the server's settings.
    pub led_count: Option<u16>,
    /// Only stored and shown: the server has no Wi-Fi as a lamp has.
    pub wifi_ssid: String,
    /// Credential for the Anthropic API; none: prompts are interpreted here.
    pub ai_api_key: Option<String>,
    /// The service that the credential was given for; none where that was not stored.
    pub ai_url: Option<String>,
    /// The model for prompts.
    pub ai_model: String,
    /// The token that requests must bring; none: every client has full access.
    pub auth_token: Option<String>,
    /// The brightness after a start, 0 to 255; none: as before.
    pub default_brightness: Option<u8>,
    /// Data of a lighting desk.
    pub sacn: SacnSettings,
    /// Home automation.
    pub mqtt: MqttSettings,
}

/// See [`DeviceSettings::sacn`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SacnSettings {
    pub enabled: bool,
    /// The first universe, 1 to 63999.
    pub universe: u16,
    /// 1 to 8, one after another.
    pub universe_count: u8,
    /// 1 to 512, in the first universe.
    pub start_channel: u16,
    /// Receives only unicast packets, and joins no multicast group.
    pub unicast: bool,
}

/// See [`DeviceSettings::mqtt`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MqttSettings {
    pub enabled: bool,
    /// Name or address; nothing is connected while it is empty.
    pub broker: String,
    /// 1 to 65535.
    pub port: u16,
    pub username: String,
    pub password: String,
    /// What topics begin with.
    pub topic_prefix: String,
}

impl Default for DeviceSettings {
    fn default() -> Self {
        Self {
            led_count: None,
            wifi_ssid: String::new(),
            ai_api_key: None,
            ai_url: None,
            ai_model: "claude-3-5-haiku-20241022".to_owned(),
            auth_token: None,
            default_brightness: None,
            sacn: SacnSettings { enabled: false, universe: 1, universe_count: 1, start_channel: 1, unicast: false },
            mqtt: MqttSettings {
                enabled: false,
                broker: String::new(),
                port: 1883,
                username: String::new(),
                password: String::new(),
                topic_prefix: "lume".to_owned(),
            },
        }
    }
}

impl SacnSettings {
    /// Whether all its universes are valid.
    ///
    /// # Errors
    /// `invalid` (`sacnUniverseCount`).
    pub fn check(&self) -> Result<(), Fault> {
        if LAST_UNIVERSE - self.universe.min(LAST_UNIVERSE) < u16::from(self.universe_count.max(1)) - 1 {
            return Err(Fault::invalid("sacnUniverseCount", format!("Must end at universe {LAST_UNIVERSE}")));
        }
        Ok(())
    }
}

/// Changes to the settings; `None` leaves a value as it is.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// 1 to [`MAX_LEDS`](crate::domain::lights::MAX_LEDS).
    pub led_count: Option<u16>,
    pub wifi_ssid: Option<String>,
    /// Empty: removed.
    pub ai_api_key: Option<String>,
    pub ai_model: Option<String>,
    /// Empty: removed.
    pub auth_token: Option<String>,
    pub default_brightness: Option<u8>,
    pub sacn_enabled: Option<bool>,
    pub sacn_universe: Option<u16>,
    pub sacn_universe_count: Option<u8>,
    pub sacn_start_channel: Option<u16>,
    pub sacn_unicast: Option<bool>,
    pub mqtt_enabled: Option<bool>,
    pub mqtt_broker: Option<String>,
    pub mqtt_port: Option<u16>,
    pub mqtt_username: Option<String>,
    pub mqtt_password: Option<String>,
    pub mqtt_topic_prefix: Option<String>,
}

impl DeviceSettings {
    /// These settings for prompts to this service: a credential that was given for another one is dropped.
    pub fn served_by(mut self, ai_url: &str) -> Self {
        if self.ai_url.as_deref().is_some_and(|known| known != ai_url) && self.ai_api_key.take().is_some() {
            tracing::warn!("the key for prompts was given for another address than lighting.ai_url and is dropped");
        }
        self.ai_url = Some(ai_url.to_owned());
        self
    }

    /// These settings with a change applied.
    pub fn with(&self, change: SettingsChange) -> Self {
        let SettingsChange {
            led_count,
            wifi_ssid,
            ai_api_key,
            ai_model,
            auth_token,
            default_brightness,
            sacn_enabled,
            sacn_universe,
            sacn_universe_count,
            sacn_start_channel,
            sacn_unicast,
            mqtt_enabled,
            mqtt_broker,
            mqtt_port,
            mqtt_username,
            mqtt_password,
            mqtt_topic_prefix,
        } = change;
        let secret = |new: Option<String>, old: &Option<String>| match new {
            Some(new) => Some(new).filter(|new| !new.is_empty()),
            None => old.clone(),
        };
        let text = |new: Option<String>, old: &String| new.unwrap_or_else(|| old.clone());
        let (sacn, mqtt) = (&self.sacn, &self.mqtt);
        // A password goes only to the broker that it was given for.
        let elsewhere = mqtt_broker.as_ref().is_some_and(|broker| *broker != mqtt.broker)
            || mqtt_port.is_some_and(|port| port != mqtt.port);
        let mqtt_password = mqtt_password.or_else(|| elsewhere.then(String::new));
        Self {
            led_count: led_count.or(self.led_count),
            wifi_ssid: text(wifi_ssid, &self.wifi_ssid),
            ai_api_key: secret(ai_api_key, &self.ai_api_key),
            ai_url: self.ai_url.clone(),
            ai_model: text(ai_model, &self.ai_model),
            auth_token: secret(auth_token, &self.auth_token),
            default_brightness: default_brightness.or(self.default_brightness),
            sacn: SacnSettings {
                enabled: sacn_enabled.unwrap_or(sacn.enabled),
                universe: sacn_universe.unwrap_or(sacn.universe),
                universe_count: sacn_universe_count.unwrap_or(sacn.universe_count),
                start_channel: sacn_start_channel.unwrap_or(sacn.start_channel),
                unicast: sacn_unicast.unwrap_or(sacn.unicast),
            },
            mqtt: MqttSettings {
                enabled: mqtt_enabled.unwrap_or(mqtt.enabled),
                broker: text(mqtt_broker, &mqtt.broker),
                port: mqtt_port.unwrap_or(mqtt.port),
                username: text(mqtt_username, &mqtt.username),
                password: text(mqtt_password, &mqtt.password),
                topic_prefix: text(mqtt_topic_prefix, &mqtt.topic_prefix),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_broker_does_not_get_the_password_of_the_old_one() {
        let change = |broker: Option<&str>, port: Option<u16>, password: Option<&str>| SettingsChange {
            mqtt_broker: broker.map(str::to_owned),
            mqtt_port: port,
            mqtt_password: password.map(str::to_owned),
            ..SettingsChange::default()
        };
        let old = DeviceSettings::default().with(change(Some("broker.lan"), None, Some("s3cret")));
        let after = |change| old.with(change).mqtt.password;
        assert_eq!(after(change(Some("broker.lan"), Some(1883), None)), "s3cret", "nothing is new");
        assert_eq!(after(change(Some("thief.example"), None, None)), "");
        assert_eq!(after(change(None, Some(1884), None)), "");
        assert_eq!(after(change(Some("other.lan"), None, Some("new"))), "new");
    }

    #[test]
    fn another_service_does_not_get_the_key_of_the_one_before() {
        let key = SettingsChange { ai_api_key: Some("sk-1".to_owned()), ..SettingsChange::default() };
        let old = DeviceSettings::default().served_by("https://a.example").with(key);
        assert_eq!(old.clone().served_by("https://a.example").ai_api_key.as_deref(), Some("sk-1"));
        assert_eq!(old.served_by("https://b.example").ai_api_key, None);
    }
}
