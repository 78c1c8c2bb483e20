-- The oldest message that was sent to the model for an answer, if older ones of the conversation were left out.

ALTER TABLE messages ADD COLUMN sent_from TEXT;
