//! Rows: the only folder that says `sqlx`.
