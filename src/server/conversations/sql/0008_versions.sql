-- A conversation is a tree: an edited question and an answer that is asked for again stay beside the new one.

-- The message that it follows: of a question, the answer before it ('' for a first question); of an answer, its question.
-- NULL is the message before it by position, as in conversations of earlier releases, which write none. Positions go on
-- in the order in which the messages are made, whatever they follow.
ALTER TABLE messages ADD COLUMN parent TEXT;

-- The last message of the version that the person has chosen, and the newest message at that time. Where another one has
-- been added since, or none was chosen, the version shown is that of the newest message.
ALTER TABLE conversations ADD COLUMN chosen TEXT;
ALTER TABLE conversations ADD COLUMN chosen_over TEXT;
