-- What is stored of a running answer, beyond its `text`: with its end it becomes that, and the pieces go.

CREATE TABLE answer_pieces (
    answer TEXT NOT NULL,
    -- Bytes of the answer's text before this piece.
    start BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (answer, start),
    FOREIGN KEY (answer) REFERENCES messages (id) ON DELETE CASCADE
);
