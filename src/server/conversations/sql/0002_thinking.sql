-- What the model thought before it answered; empty where it told nothing of it.

ALTER TABLE messages ADD COLUMN thinking TEXT NOT NULL DEFAULT '';
