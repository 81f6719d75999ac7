package crowd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// maxRows is how many rows labels A to ZZ have.
	maxRows = 26 + 26*26
	// rowSeats is how many seats a row has, if that is enough.
	rowSeats = 50
	// MaxSeats is how many seats a show may have.
	MaxSeats = maxRows * 999
)

// Show is a show to be opened, on a screen of its own.
type Show struct {
	ID string
	// TheatreID and MovieID are made where they are new.
	TheatreID, MovieID string
	// Seats is how many there are, up to MaxSeats: rows A, B ... ZZ. The first quarter of the rows costs more.
	Seats int
	// StartsAt may be in the past. The show lasts for Runtime.
	StartsAt time.Time
	// Hold is how long a booking may stay unpaid, in whole seconds.
	Hold time.Duration
}

// Runtime is how long a show lasts.
const Runtime = 3 * time.Hour

const openShow = `
INSERT INTO cities VALUES ('mumbai', 'Mumbai', 'IN') ON CONFLICT DO NOTHING;
INSERT INTO theatres (id, city_id, name, address, time_zone, currency, booking_fee_per_seat, tax_basis_points)
VALUES (@theatre, 'mumbai', @theatre, 'Crowd Street', 'Asia/Kolkata', 'INR', 1000, 1800) ON CONFLICT DO NOTHING;
INSERT INTO movies (id, title, runtime_minutes, original_language, genres, release_year, synopsis)
VALUES (@movie, @movie, 170, 'hi', ARRAY['Drama'], 2026, 'Many people meet.') ON CONFLICT DO NOTHING;
INSERT INTO screens (id, theatre_id, name) VALUES ('sc_' || @show, @theatre, @show);
INSERT INTO seat_layouts (id, screen_id, version) VALUES ('ly_' || @show, 'sc_' || @show, 1);
INSERT INTO seats (layout_id, label, row_label, number, position, category)
SELECT 'ly_' || @show, r.label || n.number, r.label, n.number, n.number, CASE WHEN r.row < @rows / 4 THEN 'RECLINER' ELSE 'STANDARD' END
FROM generate_series(0, @rows - 1) AS i (row)
CROSS JOIN LATERAL (SELECT i.row, CASE WHEN i.row < 26 THEN chr(65 + i.row) ELSE chr(65 + (i.row - 26) / 26) || chr(65 + (i.row - 26) % 26) END AS label) AS r
CROSS JOIN generate_series(1, @per_row) AS n (number)
WHERE i.row * @per_row + n.number <= @seats;
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, hold_seconds)
VALUES (@show, @movie, 'sc_' || @show, 'ly_' || @show, @starts_at, @starts_at::timestamptz + make_interval(secs => @runtime), 'hi', '2D', @hold);
INSERT INTO show_prices VALUES (@show, 'RECLINER', 30000), (@show, 'STANDARD', 18000);
UPDATE hold_limits SET holds = 1000000, seats = 1000000, free_lapses = 1000000;
ANALYZE seats`

// OpenShow makes a show, with everything that it needs. A crowd has fewer people than bookings, so it lifts the limits on what a customer may hold.
func OpenShow(ctx context.Context, owner *pgxpool.Pool, show Show) error {
	if show.Seats < 1 || show.Seats > MaxSeats {
		return fmt.Errorf("a show has 1 to %d seats", MaxSeats)
	}
	perRow := max(rowSeats, (show.Seats+maxRows-1)/maxRows)
	args := pgx.NamedArgs{
		"show": show.ID, "theatre": show.TheatreID, "movie": show.MovieID, "seats": show.Seats,
		"per_row": perRow, "rows": (show.Seats + perRow - 1) / perRow,
		"starts_at": show.StartsAt, "runtime": Runtime.Seconds(), "hold": int(show.Hold.Seconds()),
	}
	_, err := owner.Exec(ctx, openShow, pgx.QueryExecModeSimpleProtocol, args)
	if err != nil {
		return fmt.Errorf("open show %s: %w", show.ID, err)
	}
	return nil
}

// FreeSeats are the labels of a show's seats that nobody has, row by row.
func FreeSeats(ctx context.Context, owner *pgxpool.Pool, showID string) ([]string, error) {
	rows, _ := owner.Query(ctx, `
		SELECT s.label FROM shows w JOIN seats s ON s.layout_id = w.layout_id
		WHERE w.id = $1 AND NOT EXISTS (SELECT FROM claims c WHERE c.show_id = w.id AND c.seat = s.label)
		ORDER BY length(s.row_label), s.row_label, s.number`, showID) // the error comes with the rows
	free, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(free) == 0 {
		err = errors.New("no such show, or no free seat")
	}
	return free, err
}

// makeCustomers writes the people down.
func (c *Crowd) makeCustomers(ctx context.Context, people []person) error {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.id
	}
	_, err := c.Owner.Exec(ctx, `
		INSERT INTO users (id, email, name) SELECT id, id || '@example.com', 'Somebody ' || id FROM unnest($1::text[]) AS id`, ids)
	if err != nil {
		return fmt.Errorf("make customers: %w", err)
	}
	return nil
}
