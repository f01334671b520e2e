PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'api keys','2026-11-30 19:56:12',1,X'59dbe3bff45af98229994a3931df6d8e311cb6bc5ce03e3446bc4d1d69691106476309003e49ea5643d624e3efdaf2d5',317284);
INSERT INTO _sqlx_migrations VALUES(2,'streamhub','2026-11-30 19:56:12',1,X'e8fea84b56b095c88c748c0c9ebe9edcbdbafc1049839839795ad9cd0714547f5bb087da5034b1346f4d340f33e0af5b',877169);
INSERT INTO _sqlx_migrations VALUES(3,'ingress','2026-11-30 19:56:12',1,X'3641e48d2814830e52757d2e6793344620241df6d56b023b46cb4cf68ff7baafb1fcd63f33e04959227e7bff5990e585',440548);
INSERT INTO _sqlx_migrations VALUES(4,'imaging','2026-11-30 19:56:12',1,X'db4ba5c4e90481b02b63be4e3ce6dbe4f57947eab5b2e1acf00847269af856fb7d397ee254ca6afbce0ddd7df80e867f',746924);
INSERT INTO _sqlx_migrations VALUES(5,'lights','2026-11-30 19:56:12',1,X'd57eb9413489369070c609c7bc3126408bffa999b59f20f4122abf799f726aabafa699dd17fc14870f9d2eee304784c2',183273);
CREATE TABLE api_keys (
    id           TEXT    NOT NULL PRIMARY KEY,
    plane        TEXT    NOT NULL,
    label        TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
, app TEXT, allowed_ips TEXT CHECK (allowed_ips IS NULL OR json_valid(allowed_ips))) STRICT;
INSERT INTO api_keys VALUES('key_mf3fsipmmvms','lumora','Stream Deck',X'8309f8378311ef16ac4c2c6e03a6c0023160ad5893cb307cd838e39a31ab9e77','lumora_live_sk_Sd33G',1796068587657,NULL,1700000000008,NULL,NULL);
INSERT INTO api_keys VALUES('key_alzrzhfumicn','streamhub','event app',X'7cfcfb9c8b78ba6a6a9e2e59f7b69e43a32b7be5c825ebbd7300210cd2772407','sk_7zd7u',1796068587690,1700000000007,NULL,'gala','["192.0.2.0/24"]');
CREATE TABLE tenants (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    plan       TEXT    NOT NULL DEFAULT 'free',
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO tenants VALUES('acme','Acme','free',1700000000000);
CREATE TABLE users (
    id            TEXT    NOT NULL PRIMARY KEY,
    email         TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;
INSERT INTO users VALUES('user-1','Ann@Example.org','$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA',1700000000001);
INSERT INTO users VALUES('user-2','bob@example.org','$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaB',1700000000002);
CREATE TABLE memberships (
    user_id   TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    role      TEXT NOT NULL CHECK (role IN ('owner', 'editor', 'viewer'))
) STRICT;
INSERT INTO memberships VALUES('user-1','acme','owner');
INSERT INTO memberships VALUES('user-2','acme','viewer');
CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO sessions VALUES('session-1','user-1',1700000000003,4102444800000);
INSERT INTO sessions VALUES('session-2',NULL,1700000000004,4102444800000);
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
INSERT INTO apps VALUES(2,'program','program','program','{}',NULL,1796068572000,1796068572000,1);
INSERT INTO apps VALUES(4,'gala','Gala Zürich','gala','{"features":{"chat":true}}','acme',1700000000005,1700000000006,4);
CREATE TABLE apps_revision (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO apps_revision VALUES(1,4);
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
INSERT INTO ingress VALUES('IN_bbbbbbbbbbbb','gala','gala-stage','rtmp','encoder','Encoder Ä',NULL,'sk-00000000000000000000000000000001','$argon2id$x',1700000000009,1,replace('in_bbbbbbbbbbbb\nencoder ä\ngala-stage','\n',char(10)),1700000000010);
INSERT INTO ingress VALUES('IN_aaaaaaaaaaaa','gala','gala-stage','url','puller',NULL,'rtsp://192.0.2.9/live',NULL,NULL,NULL,0,replace('in_aaaaaaaaaaaa\npuller\ngala-stage','\n',char(10)),1700000000010);
CREATE TABLE camera_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    app        TEXT    NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
    room       TEXT    NOT NULL,
    identity   TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO camera_keys VALUES('wsi_000000000002','gala','gala-stage','phone',X'0202020202020202020202020202020202020202020202020202020202020202','wsk_AAAAA',1700000000011);
INSERT INTO camera_keys VALUES('wsi_000000000001','gala','gala-stage','tablet',X'0101010101010101010101010101010101010101010101010101010101010101','wsk_BBBBB',1700000000011);
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
INSERT INTO streams VALUES(3,'gala','gala-stage/encoder','rtmp','gala-stage','encoder','IN_bbbbbbbbbbbb','ended',1700000000012,1700000000013,'{"fps":25,"live":false}');
INSERT INTO streams VALUES(7,'gala','gala-stage/phone','ws-mjpeg','gala-stage','phone',NULL,'active',1700000000014,NULL,NULL);
CREATE TABLE image_accounts (
    id                   TEXT    NOT NULL PRIMARY KEY,
    name                 TEXT    NOT NULL UNIQUE,
    plan                 TEXT    NOT NULL CHECK (plan IN ('free', 'basic', 'pro', 'enterprise')),
    status               TEXT    NOT NULL CHECK (status IN ('active', 'past_due', 'cancelled', 'none')),
    rate_limit_rpm       INTEGER NOT NULL CHECK (rate_limit_rpm > 0),
    monthly_credit_limit INTEGER CHECK (monthly_credit_limit >= 0),
    -- a JSON array of service ids; none: all
    allowed_services     TEXT,
    company_name         TEXT,
    credit_price_cents   INTEGER,
    currency             TEXT    NOT NULL,
    auto_topup_enabled   INTEGER NOT NULL CHECK (auto_topup_enabled IN (0, 1)),
    turn                 INTEGER NOT NULL DEFAULT 0,
    created_at           INTEGER NOT NULL
) STRICT;
INSERT INTO image_accounts VALUES('bc3b85ba-478d-45c6-8707-03c81a779d65','default','basic','active',30,NULL,NULL,NULL,NULL,'EUR',0,0,1796068572094);
INSERT INTO image_accounts VALUES('a07f41fa-d090-4fbf-a4fd-46613e748cdf','studio','basic','active',30,NULL,NULL,NULL,NULL,'EUR',0,6,1796068599143);
CREATE TABLE image_ledger (
    account TEXT    NOT NULL REFERENCES image_accounts (id),
    seq     INTEGER NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('grant', 'topup', 'charge', 'refund', 'adjust')),
    amount  INTEGER NOT NULL,
    note    TEXT,
    job     TEXT,
    run     INTEGER,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, seq),
    UNIQUE (job, run, kind),
    CHECK (kind = 'adjust' OR (kind = 'charge' AND amount <= 0) OR (kind <> 'charge' AND amount >= 0)),
    CHECK ((job IS NULL AND run IS NULL) OR (job IS NOT NULL AND run IS NOT NULL))
) STRICT;
INSERT INTO image_ledger VALUES('bc3b85ba-478d-45c6-8707-03c81a779d65',0,'grant',60,'opening credits',NULL,NULL,1796068572094);
INSERT INTO image_ledger VALUES('a07f41fa-d090-4fbf-a4fd-46613e748cdf',0,'grant',20,'opening credits',NULL,NULL,1796068599143);
INSERT INTO image_ledger VALUES('a07f41fa-d090-4fbf-a4fd-46613e748cdf',3,'topup',5,NULL,NULL,NULL,1796068599234);
INSERT INTO image_ledger VALUES('a07f41fa-d090-4fbf-a4fd-46613e748cdf',4,'charge',-2,NULL,'11111111-1111-4111-8111-111111111111',1,1700000000020);
CREATE TABLE image_jobs (
    id              TEXT    NOT NULL PRIMARY KEY,
    account         TEXT    NOT NULL REFERENCES image_accounts (id),
    seq             INTEGER NOT NULL,
    service         TEXT    NOT NULL,
    config          TEXT    NOT NULL,
    resolution      TEXT    NOT NULL,
    prompt          TEXT,
    options         TEXT,
    location        TEXT,
    input_path      TEXT    NOT NULL,
    mask_path       TEXT,
    reference_path  TEXT,
    reference_id    TEXT,
    idempotency_key TEXT,
    status          TEXT    NOT NULL
        CHECK (status IN ('pending', 'compressing', 'processing', 'completed', 'failed', 'cancelled')),
    engine          TEXT,
    output_key      TEXT,
    error_message   TEXT,
    credits_used    INTEGER NOT NULL,
    run             INTEGER NOT NULL DEFAULT 1,
    attempts        INTEGER NOT NULL DEFAULT 0,
    worker          TEXT,
    lease           TEXT,
    lease_until     INTEGER,
    queued_at       INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    started_at      INTEGER,
    completed_at    INTEGER,
    updated_at      INTEGER NOT NULL,
    UNIQUE (account, seq),
    UNIQUE (account, idempotency_key),
    CHECK ((status IN ('compressing', 'processing') AND lease IS NOT NULL AND lease_until IS NOT NULL)
        OR (status NOT IN ('compressing', 'processing') AND lease IS NULL AND lease_until IS NULL))
) STRICT;
INSERT INTO image_jobs VALUES('11111111-1111-4111-8111-111111111111','a07f41fa-d090-4fbf-a4fd-46613e748cdf',4,'virtual-staging','living-room','2K','a sofa, gray',NULL,NULL,'a07f41fa-d090-4fbf-a4fd-46613e748cdf/api_1709654321_a1b2c3d4e5f6.jpg',NULL,NULL,NULL,NULL,'pending',NULL,NULL,NULL,2,1,0,NULL,NULL,NULL,1700000000020,1700000000020,NULL,NULL,1700000000020);
CREATE TABLE image_keys (
    id           TEXT    NOT NULL PRIMARY KEY,
    account      TEXT    NOT NULL REFERENCES image_accounts (id),
    seq          INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown        TEXT    NOT NULL,
    is_active    INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    UNIQUE (account, seq)
) STRICT;
INSERT INTO image_keys VALUES('12ab126d-ea67-4a4a-9a57-b5bbbaedd5cf','a07f41fa-d090-4fbf-a4fd-46613e748cdf',2,'staging',X'68a56a1f93990bd937baaf2995656cd38ba2bb72e9d73bb971f987165868d54a','lum_live_AOy6Lx',1,1796068599182,NULL);
CREATE TABLE image_webhooks (
    id            TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL REFERENCES image_accounts (id),
    seq           INTEGER NOT NULL,
    url           TEXT    NOT NULL,
    events        TEXT    NOT NULL,
    secret        TEXT    NOT NULL,
    is_active     INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    failure_count INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    UNIQUE (account, seq)
) STRICT;
INSERT INTO image_webhooks VALUES('22222222-2222-4222-8222-222222222222','a07f41fa-d090-4fbf-a4fd-46613e748cdf',5,'https://example.com/hook','["job.completed","job.failed"]','whsec_old',1,2,1700000000021);
CREATE TABLE outbox (
    id          TEXT    NOT NULL PRIMARY KEY,
    plane       TEXT    NOT NULL,
    endpoint    TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER NOT NULL,
    lease_until INTEGER,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    CHECK ((state = 'pending' AND ended_at IS NULL) OR (state <> 'pending' AND ended_at IS NOT NULL))
) STRICT;
INSERT INTO outbox VALUES('33333333-3333-4333-8333-333333333333','lumely','22222222-2222-4222-8222-222222222222','job.completed','{"id":"44444444-4444-4444-8444-444444444444"}','pending',1,1700000000022,NULL,1700000000022,NULL);
CREATE TABLE light_memory (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO light_memory VALUES('look','{"power":true}');
INSERT INTO light_memory VALUES('cid','"6f0d5a50-0000-4000-8000-000000000000"');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('apps',4);
CREATE INDEX ingress_of_app ON ingress (app, room);
CREATE INDEX camera_keys_of_app ON camera_keys (app, created_at);
CREATE INDEX streams_by_status ON streams (status, app);
CREATE INDEX image_ledger_sums ON image_ledger (account, kind, at, amount);
CREATE INDEX image_jobs_queue ON image_jobs (queued_at, seq, id)
    WHERE status IN ('pending', 'compressing', 'processing');
CREATE INDEX outbox_due ON outbox (next_at, created_at, id) WHERE state = 'pending';
CREATE INDEX outbox_endpoint ON outbox (plane, endpoint) WHERE state = 'pending';
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE state <> 'pending';
COMMIT;
