-- Cancelled shows: one by one, with their theatre, or with their movie.

-- +goose Up
ALTER TABLE theatres ADD COLUMN status text NOT NULL DEFAULT 'ACTIVE'
    CONSTRAINT theatres_status_is_known CHECK (status IN ('ACTIVE', 'INACTIVE'));
ALTER TABLE movies ADD COLUMN status text NOT NULL DEFAULT 'SHOWING'
    CONSTRAINT movies_status_is_known CHECK (status IN ('SHOWING', 'WITHDRAWN'));

CREATE TABLE partner_theatres (
    partner_id text NOT NULL REFERENCES users,
    theatre_id text NOT NULL REFERENCES theatres,
    PRIMARY KEY (partner_id, theatre_id)
);
COMMENT ON TABLE partner_theatres IS 'Whose shows a user with the role PARTNER may cancel.';

CREATE TABLE cascades (
    id             text PRIMARY KEY,
    kind           text NOT NULL CONSTRAINT cascades_kind_is_known CHECK (kind IN ('SHOW', 'THEATRE', 'MOVIE')),
    show_id        text REFERENCES shows,
    theatre_id     text REFERENCES theatres,
    movie_id       text REFERENCES movies,
    status         text NOT NULL DEFAULT 'CANCELLING'
                   CONSTRAINT cascades_status_is_known CHECK (status IN ('CANCELLING', 'REFUNDING', 'FINISHED')),
    paused         boolean NOT NULL DEFAULT false,
    actor          text NOT NULL,
    reason         text NOT NULL CONSTRAINT cascades_have_a_reason CHECK (reason <> ''),
    correlation_id text NOT NULL,
    started_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz,
    CONSTRAINT cascades_show_once UNIQUE (show_id),
    CONSTRAINT cascades_theatre_once UNIQUE (theatre_id),
    CONSTRAINT cascades_movie_once UNIQUE (movie_id),
    CONSTRAINT cascades_have_one_subject CHECK (
        (kind = 'SHOW') = (show_id IS NOT NULL) AND (kind = 'THEATRE') = (theatre_id IS NOT NULL) AND (kind = 'MOVIE') = (movie_id IS NOT NULL)),
    CONSTRAINT cascades_finish_once CHECK ((status = 'FINISHED') = (finished_at IS NOT NULL)),
    CONSTRAINT cascades_finished_is_not_paused CHECK (status <> 'FINISHED' OR NOT paused)
);
CREATE INDEX cascades_by_time ON cascades (started_at DESC, id DESC);
CREATE INDEX cascades_unfinished ON cascades (started_at) WHERE status <> 'FINISHED';
COMMENT ON TABLE cascades IS 'The cancellation of all bookings of a show, or of the upcoming shows of a theatre or a movie.';

CREATE TABLE cascade_shows (
    show_id    text PRIMARY KEY REFERENCES shows,
    cascade_id text NOT NULL REFERENCES cascades
);
CREATE INDEX cascade_shows_by_cascade ON cascade_shows (cascade_id, show_id);
COMMENT ON TABLE cascade_shows IS 'Which cascade a cancelled show belongs to: the first that cancelled it.';
CREATE TRIGGER cascade_shows_append_only BEFORE UPDATE OR DELETE ON cascade_shows
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE cascade_events (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cascade_id     text NOT NULL REFERENCES cascades,
    event          text NOT NULL CONSTRAINT cascade_events_event_is_known CHECK (event IN (
                       'STARTED', 'PAUSED', 'RESUMED', 'REFUNDING', 'FINISHED')),
    actor          text NOT NULL,
    reason         text NOT NULL CONSTRAINT cascade_events_have_a_reason CHECK (reason <> ''),
    correlation_id text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cascade_events_by_cascade ON cascade_events (cascade_id, id);
CREATE UNIQUE INDEX cascade_events_once ON cascade_events (cascade_id, event) WHERE event NOT IN ('PAUSED', 'RESUMED');
CREATE TRIGGER cascade_events_append_only BEFORE UPDATE OR DELETE ON cascade_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cascade_events_never_truncated BEFORE TRUNCATE ON cascade_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Putting a show on sale waits for a deactivation or withdrawal that is under way, and the other way round.
-- +goose StatementBegin
CREATE FUNCTION refuse_show_without_house() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    theatre_status text;
    movie_status   text;
BEGIN
    SELECT t.status INTO theatre_status FROM screens sc JOIN theatres t ON t.id = sc.theatre_id WHERE sc.id = NEW.screen_id FOR SHARE OF t;
    SELECT m.status INTO movie_status FROM movies m WHERE m.id = NEW.movie_id FOR SHARE;
    IF theatre_status = 'INACTIVE' OR movie_status = 'WITHDRAWN' THEN
        RAISE EXCEPTION 'show % cannot be sold: its theatre is % and its movie is %', NEW.id, theatre_status, movie_status
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shows_on_sale_have_theatre_and_movie';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER shows_on_sale_have_theatre_and_movie BEFORE INSERT OR UPDATE OF status, screen_id, movie_id ON shows
    FOR EACH ROW WHEN (NEW.status <> 'CANCELLED') EXECUTE FUNCTION refuse_show_without_house();

-- +goose StatementBegin
CREATE FUNCTION refuse_revival_of_show() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'show % is cancelled, and stays so: its bookings are being cancelled', OLD.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shows_cancelled_for_good';
END $$;
-- +goose StatementEnd
CREATE TRIGGER shows_cancelled_for_good BEFORE UPDATE OF status ON shows
    FOR EACH ROW WHEN (OLD.status = 'CANCELLED' AND NEW.status <> 'CANCELLED') EXECUTE FUNCTION refuse_revival_of_show();

GRANT SELECT ON partner_theatres, cascades, cascade_shows, cascade_events TO boxoffice_api;
GRANT SELECT ON cascades, cascade_shows, cascade_events TO boxoffice_worker;
GRANT INSERT ON cascades, cascade_shows, cascade_events TO boxoffice_worker;
GRANT UPDATE (status, paused, finished_at) ON cascades TO boxoffice_worker;
GRANT UPDATE (status) ON shows, theatres, movies TO boxoffice_worker;

-- +goose Down
REVOKE UPDATE (status) ON shows, theatres, movies FROM boxoffice_worker;
DROP TRIGGER shows_cancelled_for_good ON shows;
DROP FUNCTION refuse_revival_of_show();
DROP TRIGGER shows_on_sale_have_theatre_and_movie ON shows;
DROP FUNCTION refuse_show_without_house();
DROP TABLE cascade_events, cascade_shows, cascades, partner_theatres;
ALTER TABLE movies DROP COLUMN status;
ALTER TABLE theatres DROP COLUMN status;
