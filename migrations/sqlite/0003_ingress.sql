-- What comes into rooms of the StreamHub plane, and what came. Times are milliseconds since 1970-01-01 UTC.

-- An ingress: a key to push with, or a source that is pulled. Its key is shown again in lists, so it is kept as it is;
-- its password is shown once and kept as an argon2 hash.
CREATE TABLE ingress (
    id            TEXT    NOT NULL PRIMARY KEY,
    app           TEXT    NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
    room          TEXT    NOT NULL,
    input_type    TEXT    NOT NULL CHECK (input_type IN ('rtmp', 'whip', 'url')),
    identity      TEXT    NOT NULL,
    name          TEXT,
    url           TEXT,
    stream_key    TEXT    UNIQUE,
    password_hash TEXT,
    validated_at  INTEGER,
    transcoding   INTEGER NOT NULL,
    -- id, name and room in lower case, for searching beyond ASCII
    search        TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    CHECK ((input_type = 'url') = (url IS NOT NULL)),
    CHECK ((input_type = 'url') = (stream_key IS NULL))
) STRICT;
CREATE INDEX ingress_of_app ON ingress (app, room);

-- A camera's key. Only its SHA-256 is kept; a revoked one is gone.
CREATE TABLE camera_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    app        TEXT    NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
    room       TEXT    NOT NULL,
    identity   TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX camera_keys_of_app ON camera_keys (app, created_at);

-- Streams that are live or were. A publisher that comes back takes its row again. Rooms give the numbers.
CREATE TABLE streams (
    id          INTEGER NOT NULL PRIMARY KEY,
    app         TEXT    NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
    stream_id   TEXT    NOT NULL UNIQUE,
    type        TEXT    NOT NULL CHECK (type IN ('webrtc', 'rtmp', 'rtsp', 'whip', 'ws-mjpeg')),
    room        TEXT    NOT NULL,
    participant TEXT    NOT NULL,
    ingress     TEXT,
    status      TEXT    NOT NULL CHECK (status IN ('active', 'ended')),
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    -- a JSON object, the last that was known
    last_stats  TEXT    CHECK (last_stats IS NULL OR json_valid(last_stats)),
    CHECK ((status = 'ended') = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX streams_by_status ON streams (status, app);
