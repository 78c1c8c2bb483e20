-- What people said of answers, as JSON, and when, in milliseconds since 1970-01-01 UTC.

ALTER TABLE messages ADD COLUMN feedback TEXT;
ALTER TABLE messages ADD COLUMN feedback_at BIGINT;

CREATE INDEX messages_feedback ON messages (feedback_at) WHERE feedback_at IS NOT NULL;

-- Which versions of the operator's notice each person has accepted, and when.

CREATE TABLE notice_acceptances (
    owner TEXT NOT NULL,
    version TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (owner, version)
);
