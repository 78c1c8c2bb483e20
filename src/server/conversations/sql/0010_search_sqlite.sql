-- Pinned conversations, an index for those that are deleted for their age, and an index of the words in messages and files.

-- 1 where the person wants it above all others.
ALTER TABLE conversations ADD COLUMN pinned BIGINT NOT NULL DEFAULT 0;

CREATE INDEX conversations_pinned ON conversations (owner, updated_at) WHERE pinned = 1;

CREATE INDEX conversations_age ON conversations (updated_at);

-- The rows of `message_words` by message: those of `messages` have no number that a VACUUM would keep.
CREATE TABLE searched_messages (
    number INTEGER PRIMARY KEY,
    message TEXT NOT NULL UNIQUE
);

-- Texts are folded already. The owner is a word, so that a search reads no more than the owner's.
CREATE VIRTUAL TABLE message_words USING fts5(
    owner, words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);

-- Triggers, so that what the release before writes is found, too.
CREATE TRIGGER message_stored AFTER INSERT ON messages WHEN new.folded <> '' BEGIN
    INSERT INTO searched_messages (message) VALUES (new.id);
    INSERT INTO message_words (rowid, owner, words)
        SELECT number, new.owner, new.folded FROM searched_messages WHERE message = new.id;
END;

CREATE TRIGGER message_changed AFTER UPDATE OF folded ON messages WHEN new.folded <> old.folded BEGIN
    INSERT OR IGNORE INTO searched_messages (message) VALUES (new.id);
    INSERT OR REPLACE INTO message_words (rowid, owner, words)
        SELECT number, new.owner, new.folded FROM searched_messages WHERE message = new.id;
END;

CREATE TRIGGER message_deleted AFTER DELETE ON messages BEGIN
    DELETE FROM message_words WHERE rowid = (SELECT number FROM searched_messages WHERE message = old.id);
    DELETE FROM searched_messages WHERE message = old.id;
END;

INSERT INTO searched_messages (message) SELECT id FROM messages WHERE folded <> '';

INSERT INTO message_words (rowid, owner, words)
    SELECT s.number, m.owner, m.folded FROM searched_messages s JOIN messages m ON m.id = s.message;

-- The same for files, which never change.
CREATE TABLE searched_attachments (
    number INTEGER PRIMARY KEY,
    question TEXT NOT NULL,
    position BIGINT NOT NULL,
    UNIQUE (question, position)
);

CREATE VIRTUAL TABLE attachment_words USING fts5(
    owner, words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);

CREATE TRIGGER attachment_stored AFTER INSERT ON attachments BEGIN
    INSERT INTO searched_attachments (question, position) VALUES (new.question, new.position);
    INSERT INTO attachment_words (rowid, owner, words)
        SELECT number, new.owner, new.folded FROM searched_attachments
        WHERE question = new.question AND position = new.position;
END;

CREATE TRIGGER attachment_deleted AFTER DELETE ON attachments BEGIN
    DELETE FROM attachment_words WHERE rowid = (
        SELECT number FROM searched_attachments WHERE question = old.question AND position = old.position
    );
    DELETE FROM searched_attachments WHERE question = old.question AND position = old.position;
END;
