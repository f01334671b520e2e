-- What the lights keep across starts, each as one JSON value: looks, settings, rules, the sender's id.
CREATE TABLE light_memory (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
