-- The servers that reach the store of sessions. One that does not finds here whether others do. In PostgreSQL only.

CREATE TABLE session_store_reports (
    -- The random name of a process.
    server TEXT NOT NULL PRIMARY KEY,
    -- When its latest check began, by the clock of the database.
    reached_at BIGINT NOT NULL
);
