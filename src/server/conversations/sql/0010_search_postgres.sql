-- Pinned conversations, an index for those that are deleted for their age, and an index of the words in messages and files.

-- 1 where the person wants it above all others.
ALTER TABLE conversations ADD COLUMN pinned BIGINT NOT NULL DEFAULT 0;

CREATE INDEX conversations_pinned ON conversations (owner, updated_at) WHERE pinned = 1;

CREATE INDEX conversations_age ON conversations (updated_at);

-- The words of a message. Its text is folded already; without punctuation, PostgreSQL makes no addresses, file names and
-- signed numbers of it, nor takes other marks for letters, as where its locale is C. What takes more than a megabyte can't be
-- indexed, and 200,000 characters never do. The owner is a word, so that a search reads no more than the owner's; after
-- its `@`, no beginning of a word that is searched for is that of an owner.
CREATE FUNCTION message_words(owner TEXT, folded TEXT) RETURNS TSVECTOR LANGUAGE SQL IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY['@' || owner]) || strip(to_tsvector('pg_catalog.simple'::regconfig, translate(
        left(folded, 200000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~«»¡¿·‐‑‒–—―‘“”„•…‹›' || E'\u00A0\u202F', repeat(' ', 53))))
$$;

-- An index of an expression, so that what the release before writes is found, too.
CREATE INDEX messages_words ON messages USING GIN (message_words(owner, folded));
CREATE INDEX attachment_words ON attachments USING GIN (message_words(owner, folded));
