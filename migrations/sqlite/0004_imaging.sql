-- Lumely: accounts, their credits, image jobs, keys, webhooks. The same tables for PostgreSQL: postgres/0001_imaging.sql.
-- Times are milliseconds since 1970-01-01 UTC, truths are 0 or 1.

-- Turn counts what happened to an account. Whoever moves its money takes the next one first, and so waits for others;
-- it also gives ledger, jobs, keys and webhooks their order.
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

-- What an account has is the sum of its rows. A job is charged and refunded at most once in each of its runs.
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
CREATE INDEX image_ledger_sums ON image_ledger (account, kind, at, amount);

-- Run: how often it was charged. Attempts: how often a worker took it in this run. Lease: the right to report on it.
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
CREATE INDEX image_jobs_queue ON image_jobs (queued_at, seq, id)
    WHERE status IN ('pending', 'compressing', 'processing');

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

-- Events are a JSON array of names. The secret signs what is sent, so it is kept as it is.
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

-- Messages to webhooks of every plane, written together with what they tell of.
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
CREATE INDEX outbox_due ON outbox (next_at, created_at, id) WHERE state = 'pending';
CREATE INDEX outbox_endpoint ON outbox (plane, endpoint) WHERE state = 'pending';
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE state <> 'pending';
