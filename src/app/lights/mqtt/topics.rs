//! The topics. Refuses to know: their messages.

/// The topics of one controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    prefix: String,
    /// Where Home Assistant looks for lamps.
    pub discovery: String,
}

/// The kind of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// JSON of several settings.
    Set,
    Brightness,
    Effect,
    Power,
}

impl Order {
    pub const ALL: [Self; 4] = [Self::Set, Self::Brightness, Self::Effect, Self::Power];

    fn path(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Brightness => "brightness/set",
            Self::Effect => "effect/set",
            Self::Power => "power/set",
        }
    }
}

impl Topics {
    /// None for a prefix that topics cannot have (MQTT 3.1.1, 4.7): wildcards, control characters, nothing, too much.
    pub fn new(prefix: &str, client_id: &str) -> Option<Self> {
        let prefix = prefix.trim_end_matches('/');
        let sound = |c: char| !c.is_control() && !matches!(c, '+' | '#');
        // A broker reserves topics that begin with `$`.
        if prefix.is_empty() || prefix.len() > 200 || prefix.starts_with('$') || !prefix.chars().all(sound) {
            return None;
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let object: String = client_id.chars().map(plain).collect();
        Some(Self { prefix: prefix.to_owned(), discovery: format!("homeassistant/light/{object}/config") })
    }

    /// `online` or `offline`.
    pub fn status(&self) -> String {
        format!("{}/status", self.prefix)
    }

    /// The topic of the state.
    pub fn state(&self) -> String {
        format!("{}/state", self.prefix)
    }

    /// The topic of a command.
    pub fn order(&self, order: Order) -> String {
        format!("{}/{}", self.prefix, order.path())
    }

    /// The command of a topic.
    pub fn ordered(&self, topic: &str) -> Option<Order> {
        let path = topic.strip_prefix(&self.prefix)?.strip_prefix('/')?;
        Order::ALL.into_iter().find(|order| order.path() == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_begin_with_the_prefix_and_the_discovery_has_the_clients_name() {
        let topics = Topics::new("house/lume/", "lume-02a1").unwrap();
        assert_eq!(topics.discovery, "homeassistant/light/lume_02a1/config");
        for order in Order::ALL {
            assert_eq!(topics.ordered(&topics.order(order)), Some(order));
        }
        assert_eq!(topics.order(Order::Brightness), "house/lume/brightness/set");
        assert_eq!(topics.ordered("house/lumeset"), None);
    }

    #[test]
    fn no_topic_begins_with_a_wildcard() {
        for prefix in ["", "/", "lume/#", "+/lume", "$SYS", "a\0b"] {
            assert_eq!(Topics::new(prefix, "x"), None, "{prefix}");
        }
    }
}
