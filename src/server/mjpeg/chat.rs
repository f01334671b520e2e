//! Messages between viewers, without the socket: `{"topic":"chat","body"}` and `{"topic":"reaction","emoji"}` in,
//! the same with `id`, `sender` and `ts` out; the server's own messages out with their topic.
//!
//! Refuses to know: sockets and clocks (the time is an argument), and permissions beyond the two flags.

use crate::app::rooms::DataMessage;
use serde_json::{Map, Value, json};
use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

/// The longest message, in bytes.
pub const LONGEST: usize = 4 * 1024;
/// Messages of one viewer in any second.
pub const RATE: usize = 10;
/// The longest reaction, id and sender, in bytes.
const WORD: usize = 120;

/// Why a message of a viewer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChatRefusal {
    #[error("too_large")]
    TooLarge,
    #[error("rate_limited")]
    TooFast,
    /// No JSON object, or one without the fields of its topic.
    #[error("bad_message")]
    Bad,
    /// A topic that viewers do not have, that is switched off, or that this viewer may not use.
    #[error("disabled")]
    Disabled,
}

impl ChatRefusal {
    /// The error message for the viewer.
    pub fn text(self) -> String {
        json!({"topic": "error", "code": self.to_string()}).to_string()
    }
}

/// One viewer as a member of the room's chat.
#[derive(Debug)]
pub struct ChatMember {
    /// The LiveKit identity that messages are addressed to, and the sender where there is no name.
    pub identity: String,
    /// The name on its messages; without one the viewer may choose it.
    pub sender: Option<String>,
    pub chat: bool,
    pub reactions: bool,
    recent: VecDeque<Duration>,
}

impl ChatMember {
    /// A viewer that has sent nothing yet.
    pub fn new(identity: String, sender: Option<String>, chat: bool, reactions: bool) -> Self {
        Self { identity, sender, chat, reactions, recent: VecDeque::new() }
    }

    /// Takes a message of the viewer, `now` after any fixed moment. Refused messages count towards the rate too.
    ///
    /// # Errors
    /// Why it is not passed on.
    pub fn submit(&mut self, text: &str, now: Duration, clock: SystemTime) -> Result<DataMessage, ChatRefusal> {
        while self.recent.front().is_some_and(|&first| first + Duration::from_secs(1) <= now) {
            self.recent.pop_front();
        }
        if self.recent.len() >= RATE {
            return Err(ChatRefusal::TooFast);
        }
        self.recent.push_back(now);
        if text.len() > LONGEST {
            return Err(ChatRefusal::TooLarge);
        }
        let fields: Map<String, Value> = serde_json::from_str(text).map_err(|_| ChatRefusal::Bad)?;
        let word = |key: &str| fields.get(key).and_then(Value::as_str).filter(|word| !word.is_empty());
        let short = |key: &str| word(key).filter(|word| word.len() <= WORD);
        let id = short("id").map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
        let sender = self.sender.as_deref().or(short("sender")).unwrap_or(&self.identity);
        let ts = clock.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let (topic, text) = match word("topic").ok_or(ChatRefusal::Bad)? {
            "chat" if self.chat => {
                let body = word("body").ok_or(ChatRefusal::Bad)?;
                ("chat", json!({"id": id, "sender": sender, "body": body, "ts": ts}))
            }
            "reaction" if self.reactions => {
                let emoji = short("emoji").ok_or(ChatRefusal::Bad)?;
                ("reaction", json!({"id": id, "emoji": emoji, "sender": sender, "ts": ts}))
            }
            _ => return Err(ChatRefusal::Disabled),
        };
        Ok(DataMessage { topic: topic.to_owned(), text: text.to_string(), to: Vec::new(), event: None })
    }

    /// The text of a room's message for the viewer; `None` when it is addressed to others.
    pub fn text_for_viewer(&self, message: &DataMessage) -> Option<String> {
        if !message.to.is_empty() && !message.to.contains(&self.identity) {
            return None;
        }
        let fields = serde_json::from_str::<Map<String, Value>>(&message.text);
        let mut fields =
            fields.unwrap_or_else(|_| Map::from_iter([("payload".to_owned(), message.text.clone().into())]));
        // The server's envelope uses other names than viewers do; players get both.
        let names: &[(&str, &str)] = match message.topic.as_str() {
            "chat" => &[("sender", "from"), ("body", "message")],
            "reaction" => &[("sender", "from"), ("emoji", "reaction")],
            _ => &[],
        };
        for (name, other) in names {
            if !fields.contains_key(*name)
                && let Some(value) = fields.get(*other).cloned()
            {
                fields.insert((*name).to_owned(), value);
            }
        }
        fields.insert("topic".into(), message.topic.clone().into());
        Some(Value::from(fields).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat() -> ChatMember {
        ChatMember::new("viewer-1".into(), None, true, true)
    }

    fn at() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn chat_and_reactions_get_the_servers_time_and_a_sender() {
        let mut chat = chat();
        let text = r#"{"topic":"chat","id":"a1","sender":"Ann","body":"hi","ts":1,"admin":true}"#;
        let message = chat.submit(text, Duration::ZERO, at()).expect("chat");
        assert_eq!(message.topic, "chat");
        assert_eq!(json(&message.text), json!({"id": "a1", "sender": "Ann", "body": "hi", "ts": 1_700_000_000_123u64}));
        let shown = json(&chat.text_for_viewer(&message).expect("for all"));
        assert_eq!(shown["topic"], "chat");
        assert_eq!(shown["body"], "hi");

        let reaction = chat.submit(r#"{"topic":"reaction","emoji":"👏"}"#, Duration::ZERO, at()).expect("reaction");
        let sent = json(&reaction.text);
        assert_eq!((&sent["emoji"], &sent["sender"]), (&json!("👏"), &json!("viewer-1")));
        assert!(sent["id"].as_str().is_some_and(|id| !id.is_empty()));
    }

    #[test]
    fn a_name_of_the_token_is_not_the_viewers_to_choose() {
        let mut chat = ChatMember { sender: Some("Dr. Lee".into()), ..chat() };
        let message =
            chat.submit(r#"{"topic":"chat","sender":"Ann","body":"hi"}"#, Duration::ZERO, at()).expect("chat");
        assert_eq!(json(&message.text)["sender"], "Dr. Lee");
    }

    #[test]
    fn what_is_off_or_malformed_is_not_passed_on() {
        let mut only_chat = ChatMember { reactions: false, ..chat() };
        let mut submit = |text: &str| only_chat.submit(text, Duration::from_secs(text.len() as u64), at()).map(|_| ());
        assert_eq!(submit(r#"{"topic":"reaction","emoji":"x"}"#), Err(ChatRefusal::Disabled));
        assert_eq!(submit(r#"{"topic":"admin","body":"x"}"#), Err(ChatRefusal::Disabled));
        assert_eq!(submit(r#"{"topic":"chat"}"#), Err(ChatRefusal::Bad));
        assert_eq!(submit(r#"{"topic":"chat","body":7}"#), Err(ChatRefusal::Bad));
        assert_eq!(submit("[]"), Err(ChatRefusal::Bad));
        assert_eq!(submit("hello"), Err(ChatRefusal::Bad));
        assert_eq!(
            submit(&format!(r#"{{"topic":"chat","body":"{}"}}"#, "x".repeat(LONGEST))),
            Err(ChatRefusal::TooLarge)
        );
        assert_eq!(submit(&format!(r#"{{"topic":"chat","body":"{}"}}"#, "x".repeat(4_000))), Ok(()));
    }

    #[test]
    fn the_eleventh_message_within_a_second_is_not_passed_on() {
        let mut chat = chat();
        let text = r#"{"topic":"chat","body":"hi"}"#;
        for n in 0..10 {
            assert!(chat.submit(text, Duration::from_millis(n * 50), at()).is_ok());
        }
        assert_eq!(chat.submit(text, Duration::from_millis(999), at()), Err(ChatRefusal::TooFast));
        assert!(chat.submit(text, Duration::from_millis(1_000), at()).is_ok());
        assert_eq!(chat.submit(text, Duration::from_millis(1_001), at()), Err(ChatRefusal::TooFast));
    }

    #[test]
    fn the_servers_messages_reach_whom_they_are_for_in_words_that_players_know() {
        let of = |topic: &str, text: &str, to: &[&str]| DataMessage {
            topic: topic.into(),
            text: text.into(),
            to: to.iter().map(|&to| to.to_owned()).collect(),
            event: None,
        };
        let text = r#"{"topic":"chat","from":"host","message":"welcome","reaction":null,"ts":5}"#;
        let shown = json(&chat().text_for_viewer(&of("chat", text, &[])).expect("for all"));
        assert_eq!(
            (&shown["sender"], &shown["body"], &shown["from"]),
            (&json!("host"), &json!("welcome"), &json!("host"))
        );
        assert_eq!(chat().text_for_viewer(&of("chat", text, &["viewer-2"])), None);
        assert!(chat().text_for_viewer(&of("chat", text, &["viewer-2", "viewer-1"])).is_some());
        let shown = json(&chat().text_for_viewer(&of("score", "2:1", &[])).expect("for all"));
        assert_eq!(shown, json!({"topic": "score", "payload": "2:1"}));
    }
}
