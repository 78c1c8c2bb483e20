-- For SQLite and PostgreSQL alike. Times are in milliseconds since 1970-01-01 UTC; `folded` is what is searched.

CREATE TABLE conversations (
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    folded TEXT NOT NULL,
    -- 1 once the person has given it a title; 0 while it has that of its first question.
    renamed BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (owner, id)
);

CREATE INDEX conversations_latest ON conversations (owner, updated_at);

CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    conversation TEXT NOT NULL,
    -- From 0. An answer follows its question at once.
    position BIGINT NOT NULL,
    -- 'question' or 'answer'
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    folded TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Of a question.
    idempotency_key TEXT,
    -- The rest is of an answer. It is running while it has no end and was touched a short while ago.
    model TEXT,
    touched_at BIGINT,
    stop_wanted BIGINT,
    end_reason TEXT,
    -- As JSON.
    error TEXT,
    usage TEXT,
    UNIQUE (owner, conversation, position),
    UNIQUE (owner, idempotency_key),
    FOREIGN KEY (owner, conversation) REFERENCES conversations (owner, id) ON DELETE CASCADE
);
