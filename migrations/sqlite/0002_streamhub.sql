-- StreamHub: tenants, people, apps, and what API keys of that plane may do.
-- Times are milliseconds since 1970-01-01 UTC.
CREATE TABLE tenants (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    plan       TEXT    NOT NULL DEFAULT 'free',
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id            TEXT    NOT NULL PRIMARY KEY,
    email         TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    user_id   TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    role      TEXT NOT NULL CHECK (role IN ('owner', 'editor', 'viewer'))
) STRICT;

-- A login that still holds. No user: the operator.
CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Settings are a JSON object; what it does not name has its default.
-- Revision: that of the registry when the row was last written.
CREATE TABLE apps (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    display_name TEXT    NOT NULL,
    room_prefix  TEXT    NOT NULL UNIQUE,
    settings     TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
    tenant       TEXT    REFERENCES tenants (id),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    revision     INTEGER NOT NULL
) STRICT;

-- Counts every change of any app, so that readers can tell which picture of the table is newer.
CREATE TABLE apps_revision (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO apps_revision (only_row, revision) VALUES (1, 1);

-- The default app, which may be deleted, and the mixer's own, which may not.
INSERT INTO apps (name, display_name, room_prefix, created_at, updated_at, revision)
SELECT name, name, name, now, now, 1
FROM (SELECT 'live' AS name UNION ALL SELECT 'program'), (SELECT unixepoch() * 1000 AS now);

-- A key with an app may do everything in that app and nothing elsewhere; one without may do everything.
-- Allowed addresses are a JSON array of addresses and networks; none: from everywhere.
ALTER TABLE api_keys ADD COLUMN app TEXT;
ALTER TABLE api_keys ADD COLUMN allowed_ips TEXT CHECK (allowed_ips IS NULL OR json_valid(allowed_ips));
