-- The same rows in SQLite and in PostgreSQL (../postgres/0002_one_database.sql): the order of keys and ingresses, which
-- was SQLite's own rowid, becomes a column, and the case of addresses is left to an index that both have.

CREATE TABLE api_keys_ordered (
    seq          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    plane        TEXT    NOT NULL,
    label        TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER,
    -- A key with an app may do everything in that app and nothing elsewhere; one without may do everything.
    app          TEXT,
    -- A JSON array of addresses and networks; none: from everywhere.
    allowed_ips  TEXT CHECK (allowed_ips IS NULL OR json_valid(allowed_ips))
) STRICT;
INSERT INTO api_keys_ordered (id, plane, label, hash, shown, created_at, last_used_at, revoked_at, app, allowed_ips)
SELECT id, plane, label, hash, shown, created_at, last_used_at, revoked_at, app, allowed_ips FROM api_keys ORDER BY rowid;
DROP TABLE api_keys;
ALTER TABLE api_keys_ordered RENAME TO api_keys;

-- See 0003_ingress.sql.
CREATE TABLE ingress_ordered (
    seq           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    app           TEXT    NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
    room          TEXT    NOT NULL,
    input_type    TEXT    NOT NULL CHECK (input_type IN ('rtmp', 'whip', 'url')),
    identity      TEXT    NOT NULL,
    name          TEXT,
    url           TEXT,
    stream_key    TEXT    UNIQUE,
    password_hash TEXT,
    validated_at  INTEGER,
    transcoding   INTEGER NOT NULL CHECK (transcoding IN (0, 1)),
    -- id, name and room in lower case, for searching beyond ASCII
    search        TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    CHECK ((input_type = 'url') = (url IS NOT NULL)),
    CHECK ((input_type = 'url') = (stream_key IS NULL))
) STRICT;
INSERT INTO ingress_ordered (id, app, room, input_type, identity, name, url, stream_key, password_hash, validated_at,
                             transcoding, search, created_at)
SELECT id, app, room, input_type, identity, name, url, stream_key, password_hash, validated_at, transcoding, search,
       created_at
FROM ingress ORDER BY rowid;
DROP TABLE ingress;
ALTER TABLE ingress_ordered RENAME TO ingress;
CREATE INDEX ingress_of_app ON ingress (app, room);

CREATE TABLE camera_keys_ordered (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    app        TEXT    NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
    room       TEXT    NOT NULL,
    identity   TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO camera_keys_ordered (id, app, room, identity, hash, shown, created_at)
SELECT id, app, room, identity, hash, shown, created_at FROM camera_keys ORDER BY rowid;
DROP TABLE camera_keys;
ALTER TABLE camera_keys_ordered RENAME TO camera_keys;
CREATE INDEX camera_keys_of_app ON camera_keys (app);

CREATE UNIQUE INDEX users_by_address ON users (lower(email));

-- Which file this is, so that its rows are carried over to PostgreSQL once.
CREATE TABLE origin (
    id TEXT NOT NULL PRIMARY KEY
) STRICT;
INSERT INTO origin (id) VALUES (lower(hex(randomblob(16))));
