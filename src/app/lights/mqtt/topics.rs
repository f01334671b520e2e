//! The topics. Refuses to know: their messages.

use crate::domain::lights::SEGMENTS;

/// The topics of one controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    prefix: String,
    /// The client's name as topics have it.
    object: String,
}

/// The kind of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// JSON of several settings.
    Set,
    Brightness,
    Effect,
    Power,
    /// JSON of several settings, for one segment.
    Segment(u8),
}

impl Order {
    /// Those of the strip.
    pub const ALL: [Self; 4] = [Self::Set, Self::Brightness, Self::Effect, Self::Power];

    fn path(self) -> String {
        match self {
            Self::Set => "set".to_owned(),
            Self::Brightness => "brightness/set".to_owned(),
            Self::Effect => "effect/set".to_owned(),
            Self::Power => "power/set".to_owned(),
            Self::Segment(id) => format!("segment/{id}/set"),
        }
    }

    /// All there are.
    fn every() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain((0..SEGMENTS).map(Self::Segment))
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
        Some(Self { prefix: prefix.to_owned(), object })
    }

    /// Where Home Assistant looks for the strip.
    pub fn discovery(&self) -> String {
        format!("homeassistant/light/{}/config", self.object)
    }

    /// Where Home Assistant looks for a segment.
    pub fn segment_discovery(&self, id: u8) -> String {
        format!("homeassistant/light/{}_segment_{id}/config", self.object)
    }

    /// The topic of a segment's state.
    pub fn segment_state(&self, id: u8) -> String {
        format!("{}/segment/{id}/state", self.prefix)
    }

    /// What brings commands of all segments.
    pub fn segment_orders(&self) -> String {
        format!("{}/segment/+/set", self.prefix)
    }

    /// What the broker keeps below the prefix.
    pub fn kept(&self) -> Vec<String> {
        let segments = (0..SEGMENTS).map(|id| self.segment_state(id));
        [self.status(), self.state()].into_iter().chain(segments).collect()
    }

    /// What the broker keeps for Home Assistant.
    pub fn discoveries(&self) -> Vec<String> {
        std::iter::once(self.discovery()).chain((0..SEGMENTS).map(|id| self.segment_discovery(id))).collect()
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
        Order::every().find(|order| order.path() == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_begin_with_the_prefix_and_the_discovery_has_the_clients_name() {
        let topics = Topics::new("house/lume/", "lume-02a1").unwrap();
        assert_eq!(topics.discovery(), "homeassistant/light/lume_02a1/config");
        assert_eq!(topics.order(Order::Segment(3)), "house/lume/segment/3/set");
        for order in Order::every() {
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
