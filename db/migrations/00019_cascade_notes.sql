-- The notes of a cascade are numbered, so that a late pause does not undo the resume after it.

-- +goose Up
ALTER TABLE cascades ADD COLUMN noted int NOT NULL DEFAULT 0 CONSTRAINT cascades_noted_not_negative CHECK (noted >= 0);
COMMENT ON COLUMN cascades.noted IS 'The number of the latest note. A note whose number is not higher is late or repeated, and changes nothing.';
GRANT UPDATE (noted) ON cascades TO boxoffice_worker;

-- +goose Down
ALTER TABLE cascades DROP COLUMN noted;
