//! Why a prompt changed nothing. Refuses to know: keys and addresses; messages of the API are cleaned of them before
//! they come here.

use crate::domain::fault::Blame;
use std::time::Duration;
use thiserror::Error;

/// Why a prompt changed nothing, and where the fault lies.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PromptError {
    /// The caller's.
    #[error("The prompt is empty")]
    Empty,
    /// The caller's.
    #[error("The prompt is longer than {} bytes", super::LONGEST)]
    TooLong,
    /// The caller's: no word of the vocabulary is in it.
    #[error(
        "Nothing in the prompt was understood. Name a colour (\"warm white\", \"dark blue\", \"#ff8000\"), an effect \
         (\"rainbow\", \"twinkle\"), a mood (\"cozy\", \"ocean\", \"party\"), a speed (\"slow\", \"faster\") or a \
         brightness (\"dim\", \"30%\")"
    )]
    NotUnderstood,
    /// The caller's.
    #[error("There is no segment 0 that a prompt could change")]
    NoSegment,
    /// The server's: its settings are wrong.
    #[error("Prompts cannot be sent: {0}")]
    Setup(String),
    /// The caller's: the key, or its permissions.
    #[error("The AI service refused the API key: {0}")]
    Key(String),
    /// The peer's: too many requests, or overload.
    #[error("The AI service takes no more prompts for now: {0}")]
    Busy(String),
    /// The caller's: e.g. a model that it does not know.
    #[error("The AI service refused the prompt ({status}): {said}")]
    Refused { status: u16, said: String },
    /// The peer's.
    #[error("The AI service failed ({status}): {said}")]
    Failed { status: u16, said: String },
    /// The peer's.
    #[error("The AI service did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The peer's, or the network's.
    #[error("The AI service cannot be reached: {0}")]
    Unreachable(String),
    /// The peer's: an oversized answer.
    #[error("The AI service's answer is too long")]
    TooLarge,
    /// The peer's: an invalid answer, or values out of range.
    #[error("The AI service's answer is of no use: {0}")]
    Unusable(String),
}

impl PromptError {
    /// One sentence for clients.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The party that has to act.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Empty | Self::TooLong | Self::NotUnderstood | Self::NoSegment => Blame::Caller,
            Self::Key(_) | Self::Refused { .. } => Blame::Caller,
            Self::Setup(_) => Blame::Server,
            Self::Busy(_) | Self::Failed { .. } | Self::TimedOut(_) => Blame::Peer,
            Self::Unreachable(_) | Self::TooLarge | Self::Unusable(_) => Blame::Peer,
        }
    }
}
