//! The control planes: one folder per documented plane, plus the operator's own.
//!
//! A plane turns its dialect into commands of the show and words the answers. Planes do not know each other; what two
//! of them share (routing, answers, bodies on their way in, an exact rate limit) is here beside them.

pub mod answer;
pub mod body_reader;
pub mod limits;
pub mod livewing;
pub mod lume;
pub mod lumely;
pub mod lumora;
pub mod operator;
pub mod routing;
pub mod streamhub;
