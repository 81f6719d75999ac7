-- What is written of a cascade is numbered, so that a pause that comes late does not undo the resume after it.

-- +goose Up
ALTER TABLE cascades ADD COLUMN noted int NOT NULL DEFAULT 0 CONSTRAINT cascades_noted_not_negative CHECK (noted >= 0);
COMMENT ON COLUMN cascades.noted IS 'The number of the latest note. One with a number that is not above it comes late, or once more, and changes nothing.';
GRANT UPDATE (noted) ON cascades TO boxoffice_worker;

-- +goose Down
ALTER TABLE cascades DROP COLUMN noted;
