-- How a relying party may come to a person, and what it may ask of an account besides a level.
ALTER TABLE relying_parties ADD COLUMN flows TEXT NOT NULL DEFAULT '["device-link","notification"]'; -- JSON array
ALTER TABLE relying_parties ADD COLUMN capabilities TEXT NOT NULL DEFAULT '[]'; -- JSON array of names agreed with the operator
