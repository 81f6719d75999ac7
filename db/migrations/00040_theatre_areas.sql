-- The part of a city that a theatre is in, as people look for it: "Bandra West". It is empty where nobody has said it.

-- +goose Up
ALTER TABLE theatres ADD COLUMN area text NOT NULL DEFAULT ''
    CONSTRAINT theatres_area_is_short CHECK (char_length(area) <= 80);
COMMENT ON COLUMN theatres.area IS 'The part of the city, as people look for it; empty when it is not known.';

-- +goose Down
ALTER TABLE theatres DROP COLUMN area;
