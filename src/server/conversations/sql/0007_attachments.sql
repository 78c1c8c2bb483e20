-- The files of questions. Their bytes are part of the question's `bytes`.

CREATE TABLE attachments (
    owner TEXT NOT NULL,
    question TEXT NOT NULL,
    -- Among the question's files, from 0.
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    text TEXT NOT NULL,
    -- Name and text.
    folded TEXT NOT NULL,
    -- The length of the text in characters.
    chars BIGINT NOT NULL,
    -- What of it is sent to the model, as JSON; all of it where there is nothing.
    parts TEXT,
    PRIMARY KEY (question, position),
    FOREIGN KEY (question) REFERENCES messages (id) ON DELETE CASCADE
);
