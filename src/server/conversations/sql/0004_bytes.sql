-- How many bytes each message takes, of text, search text and thinking: what a person may have stored is limited. The
-- release before this one leaves it at 0.

ALTER TABLE messages ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;

UPDATE messages SET bytes = OCTET_LENGTH(text) + OCTET_LENGTH(folded) + OCTET_LENGTH(thinking);

-- All that the sum is made of.
CREATE INDEX messages_bytes ON messages (owner, bytes);
