-- API keys of the control planes. The key itself is never stored, only its SHA-256.
-- Times are milliseconds since 1970-01-01 UTC.
CREATE TABLE api_keys (
    id           TEXT    NOT NULL PRIMARY KEY,
    plane        TEXT    NOT NULL,
    label        TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;
