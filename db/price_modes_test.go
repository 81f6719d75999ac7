package db_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

func TestATheatreHasThePriceModeOfItsCountryUnlessItSaysOtherwise(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	for country, want := range map[string]string{
		"GB": "INCLUSIVE", "DE": "INCLUSIVE", "FR": "INCLUSIVE", "IE": "INCLUSIVE", "NO": "INCLUSIVE", "CH": "INCLUSIVE", "JP": "INCLUSIVE",
		"IN": "ADDED", "US": "ADDED", "CA": "ADDED",
	} {
		var mode string
		require.NoError(t, pool.QueryRow(t.Context(), `
			WITH city AS (INSERT INTO cities VALUES ($1, $1, $1)) SELECT price_mode_of_country($1)`, country).Scan(&mode))
		require.Equal(t, want, mode, country)
		require.NoError(t, pool.QueryRow(t.Context(), `
			INSERT INTO theatres VALUES ('th_' || $1, $1, 'Odeon', 'Here', 'UTC', 'EUR', 0, 0) RETURNING price_mode`, country).Scan(&mode))
		require.Equal(t, want, mode, country)
	}
	var mode string
	require.NoError(t, pool.QueryRow(t.Context(), `
		INSERT INTO theatres (id, city_id, name, address, time_zone, currency, booking_fee_per_seat, tax_basis_points, price_mode)
		VALUES ('th_trade', 'GB', 'Trade shows', 'Here', 'Europe/London', 'GBP', 0, 2000, 'ADDED') RETURNING price_mode`).Scan(&mode))
	require.Equal(t, "ADDED", mode)
}

// The migration does not change what customers pay, only what they are shown.
func TestOldPricesBecomeWhatIsPaidWhereTheLawWantsItSo(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	require.NoError(t, db.MigrateDown(t.Context(), dsn, 30))
	pool, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(t.Context(), `
		INSERT INTO cities VALUES ('london', 'London', 'GB'), ('mumbai', 'Mumbai', 'IN');
		INSERT INTO theatres VALUES ('th_gb', 'london', 'Odeon', 'Here', 'Europe/London', 'GBP', 95, 2000), ('th_in', 'mumbai', 'Regal', 'Here', 'Asia/Kolkata', 'INR', 3000, 1800);
		INSERT INTO screens VALUES ('sc_gb', 'th_gb', '1'), ('sc_in', 'th_in', '1');
		INSERT INTO seat_layouts VALUES ('ly_gb', 'sc_gb', 1), ('ly_in', 'sc_in', 1);
		INSERT INTO seats (layout_id, label, row_label, number, position, category) VALUES ('ly_gb', 'A1', 'A', 1, 1, 'STANDARD'), ('ly_in', 'A1', 'A', 1, 1, 'STANDARD');
		INSERT INTO movies VALUES ('mv_1', 'Sholay', 204, 'hi', ARRAY['Action'], 1975, 'Two rogues guard a village.');
		INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
		VALUES ('sh_gb', 'mv_1', 'sc_gb', 'ly_gb', '2030-01-01 10:00Z', '2030-01-01 14:00Z', 'hi', '2D'),
		       ('sh_in', 'mv_1', 'sc_in', 'ly_in', '2030-01-01 10:00Z', '2030-01-01 14:00Z', 'hi', '2D');
		INSERT INTO show_prices VALUES ('sh_gb', 'STANDARD', 950), ('sh_in', 'STANDARD', 24000);
		INSERT INTO users (id, email, name) VALUES ('us_1', 'asha@example.com', 'Asha');
		INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at, currency, subtotal, discount, fees, tax,
		                      total, applied_offers)
		VALUES ('bk_1', 'us_1', 'sh_gb', 'ly_gb', 'CONFIRMED', ARRAY['A1'], 'hash', 'test', now(), 'GBP', 950, 0, 95, 209, 1254, '[]')`)
	require.NoError(t, err)

	for range 2 {
		require.NoError(t, db.Migrate(t.Context(), dsn))

		var theatres, quote string
		require.NoError(t, pool.QueryRow(t.Context(), `
			SELECT (SELECT string_agg(concat_ws(' ', t.id, t.price_mode, t.booking_fee_per_seat, p.amount), ', ' ORDER BY t.id)
			        FROM theatres t JOIN screens sc ON sc.theatre_id = t.id JOIN shows sh ON sh.screen_id = sc.id JOIN show_prices p ON p.show_id = sh.id),
			       (SELECT concat_ws(' ', price_mode, tax_rounding, total) FROM bookings)`).Scan(&theatres, &quote))
		require.Equal(t, "th_gb INCLUSIVE 114 1254, th_in ADDED 3000 24000", theatres)
		require.Equal(t, "ADDED SUM 1254", quote, "what was sold stays as it was quoted")
		require.NoError(t, db.MigrateDown(t.Context(), dsn, 30))
	}
}
